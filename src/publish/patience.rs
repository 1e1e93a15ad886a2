//! How long a run goes on against an instance that answers none of its writes: one that fails them all is left in peace
//! instead of being asked for each article four times. Pure but for the clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many writes in a row speak of the instance and not of what was sent.
const ENOUGH: usize = 3;

/// Watches the writes of one run.
#[derive(Debug)]
pub(super) struct Patience {
    /// `max_wait_seconds`.
    limit: Duration,
    streak: Mutex<Streak>,
}

/// Writes that were given up, one after another.
#[derive(Debug, Default)]
struct Streak {
    writes: usize,
    since: Option<Instant>,
}

/// It is over: this many writes in this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// Writes that were given up, each after all its tries.
    pub writes: usize,
    /// Since the first of them was sent.
    pub waited: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, streak: Mutex::default() }
    }

    /// A write was answered, whatever with.
    pub(super) fn answered(&self) {
        *self.streak() = Streak::default();
    }

    /// A first try got no answer: from here on it counts.
    pub(super) fn unanswered(&self) {
        self.streak().since.get_or_insert_with(Instant::now);
    }

    /// A write was given up after all its tries.
    pub(super) fn gave_up(&self) -> Option<Over> {
        let mut streak = self.streak();
        streak.writes += 1;
        let (writes, waited) = (streak.writes, streak.since.get_or_insert_with(Instant::now).elapsed());
        (writes >= ENOUGH && waited >= self.limit).then_some(Over { writes, waited })
    }

    fn streak(&self) -> MutexGuard<'_, Streak> {
        self.streak.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_after_some_writes_and_some_time() {
        let patience = Patience::new(Duration::from_secs(60));
        patience.unanswered();
        for _ in 0..9 {
            assert_eq!(patience.gave_up(), None, "many at once are one mishap");
        }
        after(60).await;
        assert_eq!(patience.gave_up(), Some(Over { writes: 10, waited: Duration::from_secs(60) }));
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_begins_it_anew() {
        let patience = Patience::new(Duration::from_secs(60));
        patience.unanswered();
        after(100).await;
        assert_eq!((patience.gave_up(), patience.gave_up()), (None, None), "two may be bad articles");
        patience.answered();
        patience.unanswered();
        assert_eq!([patience.gave_up(), patience.gave_up(), patience.gave_up()], [None; 3]);
    }
}
