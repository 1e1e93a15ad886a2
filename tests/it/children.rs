//! What the programs that we call are given: neither their arguments nor their environment hold a secret.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::program::Program;
use crate::sandbox_table::{Api, sandbox};
use crate::screen::Screen;

const CLIENT: &str = "kb-publish-sandbox";
const SECRETS: [(&str, &str); 6] = [
    ("KB_PUBLISH_PASSWORD", "sentinel-7381"),
    ("KB_PUBLISH_CLIENT_SECRET", CLIENT),
    ("KB_PUBLISH_API_KEY", "sentinel-7383"),
    ("KB_PUBLISH_JWT_KEY", "sentinel-7384"),
    ("KB_PUBLISH_ACCESS_TOKEN", "sentinel-7385"),
    ("KB_PUBLISH_REFRESH_TOKEN", "sentinel-7386"),
];

/// A program of this name that writes down what it was given, and then does as `then` says.
fn spy(program: &Program, name: &str, then: &str) -> PathBuf {
    let folder = program.path("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let seen = program.path(&format!("seen-{name}"));
    let script = format!(
        "#!/bin/sh\n{{ tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' '\\n' < /proc/$$/cmdline; }} >> {}\n{then}\n",
        seen.display()
    );
    let path = folder.join(name);
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    seen
}

/// What the spy saw, without a secret in it.
fn clean(seen: &Path) -> String {
    let text = std::fs::read_to_string(seen).unwrap();
    for (name, secret) in SECRETS {
        // The client has its id for a secret: only its variable tells them apart.
        assert!(!text.contains(name), "{text}");
        assert!(secret == CLIENT || !text.contains(secret), "{text}");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn git_is_given_none() {
    let sandbox = sandbox("").await;
    let mut program = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"");
    for (name, secret) in SECRETS {
        program = program.env(name, secret);
    }
    program = program.env("KB_PUBLISH_PASSWORD", "kb.publisher");
    let seen = spy(&program, "git", "echo 0123456789abcdef0123456789abcdef01234567");
    let path = format!("{}:{}", program.path("bin").display(), std::env::var("PATH").unwrap());
    let program = program.env("PATH", &path);
    program.run(&["publish", "--yes"]).ended(0);
    assert!(clean(&seen).contains("rev-parse"));
    let text = std::fs::read_to_string(&seen).unwrap();
    assert!(!text.lines().any(|line| line == "kb.publisher"), "{text}");
    // `--since` calls it as well.
    program.run(&["plan", "--since", "main"]);
    assert!(clean(&seen).contains("--show-toplevel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_given_none_but_the_address() {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"").await;
    let api = Api::of(&sandbox, "admin");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let client = format!("{}/sandbox/oauth/clients/{CLIENT}", api.root);
    api.client.put(client).json(&json!({ "redirect_urls": [redirect] })).send().await.unwrap();
    let auth = format!(
        "method = \"oauth\"\ngrant = \"authorization-code\"\nclient_id = \"{CLIENT}\"\nredirect_url = \"{redirect}\""
    );
    let mut program = Program::of(&sandbox, &auth);
    for (name, secret) in SECRETS {
        program = program.env(name, secret);
    }
    let seen = spy(&program, "browse", "");
    let browser = format!("{} --new-window", program.path("bin/browse").display());
    let program = program.env("BROWSER", &browser);
    let mut screen = Screen::of(&program.command(&["auth", "login"]));
    screen.shows("a browser opens; if it does not, open");
    let address = || {
        let text = std::fs::read_to_string(&seen).ok()?;
        text.lines().find(|line| line.starts_with("http")).map(str::to_owned)
    };
    let mut found = address();
    while found.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        found = address();
    }
    let given = clean(&seen);
    assert!(given.contains("--new-window"), "{given}");
    // As the browser would: to the instance, and from there back.
    let page = api.client.get(found.unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Signed in"), "{page}");
    screen.shows("signed in to");
    assert_eq!(screen.ended(), Some(0));
}
