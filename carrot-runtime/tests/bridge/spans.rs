//! Who is whose parent.

use carrot_runtime::testing;
use carrot_runtime::{TracingLayer, current, span};
use carrot_wire::TraceContext;
use proptest::prelude::*;
use tracing::level_filters::LevelFilter;
use tracing::{debug_span, info_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::capture;

#[test]
fn both_worlds_are_parents_of_each_other() {
    let traces = capture(|| {
        let _a = span("a");
        info_span!("b").in_scope(|| {
            let _c = span("c");
            let d = info_span!("d");
            let _d = d.enter();
            drop(span("e"));
            drop(info_span!("f"));
        });
        drop(span("g"));
    });
    assert_eq!(
        traces.render(),
        "a\n├─ b\n│  └─ c\n│     └─ d\n│        ├─ e\n│        └─ f\n└─ g\n"
    );
    assert_eq!(traces.find("b").unwrap().metadata()["source"], "tracing");
}

#[test]
fn a_root_is_a_trace_of_its_own() {
    let traces = capture(|| {
        let outer = info_span!("outer").entered();
        drop(info_span!(parent: None, "alone"));
        drop(info_span!("inner"));
        drop(outer);
        assert!(!current().is_recording(), "nothing is left behind");
    });
    assert_eq!(traces.render(), "alone\nouter\n└─ inner\n");
    let session = capture(|| {
        carrot_runtime::session("s").run(|| {
            info_span!("outer").in_scope(|| drop(info_span!(parent: None, "alone")));
        });
    });
    assert_eq!(session.render(), "alone\nouter\n");
    for record in session.records() {
        assert_eq!(record.session_id.as_deref(), Some("s"), "{:?}", record.name);
    }
}

/// What came with a trace of another process does not go along with a new one.
#[test]
fn a_root_leaves_a_remote_trace_behind() {
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let remote = TraceContext::parse(header, "vendor=1").unwrap();
    let traces = capture(|| {
        carrot_runtime::continue_trace(remote.clone()).run(|| {
            let below = || current().trace_context().unwrap();
            info_span!("inside").in_scope(|| {
                assert_eq!(below().trace, remote.trace);
                assert_eq!(below().state, remote.state);
            });
            let _outer = info_span!("outer").entered();
            info_span!(parent: None, "alone").in_scope(|| {
                assert_ne!(below().trace, remote.trace);
                assert!(below().state.is_empty());
            });
        });
    });
    for record in traces.records() {
        let alone = record.name.as_deref() == Some("alone");
        assert_eq!(record.parent_span_id, (!alone).then_some(remote.parent));
    }
}

#[test]
fn a_named_parent_counts() {
    let traces = capture(|| {
        let a = info_span!("a");
        let b = info_span!("b");
        let _b = b.enter();
        info_span!(parent: &a, "c").in_scope(|| drop(span("d")));
    });
    assert_eq!(traces.render(), "a\n└─ c\n   └─ d\nb\n");
}

/// Wants every span and event of the program.
struct Everything;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Everything {}

#[test]
fn spans_below_info_are_passed_over_and_left_to_other_layers() {
    let subscriber = tracing_subscriber::registry()
        .with(carrot_runtime::tracing_layer())
        .with(Everything);
    tracing::subscriber::with_default(subscriber, || {
        let traces = testing::capture(|| {
            let a = info_span!("a").entered();
            let b = debug_span!("b").entered();
            assert!(!b.is_disabled());
            drop(info_span!("c"));
            drop(span("d"));
            tracing::debug!("too fine");
            drop((b, a));
        });
        assert_eq!(traces.render(), "a\n├─ c\n└─ d\n");
        assert!(traces.records().iter().all(|it| it.events.is_none()));
    });
}

#[test]
fn filters_of_the_subscriber_hold() {
    let targets = Targets::new().with_target("wanted", LevelFilter::DEBUG);
    let layer = TracingLayer::default().with_filter(targets);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let traces = testing::capture(|| {
            let a = debug_span!(target: "wanted", "a").entered();
            let b = info_span!(target: "noise", "b").entered();
            drop(span("c"));
            drop((b, a));
        });
        assert_eq!(traces.render(), "a\n└─ c\n");
    });
}

#[test]
fn spans_may_be_left_out_of_order() {
    let traces = capture(|| {
        let _outer = span("outer");
        let a = info_span!("a").entered();
        let b = info_span!("b").entered();
        let c = span("c");
        let a = a.exit();
        drop(info_span!("below c"));
        drop(b);
        drop(c);
        drop(span("below outer"));
        // Entered again, it is current again.
        a.in_scope(|| {
            let inner = info_span!("inner").entered();
            drop(inner);
            drop(span("below a"));
        });
        drop(span("below outer, too"));
    });
    assert_eq!(
        traces.render(),
        "outer\n├─ a\n│  ├─ b\n│  │  └─ c\n│  │     └─ below c\n│  ├─ inner\n│  └─ below a\n├─ below outer\n└─ below outer, too\n"
    );
    assert!(!current().is_recording());
}

