//! One connection, from its first frame to its close.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use carrot_wire::live::{Auth, CLOSE_AUTH, CLOSE_SILENT, ClientFrame, ServerFrame};
use futures_util::future::{BoxFuture, Fuse, FusedFuture};
use futures_util::{FutureExt, SinkExt};
use tokio::time::{Instant, sleep_until, timeout};
use tungstenite::Error as WsError;

use super::dialect::Dialect;
use super::frames::Frames;
use crate::project::Project;
use crate::server::{self, App};
use crate::store::StoreError;

/// How long an end waits for the client's.
const LINGER: Duration = Duration::from_secs(2);

/// What is still to be done, at most one commit at a time: what comes meanwhile is in the next one together.
type Commit = Fuse<BoxFuture<'static, Result<Vec<ServerFrame>, StoreError>>>;

pub(super) struct Connection {
    socket: WebSocket,
    app: App,
    project: String,
    dialect: Dialect,
    /// Whether the client wants to hear of what is durable.
    acks: bool,
    frames: Frames,
    commit: Commit,
    pulse: Pulse,
}

/// Whether the client lives. All that it sends says so.
struct Pulse {
    /// When it was heard, or when it was asked, if it has not answered.
    since: Instant,
    asked: bool,
}

/// Why a connection ends.
enum End {
    /// The client went, or cannot be reached.
    Gone,
    /// It is told why.
    Close(u16, &'static str),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> End {
        match error {
            StoreError::Overloaded => End::Close(close_code::AGAIN, "too much waits"),
            StoreError::Closed => stopping(),
            StoreError::Failed(_) => End::Close(close_code::ERROR, "the store failed"),
        }
    }
}

impl Connection {
    pub(super) fn new(socket: WebSocket, app: App, project: String) -> Connection {
        Connection {
            socket,
            app,
            project,
            dialect: Dialect::default(),
            acks: false,
            frames: Frames::default(),
            commit: Fuse::terminated(),
            pulse: Pulse {
                since: Instant::now(),
                asked: false,
            },
        }
    }

    /// Serves it to its end. What was taken is kept, however it ends.
    pub(super) async fn serve(mut self) {
        let end = match self.welcome().await {
            Ok(()) => self.run().await,
            Err(end) => end,
        };
        let end = self.finish(end).await;
        self.close(end).await;
    }

    /// Waits for the client to say who it is. Any key will do as long as the collector has none.
    async fn welcome(&mut self) -> Result<(), End> {
        let stop = server::stop(self.app.stopped.clone());
        let first = tokio::select! {
            () = stop => return Err(stopping()),
            first = timeout(self.app.streams.times.auth, self.next_text()) => first,
        };
        let Ok(first) = first else {
            return Err(End::Close(CLOSE_AUTH, "no auth frame came in time"));
        };
        let Ok(ClientFrame::Auth(auth)) = ClientFrame::read(&first?) else {
            return Err(End::Close(CLOSE_AUTH, "the first frame is no auth frame"));
        };
        self.dialect = Dialect::of(&auth);
        self.project_of(&auth).await?;
        self.acks = auth.acks;
        let welcome = ServerFrame::AuthOk {
            max_frame_bytes: Some(self.app.body_limit),
        };
        self.send(vec![welcome]).await
    }

    async fn project_of(&mut self, auth: &Auth) -> Result<(), End> {
        match auth.project.as_deref().map(Project::named) {
            None => Ok(()),
            Some(Some(Project(project))) => {
                self.project = project;
                Ok(())
            }
            Some(None) => {
                self.send(vec![ServerFrame::error(&Project::rule(), None)])
                    .await?;
                Err(End::Close(close_code::POLICY, "project: is no name"))
            }
        }
    }

    async fn run(&mut self) -> End {
        let Err(end) = self.exchange().await;
        end
    }

