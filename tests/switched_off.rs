//! A build without the feature `enabled`: the same program, without tracing.

/// Builds and runs this file again, without the feature.
#[cfg(feature = "enabled")]
#[test]
fn the_program_builds_and_runs_without_the_feature() {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo
        .args(["test", "--offline", "--package", "carrot-ai"])
        .args(["--no-default-features", "--test", "switched_off"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    // What cargo tells this test of itself would have build scripts run again that look at it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let output = cargo.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("test result: ok. 5 passed"), "{text}{errors}");
    assert!(!errors.contains("warning"), "{errors}");
}

#[cfg(not(feature = "enabled"))]
mod off {
    use std::net::TcpListener;
    use std::panic::{Location, catch_unwind};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use carrot_ai::testing::capture;
    use carrot_ai::{current, resumable_functions, trace};
    use futures_util::stream::{self, Stream, StreamExt};

    struct Opaque;

    #[trace(name = never(), session = never(), metadata = {"never": never()}, level = Error)]
    #[track_caller]
    fn located(number: u8) -> (u8, u32) {
        (number, Location::caller().line())
    }

    #[allow(dead_code, reason = "that is the point")]
    fn never() -> &'static str {
        panic!("the attribute's expressions are gone")
    }

    #[trace(resumable)]
    fn resumable(opaque: Opaque) -> Opaque {
        opaque
    }

    #[trace]
    async fn asynchronous(bytes: [u8; 1024]) -> Result<u8, String> {
        Err(format!("{}", bytes.len()))
    }

    async fn plain(bytes: [u8; 1024]) -> Result<u8, String> {
        Err(format!("{}", bytes.len()))
    }

    #[trace]
    fn numbers() -> impl Stream<Item = u8> {
        stream::iter([1, 2])
    }

    #[test]
    fn functions_do_what_they_did() {
        assert_eq!(located(7), (7, line!()));
        let Opaque = resumable(Opaque);
        let mut future = pin!(asynchronous([0; 1024]));
        let waker = &mut Context::from_waker(Waker::noop());
        let poll = future.as_mut().poll(waker);
        assert_eq!(poll, Poll::Ready(Err("1024".to_owned())));
        let mut count = pin!(numbers().count());
        assert_eq!(count.as_mut().poll(waker), Poll::Ready(2));
    }

    #[test]
    fn futures_are_those_of_the_user() {
        let traced = size_of_val(&asynchronous([0; 1024]));
        assert_eq!(traced, size_of_val(&plain([0; 1024])));
    }

    #[test]
    fn nothing_is_recorded() {
        let traces = capture(|| {
            located(1);
            let step = carrot_ai::span("by hand").session("s").input(&1);
            step.set_output(&2);
            assert!(!step.is_recording());
            carrot_ai::session("s").run(|| carrot_ai::event("event", &1));
            assert_eq!(current().trace_id(), None);
            catch_unwind(|| carrot_ai::agent("a").run(|| panic!("on purpose"))).unwrap_err();
        });
        assert_eq!(traces.spans().count(), 0);
        assert!(resumable_functions().is_empty());
    }

    #[test]
    fn nothing_is_started() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let guard = carrot_ai::builder().base_url(url).init().unwrap();
        located(1);
        drop(carrot_ai::span("by hand"));
        let report = carrot_ai::flush();
        assert_eq!((report.acked, report.pending), (0, 0));
        drop(guard);
        assert!(listener.accept().is_err(), "something was sent");
    }

    /// Mistakes in the environment are not even looked for.
    #[test]
    fn init_does_nothing() {
        drop(carrot_ai::init());
        assert_eq!(carrot_ai::flush().last_error, None);
    }
}
