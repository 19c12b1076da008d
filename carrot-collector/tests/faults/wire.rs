//! What lies between a program and its collector, and does not work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// What becomes of one connection. Resets are those of TCP: what was under way is lost as well.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Works,
    /// Reset before anything is read.
    Refused,
    /// Everything is read, and nothing answered.
    BlackHole,
    /// Reset when so many bytes of what the program says went through.
    AskedUpTo(usize),
    /// Reset when so many bytes of what the collector says went through.
    AnsweredUpTo(usize),
    /// The collector's words end after so many bytes, and the connection does not.
    StallsAt(usize),
    /// The collector's words come through a byte at a time, each a while after the other.
    Dribbles,
}

/// Between two bytes that dribble.
const A_WHILE: Duration = Duration::from_millis(1);

/// Listens until it is dropped.
pub(crate) struct Wire {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    /// To the server at `http://<address>`. The n-th connection, counted from 0, takes the fate that is said.
    pub(crate) fn to(url: &str, fate: impl Fn(usize) -> Fate + Send + 'static) -> Wire {
        let inner: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let serving = async {
                    let mut open = JoinSet::new();
                    loop {
                        let (outside, _) = listener.accept().await.unwrap();
                        open.spawn(serve(outside, inner, fate(count.fetch_add(1, SeqCst))));
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Wire {
            address,
            connections,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn serve(mut outside: TcpStream, inner: SocketAddr, fate: Fate) {
    outside.set_nodelay(true).unwrap();
    let all = usize::MAX;
    let (asked, answered) = match fate {
        Fate::Refused => return outside.set_zero_linger().unwrap(),
        Fate::BlackHole => {
            let mut nowhere = tokio::io::sink();
            // Until the program gives up.
            let _ = tokio::io::copy(&mut outside, &mut nowhere).await;
            return;
        }
        Fate::Works | Fate::Dribbles => (all, all),
        Fate::AskedUpTo(bytes) => (bytes, all),
        Fate::AnsweredUpTo(bytes) | Fate::StallsAt(bytes) => (all, bytes),
    };
    let mut inside = TcpStream::connect(inner).await.unwrap();
    let (from_program, mut to_program) = outside.split();
    let (from_collector, mut to_collector) = inside.split();
    let asks = pass(from_program, &mut to_collector, asked, usize::MAX);
    let answers = async {
        let at_once = if let Fate::Dribbles = fate { 1 } else { all };
        let ended = pass(from_collector, &mut to_program, answered, at_once).await;
        if let (Fate::StallsAt(_), End::Cut) = (fate, &ended) {
            std::future::pending().await
        }
        ended
    };
    let end = tokio::select! {
        end = asks => end,
        end = answers => end,
    };
    if end == End::Cut {
        outside.set_zero_linger().unwrap();
        inside.set_zero_linger().unwrap();
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// One of the two has closed it.
    Closed,
    /// So many bytes went through.
    Cut,
}

/// Passes on so many bytes, so many of them at once.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWriteExt + Unpin),
    mut left: usize,
    at_once: usize,
) -> End {
    let mut buffer = vec![0; 16 * 1024];
    while left > 0 {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return End::Closed;
        };
        let passed = &buffer[..read.min(left)];
        for piece in passed.chunks(at_once) {
            if to.write_all(piece).await.is_err() {
                return End::Closed;
            }
            if at_once == 1 {
                tokio::time::sleep(A_WHILE).await;
            }
        }
        left -= passed.len();
    }
    End::Cut
}
