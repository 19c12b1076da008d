//! One connection: frames go out as the window allows, acknowledgements come in.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use carrot_wire::live::{CLOSE_AUTH, ClientFrame, Event, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use reqwest::Upgraded;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::connect::Welcomed;
use super::flights::{Batch, Flights};
use super::status::Status;
use super::{Command, Route};
use crate::env;
use crate::export::answer::Outcome;

/// What is around a record in its frame has fewer bytes.
const AROUND: usize = 64;
/// Who has too much to do is asked again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// Why a connection ended, or never began. The texts go on after the collector's name.
#[derive(Debug)]
pub(super) enum End {
    /// We close it.
    Ours,
    /// It was quiet for long, with nothing to send.
    Quiet,
    NobodyListens,
    /// The network's or the other end's doing.
    Broke,
    /// It behaves like this.
    Bad(String),
    /// In the words of HTTP's answers.
    Later {
        why: String,
        after: Option<Duration>,
    },
    KeyRefused(String),
    /// The first frame that is not answered has more bytes than the collector takes.
    TooLarge,
    /// It is no WebSocket of a collector, or one that wants nothing of us.
    Useless(String),
}

impl End {
    pub(super) fn halted() -> End {
        End::Useless("wants nothing more".to_owned())
    }

    /// Whether trying again soon would be in vain.
    pub(super) fn cannot(&self) -> bool {
        matches!(self, End::Useless(_) | End::KeyRefused(_))
    }

    /// What it means for a batch that is not answered.
    pub(super) fn outcome(&self, name: &str) -> Outcome {
        match self {
            End::Ours | End::Quiet | End::TooLarge => {
                Outcome::retry(format!("the connection to {name} was closed"))
            }
            End::NobodyListens => Outcome::Retry {
                why: format!("nobody answers at {name}"),
                after: None,
                nobody_listens: true,
            },
            End::Broke => Outcome::retry(format!("the connection to {name} broke")),
            End::Bad(why) | End::Useless(why) => Outcome::retry(format!("{name} {why}")),
            End::Later { why, after } => Outcome::Retry {
                why: why.clone(),
                after: *after,
                nobody_listens: false,
            },
            End::KeyRefused(why) => Outcome::KeyRefused { why: why.clone() },
        }
    }
}

