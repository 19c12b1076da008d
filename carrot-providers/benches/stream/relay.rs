//! A relay, beside the same client without one: a second connection, and a thread between the two.

use carrot_providers::relay;
use carrot_providers::scripted::ModelServer;

use crate::reqwest_middleware::drain;
use crate::{measure, request};

pub(crate) async fn run(server: &ModelServer) {
    let relay = relay(server.origin()).expect("a relay");
    let origins = [server.origin(), relay.url().to_owned()];
    let urls = origins.map(|it| format!("{it}/v1/chat/completions"));
    let http = reqwest::Client::new();
    let read = async |is_relayed: bool, text: &str| {
        let post = http.post(&urls[usize::from(is_relayed)]);
        let answer = post.body(request(text).to_string()).send().await;
        drain(answer.expect("an answer")).await;
    };
    measure::both("relay", read).await;
}
