use super::*;

struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            let path = tree.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        tree
    }

    fn path(&self, path: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(path)
    }

    fn settings(&self, root: &str) -> SourceSettings {
        SourceSettings {
            root: root.into(),
            absolute_root: self.path(root),
            include: vec!["**/*.md".into()],
            exclude: Vec::new(),
            max_document_bytes: 1000,
            max_file_bytes: 1000,
            max_image_pixels: 1000,
        }
    }
}

fn ids(walked: &Walked) -> Vec<(&str, &str)> {
    walked.files.iter().map(|file| (file.path.as_str(), file.id.as_str())).collect()
}

fn codes(walked: &Walked) -> Vec<Code> {
    walked.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn extensions_may_be_written_in_capitals() {
    let tree = Tree::new(&[
        ("d/README.MD", ""),
        ("d/a/B.Md", ""),
        ("d/a/OLD.MD", ""),
        ("d/c.MDX", ""),
        ("d/E.MD/f.md", ""),
    ]);
    let mut settings = tree.settings("d");
    settings.exclude = vec!["**/OLD.md".into()];
    let walked = walk(&settings);
    assert_eq!(ids(&walked), [("E.MD/f.md", "E.MD/f"), ("README.MD", "index"), ("a/B.Md", "a/B")]);
}

#[test]
fn index_and_readme_stand_for_their_folder() {
    let tree = Tree::new(&[
        ("d/index.md", ""),
        ("d/README.md", ""),
        ("d/a/README.md", ""),
        ("d/a/b/index.md", ""),
        ("d/a/b/c.d.md", ""),
        ("d/readme.md", ""),
    ]);
    let walked = walk(&tree.settings("d"));
    let expected = [
        ("README.md", "README"),
        ("a/README.md", "a"),
        ("a/b/c.d.md", "a/b/c.d"),
        ("a/b/index.md", "a/b"),
        ("index.md", "index"),
        ("readme.md", "readme"),
    ];
    assert_eq!(ids(&walked), expected);
    assert!(walked.findings.is_empty());
}

#[test]
fn ignore_files_at_every_level_count() {
    let tree = Tree::new(&[
        (".git/HEAD", ""),
        (".gitignore", "*.tmp.md\n/d/built/\n"),
        ("d/.kbignore", "drafts/\n!keep.md\n"),
        ("d/.gitignore", "keep.md\n"),
        ("d/keep.md", ""),
        ("d/x.tmp.md", ""),
        ("d/built/a.md", ""),
        ("d/drafts/a.md", ""),
        ("d/s/.gitignore", "only-here.md\n!../x.tmp.md\n"),
        ("d/s/only-here.md", ""),
        ("d/only-here.md", ""),
        ("d/.hidden/a.md", ""),
        ("d/n.txt", ""),
    ]);
    let walked = walk(&tree.settings("d"));
    assert_eq!(ids(&walked), [("keep.md", "keep"), ("only-here.md", "only-here")]);
}

#[test]
fn include_and_exclude_hold() {
    let tree = Tree::new(&[("a.md", ""), ("b/c.md", ""), ("b/d/e.md", ""), ("f.txt", "")]);
    let settings = |include: &[&str], exclude: &[&str]| SourceSettings {
        include: include.iter().map(|text| (*text).to_owned()).collect(),
        exclude: exclude.iter().map(|text| (*text).to_owned()).collect(),
        ..tree.settings(".")
    };
    assert_eq!(ids(&walk(&settings(&["**/*.md"], &["b/d"]))), [("a.md", "a"), ("b/c.md", "b/c")]);
    assert_eq!(ids(&walk(&settings(&["*.md", "f.txt"], &[]))), [("a.md", "a"), ("f.txt", "f")]);
    assert_eq!(codes(&walk(&settings(&["**/*.rst"], &[]))), [Code::EmptyTree]);
    assert_eq!(codes(&walk(&tree.settings("gone"))), [Code::EmptyTree]);
    assert_eq!(codes(&walk(&tree.settings("a.md"))), [Code::EmptyTree]);
}

#[test]
fn names_on_disk_may_be_nfd() {
    let tree = Tree::new(&[("u\u{308}ber/a\u{308}.md", "")]);
    let walked = walk(&tree.settings("."));
    assert_eq!(ids(&walked), [("über/ä.md", "über/ä")]);
    assert!(walked.files[0].absolute.is_file(), "the file is opened by its own name");
}

#[cfg(unix)]
#[test]
fn symbolic_links_never_lead_out_nor_in_circles() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new(&[("d/a.md", ""), ("out/secret.md", ""), ("d/real/r.md", "")]);
    symlink(tree.path("out/secret.md"), tree.path("d/leak.md")).unwrap();
    symlink(tree.path("out"), tree.path("d/folder")).unwrap();
    symlink("..", tree.path("d/real/up")).unwrap();
    symlink("a.md", tree.path("d/twin.md")).unwrap();
    symlink("nowhere.md", tree.path("d/dangling.md")).unwrap();
    symlink("nowhere.png", tree.path("d/dangling.png")).unwrap();
    let walked = walk(&tree.settings("d"));
    assert_eq!(ids(&walked), [("a.md", "a"), ("real/r.md", "real/r"), ("twin.md", "twin")]);
    let mut codes = codes(&walked);
    codes.sort();
    assert_eq!(
        codes,
        [Code::OutsideRoot, Code::OutsideRoot, Code::Unreadable, Code::Unreadable],
        "{:?}",
        walked.findings
    );
}

#[cfg(unix)]
#[test]
fn odd_names_are_told_and_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;
    let tree = Tree::new(&[("d/a.md", ""), ("d/back\\slash.md", "")]);
    let raw = tree.path("d").into_std_path_buf().join(std::ffi::OsStr::from_bytes(b"b\xe4d.md"));
    if std::fs::write(raw, "").is_err() {
        return; // This file system holds UTF-8 only.
    }
    let walked = walk(&tree.settings("d"));
    assert_eq!(ids(&walked), [("a.md", "a")]);
    assert_eq!(codes(&walked), [Code::InvalidPath, Code::InvalidPath]);
}

#[cfg(unix)]
#[test]
fn what_is_left_out_is_not_complained_about() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new(&[("a.md", ""), (".kbignore", "lost.md\n"), ("b/c.md", "")]);
    symlink("ann@host.1234", tree.path(".#a.md")).unwrap();
    symlink("nowhere.md", tree.path("lost.md")).unwrap();
    symlink("..", tree.path("b/up")).unwrap();
    let settings = SourceSettings { exclude: vec!["b/up".into()], ..tree.settings(".") };
    let walked = walk(&settings);
    assert_eq!(ids(&walked), [("a.md", "a"), ("b/c.md", "b/c")]);
    assert_eq!(codes(&walked), []);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_document() {
    let tree = Tree::new(&[("a.md", "")]);
    let made = std::process::Command::new("mkfifo").arg(tree.path("pipe.md")).status().unwrap();
    assert!(made.success());
    let walked = walk(&tree.settings("."));
    assert_eq!(ids(&walked), [("a.md", "a")]);
    assert_eq!(codes(&walked), [Code::Unreadable]);
}
