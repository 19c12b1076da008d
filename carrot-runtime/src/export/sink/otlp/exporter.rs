//! An exporter that the user brings, on a thread of its own: it may block, hang or panic, and nobody but it waits.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use carrot_wire::genai::emit::Options;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{span, with_refused};
use crate::config::OtlpDestination;
use crate::context::Ctx;
use crate::export::answer::{self, Outcome};
use crate::line;

/// How long the end of the process waits for an exporter to shut down.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// [`SpanExporter`], for any type.
trait AnyExporter: Send {
    fn export(
        &self,
        spans: Vec<SpanData>,
    ) -> Pin<Box<dyn Future<Output = OTelSdkResult> + Send + '_>>;
    fn force_flush(&self) -> OTelSdkResult;
    fn shutdown(&self) -> OTelSdkResult;
    fn set_resource(&mut self, resource: &Resource);
}

impl<E: SpanExporter> AnyExporter for E {
    fn export(
        &self,
        spans: Vec<SpanData>,
    ) -> Pin<Box<dyn Future<Output = OTelSdkResult> + Send + '_>> {
        Box::pin(SpanExporter::export(self, spans))
    }

    fn force_flush(&self) -> OTelSdkResult {
        SpanExporter::force_flush(self)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.shutdown_with_timeout(SHUTDOWN)
    }

    fn set_resource(&mut self, resource: &Resource) {
        SpanExporter::set_resource(self, resource);
    }
}

/// The exporter as the user gave it. It does not show itself: it may hold credentials.
#[derive(Clone)]
pub(crate) struct UserExporter(Arc<Mutex<Box<dyn AnyExporter>>>);

impl UserExporter {
    pub(crate) fn new(exporter: impl SpanExporter + 'static) -> UserExporter {
        UserExporter(Arc::new(Mutex::new(Box::new(exporter))))
    }
}

impl fmt::Debug for UserExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserExporter(…)")
    }
}

/// What the thread is asked for.
enum Job {
    Export {
        spans: Vec<SpanData>,
        runtime: Handle,
        done: oneshot::Sender<Result<(), String>>,
    },
    Shutdown {
        done: oneshot::Sender<()>,
    },
}

#[derive(Clone)]
pub(in crate::export) struct Exporter {
    name: Arc<str>,
    options: Options,
    user: UserExporter,
    resource: Resource,
    /// Started with the first batch. Without one where the system gives none.
    thread: Arc<OnceLock<Option<Sender<Job>>>>,
}

impl Exporter {
    pub(super) fn new(user: UserExporter, destination: &OtlpDestination) -> Exporter {
        Exporter {
            name: destination.name.as_str().into(),
            options: destination.options,
            user,
            resource: destination.resource.clone(),
            thread: Arc::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A batch is delivered when it was exported and flushed. One that was given up while it waited behind another is not
    /// exported any more: it comes again.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        let (spans, refused) = span::of_batch(records, self.options);
        if spans.is_empty() {
            return Outcome::Delivered { refused };
        }
        let (done, answer) = oneshot::channel();
        let runtime = Handle::current();
        let job = Job::Export {
            spans,
            runtime,
            done,
        };
        let outcome = match self.ask(job) {
            true => match answer.await {
                Ok(Ok(())) => Outcome::delivered(),
                Ok(Err(why)) => Outcome::retry(format!("{} failed: {why}", self.name)),
                Err(_) => Outcome::retry(format!("{} was shut down", self.name)),
            },
            false => Outcome::retry(format!("{} has no thread", self.name)),
        };
        with_refused(outcome, refused)
    }

    /// Shuts it down, if it was ever used.
    pub(super) async fn close(&self) {
        let (done, answer) = oneshot::channel();
        if self.thread.get().is_some() && self.ask(Job::Shutdown { done }) {
            let _ = tokio::time::timeout(SHUTDOWN, answer).await;
        }
    }

    fn ask(&self, job: Job) -> bool {
        let thread = self.thread.get_or_init(|| {
            let (jobs, inbox) = mpsc::channel();
            let (user, resource) = (self.user.clone(), self.resource.clone());
            let thread = std::thread::Builder::new().name("carrot-exporter".to_owned());
            let started = thread.spawn(move || run(&user, &resource, &inbox));
            started.ok().map(|_| jobs)
        });
        thread.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }
}

fn run(UserExporter(exporter): &UserExporter, resource: &Resource, inbox: &Receiver<Job>) {
    // What an exporter does is not traced: each export would make the next.
    line::replace(Ctx::QUIET);
    let mut exporter = exporter.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = catch_unwind(AssertUnwindSafe(|| exporter.set_resource(resource)));
    for job in inbox {
        match job {
            Job::Export { done, .. } if done.is_closed() => {}
            Job::Export {
                spans,
                runtime,
                done,
            } => {
                let exported = catch_unwind(AssertUnwindSafe(|| {
                    // Entered and not blocked on: an exporter finds a runtime, and may block all the same.
                    let _entered = runtime.enter();
                    futures_executor::block_on(exporter.export(spans))?;
                    exporter.force_flush()
                }));
                let _ = done.send(match exported {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(answer::shown(&error.to_string())),
                    Err(_) => Err("it panicked".to_owned()),
                });
            }
            Job::Shutdown { done } => {
                let _ = catch_unwind(AssertUnwindSafe(|| exporter.shutdown()));
                let _ = done.send(());
                return;
            }
        }
    }
}
