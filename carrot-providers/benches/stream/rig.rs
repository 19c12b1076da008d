//! rig, over a socket.

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;
use carrot_runtime::testing::capture_async;
use futures_util::StreamExt;
use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::OpenAIConfig;

use crate::measure;

pub(crate) async fn run(server: &ModelServer) {
    let bare = OpenAIConfig::new("k").with_base_url(server.url()).client();
    let both = [bare.clone(), wrap(bare)];
    let model = |is_wrapped: bool| both[usize::from(is_wrapped)].chat("gpt-4o-mini");
    let calls = measure::calls("call, rig", async |it| {
        let answer = model(it).call(CompletionRequest::new("plain")).await;
        drop(answer.expect("an answer"));
    });
    capture_async(calls).await;
    let chunks = measure::chunks("chunk, rig", async |it| {
        let stream = model(it).stream(CompletionRequest::new("stream"));
        let mut stream = stream.expect("a stream");
        while let Some(item) = stream.next().await {
            drop(item.expect("an item"));
        }
    });
    capture_async(chunks).await;
}
