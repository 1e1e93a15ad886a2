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

/// Ends a program with all that it started. It stays in our own group, so that Ctrl-C at a terminal reaches it, too.
pub fn end_with_descendants(child: &Child) {
    let id = child.id();
    let mut end = if cfg!(windows) {
        let mut end = command("taskkill");
        end.args(["/T", "/F", "/PID", &id.to_string()]);
        end
    } else {
        let mut end = command("kill");
        end.args(["-KILL", "--"]).args(descendants(id).iter().map(u32::to_string));
        end
    };
    // Where there is no such program, its child alone is ended.
    let _ = end.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A process and all below it, as far as they are told.
fn descendants(id: u32) -> Vec<u32> {
    let listed = command("ps").args(["-A", "-o", "pid=,ppid="]).stdin(Stdio::null()).output();
    let listed =
        listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let pairs: Vec<(u32, u32)> = listed
        .lines()
        .filter_map(|line| {
            let (process, parent) = line.trim().split_once(char::is_whitespace)?;
            Some((process.parse().ok()?, parent.trim().parse().ok()?))
        })
        .collect();
    let mut found = vec![id];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    found
}
