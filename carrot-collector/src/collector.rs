//! A running collector: threads of its own, so that any program can have one inside.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::ingest::stream::Streams;
use crate::server::{self, App};
use crate::store::sqlite::SqliteStore;
use crate::{Builder, Error};

/// Threads that serve connections; reading and writing the store has others.
const SERVER_THREADS: usize = 2;

/// A running collector. Dropping it stops it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    data: PathBuf,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    /// Settings with their defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(settings: Builder) -> Result<Collector, Error> {
        let listener = bind(&settings)?;
        let address = listener.local_addr().map_err(Error::thread)?;
        let store = SqliteStore::open(&settings.data)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(SERVER_THREADS)
            .thread_name("carrot-server")
            .enable_all()
            .build()
            .map_err(Error::thread)?;

        let (stop, stopped) = watch::channel(false);
        let app = App {
            store: Arc::new(store),
            body_limit: settings.body_limit,
            streams: Streams::default(),
            stopped,
        };
        let thread = std::thread::Builder::new()
            .name("carrot-collector".to_owned())
            .spawn(move || run(&runtime, listener, app))
            .map_err(Error::thread)?;
        Ok(Collector {
            address,
            data: settings.data,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it answers, such as `http://127.0.0.1:7420`. The dashboard is there too.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder of its store.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Stops it: no new connections, what was taken is answered, the store is closed.
    pub fn shutdown(self) {}
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Without a receiver the server has ended already.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Binds the port, or one of those after it.
fn bind(settings: &Builder) -> Result<TcpListener, Error> {
    let host = settings.address()?;
    let last = settings.port.saturating_add(settings.next_ports);
    let mut port = settings.port;
    loop {
        let address = SocketAddr::new(host, port);
        match TcpListener::bind(address).map_err(|source| Error::bind(address, source)) {
            Err(error) if error.is_port_in_use() && port < last => port += 1,
            bound => return bound,
        }
    }
}

fn run(runtime: &Runtime, listener: TcpListener, app: App) {
    let store = Arc::clone(&app.store);
    runtime.block_on(server::serve(listener, app));
    store.close();
}
