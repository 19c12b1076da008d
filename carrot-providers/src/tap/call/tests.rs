use super::*;

#[test]
fn small_pieces_do_not_hold_the_buffers_that_they_lie_in() {
    let headers = HeaderMap::new();
    let asked = Asked::chat(&headers);
    let recorder = crate::recorder();
    let Door::Send(mut call) = recorder.run(|| Call::begin(&crate::wrapper(), &asked, || None))
    else {
        panic!("a call")
    };
    call.attempt();
    call.answered(200, &HeaderMap::new());
    let piece = Bytes::from(vec![b'x'; 8192]).slice(..100);
    call.piece(&piece);
    assert!(piece.is_unique());
    call.ended();
    assert_eq!(recorder.finish().len(), 1);
}

#[test]
#[cfg(feature = "genai")]
fn what_a_client_has_in_its_own_types_is_written_when_its_record_is_made() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let written = Arc::new(AtomicUsize::new(0));
    let later = |text: &'static str| {
        let written = written.clone();
        Later::new(text.len(), move || {
            written.fetch_add(1, Ordering::Relaxed);
            Bytes::from_static(text.as_bytes())
        })
    };
    let headers = HeaderMap::new();
    let asked = Asked::chat(&headers);
    let answer = r#"{"model":"m","choices":[{"message":{"content":"Hi"}}]}"#;
    let call = || {
        let request = || later(r#"{"model":"m","messages":[]}"#);
        let Door::Send(mut call) = Call::begin_later(&crate::wrapper(), &asked, request) else {
            panic!("a call")
        };
        call.attempt();
        call.answered(200, &HeaderMap::new());
        call.whole(later(answer));
        call.ended();
        written.load(Ordering::Relaxed)
    };
    let (before, traces) = carrot_runtime::testing::capture_returned(call);
    assert_eq!((before, written.load(Ordering::Relaxed)), (0, 2));
    let told = traces.roots()[0].output().to_string();
    assert!(told.contains("Hi"), "{told}");

    // A recording has to have them at once.
    let recorder = crate::recorder();
    assert_eq!(recorder.run(call), 4);
    assert_eq!(recorder.finish().len(), 1);
}
