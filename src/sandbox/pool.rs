//! The integration threads of a node, and the queue before them (contract §8.4).
//!
//! Must not know: requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waited for the pool: what `Server-Timing: sem_wait` says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SemWait(pub(crate) Duration);

/// The integration threads of a node (contract §8.4).
#[derive(Debug, Default)]
pub(crate) struct Pool {
    threads: Mutex<Option<(usize, Arc<Semaphore>)>>,
    waiting: AtomicUsize,
}

impl Pool {
    fn semaphore(&self, threads: usize) -> Arc<Semaphore> {
        let mut held = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((size, semaphore)) if *size == threads => Arc::clone(semaphore),
            _ => {
                let semaphore = Arc::new(Semaphore::new(threads));
                *held = Some((threads, Arc::clone(&semaphore)));
                semaphore
            }
        }
    }

    /// A thread, and how long it was waited for; `Err` where the queue is full.
    pub(crate) async fn enter(
        &self,
        threads: usize,
        queue: usize,
    ) -> Result<(Option<OwnedSemaphorePermit>, SemWait), ()> {
        if threads == 0 {
            return Ok((None, SemWait::default()));
        }
        let semaphore = self.semaphore(threads);
        if let Ok(permit) = Arc::clone(&semaphore).try_acquire_owned() {
            return Ok((Some(permit), SemWait::default()));
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.before >= queue {
            return Err(());
        }
        let start = Instant::now();
        let permit = semaphore.acquire_owned().await.ok();
        Ok((permit, SemWait(start.elapsed())))
    }
}

/// One place in the queue; given back however the wait ends.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::AcqRel) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}