#[test]
fn a_span_may_be_left_inside_a_call() {
    let traces = capture(|| {
        let a = info_span!("a").entered();
        let b = span("b");
        let c = info_span!("c").entered();
        carrot_runtime::span("call").run(|| {
            drop(a);
            let c = c.exit();
            drop(span("inside"));
            c.in_scope(|| drop(span("below c")));
        });
        assert_eq!(current().id(), b.id());
        drop(b);
        assert!(!current().is_recording());
    });
    assert_eq!(
        traces.render(),
        "a\n└─ b\n   └─ c\n      ├─ below c\n      └─ call\n         └─ inside\n"
    );
}

/// Libraries take `Span::current()` along and enter it again, without knowing of ours in between.
#[test]
fn a_span_that_is_entered_again_stays_where_it_is() {
    let traces = capture(|| {
        info_span!("request").in_scope(|| {
            let _handler = span("handler");
            let ambient = tracing::Span::current();
            ambient.in_scope(|| {
                drop(span("ours"));
                drop(info_span!("theirs"));
            });
            drop(span("after"));
        });
        assert!(!current().is_recording());
    });
    assert_eq!(
        traces.render(),
        "request\n└─ handler\n   ├─ ours\n   ├─ theirs\n   └─ after\n"
    );
}

#[test]
fn a_span_may_be_entered_twice_at_once() {
    let traces = capture(|| {
        let a = info_span!("a");
        a.in_scope(|| {
            a.in_scope(|| drop(span("b")));
            drop(span("c"));
        });
        assert!(!current().is_recording());
    });
    assert_eq!(traces.render(), "a\n├─ b\n└─ c\n");
}

#[test]
fn a_clone_keeps_a_span_open() {
    let traces = capture(|| {
        let a = info_span!("a");
        let kept = a.clone();
        a.in_scope(|| {});
        drop(a);
        kept.in_scope(|| drop(span("late")));
    });
    assert_eq!(traces.render(), "a\n└─ late\n");
}

#[test]
fn a_panic_is_a_failure() {
    let traces = capture(|| {
        let caught = std::panic::catch_unwind(|| {
            let _a = info_span!("a").entered();
            std::panic::resume_unwind(Box::new("quiet"));
        });
        assert!(caught.is_err() && !current().is_recording());
    });
    let a = traces.find("a").unwrap();
    assert_eq!(a.error().map(|error| error.kind.as_str()), Some("panic"));
}

/// Two subscribers on one thread give out the same ids.
#[test]
fn two_subscribers_are_told_apart() {
    let subscriber = || tracing_subscriber::registry().with(carrot_runtime::tracing_layer());
    let traces = testing::capture(|| {
        tracing::subscriber::with_default(subscriber(), || {
            let a = info_span!("a").entered();
            tracing::subscriber::with_default(subscriber(), || {
                let b = info_span!("b").entered();
                assert_eq!(a.id(), b.id());
                drop(b);
                drop(info_span!("c"));
            });
        });
    });
    assert_eq!(traces.render(), "a\n├─ b\n└─ c\n");
}

#[test]
fn outside_of_a_subscriber_nothing_happens() {
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        let traces = testing::capture(|| {
            let _a = info_span!("a").entered();
            drop(span("b"));
        });
        assert_eq!(traces.render(), "b\n");
    });
}

/// What is done with three spans of each world.
#[derive(Debug, Clone, Copy)]
enum Step {
    Enter(usize),
    Leave(usize),
    Guard,
    DropGuard(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..3).prop_map(Step::Enter),
        (0usize..3).prop_map(Step::Leave),
        Just(Step::Guard),
        (0usize..3).prop_map(Step::DropGuard),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Guards of both worlds may be dropped in any order: what is current is one of those that are left.
    #[test]
    fn no_order_leaves_a_span_behind(steps in prop::collection::vec(step(), 0..24)) {
        capture(|| {
            let spans = [info_span!("a"), info_span!("b"), info_span!("c")];
            let mut entered: [Vec<_>; 3] = Default::default();
            let mut guards = Vec::new();
            for step in steps {
                match step {
                    Step::Enter(at) => {
                        let known = entered[at].first().map(|(id, _)| *id);
                        let guard = spans[at].enter();
                        entered[at].push((known.unwrap_or(current().id()), guard));
                    }
                    Step::Leave(at) => drop(entered[at].pop()),
                    Step::Guard => guards.push(span("ours")),
                    Step::DropGuard(at) if at < guards.len() => drop(guards.swap_remove(at)),
                    Step::DropGuard(_) => {}
                }
                let entered = entered.iter().flatten().map(|(id, _)| *id);
                let open: Vec<_> = entered.chain(guards.iter().map(|guard| guard.id())).collect();
                match current().id() {
                    None => assert!(open.is_empty()),
                    current => assert!(open.contains(&current)),
                }
            }
            drop((guards, entered));
            assert!(!current().is_recording());
        });
    }
}
