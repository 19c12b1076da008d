//! What an open span is made of, from the moment it opens to its last frame.

use carrot_wire::{SpanId, Status, TraceId};

use crate::capture;
use crate::clock::ticks;
use crate::context::{CAPTURING, Ctx, REMOTE};
use crate::inherit::{self, Entry, Inherited};
use crate::line::frame::{End, Slot, Start};
use crate::{Site, budget, line, sampling, state};

/// A span that is recorded. Dropped, it is cancelled.
#[derive(Debug)]
pub(crate) struct Live {
    /// Never null: that tells an open span from none, in one word.
    site: &'static Site,
    ctx: Ctx,
    /// 0 for none.
    parent: u64,
    start: u64,
    /// What the spans below inherit from it.
    inherit: Option<Entry>,
    /// Whether nothing of this process is above it.
    root: bool,
    /// Whether a Start frame was written.
    shown: bool,
    /// Whether the first token came.
    answered: bool,
}

impl Live {
    /// Below the span of this context.
    #[inline]
    pub(crate) fn below(parent: Ctx, site: &'static Site) -> Live {
        let ctx = Ctx {
            span: line::span_id(),
            ..parent
        };
        Live::new(site, ctx, parent.span, false)
    }

    #[inline]
    fn new(site: &'static Site, ctx: Ctx, parent: u64, root: bool) -> Live {
        Live {
            site,
            ctx,
            parent,
            start: ticks(),
            inherit: None,
            root,
            shown: false,
            answered: false,
        }
    }

    /// With nothing of this process above it; nothing where nothing is to be recorded.
    pub(crate) fn root(above: Ctx, site: &'static Site, name: &str) -> Option<Live> {
        if above.flags & CAPTURING != 0 {
            return None;
        }
        let client = match above.client {
            0 => state::process_client()?,
            client => client,
        };
        let remote = above.flags & REMOTE != 0;
        let (trace, span) = if remote {
            (above.trace, line::span_id())
        } else {
            let trace = TraceId::from_random(line::random_wide());
            (
                [(trace.0 >> 64) as u64, trace.0 as u64],
                trace.root_span().0,
            )
        };
        let mut ctx = Ctx {
            trace,
            span,
            client,
            flags: above.flags & !REMOTE,
        };
        let sampled = sampling::decide(ctx, remote, site, name);
        ctx.flags |= sampled.flags;
        let mut live = Live::new(site, ctx, above.span, true);
        live.show();
        if let Some(budget) = budget::of_the_process() {
            live.inherit(budget.handed_down());
        }
        if sampled.weight != 1.0 {
            let weight = sampled.weight.to_ne_bytes();
            line::write_value(&ctx, Slot::Weight, &weight, false);
        }
        Some(live)
    }

    #[inline]
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Lets the assembler know of the span while it is open.
    #[inline]
    pub(crate) fn show(&mut self) {
        if !self.shown {
            self.shown = true;
            line::write_start(&self.ctx, self.started());
        }
    }

    #[inline]
    fn started(&self) -> Start {
        Start {
            site: self.site.number(),
            parent: SpanId(self.parent),
            root: self.root,
            ticks: self.start,
        }
    }

    /// Notes that a model's first token came; only the first call counts.
    pub(crate) fn first_token(&mut self) {
        if !self.answered {
            self.answered = true;
            line::write_value(&self.ctx, Slot::FirstToken, &ticks().to_ne_bytes(), false);
        }
    }

    /// Changes what it hands down to the spans below it.
    pub(crate) fn inherit(&mut self, change: impl FnOnce(&mut Inherited)) {
        match &self.inherit {
            Some(entry) => entry.change(change),
            None => {
                if let Some(entry) = Entry::below(self.ctx, change) {
                    self.ctx = self.ctx.inheriting(entry.number());
                    self.inherit = Some(entry);
                }
            }
        }
    }

    /// Hands down what its parent's place does by now, where it hands down nothing of the kind itself.
    #[cold]
    pub(crate) fn adopt(&mut self, here: Ctx) {
        if here.span == self.parent
            && let Some(theirs) = inherit::of(here)
        {
            self.inherit(|mine| *mine = std::mem::take(mine).or((*theirs).clone()));
        }
    }

    /// Writes its last frame. It is an error all the same if one was recorded. What is left must be
    /// [forgotten](std::mem::forget): dropped, it would be cancelled.
    #[inline]
    pub(crate) fn end(&mut self, status: Status) {
        let end = End {
            start: self.started(),
            ticks: ticks(),
            status,
        };
        line::write_end(&self.ctx, end);
        if self.root {
            crate::export::root_ended();
        }
        drop(self.inherit.take());
    }
}

impl Drop for Live {
    #[cold]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let message = "(the thread panicked while this span was open)";
            capture::error(&self.ctx, Slot::Error, |error| error.text("panic", message));
        }
        self.end(Status::Cancelled);
    }
}
