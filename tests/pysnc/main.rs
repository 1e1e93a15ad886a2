//! ServiceNow's own Python client against the sandbox over TLS, unchanged (feature `pysnc-tests`).
//!
//! Needs `python3` (or what `PYTHON` names) with `pysnc[oauth,asyncio]` installed. What is checked stands in `suite.py`.

use std::path::Path;
use std::process::Command;

use camino::Utf8PathBuf;
use kb_publish::sandbox::{self, Options, Seed};

/// The interpreter that has PySNC.
fn python() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn has_pysnc(python: &str) -> bool {
    let tried = Command::new(python).args(["-c", "import pysnc.asyncio, requests_oauthlib"]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pysnc_works_unchanged() {
    let python = python();
    assert!(
        has_pysnc(&python),
        "`{python}` cannot import PySNC: install it with `{python} -m pip install 'pysnc[oauth,asyncio]'`, \
         or name an interpreter that has it in PYTHON"
    );
    let folder = tempfile::tempdir().unwrap();
    let ca_file = Utf8PathBuf::from_path_buf(folder.path().join("ca.pem")).unwrap();
    let options = Options {
        port: 0,
        seed: Seed::Pysnc,
        tls: true,
        ca_file: Some(ca_file.clone()),
        ..Options::default()
    };
    let sandbox = sandbox::start(options).await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pysnc/suite.py");
    let mut command = Command::new(&python);
    command
        .arg(script)
        .arg("-v")
        .env("SANDBOX_URL", sandbox.url().as_str())
        // The two ways in which Python's clients are told of a further authority.
        .env("REQUESTS_CA_BUNDLE", &ca_file)
        .env("SSL_CERT_FILE", &ca_file)
        .env("NO_PROXY", "localhost,127.0.0.1");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("\nOK"), "{told}");
}
