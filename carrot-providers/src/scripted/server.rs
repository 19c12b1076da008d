use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::connection;
use super::reply::Reply;
use super::request::Request;
use super::script::Script;
use super::when::When;

pub(super) type Shared = Arc<Mutex<Script>>;

pub(super) fn lock(script: &Shared) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A script in the making.
#[derive(Debug, Default)]
pub struct Builder {
    script: Script,
    port: u16,
}

impl Builder {
    /// Adds a rule. Earlier rules come first.
    pub fn on(mut self, when: When, reply: Reply) -> Builder {
        self.script.add(when, reply);
        self
    }

    /// A request that no rule fits and a rule that is never used are problems.
    pub fn strict(mut self) -> Builder {
        self.script.be_strict();
        self
    }

    /// Listens on this port rather than on any free one.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    ///
    /// If the port is taken or no thread can be started: a test cannot go on without its server.
    pub fn start(self) -> ModelServer {
        let script: Shared = Arc::new(Mutex::new(self.script));
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .unwrap_or_else(|error| {
                panic!(
                    "the model server cannot listen on port {}: {error}",
                    self.port
                )
            });
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for the model server");
        let thread = std::thread::Builder::new()
            .name("model-server".to_owned())
            .spawn({
                let script = script.clone();
                move || {
                    runtime.block_on(async {
                        tokio::select! {
                            _ = connection::serve(listener, script) => {}
                            _ = stopped => {}
                        }
                    });
                }
            });
        ModelServer {
            address,
            script,
            stop: Some(stop),
            thread: Some(thread.expect("a thread for the model server")),
        }
    }
}

/// A model server that runs. See [the module](super).
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    script: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ModelServer {
    /// A script to fill with rules.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A server without rules, which echoes.
    pub fn start() -> ModelServer {
        ModelServer::builder().start()
    }

    /// Its base URL, as clients of OpenAI want it: with `/v1` and without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// Its address as a URL, without any path: the base URL as clients of Anthropic, Gemini and
    /// Ollama want it, some of them with a path added.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests it was asked, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.script).requests().to_vec()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let joined = self.thread.take().map(JoinHandle::join);
        let mut problems = lock(&self.script).take_problems();
        if let Some(Err(_)) = joined {
            problems.push("its thread panicked".to_owned());
        }
        if !problems.is_empty() && !std::thread::panicking() {
            panic!("the model server had problems: {}", problems.join("; "));
        }
    }
}
