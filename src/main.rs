//! The `kb-publish` program: parse, run, exit code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
