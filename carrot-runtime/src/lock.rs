//! Locks that a forked child can take, whoever held them in its parent.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock, TryLockError};

/// A mutex that does not mind a panic of who held it.
///
/// At a fork other threads may hold it, and there are none of them in the child: it would stay locked for ever. So the
/// child [abandons](Lock::abandon) what it does not need of its parent, and what it needs is [held](Kept::try_hold) by who forks.
#[derive(Debug)]
pub(crate) struct Lock<T> {
    mutex: Mutex<T>,
    abandoned: AtomicBool,
    /// What is locked in its place once it is abandoned; made then, with the default in it.
    heir: OnceLock<Box<Lock<T>>>,
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Lock<T> {
        Lock::new(T::default())
    }
}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Lock<T> {
        Lock {
            mutex: Mutex::new(value),
            abandoned: AtomicBool::new(false),
            heir: OnceLock::new(),
        }
    }
}

impl<T: Default> Lock<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.newest().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` where somebody holds it.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.newest().try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Leaves it, locked or not, and what is in it. Only for a child, while it has one thread.
    pub(crate) fn abandon(&self) {
        let mut lock = self;
        while let Some(heir) = lock.heir.get() {
            lock = heir;
        }
        lock.abandoned.store(true, Relaxed);
    }

    fn newest(&self) -> &Mutex<T> {
        let mut lock = self;
        while lock.abandoned.load(Relaxed) {
            lock = lock.heir.get_or_init(Box::default);
        }
        &lock.mutex
    }
}

/// What a child goes on with.
#[cfg_attr(not(unix), allow(dead_code))]
pub(crate) trait Kept {
    /// Locks it until what is returned is dropped; `None` where somebody holds it.
    fn try_hold(&'static self) -> Option<Box<dyn Any>>;
    /// It could not be held: in the child nobody may wait for it.
    fn lost(&self);
}

impl<T: Default + 'static> Kept for Lock<T> {
    fn try_hold(&'static self) -> Option<Box<dyn Any>> {
        Some(Box::new(self.try_lock()?))
    }

    fn lost(&self) {
        self.abandon();
    }
}

impl<T: 'static> Kept for RwLock<T> {
    fn try_hold(&'static self) -> Option<Box<dyn Any>> {
        match self.try_write() {
            Ok(guard) => Some(Box::new(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Some(Box::new(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Used where tracing is on, which it is not in such a child.
    fn lost(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_abandoned_while_it_is_locked_begins_anew_each_time() {
        let lock = Lock::new(1);
        let held = lock.lock();
        lock.abandon();
        assert_eq!(*lock.lock(), 0);
        *lock.lock() = 2;
        let held_again = lock.lock();
        lock.abandon();
        assert_eq!(*lock.lock(), 0);
        assert_eq!((*held, *held_again), (1, 2));
    }

    #[test]
    fn it_is_held_by_one_only() {
        static LOCK: Lock<u8> = Lock::new(1);
        let held = LOCK.try_hold();
        assert!(held.is_some() && LOCK.try_hold().is_none());
        drop(held);
        assert!(LOCK.try_hold().is_some());
    }
}