pub(super) struct Connection<'a> {
    route: &'a Route,
    status: &'a Status,
    socket: WebSocketStream<Upgraded>,
    max_frame: usize,
    /// Batches that the window has no room for.
    waiting: VecDeque<Batch>,
    /// Records of the batches that it has, to be written yet.
    outgoing: VecDeque<(u64, Bytes)>,
    owes_pong: bool,
    flights: Flights,
    next_seq: &'a mut u64,
    /// When a frame was last written or answered.
    progress: Instant,
    /// When something was last heard.
    heard: Instant,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        route: &'a Route,
        status: &'a Status,
        next_seq: &'a mut u64,
        welcomed: Welcomed,
    ) -> Connection<'a> {
        Connection {
            route,
            status,
            socket: welcomed.socket,
            max_frame: welcomed.max_frame.unwrap_or(usize::MAX),
            waiting: VecDeque::new(),
            outgoing: VecDeque::new(),
            owes_pong: false,
            flights: Flights::default(),
            next_seq,
            progress: Instant::now(),
            heard: Instant::now(),
        }
    }

    /// Serves until it ends, and gives who still waits for an answer.
    pub(super) async fn run(
        mut self,
        first: Batch,
        inbox: &mut UnboundedReceiver<Command>,
    ) -> (End, Vec<Batch>) {
        self.take(first);
        let mut asked = None;
        let end = loop {
            let deadline = self.deadline();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Send(batch)) => self.take(batch),
                    Some(Command::Close(done)) => {
                        asked = Some(done);
                        break End::Ours;
                    }
                    None => break End::Ours,
                },
                frame = poll_fn(|cx| self.poll(cx)) => {
                    if let Err(end) = frame.and_then(|frame| self.hear(frame)) {
                        break end;
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    // Writing moves it while this waits.
                    if Instant::now() >= self.deadline() {
                        break if self.flights.is_empty() {
                            End::Quiet
                        } else {
                            End::Bad("acknowledges nothing".to_owned())
                        };
                    }
                }
            }
        };
        if let End::Ours = end {
            let _ = tokio::time::timeout(self.route.times.close, self.close()).await;
        }
        if let Some(done) = asked {
            let _ = done.send(());
        }
        let mut left: Vec<Batch> = std::iter::from_fn(|| self.flights.take_first()).collect();
        if let End::TooLarge = end
            && !left.is_empty()
        {
            left.remove(0).answer(Outcome::TooLarge);
        }
        left.extend(self.waiting);
        (end, left)
    }

    fn deadline(&self) -> Instant {
        if self.flights.is_empty() {
            self.heard + self.route.times.idle
        } else {
            self.progress + self.route.times.silence
        }
    }

    fn take(&mut self, batch: Batch) {
        let is_too_large = |record: &Bytes| record.len() + AROUND > self.max_frame;
        if batch.records.iter().any(is_too_large) {
            return batch.answer(Outcome::TooLarge);
        }
        self.waiting.push_back(batch);
        self.fill();
    }

    /// Has batches go out as far as the window has room.
    fn fill(&mut self) {
        while self.flights.has_room()
            && let Some(batch) = self.waiting.pop_front()
        {
            if self.flights.is_empty() {
                self.progress = Instant::now();
            }
            let first = *self.next_seq;
            for record in &batch.records {
                self.outgoing.push_back((*self.next_seq, record.clone()));
                *self.next_seq += 1;
            }
            self.flights.add(batch, first);
        }
    }

    /// Writes what can be written, and gives the next frame that came. Nothing is lost when this is not waited for.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<ServerFrame>, End>> {
        if let Poll::Ready(Err(_)) = self.poll_write(cx) {
            // Why is in what it said last, if it said something.
            return match self.socket.poll_next_unpin(cx) {
                Poll::Ready(message) => Poll::Ready(frame(message, self.route)),
                Poll::Pending => Poll::Ready(Err(End::Broke)),
            };
        }
        self.socket
            .poll_next_unpin(cx)
            .map(|message| frame(message, self.route))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        while self.owes_pong || !self.outgoing.is_empty() {
            std::task::ready!(self.socket.poll_ready_unpin(cx))?;
            if self.owes_pong {
                self.owes_pong = false;
                self.socket
                    .start_send_unpin(Message::text(ClientFrame::PONG))?;
            } else if let Some((seq, record)) = self.outgoing.pop_front() {
                self.progress = Instant::now();
                match std::str::from_utf8(&record) {
                    Ok(record) => {
                        let text = ClientFrame::write_data(Event::of(record), record, seq);
                        self.socket.start_send_unpin(Message::text(text))?;
                    }
                    // No record of ours.
                    Err(_) => {
                        self.flights.answered(seq, Some("is not UTF-8".to_owned()));
                    }
                }
            }
        }
        self.socket.poll_flush_unpin(cx)
    }

    fn hear(&mut self, frame: Option<ServerFrame>) -> Result<(), End> {
        self.heard = Instant::now();
        let (seq, refused) = match frame {
            Some(ServerFrame::Ack { seq: Some(seq), .. }) => (seq, None),
            Some(ServerFrame::Error {
                message,
                seq: Some(seq),
            }) => (seq, Some(self.route.secrets().shown(&message))),
            Some(ServerFrame::Ping) => {
                self.owes_pong = true;
                return Ok(());
            }
            Some(ServerFrame::Halt) => return Err(End::halted()),
            _ => return Ok(()),
        };
        if self.flights.answered(seq, refused) {
            self.progress = self.heard;
            self.status.works();
            self.fill();
        }
        Ok(())
    }

    async fn close(&mut self) {
        let close = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        if self.socket.send(Message::Close(Some(close))).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}

/// What a message says: a frame, nothing of interest, or that it is over.
pub(super) fn frame(
    message: Option<Result<Message, WsError>>,
    route: &Route,
) -> Result<Option<ServerFrame>, End> {
    let not_ours = || End::Useless("does not speak as a collector does".to_owned());
    match message {
        Some(Ok(Message::Text(text))) => match ServerFrame::read(&text) {
            Ok(frame) => Ok(Some(frame)),
            Err(_) => Err(not_ours()),
        },
        Some(Ok(Message::Close(close))) => Err(closed(close, route)),
        Some(Ok(Message::Binary(_))) | Some(Err(WsError::Capacity(_) | WsError::Utf8(_))) => {
            Err(not_ours())
        }
        Some(Ok(_)) => Ok(None),
        Some(Err(WsError::Protocol(error))) if !is_reset(&error) => Err(not_ours()),
        Some(Err(_)) | None => Err(End::Broke),
    }
}

/// The connection ended without a close: that is how networks break, too.
fn is_reset(error: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    matches!(error, ProtocolError::ResetWithoutClosingHandshake)
}

fn closed(close: Option<CloseFrame>, route: &Route) -> End {
    let Some(CloseFrame { code, reason }) = close else {
        return End::Bad("closes the connection".to_owned());
    };
    let (name, number) = (&route.name, u16::from(code));
    let reason = route.secrets().shown(&reason);
    match code {
        _ if number == CLOSE_AUTH => End::KeyRefused(format!(
            "{name} refuses the key: check {} ({reason})",
            env::API_KEY
        )),
        CloseCode::Size => End::TooLarge,
        CloseCode::Policy => End::Useless(format!("wants nothing of us ({reason})")),
        CloseCode::Again => End::Later {
            why: format!("{name} asks to wait ({reason})"),
            after: Some(AGAIN),
        },
        _ => End::Bad(format!("closes the connection ({number} {reason})")),
    }
}
