//! What `#[trace]` does to a running program, seen through `carrot_ai::testing`.

mod attribute;
mod capture;
mod compiles;
mod drop_order;
mod futures;
mod in_place;
mod resumable;
mod status;
mod streams;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use carrot_ai::testing::{Span, Traces};
use carrot_wire::Record;

/// The span of that name, which has to be there.
#[track_caller]
fn span<'a>(traces: &'a Traces, name: &str) -> &'a Span {
    traces
        .find(name)
        .unwrap_or_else(|| panic!("no span is called {name:?}"))
}

/// The record of the span of that name, as it would have been sent.
#[track_caller]
fn record<'a>(traces: &'a Traces, name: &str) -> &'a Record {
    let mut records = traces.records().iter();
    records
        .find(|record| record.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("no record is called {name:?}"))
}

/// Runs a future that never waits for anything outside of it.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Not ready at the first poll.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Each function twice: in `plain` as written, in `traced` under the attribute.
macro_rules! twins {
    ($($item:item)*) => {
        mod plain {
            use super::*;
            $($item)*
        }
        mod traced {
            use super::*;
            $(#[carrot_ai::trace] $item)*
        }
    };
}
use twins;
