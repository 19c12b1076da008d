//! Which `tracing` spans are entered on this thread, and what was current before each.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tracing_core::span::Id;

use crate::context::Ctx;
use crate::line::guards;

static NEXT_LAYER: AtomicU64 = AtomicU64::new(0);

/// A number that no other layer has.
pub(super) fn next_layer() -> u64 {
    NEXT_LAYER.fetch_add(1, Relaxed)
}

struct Entered {
    layer: u64,
    id: u64,
    span: Ctx,
    /// What was current before; none where the span was entered already.
    previous: Option<Ctx>,
}

impl Entered {
    fn is(&self, layer: u64, id: &Id) -> bool {
        (self.layer, self.id) == (layer, id.into_u64())
    }
}

thread_local! {
    static STACK: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Makes a span current, unless it is entered already: what is current then is below it, and stays so, as it
/// does in the registry. Libraries enter again what was current around a call; a span of ours in
/// between, which they do not see, keeps its place.
pub(super) fn enter(layer: u64, id: &Id, span: Ctx) {
    // Where the thread's locals are gone, nobody could leave it again.
    let _ = STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        let again = stack.iter().any(|entered| entered.is(layer, id));
        stack.push(Entered {
            layer,
            id: id.into_u64(),
            span,
            previous: (!again).then(|| guards::enter(span)),
        });
    });
}

/// Makes current what was before. Spans may be left out of order, and those of `tracing` between those of
/// ours.
pub(super) fn exit(layer: u64, id: &Id) {
    let left = STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        let at = stack.iter().rposition(|entered| entered.is(layer, id))?;
        let Entered { span, previous, .. } = stack.remove(at);
        Some((span, previous?))
    });
    if let Ok(Some((span, previous))) = left {
        guards::leave(span, previous);
    }
}
