//! The frames of our WebSocket, `/ws/v1/stream`: each is one JSON text.
//!
//! The client says who it is (`auth`), then sends records as they begin and end, each with a number; the server
//! acknowledges each number once its record is durable. What a record looks like depends on the client's
//! dialect, so its JSON is carried as it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{RecordId, Status};

/// Where the WebSocket is, below a collector's address.
pub const PATH: &str = "/ws/v1/stream";
/// The close code for a client that did not say who it is, or must not be here.
pub const CLOSE_AUTH: u16 = 4001;
/// The close code for a client that does not answer pings.
pub const CLOSE_SILENT: u16 = 4002;

/// A key has at most this many bytes, in a frame.
const MAX_KEY: usize = 4096;
/// Of an error's words, so many characters are carried.
const MAX_MESSAGE: usize = 500;

/// What a client sends.
#[derive(Debug)]
pub enum ClientFrame<'a> {
    /// The first frame.
    Auth(Auth),
    /// A record.
    Data(Data<'a>),
    /// The answer to a ping.
    Pong,
}

/// Who a client is and what it can do.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// Its key; empty where none is needed.
    #[serde(default)]
    pub api_key: String,
    /// Whether it can run a recorded function again when it is asked to.
    #[serde(default)]
    pub resumable: bool,
    /// Which version of that it speaks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replay_generation: u64,
    /// Whether it wants its records acknowledged.
    #[serde(default)]
    pub acks: bool,
    /// The project of its records; absent: that of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// Without the key.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("resumable", &self.resumable)
            .field("acks", &self.acks)
            .finish_non_exhaustive()
    }
}

/// A record on its way.
#[derive(Debug)]
pub struct Data<'a> {
    /// What happened to it.
    pub event: Event,
    /// The record, in the client's dialect.
    pub data: &'a RawValue,
    /// The number that it is acknowledged by.
    pub seq: Option<u64>,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A root began.
    TraceStarted,
    /// A step began.
    SpanStarted,
    /// A step ended.
    SpanEnded,
    /// A root ended.
    TraceEnded,
}

impl Event {
    const ALL: [Event; 4] = [
        Event::TraceStarted,
        Event::SpanStarted,
        Event::SpanEnded,
        Event::TraceEnded,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Event::TraceStarted => "trace_started",
            Event::SpanStarted => "span_started",
            Event::SpanEnded => "span_ended",
            Event::TraceEnded => "trace_ended",
        }
    }

    /// What the JSON of one of our records tells of. Most of it is passed over unread.
    pub fn of(record: &str) -> Event {
        #[derive(Default, Deserialize)]
        struct Head {
            status: Option<Status>,
            parent_id: Option<IgnoredAny>,
            parent_span_id: Option<IgnoredAny>,
        }
        let head: Head = serde_json::from_str(record).unwrap_or_default();
        let is_root = head.parent_id.is_none() && head.parent_span_id.is_none();
        match (head.status == Some(Status::Running), is_root) {
            (true, true) => Event::TraceStarted,
            (true, false) => Event::SpanStarted,
            (false, false) => Event::SpanEnded,
            (false, true) => Event::TraceEnded,
        }
    }
}

/// A frame that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameError {
    /// The frame's number, where that could be read.
    pub seq: Option<u64>,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FrameError {}

impl<'a> ClientFrame<'a> {
    /// Reads a frame; the record in it stays as it is.
    ///
    /// # Errors
    ///
    /// It is no JSON object, has no known type, no record, or too long a key.
    pub fn read(text: &'a str) -> Result<ClientFrame<'a>, FrameError> {
        #[derive(Deserialize)]
        struct Frame<'a> {
            #[serde(borrow, rename = "type")]
            kind: Cow<'a, str>,
            #[serde(borrow)]
            data: Option<&'a RawValue>,
            seq: Option<u64>,
        }
        let frame: Frame<'_> = read(text)?;
        let error = |message: String| FrameError {
            seq: frame.seq,
            message,
        };
        match &*frame.kind {
            "auth" => {
                let auth: Auth = read(text)?;
                if auth.api_key.len() > MAX_KEY {
                    return Err(error(format!("api_key: longer than {MAX_KEY} bytes")));
                }
                Ok(ClientFrame::Auth(auth))
            }
            "pong" => Ok(ClientFrame::Pong),
            kind => {
                let event = { Event::ALL }.into_iter().find(|it| it.as_str() == kind);
                let event = event.ok_or_else(|| {
                    let shown: String = kind.chars().take(40).collect();
                    error(format!("type: there is no frame {shown:?}"))
                })?;
                Ok(ClientFrame::Data(Data {
                    event,
                    data: frame
                        .data
                        .ok_or_else(|| error("data: is missing".to_owned()))?,
                    seq: frame.seq,
                }))
            }
        }
    }

    /// The text of an `auth` frame.
    pub fn write_auth(auth: &Auth) -> String {
        #[derive(Serialize)]
        struct Frame<'a> {
            r#type: &'static str,
            #[serde(flatten)]
            auth: &'a Auth,
        }
        write(&Frame {
            r#type: "auth",
            auth,
        })
    }

    /// The text of the frame around a record, which must be JSON.
    pub fn write_data(event: Event, record: &str, seq: u64) -> String {
        format!(
            r#"{{"type":"{}","data":{record},"seq":{seq}}}"#,
            event.as_str()
        )
    }

    /// The text of a `pong` frame.
    pub const PONG: &'static str = r#"{"type":"pong"}"#;
}

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The client may send records.
    AuthOk {
        /// A frame may have so many bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_frame_bytes: Option<usize>,
    },
    /// A record is durable.
    Ack {
        /// The record's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RecordId>,
        /// The frame's number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
    /// A frame was not taken and never will be; or, without a number, the connection is in trouble.
    Error {
        /// What is wrong.
        #[serde(default)]
        message: String,
        /// The frame's number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
    /// Are you there?
    Ping,
    /// Send nothing more.
    Halt,
    /// Something newer, or for clients that can do more.
    #[serde(other, skip_serializing)]
    Other,
}

impl ServerFrame {
    /// An error, with as many of its words as are carried.
    pub fn error(message: &str, seq: Option<u64>) -> ServerFrame {
        ServerFrame::Error {
            message: message.chars().take(MAX_MESSAGE).collect(),
            seq,
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// It is no JSON object with a type, or a field of it is none of its kind.
    pub fn read(text: &str) -> Result<ServerFrame, FrameError> {
        read(text)
    }

    /// The frame's text.
    pub fn write(&self) -> String {
        write(self)
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, FrameError> {
    serde_json::from_str(text).map_err(|error| FrameError {
        seq: None,
        message: {
            let mut message = format!("not a frame: {error}");
            if let Some((at, _)) = message.char_indices().nth(160) {
                message.truncate(at);
            }
            message
        },
    })
}

/// Our own frames can always be written.
fn write(frame: &impl Serialize) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests;
