//! Futures and streams that are not `Send` do not become so.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use carrot_ai::trace;
use futures_util::Stream;

#[trace]
async fn future(shared: Rc<u8>) -> u8 {
    std::future::ready(()).await;
    *shared
}

struct Local(Rc<u8>);

impl Stream for Local {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(*self.0))
    }
}

#[trace]
fn numbers(shared: Rc<u8>) -> impl Stream<Item = u8> {
    Local(shared)
}

fn needs_send<T: Send>(_: T) {}

fn main() {
    needs_send(future(Rc::new(1)));
    needs_send(numbers(Rc::new(1)));
}
