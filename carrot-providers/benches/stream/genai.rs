//! genai, over a socket.

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};

use crate::measure;

/// What is called here; the wrapped client's methods are its own, of the same names.
macro_rules! read {
    ($client:expr, $target:expr, $text:expr) => {{
        let request = ChatRequest::new(vec![ChatMessage::user($text)]);
        if $text == "stream" {
            let answer = $client.exec_chat_stream($target, request, None).await;
            let mut stream = answer.expect("a stream").stream;
            while let Some(item) = stream.next().await {
                drop(item.expect("an item"));
            }
        } else {
            let answer = $client.exec_chat($target, request, None).await;
            drop(answer.expect("an answer"));
        }
    }};
}

pub(crate) async fn run(server: &ModelServer) {
    let bare = Client::new().expect("a client");
    let wrapped = wrap(bare.clone());
    let target = ServiceTarget {
        endpoint: Endpoint::from_owned(format!("{}/", server.url())),
        auth: AuthData::from_single("k"),
        model: ModelIden::new(AdapterKind::OpenAI, "gpt-4o-mini"),
    };
    let read = async |is_wrapped: bool, text: &str| {
        let target = target.clone();
        if is_wrapped {
            read!(wrapped, target, text);
        } else {
            read!(bare, target, text);
        }
    };
    measure::both("genai", read).await;
}
