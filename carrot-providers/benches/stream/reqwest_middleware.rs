//! reqwest-middleware, over a socket. It hands out bytes, so a chunk is not parsed by anybody.

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;
use carrot_runtime::testing::capture_async;
use reqwest_middleware::ClientWithMiddleware;

use crate::{measure, request};

pub(crate) async fn run(server: &ModelServer) {
    let http = reqwest::Client::new();
    let both: [ClientWithMiddleware; 2] = [http.clone().into(), wrap(http)];
    let url = format!("{}/chat/completions", server.url());
    let read = async |is_wrapped: bool, text: &str| {
        let post = both[usize::from(is_wrapped)].post(&url);
        let mut answer = post
            .body(request(text).to_string())
            .send()
            .await
            .expect("an answer");
        while let Some(piece) = answer.chunk().await.expect("a piece") {
            drop(piece);
        }
    };
    let calls = measure::calls("call, reqwest-middleware", async |it| {
        read(it, "plain").await
    });
    capture_async(calls).await;
    let chunks = measure::chunks("chunk, reqwest-middleware", async |it| {
        read(it, "stream").await;
    });
    capture_async(chunks).await;
}
