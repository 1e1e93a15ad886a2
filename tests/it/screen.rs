//! The built binary at a terminal of its own: what a person sees, and what they type.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Down the list.
pub(crate) const DOWN: &str = "\u{1b}[B";
/// Enter.
pub(crate) const ENTER: &str = "\r";
/// Ctrl-C.
pub(crate) const CTRL_C: &str = "\u{3}";

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    over: bool,
}

/// A terminal of 80 columns with a program in it, which is ended with the terminal.
pub(crate) struct Screen {
    terminal: pty_process::blocking::Pty,
    child: Child,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// How much of what was seen has been waited for, in bytes of the text without escapes.
    read: usize,
}

impl Screen {
    /// Runs this command at a terminal; its streams are replaced.
    pub(crate) fn of(command: &Command) -> Self {
        let (terminal, device) = pty_process::blocking::open().unwrap();
        terminal.resize(pty_process::Size::new(40, 80)).unwrap();
        let mut at_terminal = pty_process::blocking::Command::new(command.get_program())
            .args(command.get_args())
            .env_clear()
            .env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            at_terminal = at_terminal.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = command.get_current_dir() {
            at_terminal = at_terminal.current_dir(folder);
        }
        let child = at_terminal.spawn(device).unwrap();
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let mut reader = std::fs::File::from(second_handle(&terminal));
        let theirs = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // A terminal whose program is gone gives an error on some systems.
                let read = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = theirs.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.over |= read == 0;
                theirs.1.notify_all();
                if seen.over {
                    return;
                }
            }
        });
        Self { terminal, child, seen, read: 0 }
    }

    /// Everything that was shown so far, without colours and cursor moves.
    pub(crate) fn text(&self) -> String {
        plain(&self.seen.0.lock().unwrap().bytes)
    }

    /// Everything that was shown so far, as it came.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().bytes).into_owned()
    }

    /// Waits until this is shown, after what was waited for before; gives what came in between.
    pub(crate) fn shows(&mut self, wanted: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            let text = plain(&seen.bytes);
            if let Some(at) = text[self.read..].find(wanted) {
                let before = text[self.read..self.read + at].to_owned();
                self.read += at + wanted.len();
                return before;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!seen.over && !left.is_zero(), "`{wanted}` was not shown:\n{}", &text[self.read..]);
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Types.
    pub(crate) fn types(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a question and answers it.
    pub(crate) fn answers(&mut self, question: &str, keys: &str) {
        self.shows(question);
        self.types(keys);
    }

    /// Waits for a question and until nothing that is typed shows, then answers it.
    pub(crate) fn answers_unseen(&mut self, question: &str, secret: &str) {
        use rustix::termios::{LocalModes, tcgetattr};
        self.shows(question);
        let end = Instant::now() + PATIENCE;
        while tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(Instant::now() < end, "what is typed is shown");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.types(&format!("{secret}\r"));
    }

    /// Waits until the program has ended; its exit code, `None` where a signal ended it.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut seen = self.seen.0.lock().unwrap();
                while !seen.over && Instant::now() < end {
                    seen = self.seen.1.wait_timeout(seen, Duration::from_millis(200)).unwrap().0;
                }
                return status.code();
            }
            assert!(Instant::now() < end, "it did not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ended long ago in a test that passed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A second handle, to read while the first writes.
fn second_handle(terminal: &pty_process::blocking::Pty) -> std::os::fd::OwnedFd {
    use std::os::fd::AsFd as _;
    terminal.as_fd().try_clone_to_owned().unwrap()
}

fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    anstream::adapter::strip_str(&text).to_string().replace('\r', "")
}
