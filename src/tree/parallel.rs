//! The same work on many things, on all cores, with results in the order of the things.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Things taken at once: small enough that no core is left with the last large ones, large enough that they
/// do not wait for each other.
const BATCH: usize = 8;

/// Calls `work` for 0, 1, … `count` − 1 and returns what came of each, in this order.
pub(super) fn map<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = cores.min(count.div_ceil(BATCH));
    if workers <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::with_capacity(count / workers + BATCH);
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= count {
                return done;
            }
            done.extend((first..count.min(first + BATCH)).map(|number| (number, work(number))));
        }
    };
    let parts: Vec<Vec<(usize, R)>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(run)).collect();
        let mut parts = vec![run()];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut all: Vec<(usize, R)> = Vec::with_capacity(count);
    all.extend(parts.into_iter().flatten());
    all.sort_unstable_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_their_order() {
        for count in [0, 1, 7, 8, 9, 1000] {
            let expected: Vec<usize> = (0..count).map(|n| n * 2).collect();
            assert_eq!(super::map(count, |n| n * 2), expected);
        }
    }
}
