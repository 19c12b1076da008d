//! The one thread that writes: it commits whatever has queued up at once, then answers all of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};

use carrot_wire::{RecordId, Timestamp};
use rusqlite::{Connection, params};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, oneshot};

use super::commit::{Commit, Finished, find_project, parents_first};
use super::indexer::Bloom;
use crate::store::{Batch, Change, StoreError};

/// Requests that may wait.
const MAX_JOBS: usize = 1024;
/// Kilobytes of requests that may wait.
const MAX_WAITING_KB: usize = 256 << 10;
/// A commit takes in no more requests once it has this many records, so that nobody waits long.
const MAX_GROUP: usize = 4096;

/// What the writer is asked for.
pub(super) enum Job {
    /// Records to keep.
    Ingest {
        batch: Batch,
        /// Where to answer.
        done: oneshot::Sender<Result<(), StoreError>>,
        /// Its share of what may wait.
        waiting: OwnedSemaphorePermit,
    },
    /// A trace to delete.
    Forget(Forget),
    /// Filters that the indexer made.
    Index(Vec<Bloom>),
    /// Finish what is queued and end.
    Close,
}

/// A trace to delete, by its root.
pub(super) struct Forget {
    project: String,
    root: RecordId,
    /// Where to say whether it was there.
    done: oneshot::Sender<Result<bool, StoreError>>,
}

/// The way to the writer, bounded by count and bytes.
#[derive(Clone)]
pub(super) struct Queue {
    jobs: SyncSender<Job>,
    waiting: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new() -> (Queue, Receiver<Job>) {
        let (jobs, receiver) = std::sync::mpsc::sync_channel(MAX_JOBS);
        let waiting = Arc::new(Semaphore::new(MAX_WAITING_KB));
        (Queue { jobs, waiting }, receiver)
    }

    /// Queues a batch, or refuses it at once. The answer comes when it is durable.
    pub(super) fn ingest(
        &self,
        batch: Batch,
    ) -> Result<oneshot::Receiver<Result<(), StoreError>>, StoreError> {
        let kilobytes = batch.bytes.div_ceil(1024).min(MAX_WAITING_KB) as u32;
        let waiting = Arc::clone(&self.waiting).try_acquire_many_owned(kilobytes);
        let waiting = waiting.map_err(|_| StoreError::Overloaded)?;
        let (done, answer) = oneshot::channel();
        let job = Job::Ingest {
            batch,
            done,
            waiting,
        };
        self.send(job)?;
        Ok(answer)
    }

    /// Queues a deletion, or refuses it at once. The answer comes when it is durable.
    pub(super) fn forget(
        &self,
        project: String,
        root: RecordId,
    ) -> Result<oneshot::Receiver<Result<bool, StoreError>>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Forget(Forget {
            project,
            root,
            done,
        }))?;
        Ok(answer)
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Tells the writer to end after what is queued.
    pub(super) fn close(&self) {
        // It may have ended already.
        let _ = self.jobs.send(Job::Close);
    }

    /// For jobs that can wait.
    pub(super) fn jobs(&self) -> SyncSender<Job> {
        self.jobs.clone()
    }
}

/// The writing end of a store.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) jobs: Receiver<Job>,
    pub(super) changes: broadcast::Sender<Arc<Change>>,
    /// Tells the indexer of each commit.
    pub(super) commits: SyncSender<()>,
}

/// What one commit is about.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    waiting: Vec<(
        oneshot::Sender<Result<(), StoreError>>,
        OwnedSemaphorePermit,
    )>,
    /// The last of a group, so that it comes after what was sent before it.
    forget: Option<Forget>,
    blooms: Vec<Bloom>,
    records: usize,
    close: bool,
}

impl Group {
    fn add(&mut self, job: Job) {
        match job {
            Job::Ingest {
                batch,
                done,
                waiting,
            } => {
                self.records += batch.records.len();
                self.batches.push(batch);
                self.waiting.push((done, waiting));
            }
            Job::Forget(forget) => self.forget = Some(forget),
            Job::Index(blooms) => self.blooms.extend(blooms),
            Job::Close => self.close = true,
        }
    }

    fn is_full(&self) -> bool {
        self.close || self.forget.is_some() || self.records >= MAX_GROUP
    }
}

impl Writer {
    /// Writes until it is told to close.
    pub(super) fn run(mut self) {
        while let Ok(job) = self.jobs.recv() {
            let mut group = Group::default();
            group.add(job);
            while !group.is_full()
                && let Ok(job) = self.jobs.try_recv()
            {
                group.add(job);
            }
            let (waiting, close) = (std::mem::take(&mut group.waiting), group.close);
            let forget = group.forget.take();
            let finished = self.commit(group, forget.as_ref());
            let answer = finished.as_ref().map(|_| ()).map_err(Clone::clone);
            for (done, _) in waiting {
                // A client that went away needs no answer.
                let _ = done.send(answer.clone());
            }
            if let Some(forget) = forget {
                let found = finished.as_ref().map(|it| it.forgot).map_err(Clone::clone);
                let _ = forget.done.send(found);
            }
            if let Ok(finished) = finished {
                self.publish(finished);
                let _ = self.commits.try_send(());
            }
            if close {
                // What is in the log goes into the database: it is one file again. If a reader is in
                // the way, the next one to open it does that.
                let _ = self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
                return;
            }
        }
    }

    /// All of it in one transaction, or none.
    fn commit(&mut self, group: Group, forget: Option<&Forget>) -> Result<Finished, StoreError> {
        let transaction = self.db.transaction()?;
        let mut commit = Commit::new(&transaction, Timestamp::now())?;
        for batch in group.batches {
            let project = commit.project(&batch.project)?;
            for record in parents_first(batch.records) {
                commit.put(project, record)?;
            }
        }
        for bloom in group.blooms {
            // Not if the block was deleted meanwhile.
            let sql = "INSERT OR IGNORE INTO blooms SELECT block, ?2 FROM blocks WHERE block = ?1";
            transaction
                .prepare_cached(sql)?
                .execute(params![bloom.block, bloom.bits])?;
        }
        let mut forgot = false;
        if let Some(Forget { project, root, .. }) = forget
            && let Some(project) = find_project(&transaction, project)?
        {
            forgot = commit.forget(project, *root)?;
        }
        let mut finished = commit.finish()?;
        finished.forgot = forgot;
        transaction.commit()?;
        Ok(finished)
    }

    /// Tells those who listen what changed.
    fn publish(&self, finished: Finished) {
        if self.changes.receiver_count() == 0 {
            return;
        }
        let mut names: HashMap<i64, String> = HashMap::new();
        let mut name = |db: &Connection, project: i64| {
            let known = names.entry(project).or_insert_with(|| {
                let sql = "SELECT name FROM projects WHERE project = ?1";
                db.query_row(sql, [project], |row| row.get(0))
                    .unwrap_or_default()
            });
            known.clone()
        };
        for (project, id) in finished.gone {
            let project = name(&self.db, project);
            let _ = self.changes.send(Arc::new(Change::Gone { project, id }));
        }
        for tree in finished.trees {
            let project = name(&self.db, tree.project);
            if let Ok(row) = tree.listed() {
                let row = Box::new(row);
                let _ = self.changes.send(Arc::new(Change::Trace { project, row }));
            }
        }
    }
}
