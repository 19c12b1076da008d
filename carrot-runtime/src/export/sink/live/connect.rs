//! How a connection begins: a request that asks for an upgrade, and the first frame.

use carrot_wire::live::{Auth, ClientFrame, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{
    CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Response, StatusCode, Upgraded, Version};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::Route;
use super::connection::{End, frame};
use crate::config::ApiKey;
use crate::export::answer::{self, Outcome};

/// What a collector sends is short.
const MAX_FRAME: usize = 1 << 20;

/// A connection that may be sent to.
pub(super) struct Welcomed {
    pub(super) socket: WebSocketStream<Upgraded>,
    /// What the collector takes, if it says so.
    pub(super) max_frame: Option<usize>,
}

impl Route {
    /// Connects, or says why not.
    pub(super) async fn connect(&self) -> Result<Welcomed, End> {
        let connecting = async { self.welcome(self.upgrade().await?).await };
        let connected = tokio::time::timeout(self.times.handshake, connecting).await;
        connected.unwrap_or_else(|_| Err(End::Bad("does not answer in time".to_owned())))
    }

    async fn upgrade(&self) -> Result<Upgraded, End> {
        let key = generate_key();
        let request = self.client.get(self.url.clone()).version(Version::HTTP_11);
        let request = request.headers(self.headers.clone());
        let request = request
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket");
        let request = request.header(SEC_WEBSOCKET_VERSION, "13");
        let sent = request.header(SEC_WEBSOCKET_KEY, &key).send().await;
        let response = sent.map_err(|error| {
            if error.is_connect() && !error.is_timeout() {
                End::NobodyListens
            } else if error.is_timeout() {
                End::Bad("does not answer in time".to_owned())
            } else {
                End::Broke
            }
        })?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.refused(response).await);
        }
        if !is_websocket(response.headers(), &key) {
            return Err(End::Useless("upgrades to no WebSocket".to_owned()));
        }
        let upgraded = response.upgrade().await;
        upgraded.map_err(|_| End::Broke)
    }

    /// What an answer means that is no upgrade: where others would be answered alike, it is what it is of HTTP; else there is no
    /// WebSocket.
    async fn refused(&self, response: Response) -> End {
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                match answer::read(response, &self.name, self.secrets()).await {
                    Outcome::Retry { why, after, .. } => End::Later { why, after },
                    Outcome::KeyRefused { why } => End::KeyRefused(why),
                    _ => End::Useless(format!("has no WebSocket ({status})")),
                }
            }
            _ => End::Useless(format!("has no WebSocket ({status})")),
        }
    }

    /// Says who we are.
    async fn welcome(&self, upgraded: Upgraded) -> Result<Welcomed, End> {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config));
        let mut socket = socket.await;
        let key = self.key.as_ref();
        let auth = ClientFrame::write_auth(&Auth {
            api_key: key.map_or(String::new(), |ApiKey(key)| key.clone()),
            acks: true,
            ..Auth::default()
        });
        let sent = socket.send(Message::text(auth)).await;
        sent.map_err(|_| End::Broke)?;
        loop {
            match frame(socket.next().await, self)? {
                Some(ServerFrame::AuthOk { max_frame_bytes }) => {
                    return Ok(Welcomed {
                        socket,
                        max_frame: max_frame_bytes,
                    });
                }
                Some(ServerFrame::Halt) => return Err(End::halted()),
                _ => {}
            }
        }
    }
}

fn is_websocket(headers: &HeaderMap, key: &str) -> bool {
    let is = |name, value: &str| {
        { headers.get(name) }.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    let accept = headers.get(SEC_WEBSOCKET_ACCEPT);
    is(UPGRADE, "websocket")
        && accept
            .is_some_and(|accept| accept.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes())
}
