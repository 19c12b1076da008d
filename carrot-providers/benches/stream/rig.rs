//! rig, over a socket.

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;
use futures_util::StreamExt;
use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::OpenAIConfig;

use crate::measure;

pub(crate) async fn run(server: &ModelServer) {
    let bare = OpenAIConfig::new("k").with_base_url(server.url()).client();
    let both = [bare.clone(), wrap(bare)];
    let read = async |is_wrapped: bool, text: &str| {
        let model = both[usize::from(is_wrapped)].chat("gpt-4o-mini");
        let request = CompletionRequest::new(text);
        if text != "stream" {
            drop(model.call(request).await.expect("an answer"));
            return;
        }
        let mut stream = model.stream(request).expect("a stream");
        while let Some(item) = stream.next().await {
            drop(item.expect("an item"));
        }
    };
    measure::both("rig", read).await;
}
