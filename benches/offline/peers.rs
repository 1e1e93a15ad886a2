//! Other tools on the same trees, where they are installed. Whole processes on both sides.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::trees::{self, Tree};
use crate::{Board, floor, in_turn};

/// P2 to P5.
pub(crate) fn compare(tree: &Tree, board: &mut Board) {
    let mut plan = || run(&mut trees::plan_process(&tree.root));
    if board.wants("P2") && installed("cmark-gfm") {
        let whole = whole(tree);
        let mut theirs = || run(Command::new("cmark-gfm").args(["--unsafe", "-e", "table"]).arg(&whole));
        let (ours, theirs) = in_turn(&mut plan, &mut theirs);
        let bound = if tree.name == "argocd" { 0.6 } else { 0.35 };
        board.line("P2", tree.name, "plan / cmark-gfm, whole tree as one input", ours, theirs, bound);
    }
    if board.wants("P3") && installed("hugo") && tree.name != "large20k" {
        let site = site(tree, false);
        let (ours, theirs) = in_turn(&mut plan, &mut || peer(&mut hugo(&site)));
        board.line("P3", tree.name, "plan / hugo without highlighting", ours, theirs, 0.2);
    }
    if board.wants("P4") && installed("hugo") && tree.name != "large20k" {
        let site = site(tree, true);
        let mut builds = Builds::new(tree, "github-light");
        let (ours, theirs) = in_turn(&mut || builds.run(), &mut || peer(&mut hugo(&site)));
        let bound = if tree.name == "argocd" { 0.8 } else { 0.5 };
        board.line("P4", tree.name, "build / hugo, both with highlighting", ours, theirs, bound);
    }
    if board.wants("P5") && installed("md2conf") && tree.name == "argocd" {
        let pages = titled(tree);
        let (ours, theirs) = beside_md2conf(tree, "github-light", &pages);
        board.line("P5", tree.name, "build with highlighting / md2conf --local", ours, theirs, 0.2);
        let (ours, theirs) = beside_md2conf(tree, "off", &pages);
        board.line("P5", tree.name, "build without highlighting / md2conf --local", ours, theirs, 1.0 / 60.0);
    }
}

/// P7.
pub(crate) fn ten(tree: &Tree, board: &mut Board) {
    if board.wants("P7") && installed("md2conf") {
        let pages = titled(tree);
        let (ours, theirs) = beside_md2conf(tree, "off", &pages);
        board.line("P7", tree.name, "build, no colours / md2conf --local", ours, theirs, 0.10);
        let (ours, theirs) = beside_md2conf(tree, "github-light", &pages);
        board.line("P7", tree.name, "build with highlighting / md2conf --local", ours, theirs, 0.25);
    }
}

/// Our build of a tree, and what `md2conf` makes of its pages.
fn beside_md2conf(tree: &Tree, highlight: &str, pages: &Path) -> (Duration, Duration) {
    let mut builds = Builds::new(tree, highlight);
    in_turn(&mut || builds.run(), &mut || md2conf(pages))
}

/// Whether a tool is there; says how to get it where it is not.
fn installed(tool: &str) -> bool {
    let found = Command::new(tool).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        let how = match tool {
            "md2conf" => "pip install markdown-to-confluence",
            tool => &format!("apt install {tool}"),
        };
        println!("{tool}: not installed, left out ({how})");
    }
    found
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    // Findings in the trees are no failure.
    let ended = status.as_ref().is_ok_and(|status| matches!(status.code(), Some(0 | 1)));
    assert!(ended, "{command:?}: {status:?}");
}

/// A run that failed early would look fast.
fn peer(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{command:?}: {status:?}");
}

/// Our program as it builds a tree, each time into a folder that is new.
struct Builds {
    folder: Utf8PathBuf,
    done: usize,
}

impl Builds {
    fn new(tree: &Tree, highlight: &str) -> Self {
        let folder = trees::scratch(&format!("build-{highlight}"));
        let written = std::fs::write(folder.join("publish.toml"), trees::config(&tree.root, highlight));
        assert!(written.is_ok(), "{folder}: {written:?}");
        Self { folder, done: 0 }
    }

