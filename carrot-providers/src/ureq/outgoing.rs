use std::io::{self, Cursor, Read};

use ::ureq::{AsSendBody, Body, Error, SendBody};
use bytes::Bytes;
use http::{Request, Response, request};

/// The room for the first look at a body, in bytes; it doubles when it is full. More of it would be zeroed for nothing.
const ROOM: usize = 2 << 10;

/// The body of a request on its way, seen if somebody asked for it.
///
/// ureq's `SendBody` can only be read, which also forgets its length. What is in memory fills
/// every buffer it is given until it ends; such a body is read whole and sent as the bytes it is, with the
/// length it had. What fills a buffer only in part and then goes on is a reader of some kind: it is not
/// waited for, and is sent on as it comes.
pub(super) enum Outgoing<'a> {
    Unseen(SendBody<'a>),
    Whole(Bytes),
    Piecemeal(Vec<u8>, Box<dyn Read + 'a>),
}

impl<'a> Outgoing<'a> {
    /// The bytes, if they are in memory.
    pub(super) fn bytes(&mut self) -> Option<Bytes> {
        let seen = match std::mem::replace(self, Outgoing::Whole(Bytes::new())) {
            Outgoing::Unseen(body) => Outgoing::read(Box::new(body.into_reader())),
            seen => seen,
        };
        *self = seen;
        match self {
            Outgoing::Whole(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    fn read(mut reader: Box<dyn Read + 'a>) -> Outgoing<'a> {
        let mut bytes = vec![0; ROOM];
        let mut length = 0;
        let mut was_short = false;
        loop {
            match reader.read(&mut bytes[length..]) {
                Ok(0) => {
                    bytes.truncate(length);
                    return Outgoing::Whole(bytes.into());
                }
                Ok(more) => {
                    length += more;
                    if was_short {
                        bytes.truncate(length);
                        return Outgoing::Piecemeal(bytes, reader);
                    }
                    was_short = length < bytes.len();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    bytes.truncate(length);
                    return Outgoing::Piecemeal(bytes, Box::new(Broken(Some(error))));
                }
            }
            if length == bytes.len() {
                bytes.resize(2 * length, 0);
            }
        }
    }

    /// Sends the request with this body.
    pub(super) fn send(
        self,
        head: request::Parts,
        send: impl FnOnce(Request<SendBody<'_>>) -> Result<Response<Body>, Error>,
    ) -> Result<Response<Body>, Error> {
        match self {
            Outgoing::Unseen(body) => send(Request::from_parts(head, body)),
            Outgoing::Whole(bytes) => {
                let mut bytes: &[u8] = &bytes;
                send(Request::from_parts(head, bytes.as_body()))
            }
            Outgoing::Piecemeal(first, rest) => {
                let mut reader = Cursor::new(first).chain(rest);
                send(Request::from_parts(
                    head,
                    SendBody::from_reader(&mut reader),
                ))
            }
        }
    }
}

/// What a body that could not be read goes on with: its error.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(reader: impl Read + 'static) -> Outgoing<'static> {
        Outgoing::read(Box::new(reader))
    }

    #[test]
    fn what_is_in_memory_is_seen_whole() {
        for length in [0, 1, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM, 5 * ROOM] {
            let bytes: Vec<u8> = (0..length).map(|it| it as u8).collect();
            let mut outgoing = seen(Cursor::new(bytes.clone()));
            assert_eq!(outgoing.bytes().as_deref(), Some(&bytes[..]), "{length}");
        }
    }

    #[test]
    fn what_comes_piecemeal_is_passed_on_with_nothing_lost() {
        let pieces = Cursor::new("one ")
            .chain(Cursor::new("two "))
            .chain(Cursor::new("three"));
        let mut outgoing = seen(pieces);
        assert_eq!(outgoing.bytes(), None);
        let Outgoing::Piecemeal(first, mut rest) = outgoing else {
            panic!("it is a reader");
        };
        let mut text = String::from_utf8(first).unwrap();
        rest.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one two three");
    }

    #[test]
    fn a_readers_error_comes_where_it_came() {
        let broken = Broken(Some(io::Error::other("no more")));
        let Outgoing::Piecemeal(first, mut rest) = seen(Cursor::new("one").chain(broken)) else {
            panic!("it is a reader");
        };
        assert_eq!(first, b"one");
        let error = rest.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.to_string(), "no more");
    }
}
