//! What a run would do, document by document, and why. Pure: no async, no I/O, no clock.
