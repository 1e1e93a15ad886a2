//! The command line: one file a verb, each `settings → core → observer`.
