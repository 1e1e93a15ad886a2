//! The `kb-publish` program: the real edges, and nothing else.

use std::process::ExitCode;

use kb_publish::cli::{Edges, main_with};

fn main() -> ExitCode {
    main_with(std::env::args_os(), Edges::real())
}
