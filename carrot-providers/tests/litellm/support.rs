//! The proxy, and what two calls of it have in common.

use std::fmt::Debug;
use std::future::Future;

use carrot_wire::Record;
use serde_json::Value;

/// The key that the proxy wants.
pub(crate) const KEY: &str = "sk-test";

/// What its mocks say.
pub(crate) const SAID: &str = "Hello from the mock model";

/// The proxy's address, without a path.
pub(crate) fn origin() -> String {
    std::env::var("CARROT_LITELLM_URL")
        .expect("CARROT_LITELLM_URL names no proxy: run `cargo xtask test --only litellm`")
}

/// What the proxy says a call costs, asked without any client of a model.
pub(crate) async fn cost(path: &str, body: &Value) -> f64 {
    carrot_providers::tls::install_ring();
    let request = reqwest::Client::new()
        .post(format!("{}{path}", origin()))
        .bearer_auth(KEY)
        .header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let cost = &response.headers()["x-litellm-response-cost"];
    cost.to_str().unwrap().parse().unwrap()
}

/// What user code saw, bare and wrapped, is the same but for ids and times.
#[track_caller]
pub(crate) fn assert_same(wrapped: &impl Debug, bare: &impl Debug) {
    let settled = |seen: &dyn Debug| settled(&format!("{seen:?}"));
    assert_eq!(settled(wrapped), settled(bare));
}

/// A text without long words that have digits in them, which are ids, and long numbers, which are
/// times.
fn settled(text: &str) -> String {
    let is_of_id = |it: char| it.is_ascii_alphanumeric() || "-_.=".contains(it);
    let mut settled = String::new();
    for part in text.split_inclusive(|it| !is_of_id(it)) {
        let word = part.trim_end_matches(|it| !is_of_id(it));
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_own = (word.len() >= 20 && digits > 0) || digits >= 10;
        settled.push_str(if is_own { "[own]" } else { word });
        settled.push_str(&part[word.len()..]);
    }
    settled
}

/// Runs `future` and gives its result and the one record that was made.
pub(crate) async fn recorded<T>(future: impl Future<Output = T>) -> (T, Record) {
    let ended = async {
        let output = future.await;
        // Some clients read streams in a task of their own; let it see that its reader has gone.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        output
    };
    let (output, traces) = carrot_runtime::testing::capture_output(ended).await;
    let mut records = traces.records().to_vec();
    assert_eq!(records.len(), 1, "{records:?}");
    (output, records.remove(0))
}

/// What a model said, by its span.
pub(crate) fn said(record: &Record) -> Value {
    let output = record.output.as_ref().expect("an output").to_value();
    output["message"]["content"].clone()
}
