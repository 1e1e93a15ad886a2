//! The whole program: its memory, its size, its start, and its runs against a sandbox that answers slowly.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::trees::{self, Tree};
use crate::{Board, time};

/// Our program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kb-publish");
/// What each answer of the sandbox waits in N3 and N4.
const LATENCY: Duration = Duration::from_millis(150);
/// New articles in N3.
const NEW: usize = 1000;

/// P8: the most memory of `plan --format json` of the tree, all of it new.
pub(crate) fn memory(tree: &Tree, board: &mut Board) {
    if !board.wants("P8") || tree.name != "large20k" {
        return;
    }
    let Some(instance) = Instance::start() else { return println!("P8: no sandbox, left out") };
    let folder = project("p8", &tree.root, instance.port, 4);
    match peak(&mut program(&folder, &["plan", "--format", "json"])) {
        Some(megabytes) => board.limit("P8", tree.name, "peak memory of the plan, MB", megabytes, 128.0),
        None => println!("P8: peak memory is not told on this system"),
    }
}

/// N3: a thousand new articles; N4: twenty thousand that did not change.
pub(crate) fn network(trees: &[Tree], board: &mut Board) {
    for workers in [4, 16] {
        if board.wants("N3") {
            new_articles(workers, board);
        }
    }
    if let Some(tree) = trees.iter().find(|tree| tree.name == "large20k").filter(|_| board.wants("N4")) {
        unchanged(tree, board);
    }
}

/// B1.
pub(crate) fn size(board: &mut Board) {
    if !board.wants("B1") {
        return;
    }
    let bytes = std::fs::metadata(PROGRAM).map_or(0, |found| found.len());
    let megabytes = f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1e3;
    board.limit("B1", "-", "release binary, MB", megabytes, 25.0);
    let help = || {
        let done = Command::new(PROGRAM).arg("--help").stdout(Stdio::null()).status();
        assert!(done.is_ok_and(|status| status.success()), "--help");
    };
    // Whatever else the machine does only adds to it.
    let fastest = (0..30).map(|_| time(&mut { help })).min().unwrap_or_default();
    board.limit("B1", "-", "--help, fastest of 30, ms", fastest.as_secs_f64() * 1e3, 10.0);
}

fn new_articles(workers: usize, board: &mut Board) {
    let Some(instance) = Instance::start() else { return println!("N3: no sandbox, left out") };
    let docs = trees::scratch("n3-docs");
    for number in 0..NEW {
        let text = format!("# Article {number}\n\nSome words of article {number}.\n");
        let written = std::fs::write(docs.join(format!("a{number:04}.md")), text);
        assert!(written.is_ok(), "{docs}: {written:?}");
    }
    let folder = project("n3", docs.as_std_path(), instance.port, workers);
    instance.slow();
    let (took, [reads, writes]) = run(&folder, &["publish", "--yes", "--format", "json"]);
    // Signing in is two requests one after another, the index three side by side; nothing else waits for another.
    let rounds = 3 + reads.saturating_sub(5).div_ceil(workers) + writes.div_ceil(workers);
    let bound = LATENCY * u32::try_from(rounds).unwrap_or(u32::MAX);
    board.line("N3", "1,000 new", &format!("publish, C = {workers} / requests at 150 ms"), took, bound, 1.05);
}

