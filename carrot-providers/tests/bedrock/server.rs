//! A server of scripted answers, in JSON and in the frames of AWS's streams.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// Names in lower case, sorted.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Request {
    /// What the user says.
    pub(crate) fn says(&self) -> &str {
        let said = &self.body["messages"][0]["content"][0]["text"];
        said.as_str()
            .or(self.body["prompt"].as_str())
            .unwrap_or_default()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    pieces: Vec<Vec<u8>>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Whole,
    /// The connection breaks behind the last piece.
    Cut,
    /// Nothing more comes, and the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Reply {
        Reply {
            status: 200,
            headers: vec![("content-type", "application/json".to_owned())],
            pieces: vec![body.to_string().into_bytes()],
            end: End::Whole,
        }
    }

    pub(crate) fn raw(kind: &str, body: &str) -> Reply {
        let mut reply = Reply::json(&Value::Null);
        reply.headers = vec![("content-type", kind.to_owned())];
        reply.pieces = vec![body.as_bytes().to_vec()];
        reply
    }

    pub(crate) fn text(text: &str) -> Reply {
        Reply::json(&json!({
            "output": { "message": { "role": "assistant", "content": [{ "text": text }] } },
            "stopReason": "end_turn", "metrics": { "latencyMs": 12 },
            "usage": { "inputTokens": 10, "outputTokens": 5, "totalTokens": 95, "cacheReadInputTokens": 80 },
        }))
    }

    pub(crate) fn frames(frames: Vec<Vec<u8>>) -> Reply {
        Reply {
            status: 200,
            headers: vec![(
                "content-type",
                "application/vnd.amazon.eventstream".to_owned(),
            )],
            pieces: frames,
            end: End::Whole,
        }
    }

    /// A streamed answer, a frame for each word.
    pub(crate) fn streamed(text: &str) -> Reply {
        let mut frames = vec![event("messageStart", &json!({ "role": "assistant" }))];
        for word in text.split_inclusive(' ') {
            frames.push(delta(0, &json!({ "text": word })));
        }
        frames.push(event(
            "contentBlockStop",
            &json!({ "contentBlockIndex": 0 }),
        ));
        frames.extend(ends("end_turn"));
        Reply::frames(frames)
    }

    pub(crate) fn error(status: u16, name: &str, message: &str) -> Reply {
        let mut reply = Reply::json(&json!({ "message": message }));
        reply.status = status;
        reply.headers.push(("x-amzn-errortype", name.to_owned()));
        reply
    }

    /// Breaks the connection behind so many pieces.
    pub(crate) fn cut_after(mut self, pieces: usize) -> Reply {
        self.pieces.truncate(pieces);
        self.end = End::Cut;
        self
    }

    /// Says nothing more behind so many pieces.
    pub(crate) fn silent_after(mut self, pieces: usize) -> Reply {
        self.pieces.truncate(pieces);
        self.end = End::Silence;
        self
    }
}

pub(crate) fn ends(reason: &str) -> [Vec<u8>; 2] {
    [
        event("messageStop", &json!({ "stopReason": reason })),
        event(
            "metadata",
            &json!({ "metrics": { "latencyMs": 20 },
            "usage": { "inputTokens": 10, "outputTokens": 5, "totalTokens": 15 } }),
        ),
    ]
}

pub(crate) fn delta(index: u64, delta: &Value) -> Vec<u8> {
    event(
        "contentBlockDelta",
        &json!({ "contentBlockIndex": index, "delta": delta, "p": "abc" }),
    )
}

pub(crate) fn event(name: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", name),
        (":content-type", "application/json"),
    ];
    frame(&headers, &payload.to_string())
}

pub(crate) fn exception(name: &str, message: &str) -> Vec<u8> {
    let headers = [(":message-type", "exception"), (":exception-type", name)];
    frame(&headers, &json!({ "message": message }).to_string())
}

fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
    let headers = headers.iter().map(|(name, value)| {
        let value = HeaderValue::String((*value).to_owned().into());
        Header::new((*name).to_owned(), value)
    });
    let message = Message::new_from_parts(headers.collect(), payload.as_bytes().to_vec());
    let mut written = Vec::new();
    aws_smithy_eventstream::frame::write_message_to(&message, &mut written).unwrap();
    written
}

type Script = dyn Fn(&Request, usize) -> Reply + Send + Sync;

/// Answers by a script, which sees each request and how many came before.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(
        script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (seen, script): (_, Arc<Script>) = (requests.clone(), Arc::new(script));
        let accepting = tokio::spawn(async move {
            // Dropped with this task, and all connections with it.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, seen.clone(), script.clone()));
            }
        });
        Server {
            address,
            requests,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut socket: TcpStream, seen: Arc<Mutex<Vec<Request>>>, script: Arc<Script>) {
    let Some(request) = read(&mut socket).await else {
        return;
    };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let reply = script(&request, before);
    // A client that has gone is no trouble of the server's.
    let _ = write(&mut socket, &reply).await;
    if reply.end == End::Silence {
        let _ = socket.read(&mut [0]).await;
    }
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at;
        }
        (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    headers.sort();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")?
        .1
        .parse::<usize>()
        .ok()?;
    while bytes.len() < head + 4 + length {
        (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let body = serde_json::from_slice(&bytes[head + 4..]).unwrap_or_default();
    Some(Request {
        path,
        headers,
        body,
    })
}

async fn write(socket: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {} X\r\nconnection: close\r\nx-amzn-requestid: req-1\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "transfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    for piece in &reply.pieces {
        socket
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await?;
        socket.write_all(piece).await?;
        socket.write_all(b"\r\n").await?;
        socket.flush().await?;
    }
    if reply.end == End::Whole {
        socket.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}
