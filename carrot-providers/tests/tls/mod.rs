//! TLS in front of a server that speaks none, with a certificate of its own.
#![allow(unreachable_pub)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{JoinHandle, spawn};

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Listens until it is dropped.
pub struct Tls {
    address: SocketAddr,
    /// Who trusts this certificate trusts the server.
    pub root: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tls {
    /// Before the server at `http://<address>`.
    pub fn before(origin: &str) -> Tls {
        let inner: SocketAddr = origin.strip_prefix("http://").unwrap().parse().unwrap();
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key.into())
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let thread = spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, TlsAcceptor::from(Arc::new(config)), inner) => {}
                    _ = stopped => {}
                }
            });
        });
        Tls {
            address,
            root: own.cert.pem(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, inner: SocketAddr) {
    let mut connections = JoinSet::new();
    loop {
        let (outside, _) = listener.accept().await.unwrap();
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // A client that does not trust the certificate leaves here.
            if let Ok(mut outside) = acceptor.accept(outside).await {
                let mut inside = TcpStream::connect(inner).await.unwrap();
                let _ = copy_bidirectional(&mut outside, &mut inside).await;
            }
        });
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}
