//! `init` with all its answers as flags: no terminal, a working file, nothing overwritten.

use crate::program::Program;
use crate::sandbox_table::sandbox;

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_a_working_file() {
    let sandbox = sandbox("").await;
    let url = format!("{}/api/now/v2/table", sandbox.url());
    let program = Program::new("").env("KB_PUBLISH_PASSWORD", "kb.publisher");
    let arguments = ["init", "--instance", &url, "--username", "kb.publisher", "--knowledge-base", "IT"];
    let ran = program.run(&arguments).ended(0);
    assert!(ran.stdout.contains("kb-publish plan"), "{}", ran.stdout);
    let text = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert!(text.contains(&format!("url = \"{}\"", sandbox.url())), "{text}");
    assert!(text.contains("root = \"docs\"") && text.contains("status = \"draft\""), "{text}");
    assert!(!text.contains("kb.publisher\"\npassword"), "{text}");
    program.run(&["bases"]).ended(0);
    // A second time it is not overwritten, but changed where that is meant.
    program.run(&arguments).ended(2);
    let commented = text.replace("status = \"draft\"", "# ours\nstatus = \"draft\" # for now");
    std::fs::write(program.path("publish.toml"), &commented).unwrap();
    program.run(&[&arguments[..], &["--force", "--status", "published"]].concat()).ended(0);
    let changed = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert_eq!(changed, commented.replace("status = \"draft\"", "status = \"published\""));
    // As its lines end, so do the new ones.
    std::fs::write(program.path("publish.toml"), commented.replace('\n', "\r\n")).unwrap();
    program.run(&[&arguments[..], &["--force", "--status", "published"]].concat()).ended(0);
    let windows = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert_eq!(windows, changed.replace('\n', "\r\n"));
    std::fs::write(program.path("publish.toml"), &changed).unwrap();
    // A profile beside it.
    program.run(&[&arguments[..], &["--profile", "production"]].concat()).ended(0);
    let profiled = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert!(profiled.starts_with(&changed), "{profiled}");
    assert!(profiled.contains("[profiles.production.instance]"), "{profiled}");
    program.run(&["bases", "--profile", "production"]).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_answers_write_nothing() {
    let sandbox = sandbox("").await;
    let url = sandbox.url().to_string();
    let program = Program::new("").env("KB_PUBLISH_PASSWORD", "wrong");
    let user = ["--username", "kb.publisher"];
    let with = |more: &[&str]| program.run(&[&["init", "--instance", &url], &user[..], more].concat());
    assert!(program.run(&["init"]).ended(2).stderr.contains("no answer to"));
    with(&["--root", "nowhere"]).ended(2);
    with(&["--status", "live"]).ended(2);
    with(&["--auth-method", "magic"]).ended(2);
    with(&["--project", "Not A Project"]).ended(2);
    with(&[]).ended(3);
    let program = program.env("KB_PUBLISH_PASSWORD", "kb.publisher");
    let base =
        program.run(&[&["init", "--instance", &url][..], &user, &["--knowledge-base", "Nope"]].concat());
    assert!(base.ended(2).stderr.contains("`IT`"));
    let several = program.run(&[&["init", "--instance", &url][..], &user].concat()).ended(2);
    assert!(several.stderr.contains("--knowledge-base"), "{}", several.stderr);
    assert!(!program.path("publish.toml").exists());
    let untested = program.run(&[
        "init",
        "--instance",
        "dev12345",
        "--username",
        "ann",
        "--no-test",
        "--format",
        "json",
    ]);
    assert_eq!(untested.ended(0).json()["instance"], "dev12345");
    let text = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert!(text.contains("url = \"dev12345\""), "{text}");
}
