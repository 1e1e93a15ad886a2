//! The only part that writes: a plan carried out, journalled, survivable.
