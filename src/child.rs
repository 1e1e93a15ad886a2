//! Programs that are called: none is given a variable of ours, for its environment can be read by others of the same
//! user. Knows nothing else of the program.

use std::process::Command;

/// A program to be called, without our variables.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    without_ours(&mut command);
    command
}

/// Takes our variables out of what a program is given.
pub fn without_ours(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KB_PUBLISH_") {
            command.env_remove(name);
        }
    }
}
