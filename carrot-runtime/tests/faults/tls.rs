//! A server on one port that first speaks no TLS and then does, with a certificate of its own, in front of another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::JoinHandle;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Listens until it is dropped.
pub(crate) struct Tls {
    address: SocketAddr,
    /// Who trusts this certificate trusts the server.
    pub(crate) certificate: String,
    speaks_tls: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tls {
    /// Before the server at `http://<address>`.
    pub(crate) fn before(origin: &str, speaks_tls: bool) -> Tls {
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
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let speaks_tls = Arc::new(AtomicBool::new(speaks_tls));
        let speaks = speaks_tls.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, acceptor, inner, &speaks) => {}
                    _ = stopped => {}
                }
            });
        });
        Tls {
            address,
            certificate: own.cert.pem(),
            speaks_tls,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// From now on it speaks TLS.
    pub(crate) fn begin(&self) {
        self.speaks_tls.store(true, SeqCst);
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    inner: SocketAddr,
    speaks_tls: &AtomicBool,
) {
    let mut connections = JoinSet::new();
    loop {
        let (mut outside, _) = listener.accept().await.unwrap();
        let acceptor = speaks_tls.load(SeqCst).then(|| acceptor.clone());
        connections.spawn(async move {
            let mut inside = TcpStream::connect(inner).await.unwrap();
            // However a connection ends.
            match acceptor {
                None => drop(copy_bidirectional(&mut outside, &mut inside).await),
                // A client that does not trust the certificate leaves here.
                Some(acceptor) => {
                    if let Ok(mut outside) = acceptor.accept(outside).await {
                        drop(copy_bidirectional(&mut outside, &mut inside).await);
                    }
                }
            }
        });
    }
}
