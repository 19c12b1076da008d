//! async-openai, in memory and over a socket.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use carrot_providers::async_openai::layer;
use carrot_providers::scripted::ModelServer;
use carrot_providers::{wrap, wrapper};
use carrot_runtime::testing::capture_async;
use futures_util::StreamExt;
use serde_json::Value;

use crate::measure::{self, CHUNKS};
use crate::{plain_answer, request, stream_answer};

type Asked = Client<OpenAIConfig>;

pub(crate) async fn run(server: &ModelServer) {
    let plain = canned("application/json", &plain_answer());
    let both = [false, true].map(|is_wrapped| memory(&plain, is_wrapped));
    capture_async(calls("call, async-openai, memory", &both)).await;
    let stream = canned("text/event-stream", &stream_answer(CHUNKS));
    let both = [false, true].map(|is_wrapped| memory(&stream, is_wrapped));
    capture_async(chunks("chunk, async-openai, memory", &both)).await;

    let config = OpenAIConfig::new().with_api_base(server.url());
    let bare = Client::with_config(config.with_api_key("k"));
    let both = [bare.clone(), wrap(bare)];
    capture_async(calls("call, async-openai", &both)).await;
    capture_async(chunks("chunk, async-openai", &both)).await;
}

async fn calls(name: &str, both: &[Asked; 2]) {
    let call = async |is_wrapped| {
        let chat = both[usize::from(is_wrapped)].chat();
        let answer: Value = chat.create_byot(request("plain")).await.expect("an answer");
        drop(answer);
    };
    measure::calls(name, call).await;
}

async fn chunks(name: &str, both: &[Asked; 2]) {
    let stream = async |is_wrapped| {
        let items = count(&both[usize::from(is_wrapped)]).await;
        assert_eq!(items, CHUNKS);
    };
    measure::chunks(name, stream).await;
}

/// Reads a stream to its end.
pub(crate) async fn count(client: &Asked) -> usize {
    let chat = client.chat();
    let stream = chat.create_stream_byot::<_, Value>(request("stream")).await;
    stream.expect("a stream").count().await
}

/// An answer in pieces, one an event.
fn canned(content_type: &'static str, body: &str) -> (&'static str, Vec<Bytes>) {
    let pieces = body.split_inclusive("\n\n");
    let pieces = pieces.map(|piece| Bytes::copy_from_slice(piece.as_bytes()));
    (content_type, pieces.collect())
}

/// A client that is answered from memory.
fn memory((content_type, pieces): &(&'static str, Vec<Bytes>), is_wrapped: bool) -> Asked {
    let (content_type, pieces) = (*content_type, pieces.clone());
    let service = tower::service_fn(move |factory: HttpRequestFactory| {
        let pieces = pieces.clone();
        async move {
            factory.build().await?;
            let body = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
            let response = http::Response::builder().header("content-type", content_type);
            let response = response
                .body(reqwest::Body::wrap_stream(body))
                .expect("a response");
            Ok::<_, OpenAIError>(reqwest::Response::from(response))
        }
    });
    let client = Client::with_config(OpenAIConfig::new().with_api_key("k"));
    if is_wrapped {
        client.with_http_service(
            tower::ServiceBuilder::new()
                .layer(layer(wrapper()))
                .service(service),
        )
    } else {
        client.with_http_service(service)
    }
}
