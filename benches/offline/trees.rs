//! The trees, our settings for them, and our program as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use kb_publish::config::{self, ConfigFile, Env, Overrides, Settings};
use kb_publish::event::Silent;
use kb_publish::render::Destination;
use kb_publish::tree;

/// First argument of this program when it only plans one tree.
pub(crate) const CHILD: &str = "--plan-only";

/// A tree of documents.
pub(crate) struct Tree {
    pub(crate) name: &'static str,
    pub(crate) root: PathBuf,
}

impl Tree {
    /// Our settings for it; its links dangle on purpose.
    pub(crate) fn settings(&self, highlight: &str) -> Settings {
        settings(&self.root, highlight)
    }
}

fn settings(root: &Path, highlight: &str) -> Settings {
    let text = config(root, highlight);
    let file = ConfigFile { path: scratch("config").join("publish.toml"), text };
    match config::resolve(&Overrides::default(), &Env::new(), &file) {
        Ok(resolved) => resolved.settings,
        Err(errors) => panic!("the benchmark's own configuration: {errors}"),
    }
}

/// `publish.toml` for a tree.
pub(crate) fn config(root: &Path, highlight: &str) -> String {
    format!(
        "project = \"bench\"\n[source]\nroot = {:?}\n[render]\nhighlight = {highlight:?}\n[lint.severity]\n\
         broken-link = \"warning\"\nbroken-anchor = \"warning\"\nmissing-image = \"warning\"\noutside-root = \"warning\"\n\
         title-too-long = \"warning\"\n",
        root.to_string_lossy()
    )
}

fn corpora() -> PathBuf {
    std::env::var_os("KB_PUBLISH_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from)
}

/// An empty folder of ours below the target folder.
pub(crate) fn scratch(name: &str) -> Utf8PathBuf {
    let folder = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join("offline").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    if let Err(error) = std::fs::create_dir_all(&folder) {
        panic!("{folder}: {error}");
    }
    folder
}

/// The trees that are there.
pub(crate) fn all() -> Vec<Tree> {
    let mut trees = Vec::new();
    for name in ["argocd", "psdocs"] {
        match corpora().join(name).canonicalize() {
            Ok(root) => trees.push(Tree { name, root }),
            Err(_) => println!("{name}: not there, left out ({})", corpora().join(name).display()),
        }
    }
    match large() {
        Some(root) => trees.push(Tree { name: "large20k", root }),
        None => println!("large20k: could not be made, left out"),
    }
    trees
}

/// 20,000 documents, made once.
fn large() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large20k");
    if root.join("complete").exists() {
        return Some(root.join("docs"));
    }
    let made = Command::new("python3")
        .current_dir(corpora())
        .args(["gen_corpus.py", "--docs", "20000", "--out"])
        .arg(root.join("docs"))
        .args(["wsl", "argocd", "psdocs"])
        .stdout(Stdio::null())
        .status();
    (made.is_ok_and(|status| status.success()) && std::fs::write(root.join("complete"), "").is_ok())
        .then(|| root.join("docs"))
}

/// The first ten documents of `argocd` as a tree of their own.
pub(crate) fn ten() -> Option<Tree> {
    let root = scratch("ten").into_std_path_buf();
    let mut pages: Vec<PathBuf> = std::fs::read_dir(corpora().join("argocd/operator-manual"))
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "md"))
        .collect();
    pages.sort();
    for page in pages.iter().take(10) {
        std::fs::copy(page, root.join(page.file_name()?)).ok()?;
    }
    Some(Tree { name: "ten", root })
}

/// A whole build into the folder.
pub(crate) fn build(settings: &Settings, out: &Utf8Path) {
    let loaded = tree::load(settings, &Silent);
    if let Err(error) = tree::build(settings, &loaded, out, &Silent) {
        panic!("{error}");
    }
}

/// Plans, and writes the bodies of the first `count` documents.
pub(crate) fn plan_and_compose(settings: &Settings, count: usize) {
    let loaded = tree::load(settings, &Silent);
    for document in loaded.documents.iter().take(count) {
        let body = tree::compose(settings, document, &[], &mut |_, _| Destination::Plain);
        std::hint::black_box(body.map_or(0, |body| body.len()));
    }
}

/// This program again, planning one tree.
pub(crate) fn plan_process(root: &Path) -> Command {
    let program = std::env::current_exe().unwrap_or_default();
    let mut command = Command::new(program);
    command.arg(CHILD).arg(root);
    command
}

/// Plans the tree.
pub(crate) fn child(root: &str) -> ExitCode {
    let loaded = tree::load(&settings(Path::new(root), "off"), &Silent);
    if loaded.documents.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
