use std::io::{self, BufReader, Read};
use std::sync::{Mutex, PoisonError};

use ::ureq::{Body, Error};
use bytes::Bytes;
use http::Response;

use super::errors::kind_of_io;
use crate::tap::{Answer, Call, in_words};

/// The most that is taken from the connection at once for a reader that asks for less, in bytes.
const ROOM: usize = 8 << 10;

/// The same response, its body tapped.
pub(super) fn tapped(response: Response<Body>, mut call: Call) -> Response<Body> {
    call.answered(response.status().as_u16(), response.headers());
    response.map(|body| {
        let kind = Kind::of(body.mime_type(), body.charset());
        let left = body.content_length().filter(|_| kind.is_verbatim());
        let tapped = Tapped::new(body.into_reader(), call, left);
        // It waits exactly where the bare reader waits: only when all that came was given on. It may take more than was asked
        // for, which spares a call to the connection for every byte that a JSON parser asks for.
        kind.body(BufReader::with_capacity(ROOM, tapped))
    })
}

/// A recorded answer as ureq would give it.
pub(super) fn replayed(answer: Answer) -> Result<Response<Body>, Error> {
    // All that ureq showed of it when it was recorded: every answer has headers.
    if answer.headers().is_empty() && answer.status() >= 400 {
        return Err(Error::StatusCode(answer.status()));
    }
    let mut response = Response::builder().status(answer.status()).body(())?;
    response.headers_mut().clone_from(answer.headers());
    let content_type = answer.headers().get("content-type");
    let (mime, charset) = content_type
        .and_then(|it| it.to_str().ok())
        .map_or((None, None), |it| {
            let mut parts = it.split(';').map(str::trim);
            let mime = parts.next();
            (mime, parts.find_map(|it| it.strip_prefix("charset=")))
        });
    let kind = Kind::of(mime, charset);
    // It is only for `Sync`, which ureq asks for; it is never locked.
    Ok(response.map(|()| kind.body(Unshared(Mutex::new(answer)))))
}

/// What a body is said to be.
struct Kind {
    mime: Option<String>,
    charset: Option<String>,
}

impl Kind {
    fn of(mime: Option<&str>, charset: Option<&str>) -> Kind {
        Kind {
            mime: mime.map(str::to_owned),
            charset: charset.map(str::to_owned),
        }
    }

    /// Whether ureq gives the bytes as they came. Text that is not in UTF-8 it may have decoded, to another length,
    /// and must not decode again.
    fn is_verbatim(&self) -> bool {
        !self
            .mime
            .as_deref()
            .is_some_and(|it| it.starts_with("text/"))
            || self.charset.as_deref().is_none_or(is_utf8)
    }

    /// A body of this kind.
    fn body(self, reader: impl Read + Send + Sync + 'static) -> Body {
        let is_verbatim = self.is_verbatim();
        let mut builder = Body::builder();
        if let Some(mime) = self.mime {
            builder = builder.mime_type(mime);
        }
        if let Some(charset) = self.charset.filter(|_| is_verbatim) {
            builder = builder.charset(charset);
        }
        builder.reader(reader)
    }
}

struct Unshared<T>(Mutex<T>);

impl<R: Read> Read for Unshared<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.0
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .read(to)
    }
}

fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8"]
        .iter()
        .any(|it| charset.eq_ignore_ascii_case(it))
}

/// A reader whose pieces are seen as they pass.
struct Tapped<R> {
    inner: R,
    /// Only for `Sync`, which ureq asks for; it is never locked.
    call: Mutex<Option<Call>>,
    /// How many bytes are to come, where that is known: nobody needs to read past the last one.
    left: Option<u64>,
}

impl<R: Read> Tapped<R> {
    fn new(inner: R, call: Call, left: Option<u64>) -> Tapped<R> {
        let mut tapped = Tapped {
            inner,
            call: Mutex::new(Some(call)),
            left,
        };
        tapped.look_for_end();
        tapped
    }

    fn call(&mut self) -> &mut Option<Call> {
        self.call.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_for_end(&mut self) {
        if self.left == Some(0)
            && let Some(call) = self.call().take()
        {
            call.ended();
        }
    }
}

impl<R: Read> Read for Tapped<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(to);
        match &read {
            Ok(0) => {
                if let Some(call) = self.call().take() {
                    call.ended();
                }
            }
            Ok(length) => {
                if let Some(call) = self.call() {
                    call.piece(&Bytes::copy_from_slice(to.get(..*length).unwrap_or(to)));
                }
                self.left = self.left.map(|left| left.saturating_sub(*length as u64));
                self.look_for_end();
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted
                    && let Some(call) = self.call().take()
                {
                    call.failed(kind_of_io(error), &in_words(error));
                }
            }
        }
        read
    }
}
