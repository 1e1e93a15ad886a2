//! How a person ends a run: at the next safe point, or at once. Knows nothing of keys and signals.

use tokio_util::sync::CancellationToken;

/// Asked by whoever started the run; heard by what writes.
#[derive(Debug, Clone, Default)]
pub struct Stops {
    /// No new write begins; those in flight are finished.
    pub soon: CancellationToken,
    /// Nothing is waited for any more: what became of writes in flight is for the next run to look at.
    pub now: CancellationToken,
}

impl Stops {
    /// Waits for this work, unless the run is to end at once.
    pub(super) async fn unless_now<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.now.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// What ends the run, where a person asked for it.
    pub(super) fn asked(&self) -> Option<super::Stop> {
        if self.now.is_cancelled() {
            Some(super::Stop::AtOnce)
        } else {
            self.soon.is_cancelled().then_some(super::Stop::Interrupted)
        }
    }
}
