//! The same work on many things, on all cores, with results in the order of the things. Knows nobody.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer things than this for each core are not worth a thread.
const WORTH_A_THREAD: usize = 4;

/// Calls `work` for 0, 1, … `count` − 1 and returns what came of each, in this order.
pub fn map<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = cores.min(count.div_ceil(WORTH_A_THREAD));
    if workers <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::with_capacity(count / workers + 1);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            done.push((number, work(number)));
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
