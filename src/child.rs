//! Programs that are called: none is given a variable of ours, for its environment can be read by others of the same
//! user. Knows nothing else of the program.

use std::process::{Child, Command, Stdio};

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

/// Lets a program lead a group of its own, so that [`end_group`] ends all that it starts.
pub fn lead_a_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Ends a program that leads a group, with all that it started.
pub fn end_group(child: &Child) {
    let id = child.id();
    let mut end = if cfg!(windows) {
        let mut end = command("taskkill");
        end.args(["/T", "/F", "/PID", &id.to_string()]);
        end
    } else {
        let mut end = command("kill");
        end.args(["-KILL", "--", &format!("-{id}")]);
        end
    };
    // Where there is no such program, its child alone is ended.
    let _ = end.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
