//! The keyring, for real: a D-Bus session with gnome-keyring in it, locked, unlocked and absent.
//!
//! Needs the Debian packages `dbus` and `gnome-keyring`: `cargo test --features keyring-tests --test keyring`.
#![expect(clippy::unwrap_used, reason = "in tests a panic is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

use kb_publish::sandbox::{DataLocation, Options, Sandbox, start};

const PASSWORD: &str = "kb.publisher";

async fn sandbox() -> Sandbox {
    let options = Options { port: 0, data: DataLocation::Memory, ..Options::default() };
    start(options).await.unwrap()
}

fn project(folder: &Path, sandbox: &Sandbox) {
    let config = format!(
        "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"{}\"\n[auth]\nmethod = \"basic\"\n\
         username = \"kb.publisher\"\n",
        sandbox.url()
    );
    std::fs::create_dir_all(folder.join("docs")).unwrap();
    std::fs::write(folder.join("publish.toml"), config).unwrap();
}

/// Runs a shell script; `session` puts a D-Bus session round it.
fn shell(folder: &Path, session: bool, script: &str) -> Output {
    let mut command = if session {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    let runtime = folder.join("runtime");
    std::fs::create_dir_all(&runtime).unwrap();
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_RUNTIME_DIR", runtime)
        .env("NO_COLOR", "1")
        .env("KB", env!("CARGO_BIN_EXE_kb-publish"))
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const UNLOCKED: &str = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; ";

#[tokio::test(flavor = "multi_thread")]
async fn kept_found_and_forgotten() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), &sandbox);
    let script = format!(
        "{UNLOCKED} set -e; KB_PUBLISH_PASSWORD={PASSWORD} \"$KB\" auth login; \"$KB\" bases; \
         \"$KB\" auth status --format json; \"$KB\" auth logout; \"$KB\" bases || echo \"exit $?\""
    );
    let output = shell(folder.path(), true, &script);
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("kept in the keyring"), "{told}");
    assert!(
        told.contains("\"kind\": \"keyring\"") && told.contains("\"origin\": \"the credential store\""),
        "{told}"
    );
    assert!(told.contains("IT") && told.contains("exit 3"), "{told}");
    assert!(
        !folder
            .path()
            .join("state/kb-publish/credentials")
            .read_dir()
            .is_ok_and(|mut files| files.next().is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_connection_gets_nothing() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), &sandbox);
    let script = format!(
        "{UNLOCKED} set -e; KB_PUBLISH_PASSWORD={PASSWORD} \"$KB\" auth login; \
         \"$KB\" bases --username kb.admin || echo \"exit $?\""
    );
    let told = text(&shell(folder.path(), true, &script));
    assert!(told.contains("exit 3") && told.contains("the keyring has none, or is locked"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_is_told_as_far_as_it_can_be() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), &sandbox);
    // Made and filled in one session; in the next the daemon runs, but nobody unlocks it.
    let fill = format!("{UNLOCKED} KB_PUBLISH_PASSWORD={PASSWORD} \"$KB\" auth login");
    let filled = shell(folder.path(), true, &fill);
    assert!(filled.status.success(), "{}", text(&filled));
    let locked = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; \"$KB\" bases || echo \"exit $?\"";
    let told = text(&shell(folder.path(), true, locked));
    assert!(told.contains("exit 3") && told.contains("is locked"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_the_file_is_offered() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), &sandbox);
    let login = format!("KB_PUBLISH_PASSWORD={PASSWORD} \"$KB\" auth login || echo \"exit $?\"");
    let told = text(&shell(folder.path(), false, &login));
    assert!(told.contains("exit 3") && told.contains("--store file"), "{told}");
    let file =
        format!("set -e; KB_PUBLISH_PASSWORD={PASSWORD} \"$KB\" auth login --store file; \"$KB\" bases");
    let output = shell(folder.path(), false, &file);
    assert!(output.status.success(), "{}", text(&output));
}
