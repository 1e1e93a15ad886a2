//! Behaviour through the built binary and the running sandbox.

mod sandbox_attachment;
mod sandbox_faults;
mod sandbox_recorded;
mod sandbox_table;
mod sandbox_versions;