    fn run(&mut self) {
        self.done += 1;
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb-publish"));
        let out = format!("out{}", self.done);
        run(command.current_dir(&self.folder).args(["--format", "json", "build", "--out", &out]));
    }
}

/// The whole tree as one input.
fn whole(tree: &Tree) -> PathBuf {
    let file = trees::scratch("whole").join("all.md");
    let mut all = Vec::new();
    for entry in walkdir::WalkDir::new(&tree.root).sort_by_file_name().into_iter().flatten() {
        if entry.path().extension().is_some_and(|ext| ext == "md") {
            all.extend(std::fs::read(entry.path()).unwrap_or_default());
            all.push(b'\n');
        }
    }
    let written = std::fs::write(&file, all);
    assert!(written.is_ok(), "{file}: {written:?}");
    file.into_std_path_buf()
}

/// A hugo site with the least a page needs.
fn site(tree: &Tree, highlight: bool) -> PathBuf {
    let folder = trees::scratch("hugo");
    let config = format!(
        "baseURL = \"https://example.org/\"\ndisableKinds = [\"taxonomy\", \"term\", \"RSS\", \"sitemap\", \"404\"]\n\
         [markup.highlight]\ncodeFences = {highlight}\nguessSyntax = false\nnoClasses = true\n\
         [markup.goldmark.renderer]\nunsafe = true\n"
    );
    for entry in walkdir::WalkDir::new(&tree.root).into_iter().flatten() {
        let Ok(path) = entry.path().strip_prefix(&tree.root) else { continue };
        if path.extension().is_none_or(|ext| ext != "md") {
            continue;
        }
        let text = String::from_utf8(std::fs::read(entry.path()).unwrap_or_default()).unwrap_or_default();
        // What it takes for front matter that is none of its own, or for a shortcode, ends its run; an `index.md`
        // would make its whole folder one page.
        let text = format!("---\ntitle: page\n---\n\n{}", floor::body(&text).replace("{{", "{ {"));
        let index = path.file_name().is_some_and(|name| name == "index.md");
        let path = if index { path.with_file_name("_index.md") } else { path.to_owned() };
        write(&folder.as_std_path().join("content").join(path), &text);
    }
    let files = [
        ("hugo.toml", config.as_str()),
        ("layouts/_default/single.html", "{{ .Content }}"),
        ("layouts/_default/list.html", "{{ .Content }}"),
    ];
    for (path, text) in files {
        write(folder.join(path).as_std_path(), text);
    }
    folder.into_std_path_buf()
}

fn write(path: &Path, text: &str) {
    let made = path.parent().map(std::fs::create_dir_all);
    let written = std::fs::write(path, text);
    assert!(written.is_ok(), "{}: {made:?} {written:?}", path.display());
}

fn hugo(site: &Path) -> Command {
    let mut command = Command::new("hugo");
    command.args(["--quiet", "--cleanDestinationDir", "--source"]).arg(site);
    command
}

/// The tree as `md2conf` takes it: it ends at two pages of one title, at links that lead nowhere, and at HTML that is no
/// XML.
fn titled(tree: &Tree) -> PathBuf {
    let folder = trees::scratch("titled").into_std_path_buf();
    let copied = Command::new("cp").arg("-R").arg(tree.root.join(".")).arg(&folder).status();
    assert!(copied.is_ok_and(|status| status.success()), "{}", folder.display());
    for (number, entry) in walkdir::WalkDir::new(&folder).into_iter().flatten().enumerate() {
        if entry.path().extension().is_some_and(|ext| ext == "md") {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let body = floor::body(&text).replace("](", "] (").replace('<', "&lt;");
            write(entry.path(), &format!("---\ntitle: Page {number}\n---\n\n{body}"));
        }
    }
    folder
}

/// It writes beside its input, so it gets a copy.
fn md2conf(pages: &Path) {
    let copy = trees::scratch("md2conf");
    let copied = Command::new("cp").arg("-R").arg(pages.join(".")).arg(&copy).status();
    assert!(copied.is_ok_and(|status| status.success()), "{copy}");
    peer(
        Command::new("md2conf").args(["--local", "--skip-update", "-d", "example.org", "-s", "X"]).arg(&copy),
    );
}
