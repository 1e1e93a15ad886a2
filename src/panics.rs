//! Panics in code that is not ours, as values: one document's must not be the run's. Knows no other module.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    /// Whether somebody on this thread catches panics.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; `None` where it panics. What it was working on must not be looked at after that.
pub fn caught<R>(work: impl FnOnce() -> R) -> Option<R> {
    let around = EXPECTED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(around);
    result.ok()
}

/// From now on a panic that is [`caught`] is a line of the log, not of stderr. For programs: there is one hook in a
/// process.
pub fn hush() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if EXPECTED.get() {
            tracing::debug!("caught: {info}");
        } else {
            print(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_values() {
        assert_eq!(caught(|| 1), Some(1));
        let stopped = caught(|| {
            let inner: Option<()> = caught(|| panic!("inner"));
            assert_eq!(inner, None);
            assert!(EXPECTED.get(), "the outer one still expects some");
            panic!("outer")
        });
        assert_eq!(stopped, None::<()>);
        assert!(!EXPECTED.get());
    }
}
