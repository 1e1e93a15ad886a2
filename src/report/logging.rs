//! The log: tracing to stderr. Secrets never come here: they are a type that prints `[REDACTED]`.

use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use super::printer::Stderr;

/// Starts the log; a second start in one process changes nothing.
///
/// Warnings and errors by default, `-v` what is done, `-vv` each request, `-vvv` everything of ours; `quiet`
/// leaves errors. The libraries below stay at warnings: what they log at more holds headers.
pub fn start(verbose: u8, quiet: bool, stderr: Stderr) {
    let ours = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let others = if quiet { "off" } else { "error" };
    let filter = EnvFilter::new(format!("{others},kb_publish={ours}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Mutex::new(stderr))
        .without_time()
        .with_target(false)
        .with_ansi(true)
        .finish();
    // Only tests start twice in one process.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
