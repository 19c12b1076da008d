//! reqwest-middleware, over a socket. It hands out bytes, so a chunk is not parsed by anybody.

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;
use reqwest::Response;
use reqwest_middleware::ClientWithMiddleware;

use crate::{measure, request};

pub(crate) async fn run(server: &ModelServer) {
    let http = reqwest::Client::new();
    let both: [ClientWithMiddleware; 2] = [http.clone().into(), wrap(http)];
    let url = format!("{}/chat/completions", server.url());
    let read = async |is_wrapped: bool, text: &str| {
        let post = both[usize::from(is_wrapped)].post(&url);
        let answer = post.body(request(text).to_string()).send().await;
        drain(answer.expect("an answer")).await;
    };
    measure::both("reqwest-middleware", read).await;
}

/// Reads an answer to its end.
pub(crate) async fn drain(mut answer: Response) {
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        drop(piece);
    }
}
