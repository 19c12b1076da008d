//! Where the calls of a relay belong.

use carrot_runtime::span;
use carrot_wire::Record;

use crate::support::{Pair, chat, name, output, post, recorded};

#[test]
fn below_the_span_in_which_the_relay_was_asked_for() {
    let pair = Pair::new(|it| it);
    let (_, records) = recorded(|| {
        let _root = span("root");
        let relays = ["one", "two"].map(|step| {
            let _step = span(step);
            let options = carrot_providers::wrapper().name("bot").tags([step]);
            (step, options.relay(pair.relayed.origin()).unwrap())
        });
        // Nothing but the URL is known where the calls are made.
        std::thread::scope(|threads| {
            for (step, relay) in &relays {
                threads
                    .spawn(|| post(&format!("{}/v1/chat/completions", relay.url()), &chat(step)));
            }
        });
    });
    assert_eq!(records.len(), 5);
    let calls: Vec<&Record> = records.iter().filter(|it| name(it) == "bot").collect();
    assert_eq!(calls.len(), 2);
    for call in calls {
        let parent = records
            .iter()
            .find(|it| it.span_id == call.parent_span_id)
            .unwrap();
        let step = name(parent);
        assert_eq!(call.tags, Some(vec![step.to_owned()]));
        assert_eq!(
            output(call)["message"]["content"],
            format!("You said: {step}")
        );
    }
}

#[test]
fn roots_of_their_own_where_no_span_is_open() {
    let pair = Pair::new(|it| it);
    let (_, records) = recorded(|| {
        let relay = pair.relay();
        let _elsewhere = span("elsewhere");
        for text in ["one", "two"] {
            post(&format!("{}/v1/chat/completions", relay.url()), &chat(text));
        }
    });
    let calls: Vec<&Record> = records
        .iter()
        .filter(|it| name(it) == "chat.completions")
        .collect();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|it| it.parent_span_id.is_none()));
    assert_ne!(calls[0].trace_id, calls[1].trace_id);
}

#[tokio::test(flavor = "current_thread")]
async fn asked_for_and_used_within_one_thread_of_tokio() {
    let pair = Pair::new(|it| it);
    let call = async {
        let _root = span("root");
        let relay = pair.relay();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/v1/chat/completions", relay.url()));
        let answer = request.body(chat("Hi").to_string()).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let (text, traces) = carrot_runtime::testing::capture_output(call).await;
    assert!(text.contains("You said: Hi"));
    assert_eq!(traces.render().lines().count(), 2, "{}", traces.render());
}
