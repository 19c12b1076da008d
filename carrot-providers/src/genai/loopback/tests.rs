use carrot_wire::recording::{End, Piece, RecordedAnswer};

use super::*;
use crate::tap::{Asked, Call, Door};

/// A recorded answer of one piece.
fn answer() -> Answer {
    let piece = Piece {
        at_us: 0,
        bytes: "hello".into(),
    };
    let recorded = RecordedAnswer {
        status: Some(200),
        headers: Vec::new(),
        pieces: vec![piece],
        end: End::Whole,
    };
    let headers = HeaderMap::new();
    let asked = Asked::chat(&headers);
    match crate::recorder().run(|| Call::begin(&crate::wrapper(), &asked, || None)) {
        Door::Send(call) => Answer::new(call, 200, recorded),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_that_never_comes_is_not_awaited_for_ever() {
    let loopback = Loopback::of(answer()).await.unwrap();
    let address = loopback.listener.local_addr().unwrap();
    let late = loopback.serve_within(Duration::from_millis(10)).await;
    assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
    let closed = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(closed.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_stranger_that_says_nothing_holds_up_nobody() {
    let loopback = Loopback::of(answer()).await.unwrap();
    let (address, path) = (
        loopback.listener.local_addr().unwrap(),
        loopback.path.clone(),
    );
    let serving = tokio::spawn(loopback.serve());
    let silent = TcpStream::connect(address).await.unwrap();
    let mut wrong = TcpStream::connect(address).await.unwrap();
    wrong
        .write_all(b"POST /guessed HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut asking = TcpStream::connect(address).await.unwrap();
    let request = format!("POST {path} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}");
    asking.write_all(request.as_bytes()).await.unwrap();
    let mut told = String::new();
    asking.read_to_string(&mut told).await.unwrap();
    assert!(
        told.starts_with("HTTP/1.1 200") && told.contains("hello"),
        "{told}"
    );
    told.clear();
    assert_eq!(wrong.read_to_string(&mut told).await.unwrap(), 0);
    serving.await.unwrap().unwrap();
    drop(silent);
}
