use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use carrot_runtime::Carried;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::Client;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::upstream::Upstream;
use super::{client, exchange};
use crate::WrapOptions;

/// What a token leads to.
pub(super) struct Route {
    pub(super) upstream: Upstream,
    pub(super) options: WrapOptions,
    /// Where the relay was asked for.
    pub(super) place: Carried,
}

/// All relays of the process share one server, on a thread of its own. It stops when it is dropped.
pub(super) struct Server {
    table: Arc<Table>,
    _stop: watch::Sender<()>,
}

/// What the server's thread needs to know.
pub(super) struct Table {
    pub(super) address: SocketAddr,
    routes: Mutex<HashMap<String, Arc<Route>>>,
}

impl Table {
    pub(super) fn route(&self, token: &str) -> Option<Arc<Route>> {
        self.routes().get(token).cloned()
    }

    fn routes(&self) -> MutexGuard<'_, HashMap<String, Arc<Route>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// The one that runs, or a new one.
    pub(super) fn running() -> io::Result<Arc<Server>> {
        static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = running.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Server::start()?);
        *running = Arc::downgrade(&server);
        Ok(server)
    }

    fn start() -> io::Result<Server> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let table = Arc::new(Table {
            address: listener.local_addr()?,
            routes: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = watch::channel(());
        let thread = std::thread::Builder::new().name("carrot-relay".to_owned());
        thread.spawn({
            let table = table.clone();
            move || {
                // Nothing can be done about a socket that the runtime does not take; clients find nobody there.
                let _ = runtime.block_on(serve(listener, table, stopped));
            }
        })?;
        Ok(Server { table, _stop: stop })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.table.address
    }

    /// Opens a way in, and gives its token.
    pub(super) fn open(&self, route: Route) -> io::Result<String> {
        let token = token()?;
        self.table.routes().insert(token.clone(), Arc::new(route));
        Ok(token)
    }

    pub(super) fn close(&self, token: &str) {
        // Dropped outside of the lock.
        let _route = self.table.routes().remove(token);
    }
}

/// 128 bits that nobody can guess, in hex.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    let provider = rustls::crypto::ring::default_provider();
    let filled = provider.secure_random.fill(&mut bytes);
    filled.map_err(|_| io::Error::other("there are no random numbers"))?;
    Ok(bytes.iter().fold(String::new(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

/// Serves until the server is dropped, and then what is under way.
async fn serve(
    listener: std::net::TcpListener,
    table: Arc<Table>,
    mut stopped: watch::Receiver<()>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let client = Arc::new(client::client());
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                let (table, client) = (table.clone(), client.clone());
                connections.spawn(connection(socket, table, client, stopped.clone()));
            }
            // The client has gone again, or there are too many at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn connection(
    socket: TcpStream,
    table: Arc<Table>,
    client: Arc<Result<Client, String>>,
    mut stopped: watch::Receiver<()>,
) {
    // Without it each piece of a stream would wait until the client has confirmed the one before.
    let _ = socket.set_nodelay(true);
    let service =
        service_fn(move |request| exchange::relayed(request, table.clone(), client.clone()));
    let http = http1::Builder::new()
        // The upstream says what time it is, or nobody does.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(socket), service);
    let mut http = std::pin::pin!(http);
    // An error says that the client left, or that the answer broke: its call knows.
    tokio::select! {
        _ = http.as_mut() => {}
        _ = stopped.changed() => {
            http.as_mut().graceful_shutdown();
            let _ = http.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn it_stops_when_it_is_dropped() {
        let server = Server::start().unwrap();
        let address = server.address();
        let idle = TcpStream::connect(address).unwrap();
        drop(server);
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now();
        }
        // What was open is closed too, or was never accepted.
        let read = std::io::Read::read(&mut &idle, &mut [0]);
        assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    }

    #[test]
    fn tokens_differ() {
        let tokens = [token().unwrap(), token().unwrap()];
        assert_ne!(tokens[0], tokens[1]);
        assert!(tokens.iter().all(|it| it.len() == 32));
    }
}