fn unchanged(tree: &Tree, board: &mut Board) {
    let Some(instance) = Instance::start() else { return println!("N4: no sandbox, left out") };
    // Without images, so that filling the instance does not take longer than all else.
    let docs = trees::scratch("n4-docs");
    for entry in walkdir::WalkDir::new(&tree.root).into_iter().flatten() {
        let relative = entry.path().strip_prefix(&tree.root).ok().and_then(Utf8Path::from_path);
        let Some(to) = relative.map(|relative| docs.join(relative)) else { continue };
        if to.extension() == Some("md") {
            let made = to.parent().map(std::fs::create_dir_all);
            let copied =
                std::fs::hard_link(entry.path(), &to).or_else(|_| std::fs::copy(entry.path(), &to).map(drop));
            assert!(copied.is_ok(), "{to}: {made:?} {copied:?}");
        }
    }
    let folder = project("n4", docs.as_std_path(), instance.port, 4);
    run(&folder, &["publish", "--yes", "--max-changes", "100000", "--format", "json"]);
    let offline =
        time(&mut || drop(program(&folder, &["lint", "--format", "json"]).stdout(Stdio::null()).status()));
    instance.slow();
    let (took, [reads, writes]) = run(&folder, &["plan", "--format", "json"]);
    assert_eq!(writes, 0, "a plan writes nothing");
    // Signing in is two requests one after another, then one page, then the others four side by side.
    let rounds = 3 + reads.saturating_sub(5).div_ceil(4);
    let bound = (LATENCY * u32::try_from(rounds).unwrap_or(u32::MAX)).max(offline);
    board.line("N4", tree.name, "plan, unchanged / max(index, offline)", took, bound, 1.3);
}

/// A sandbox in a process of its own, gone with this.
struct Instance {
    child: Child,
    port: u16,
}

impl Instance {
    fn start() -> Option<Self> {
        let file = trees::scratch("sandbox").join("port");
        let mut command = Command::new(PROGRAM);
        command.args(["sandbox", "--data", ":memory:", "--port", "0", "--port-file"]).arg(&file);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let mut instance = Self { child, port: 0 };
        for _ in 0..600 {
            let port = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
            if let Some(port) = port {
                instance.port = port;
                return Some(instance);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    /// From now on each answer waits.
    fn slow(&self) {
        let body = format!(
            r#"{{"path":"/api/*","count":0,"fault":{{"kind":"delay","ms":{}}}}}"#,
            LATENCY.as_millis()
        );
        let request = format!(
            "POST /sandbox/faults HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        assert!(answer.as_ref().is_ok_and(|answer| answer.starts_with("HTTP/1.1 20")), "{answer:?}");
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a `publish.toml` for these documents and this sandbox.
fn project(name: &str, docs: &Path, port: u16, workers: usize) -> Utf8PathBuf {
    let folder = trees::scratch(name);
    let mut config = trees::config(docs, "off");
    let _ = write!(
        config,
        "[instance]\nurl = \"http://127.0.0.1:{port}\"\n[auth]\nmethod = \"basic\"\nusername = \"kb.publisher\"\n\
         [publish]\nknowledge_base = \"IT\"\nconcurrency = {workers}\n"
    );
    let written = std::fs::write(folder.join("publish.toml"), config);
    assert!(written.is_ok(), "{folder}: {written:?}");
    folder
}

fn program(folder: &Utf8Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).args(arguments).env("KB_PUBLISH_PASSWORD", "kb.publisher");
    command.env("XDG_STATE_HOME", folder.join("state")).stderr(Stdio::null());
    command
}

/// How long the whole process took, and its reads and writes as its report counts them.
fn run(folder: &Utf8Path, arguments: &[&str]) -> (Duration, [usize; 2]) {
    let start = Instant::now();
    let output = program(folder, arguments).output();
    let took = start.elapsed();
    let report =
        output.ok().and_then(|output| serde_json::from_slice::<serde_json::Value>(&output.stdout).ok());
    let requests = report.as_ref().map(|report| &report["requests"]);
    let count = |method: &str| {
        let counted = requests.and_then(|requests| requests[method].as_u64());
        usize::try_from(counted.unwrap_or(0)).unwrap_or(usize::MAX)
    };
    assert!(requests.is_some_and(serde_json::Value::is_object), "{arguments:?} ended without a report");
    (took, [count("GET"), count("POST") + count("PATCH") + count("DELETE")])
}

/// The most memory a process had, in MB.
fn peak(command: &mut Command) -> Option<f64> {
    let mut child = command.stdout(Stdio::null()).spawn().ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while let Ok(None) = child.try_wait() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = kilobytes.or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    peak.map(|kilobytes| kilobytes * 1024.0 / 1e6)
}
