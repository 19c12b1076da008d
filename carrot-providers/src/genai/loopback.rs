//! One recorded answer, given to one request on a loopback port.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::tap::Answer;

/// The longest line of a request's head, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// The most lines of a request's head.
const MAX_LINES: usize = 200;

/// How long the request is awaited, which the client sends at once.
const WAIT: Duration = Duration::from_secs(30);

/// To so many connections is listened at a time.
const MAX_HEARD: usize = 16;

/// An answer that waits for its request. It is served while [`Loopback::serve`] is polled.
pub(super) struct Loopback {
    listener: TcpListener,
    path: String,
    answer: Answer,
}

impl Loopback {
    /// Listens on a free port.
    pub(super) async fn of(answer: Answer) -> io::Result<Loopback> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        // Not to be guessed by others on this machine.
        let secret = RandomState::new().hash_one(0) as u128;
        let secret = secret << 64 | RandomState::new().hash_one(1) as u128;
        Ok(Loopback {
            listener,
            path: format!("/{secret:032x}"),
            answer,
        })
    }

    /// Where the request is awaited.
    pub(super) fn url(&self) -> io::Result<String> {
        let address = self.listener.local_addr()?;
        Ok(format!("http://{address}{}", self.path))
    }

    /// Waits for the request and answers it. Other requests are turned away.
    pub(super) async fn serve(self) -> io::Result<()> {
        self.serve_within(WAIT).await
    }

    async fn serve_within(self, wait: Duration) -> io::Result<()> {
        // A stream may be dropped before it has asked, and says so to nobody.
        let stream = timeout(wait, self.asked()).await??;
        drop(self.listener);
        give(self.answer, stream).await
    }

    /// The connection by which the request came. One that says nothing holds up nobody.
    async fn asked(&self) -> io::Result<TcpStream> {
        let expected = format!("POST {} HTTP/1.1", self.path);
        let mut heard = FuturesUnordered::new();
        loop {
            tokio::select! {
                came = self.listener.accept(), if heard.len() < MAX_HEARD => {
                    heard.push(take_request(BufReader::new(came?.0)));
                }
                Some(request) = heard.next(), if !heard.is_empty() => match request {
                    Ok((line, stream)) if line == expected => return Ok(stream),
                    _ => {}
                },
            }
        }
    }
}

/// Reads a request to its end and gives its first line.
async fn take_request(mut stream: BufReader<TcpStream>) -> io::Result<(String, TcpStream)> {
    let first = line(&mut stream).await?;
    let mut length = 0;
    for _ in 0..MAX_LINES {
        let line = line(&mut stream).await?;
        if line.is_empty() {
            let body = &mut (&mut stream).take(length);
            copy(body, &mut sink()).await?;
            return Ok((first, stream.into_inner()));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(MAX_LINE).read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Sends the answer piece by piece. Where the recorded connection broke, so does this one.
async fn give(mut answer: Answer, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let is_chunked = !answer.headers().contains_key(CONTENT_LENGTH);
    stream
        .write_all(&head(answer.status(), answer.headers()))
        .await?;
    while let Some(piece) = answer.next_piece() {
        let piece = piece.map_err(io::Error::other)?;
        match is_chunked {
            true => stream.write_all(&chunk(&piece)).await?,
            false => stream.write_all(&piece).await?,
        }
    }
    if is_chunked {
        stream.write_all(b"0\r\n\r\n").await?;
    }
    stream.shutdown().await
}

fn head(status: u16, headers: &HeaderMap) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} \r\n").into_bytes();
    for (name, value) in headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
        head.extend(b"transfer-encoding: chunked\r\n");
    }
    head.extend(b"\r\n");
    head
}

fn chunk(piece: &Bytes) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

#[cfg(test)]
mod tests;
