//! The companion's script under Node, with stand-ins of the platform's classes.

use std::path::Path;
use std::process::Command;

#[test]
fn the_companion_does_what_its_contract_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output =
        Command::new("node").arg(root.join("tests/node/companion.js")).current_dir(root).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("11 cases"), "{told}");
}

/// The platform's engine is older than Node: what it does not know must not be in the script.
#[test]
fn the_companion_is_written_for_the_platforms_engine() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("companion/kb_publish_companion.js");
    let script = std::fs::read_to_string(script).unwrap();
    for modern in ["=>", "let ", "const ", "`${", "class ", "async ", "..."] {
        let code = script.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
        let found: Vec<&str> = code.filter(|line| line.contains(modern)).collect();
        assert!(found.is_empty(), "`{modern}` in {found:?}");
    }
}
