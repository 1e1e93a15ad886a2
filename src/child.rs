//! Programs that are called: none is given a variable of ours, for its environment can be read by others of the same
//! user. Knows nothing else of the program.

use std::process::{Child, Command, Stdio};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};

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
    #[cfg(unix)]
    for id in descendants(child.id()) {
        // One that has ended meanwhile needs no more.
        let process = i32::try_from(id).ok().and_then(Pid::from_raw);
        let _ = process.map(|process| kill_process(process, Signal::KILL));
    }
    #[cfg(windows)]
    {
        let mut end = command("taskkill");
        end.args(["/T", "/F", "/PID", &child.id().to_string()]);
        // Where there is no such program, its child alone is ended.
        let _ = end.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A process and all below it, as far as they are told.
#[cfg(unix)]
fn descendants(id: u32) -> Vec<u32> {
    let pairs = parents();
    let mut found = vec![id];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        for (process, of) in &pairs {
            if *of == parent && !found.contains(process) {
                found.push(*process);
            }
        }
        at += 1;
    }
    found
}

/// Each process with the one that started it: as Linux tells, where small images have no `ps`; else as `ps` does.
#[cfg(unix)]
fn parents() -> Vec<(u32, u32)> {
    let told: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // Behind the name, which may hold anything, come the state and the parent.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
            Some((process, parent.parse().ok()?))
        })
        .collect();
    if !told.is_empty() {
        return told;
    }
    let listed = command("ps").args(["-A", "-o", "pid=,ppid="]).stdin(Stdio::null()).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let pair = |line: &str| {
        let (process, parent) = line.trim().split_once(char::is_whitespace)?;
        Some((process.parse().ok()?, parent.trim().parse().ok()?))
    };
    listed.unwrap_or_default().lines().filter_map(pair).collect()
}
