//! The built binary in a folder of its own, with an environment of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kb_publish::sandbox::Sandbox;

/// A project folder and what surrounds a run.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Everything that was printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test with all that was printed, unless the run ended like this.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Program {
    /// One document below `docs`, and this `publish.toml`.
    pub(crate) fn new(config: &str) -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() };
        std::fs::create_dir_all(program.path("docs")).unwrap();
        std::fs::write(program.path("docs/a.md"), "# A\n\nText.\n").unwrap();
        if !config.is_empty() {
            std::fs::write(program.path("publish.toml"), config).unwrap();
        }
        program
    }

    /// A project that talks to this sandbox; `auth` is the `[auth]` table and what follows.
    pub(crate) fn of(sandbox: &Sandbox, auth: &str) -> Self {
        Self::at(&sandbox.url().to_string(), auth)
    }

    pub(crate) fn at(url: &str, auth: &str) -> Self {
        Self::new(&format!(
            "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{url}\"\nmax_wait_seconds = 5\n\
             [publish]\nknowledge_base = \"IT\"\n[auth]\n{auth}\n"
        ))
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.path("state"))
            // Never the keyring of whoever runs the tests.
            .env("KB_PUBLISH_STORE", "file")
            .env("NO_COLOR", "1")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.env.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdin(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finished(self.command(arguments).spawn().unwrap())
    }

    /// Runs with this text on stdin.
    pub(crate) fn typed(&self, arguments: &[&str], text: &str) -> Ran {
        let mut child = self.spawn(arguments);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        finished(child)
    }
}

pub(crate) fn finished(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
