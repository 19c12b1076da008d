use std::pin::pin;
use std::sync::Arc;

use ::genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef, StreamEnd};
use ::genai::resolver::AuthData;
use ::genai::{Client, Error, ModelSpec, Result};
use futures_util::future::{Either, select};
use tokio::task::JoinHandle;

use super::loopback::Loopback;
use super::target::{Target, at};
use crate::tap::Answer;

/// An answer from a recording, and the target by which the client asks for it.
pub(super) struct Replayed {
    loopback: Loopback,
    target: ModelSpec,
}

impl Replayed {
    pub(super) async fn of(client: &Client, target: &Target, answer: Answer) -> Result<Replayed> {
        if !target.is_raw {
            let kind = target.model.adapter_kind;
            return Err(refused(format!(
                "genai's calls to {kind} cannot be answered from a recording"
            )));
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(refused(
                "genai's calls can be answered from a recording only within a tokio runtime"
                    .to_owned(),
            ));
        }
        let failed = |error| refused(format!("no loopback port for a recorded answer: {error}"));
        let loopback = Loopback::of(answer).await.map_err(failed)?;
        let url = loopback.url().map_err(failed)?;
        let target = ModelSpec::Target(at(url.clone(), target.model.clone()));
        // Nothing is sent if a resolver of the user's would send it elsewhere.
        match client.resolve_service_target(target.clone()).await?.auth {
            AuthData::RequestOverride { url: it, .. } if it == url => {}
            _ => {
                return Err(refused(
                    "the client's ServiceTargetResolver replaces the target, so that its calls cannot be \
                     answered from a recording; let it leave targets with AuthData::RequestOverride as \
                     they are"
                        .to_owned(),
                ));
            }
        }
        Ok(Replayed { loopback, target })
    }

    /// Makes a call that has its whole answer when it returns.
    pub(super) async fn call<T, F: Future<Output = T>>(
        self,
        call: impl FnOnce(ModelSpec) -> F,
    ) -> T {
        let call = pin!(call(self.target));
        match select(call, pin!(self.loopback.serve())).await {
            Either::Left((result, _)) => result,
            Either::Right((_, call)) => call.await,
        }
    }

    /// Serves it until it is given; see [`Serving`].
    pub(super) fn begin(self) -> (ModelSpec, JoinHandle<()>) {
        let serving = tokio::spawn(async {
            // What goes wrong here the client sees at its end of the connection.
            let _ = self.loopback.serve().await;
        });
        (self.target, serving)
    }
}

/// An error of the client's own type for a call that is not sent.
pub(super) fn refused(message: String) -> Error {
    Error::Internal(message)
}

/// The sink of a stream that is answered from a recording: it ends the answer when the stream is
/// dropped, and passes all else on.
pub(super) struct Serving {
    pub(super) answer: JoinHandle<()>,
    pub(super) theirs: Option<Arc<dyn ChatFrameSink>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.answer.abort();
    }
}

impl ChatFrameSink for Serving {
    fn on_frame(&self, ctx: &FrameCtx, frame: RawFrameRef<'_>) {
        self.theirs.iter().for_each(|it| it.on_frame(ctx, frame));
    }

    fn on_end(&self, ctx: &FrameCtx, end: &StreamEnd) {
        self.theirs.iter().for_each(|it| it.on_end(ctx, end));
    }

    fn on_error(&self, ctx: &FrameCtx, error: &Error) {
        self.theirs.iter().for_each(|it| it.on_error(ctx, error));
    }
}
