//! ureq, over a socket. It blocks; the server has a thread of its own.

use std::io::Read;

use carrot_providers::scripted::ModelServer;
use carrot_providers::wrap;

use crate::{measure, request};

pub(crate) async fn run(server: &ModelServer) {
    let bare = ureq::agent();
    let both = [bare.clone(), wrap(bare)];
    let url = format!("{}/chat/completions", server.url());
    let read = async |is_wrapped: bool, text: &str| {
        let post = both[usize::from(is_wrapped)].post(&url);
        let answer = post.send(request(text).to_string());
        let mut body = answer.expect("an answer").into_body().into_reader();
        let mut buffer = [0; 1 << 14];
        while body.read(&mut buffer).expect("a piece") > 0 {}
    };
    measure::both("ureq", read).await;
}
