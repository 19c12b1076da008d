//! What fails for the bare client fails for the wrapped one in the same words.

use async_openai::error::OpenAIError;
use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};
use serde_json::{Value, json};

use crate::support::{Pair, chat, client, recorded, words};

async fn both(pair: &Pair) -> (Result<Value, String>, Record) {
    let bare: Result<Value, OpenAIError> = pair.bare.chat().create_byot(chat("Hi")).await;
    let (wrapped, record) = recorded(pair.wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    assert_eq!(
        words(&wrapped),
        words(&bare).map_err(|error| pair.as_wrapped(error))
    );
    pair.assert_same_requests();
    (words(&wrapped), record)
}

fn error(record: &Record) -> (&str, &str) {
    let error = record.error.as_ref().expect("an error");
    (&error.kind, &error.message)
}

#[tokio::test]
async fn an_error_status_has_the_words_of_the_server() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(401, "Incorrect API key provided")));
    let (result, record) = both(&pair).await;
    assert!(result.is_err());
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(
        error(&record),
        ("invalid_request_error", "Incorrect API key provided")
    );
    assert_eq!(record.input.unwrap().to_value(), chat("Hi"));
    assert_eq!(record.metadata["request_model"], "gpt-4o-mini");
    assert_eq!(record.metadata.get("attempts"), None);
}

#[tokio::test]
async fn a_call_that_succeeds_on_a_retry_is_one_span() {
    let first = || Reply::error(500, "broken").retry_after(0);
    let second = || Reply::error(429, "slow down").retry_after(0);
    let pair = Pair::new(|it| {
        it.on(When::any().attempt(1), first())
            .on(When::any().attempt(2), second())
    });
    let (result, record) = both(&pair).await;
    assert_eq!(
        result.unwrap()["choices"][0]["message"]["content"],
        "You said: Hi"
    );
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["http_500", "http_429"])
    );
    assert_eq!(record.metadata["request_id"], "req_3");
    assert!(record.error.is_none());
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_retries() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(429, "slow down").retry_after(0)));
    let (result, record) = both(&pair).await;
    assert!(result.is_err());
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
    assert_eq!(record.metadata["attempts"], 4);
    assert_eq!(record.metadata["request_id"], "req_4");
}

#[tokio::test]
async fn a_broken_server_that_outlasts_the_retries() {
    let html = || Reply::raw(502, "text/html", "<html>bad gateway</html>").retry_after(0);
    let pair = Pair::new(|it| it.on(When::any(), html()));
    let (result, record) = both(&pair).await;
    assert!(result.unwrap_err().contains("<html>"));
    assert_eq!(
        error(&record),
        ("http_502", "HTTP 502 with a body of text/html")
    );
    assert_eq!(record.metadata["attempts"], 4);
}

#[tokio::test]
async fn html_in_place_of_json() {
    let pair = Pair::new(|it| {
        it.on(
            When::any(),
            Reply::raw(200, "text/html", "<html>hello</html>"),
        )
    });
    let (result, record) = both(&pair).await;
    assert!(result.is_err());
    assert_eq!(
        record.status,
        Some(Status::Success),
        "the server answered, in words we do not know"
    );
    assert_eq!(
        record.metadata["capture_note"],
        "the answer is not the JSON that was expected"
    );
    assert_eq!(
        (record.output, &record.metadata["capture_complete"]),
        (None, &json!(false))
    );
}

#[tokio::test]
async fn a_plain_answer_that_is_cut() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").cut_after(1)));
    let (result, record) = both(&pair).await;
    assert!(result.is_err());
    assert_eq!(
        (record.status, error(&record).0),
        (Some(Status::Error), "transport")
    );
    assert_eq!(record.metadata["capture_note"], "the answer was cut off");
}

#[tokio::test]
async fn nobody_listens() {
    let pair = Pair::new(|it| it);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/v1");
    let bare: Result<Value, _> = client(&url).chat().create_byot(chat("Hi")).await;
    let wrapped = carrot_providers::wrap(client(&url));
    let (wrapped, record) = recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
    assert_eq!(words(&wrapped), words(&bare));
    assert_eq!(error(&record).0, "connect");
    assert!(error(&record).1.contains("refused"), "{:?}", record.error);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["connect", "connect", "connect"])
    );
    drop(pair);
}

#[tokio::test]
async fn a_call_dropped_before_its_answer_is_cancelled() {
    let pair = Pair::new(|it| {
        it.on(
            When::any(),
            Reply::text("late").delay(std::time::Duration::from_secs(60)),
        )
    });
    let call = async {
        let chats = pair.wrapped.chat();
        tokio::select! {
            _ = chats.create_byot::<_, Value>(chat("Hi")) => panic!("it was not to be answered"),
            () = asked(&pair) => {}
        }
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(record.input.unwrap().to_value(), chat("Hi"));
    assert_eq!(record.output, None);
}

/// Waits until the request has come.
async fn asked(pair: &Pair) {
    while !pair.was_asked() {
        tokio::task::yield_now().await;
    }
}
