//! The connections of the server.

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::answer::answer;
use super::server::Shared;

/// Serves until it is dropped.
pub(super) async fn serve(listener: std::net::TcpListener, script: Shared) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                // Without it each piece of an answer would wait for the client to confirm the one
                // before.
                let _ = socket.set_nodelay(true);
                tokio::spawn(connection(socket, script.clone()));
            }
            // The client has gone again, or there are too many at once.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Answers the requests of one connection. Bytes that no well-behaved server sends are written to
/// the socket as they are, and end it.
async fn connection(socket: TcpStream, script: Shared) {
    let (wire, mut taken) = mpsc::channel(1);
    let service = service_fn(move |request| answer(request, script.clone(), wire.clone()));
    let mut http = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    let bytes: Vec<u8> = tokio::select! {
        _ = &mut http => return,
        Some(bytes) = taken.recv() => bytes,
    };
    let mut socket = http.into_parts().io.into_inner();
    // An error says that the client did not wait for the end.
    if socket.write_all(&bytes).await.is_ok() {
        let _ = socket.shutdown().await;
    }
}