    async fn exchange(&mut self) -> Result<Infallible, End> {
        let stop = server::stop(self.app.stopped.clone());
        let mut stop = std::pin::pin!(stop);
        self.pulse.heard();
        loop {
            self.begin_commit();
            let times = self.app.streams.times;
            let reads = !self.frames.is_full();
            let pulse = self.pulse.since
                + if self.pulse.asked {
                    times.pong
                } else {
                    times.ping
                };
            tokio::select! {
                // Who sends without a pause is answered, and told to go, all the same.
                biased;
                () = &mut stop => return Err(stopping()),
                answers = &mut self.commit, if !self.commit.is_terminated() => {
                    let answers = answers?;
                    self.send(answers).await?;
                }
                text = next_text(&mut self.socket), if reads => {
                    self.pulse.heard();
                    self.frames.push(text?);
                }
                () = sleep_until(pulse) => {
                    // What it said may lie where we do not read at the moment.
                    if self.pulse.asked && reads {
                        return Err(End::Close(CLOSE_SILENT, "no pong came in time"));
                    }
                    self.send(vec![ServerFrame::Ping]).await?;
                    self.pulse.asked();
                }
            }
        }
    }

    fn begin_commit(&mut self) {
        if self.commit.is_terminated() && !self.frames.is_empty() {
            let (store, project) = (self.app.store.clone(), self.project.clone());
            let patience = self.app.streams.times.store;
            let frames = std::mem::take(&mut self.frames);
            let commit = frames.commit(store, project, self.dialect, patience);
            self.commit = commit.boxed().fuse();
        }
    }

    /// Keeps what was taken, and says so if the client still listens.
    async fn finish(&mut self, mut end: End) -> End {
        loop {
            self.begin_commit();
            if self.commit.is_terminated() {
                return end;
            }
            match (&mut self.commit).await {
                Ok(answers) => {
                    if !matches!(end, End::Gone)
                        && let Err(other) = self.send(answers).await
                    {
                        end = other;
                    }
                }
                Err(error) => return error.into(),
            }
        }
    }

    async fn next_text(&mut self) -> Result<Utf8Bytes, End> {
        next_text(&mut self.socket).await
    }

    async fn send(&mut self, frames: Vec<ServerFrame>) -> Result<(), End> {
        let send = async {
            for frame in frames {
                if self.acks || !matches!(frame, ServerFrame::Ack { .. }) {
                    let text = Message::Text(self.dialect.write(&frame).into());
                    self.socket.feed(text).await?;
                }
            }
            self.socket.flush().await
        };
        match timeout(self.app.streams.times.send, send).await {
            Ok(Ok(())) => Ok(()),
            // It is gone, or does not take what it is sent.
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says why, and waits a little for the client to have read it: a socket that is closed while something lies
    /// in it unread takes the last words back.
    async fn close(mut self, end: End) {
        let closed = async {
            if let End::Close(code, reason) = end {
                let reason = Utf8Bytes::from_static(reason);
                let close = Message::Close(Some(CloseFrame { code, reason }));
                self.socket.send(close).await?;
            }
            while self.socket.recv().await.transpose()?.is_some() {}
            Ok::<(), axum::Error>(())
        };
        // However that went, it is over.
        let _ = timeout(LINGER, closed).await;
    }
}

impl Pulse {
    fn heard(&mut self) {
        self.since = Instant::now();
        self.asked = false;
    }

    fn asked(&mut self) {
        self.since = Instant::now();
        self.asked = true;
    }
}

fn stopping() -> End {
    End::Close(close_code::AWAY, "the collector stops")
}

/// The next frame; nothing is lost when this is not waited for.
async fn next_text(socket: &mut WebSocket) -> Result<Utf8Bytes, End> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Binary(_))) => {
                return Err(End::Close(close_code::UNSUPPORTED, "frames are text"));
            }
            // The socket answers by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(error)),
        }
    }
}

fn broken(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<WsError>() {
        Some(WsError::Capacity(_)) => End::Close(close_code::SIZE, "a frame is too large"),
        Some(WsError::Utf8(_)) => End::Close(close_code::INVALID, "a frame is not UTF-8"),
        Some(WsError::Protocol(_)) => End::Close(close_code::PROTOCOL, "no WebSocket's frame"),
        _ => End::Gone,
    }
}
