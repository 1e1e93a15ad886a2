//! One throttle per instance: how many requests are in flight, which worker sends the next, and when (design §5).
//!
//! Time is `tokio::time`, so that tests can pause it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Quiet answers in a row after which one more request may be in flight.
const QUIET: u32 = 20;
/// `Server-Timing: sem_wait` above this means that requests queue for the integration threads (contract §8.4).
const BUSY: Duration = Duration::from_millis(10);

/// Lets at most so many requests through, none before its time.
#[derive(Debug)]
pub(super) struct Throttle {
    permits: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Idle workers; the last used is used next, so that its connection is warm.
    idle: Vec<usize>,
    /// The most there may be in flight.
    most: usize,
    /// How many may be in flight now.
    limit: usize,
    /// Permits in use that are not to come back.
    debt: usize,
    /// No request before this.
    not_before: Option<Instant>,
    /// Answers since the last sign of load.
    quiet: u32,
}

/// A worker's turn; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    throttle: &'a Throttle,
    permit: Option<SemaphorePermit<'a>>,
    worker: usize,
    waited: Duration,
}

impl Turn<'_> {
    /// Which worker sends.
    pub(super) const fn worker(&self) -> usize {
        self.worker
    }

    /// How long `Retry-After` held this request back.
    pub(super) const fn waited(&self) -> Duration {
        self.waited
    }
}

impl Throttle {
    /// For this many workers, at least one.
    pub(super) fn new(workers: usize) -> Self {
        let most = workers.max(1);
        let state =
            State { idle: (0..most).rev().collect(), most, limit: most, debt: 0, not_before: None, quiet: 0 };
        Self { permits: Semaphore::new(most), state: Mutex::new(state) }
    }

    /// Waits for a free worker and for the instant that `Retry-After` set.
    ///
    /// # Errors
    /// The time that is still to be waited, when it is longer than `patience`.
    pub(super) async fn turn(&self, patience: Duration) -> Result<Turn<'_>, Duration> {
        // The semaphore is never closed; were it, the request would go unthrottled rather than not at all.
        let permit = self.permits.acquire().await.ok();
        let worker = self.state().idle.pop().unwrap_or_default();
        let mut turn = Turn { throttle: self, permit, worker, waited: Duration::ZERO };
        loop {
            let now = Instant::now();
            let Some(until) = self.state().not_before.filter(|until| *until > now) else { return Ok(turn) };
            let left = until - now;
            if turn.waited + left > patience {
                return Err(left);
            }
            tokio::time::sleep_until(until).await;
            turn.waited += left;
        }
    }

    /// No request before this long from now; fewer in flight from then on. The longest demand wins.
    pub(super) fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.not_before = Some(state.not_before.map_or(until, |before| before.max(until)));
    }

    /// The instance refused for load: half as many in flight.
    pub(super) fn overloaded(&self) {
        let mut state = self.state();
        let target = (state.limit / 2).max(1);
        state.debt += state.limit - target;
        state.limit = target;
        state.quiet = 0;
        self.settle(&mut state);
    }

    /// An answer came; `sem_wait` is how long it queued for a thread.
    pub(super) fn answered(&self, sem_wait: Duration) {
        let mut state = self.state();
        state.quiet += 1;
        if sem_wait > BUSY {
            // One step down, and not again for the answers that were in flight together.
            if state.limit > 1 && state.quiet as usize > state.limit {
                state.limit -= 1;
                state.debt += 1;
                state.quiet = 0;
                self.settle(&mut state);
            }
        } else if state.quiet >= QUIET && state.limit < state.most {
            state.limit += 1;
            state.quiet = 0;
            if state.debt > 0 {
                state.debt -= 1;
            } else {
                self.permits.add_permits(1);
            }
        }
    }

    /// Takes idle permits out of circulation; those in use follow when they come back.
    fn settle(&self, state: &mut State) {
        while state.debt > 0
            && let Ok(permit) = self.permits.try_acquire()
        {
            permit.forget();
            state.debt -= 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.throttle.state();
        state.idle.push(self.worker);
        if state.debt > 0 {
            state.debt -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

/// `sem_wait;dur=12.5` of a `Server-Timing` header; zero where it is not there.
pub(super) fn sem_wait(header: &str) -> Duration {
    header
        .split(',')
        .filter_map(|entry| entry.trim().strip_prefix("sem_wait"))
        .filter_map(|rest| rest.split(';').find_map(|part| part.trim().strip_prefix("dur=")))
        .filter_map(|number| number.trim().parse::<f64>().ok())
        .filter(|millis| millis.is_finite() && *millis >= 0.0)
        .map(|millis| Duration::from_secs_f64((millis / 1000.0).min(3600.0)))
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Duration = Duration::from_secs(60);

    #[test]
    fn reads_server_timing() {
        assert_eq!(sem_wait("sem_wait;dur=0, sesh_wait;dur=0"), Duration::ZERO);
        assert_eq!(sem_wait("sesh_wait;dur=9, sem_wait;dur=250"), Duration::from_millis(250));
        for odd in ["", "sem_wait", "sem_wait;dur=x", "sem_wait;dur=-1", "sem_wait;dur=NaN"] {
            assert_eq!(sem_wait(odd), Duration::ZERO, "{odd}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_goes_before_its_time() {
        let throttle = Throttle::new(2);
        let start = Instant::now();
        throttle.hold(Duration::from_secs(5));
        throttle.hold(Duration::from_secs(2));
        let turn = throttle.turn(PATIENT).await.unwrap();
        assert_eq!(turn.waited(), Duration::from_secs(5));
        assert!(start.elapsed() >= Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_patience_is_refused_at_once() {
        let throttle = Throttle::new(1);
        let start = Instant::now();
        throttle.hold(Duration::from_secs(61));
        assert_eq!(throttle.turn(PATIENT).await.unwrap_err(), Duration::from_secs(61));
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(throttle.turn(Duration::from_secs(62)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_in_flight_than_the_limit() {
        let throttle = Throttle::new(4);
        let mut turns = Vec::new();
        for _ in 0..4 {
            turns.push(throttle.turn(PATIENT).await.unwrap());
        }
        let mut workers: Vec<_> = turns.iter().map(Turn::worker).collect();
        workers.sort_unstable();
        assert_eq!(workers, [0, 1, 2, 3]);
        throttle.overloaded();
        turns.truncate(2); // two go, and are not replaced
        let fifth = tokio::time::timeout(Duration::from_secs(1), throttle.turn(PATIENT)).await;
        assert!(fifth.is_err(), "two are in flight, the limit is two");
        turns.clear();
        for _ in 0..2 {
            turns.push(throttle.turn(PATIENT).await.unwrap());
        }
        assert!(tokio::time::timeout(Duration::from_secs(1), throttle.turn(PATIENT)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn quiet_answers_bring_the_limit_back() {
        let throttle = Throttle::new(2);
        throttle.overloaded();
        drop(throttle.turn(PATIENT).await.unwrap());
        for _ in 0..QUIET {
            throttle.answered(Duration::ZERO);
        }
        let _one = throttle.turn(PATIENT).await.unwrap();
        let two = tokio::time::timeout(Duration::from_secs(1), throttle.turn(PATIENT)).await;
        assert!(two.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn queueing_on_the_instance_takes_one_step_down() {
        let throttle = Throttle::new(3);
        for _ in 0..4 {
            throttle.answered(Duration::from_millis(400));
        }
        assert_eq!(throttle.state().limit, 2);
        throttle.answered(Duration::from_millis(400));
        assert_eq!(throttle.state().limit, 2, "the answers that were in flight together count once");
    }
}
