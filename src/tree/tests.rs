//! Whole trees, written to a temporary folder and loaded.

mod hostile;

use camino::Utf8Path;

use super::*;
use crate::config::{ConfigFile, Env, Overrides, Settings, resolve};
use crate::event::Silent;
use crate::finding::{Code, Severity};
use crate::render::Destination;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

struct Tree {
    folder: tempfile::TempDir,
    config: String,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap(), config: "project = \"p\"\n".into() };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    fn config(mut self, text: &str) -> Self {
        self.config.push_str(text);
        self
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root().join("docs").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    fn settings(&self) -> Settings {
        let file = ConfigFile { path: self.root().join("publish.toml"), text: self.config.clone() };
        resolve(&Overrides::default(), &Env::new(), &file)
            .unwrap_or_else(|errors| panic!("{errors}"))
            .settings
    }

    fn load(&self) -> RenderedTree {
        load(&self.settings(), &Silent)
    }
}

fn document<'a>(tree: &'a RenderedTree, path: &str) -> &'a RenderedDocument {
    tree.documents
        .iter()
        .find(|document| document.path.as_str() == path)
        .unwrap_or_else(|| panic!("no {path}"))
}

/// Where the references of a document lead, in words.
fn targets(tree: &RenderedTree, path: &str) -> Vec<String> {
    let word = |target: Target<'_>| match target {
        Target::Document(to, anchor) => format!("{}{anchor}", tree.documents[to].path),
        Target::File(file, suffix) => format!("file {}{suffix}", tree.files[file].path),
        Target::AsWritten(text) => format!("as {text}"),
        Target::Undrawn(_) | Target::Nowhere => "nowhere".into(),
    };
    document(tree, path).references.iter().map(word).collect()
}

fn told(tree: &RenderedTree) -> Vec<String> {
    let tell = |finding: &Finding| {
        let path = finding.path.as_ref().map_or("", |path| path.as_str());
        let at = finding.position.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
        format!("{path}{at} {} {}", finding.code, finding.message)
    };
    tree.findings.iter().map(tell).collect()
}

#[test]
fn links_find_documents_under_every_name() {
    let tree = Tree::new(&[
        (
            "a.md",
            "# A\n\n[1](guides/vpn.md) [2](guides/vpn) [3](guides/) [4](guides/vpn.html#set-up) [5](./guides/vpn.md?x=1#Set-Up) \
             [6](vpn-id) [7](old/place.md) [8](/guides/vpn) [9](gone) [10](#a) [11](a.md#a) [12](https://x.y/z) \
             [13](guides%2Fvpn.md) [14](guides/%C3%BCber%20uns.md)\n",
        ),
        ("guides/index.md", "# Guides\n"),
        ("guides/vpn.md", "---\nkb: {aliases: [old/place]}\n---\n# VPN\n\n## Set up\n"),
        ("guides/named.md", "---\nkb: {id: vpn-id}\n---\n# Named\n"),
        ("guides/u\u{308}ber uns.md", "# Us\n"),
    ])
    .config("[redirects]\ngone = \"guides\"\n")
    .load();
    assert_eq!(told(&tree), Vec::<String>::new());
    assert_eq!(
        targets(&tree, "a.md"),
        [
            "guides/vpn.md",
            "guides/vpn.md",
            "guides/index.md",
            "guides/vpn.md#set-up",
            "guides/vpn.md#set-up",
            "guides/named.md",
            "guides/vpn.md",
            "guides/vpn.md",
            "guides/index.md",
            "as #a",
            "as #a",
            "as https://x.y/z",
            "guides/vpn.md",
            "guides/über uns.md",
        ]
    );
}

#[test]
fn broken_links_say_where_and_what_was_meant() {
    let tree = Tree::new(&[
        (
            "a.md",
            "# A\n\nSee [x](guides/vnp.md), [y](guides/vpn.md#setup)\nand [z](#b), [w](../secret.md), [v](net.md), [u](folder/), []().\n",
        ),
        ("guides/vpn.md", "# VPN\n\n## Set up\n"),
        ("deep/net.md", "# Net\n"),
        ("folder/x.txt", "x"),
    ])
    .load();
    assert_eq!(
        told(&tree),
        [
            "docs/a.md:3:5 broken-link `guides/vnp.md` names no document and no file",
            "docs/a.md:3:25 broken-anchor `docs/guides/vpn.md` has no anchor `#setup`",
            "docs/a.md:4:5 broken-anchor the document has no anchor `#b`",
            "docs/a.md:4:14 outside-root the link `../secret.md` leads out of the source root",
            "docs/a.md:4:33 broken-link `net.md` names no document and no file",
            "docs/a.md:4:46 broken-link `folder/` is a folder without an index page",
            "docs/a.md:4:60 broken-link the link has no destination",
        ]
    );
    let help: Vec<_> = tree.findings.iter().map(|finding| finding.help.as_deref().unwrap_or("-")).collect();
    assert_eq!(help[0], "did you mean `guides/vpn.md`?");
    assert_eq!(help[1], "did you mean `#set-up`?");
    assert_eq!(help[4], "did you mean `deep/net.md`?");
    assert!(tree.findings.iter().all(|finding| finding.severity == Severity::Error));
    assert_eq!(tree.findings[1].excerpt.as_deref(), Some("See [x](guides/vnp.md), [y](guides/vpn.md#setup)"));
    assert_eq!(targets(&tree, "a.md")[0], "nowhere");
}

#[test]
fn images_and_downloads_become_files_once() {
    let tree = Tree::new(&[
        (
            "a.md",
            "# A\n\n![i](img/n%20et.png) ![i](./img/n et.png) ![i](<img/n et.png>) [d](data.csv#row=2) ![m](gone.png)\n",
        ),
        (
            "b/b.md",
            "---\nkb: {attachments: [../data.csv, extra.pdf, no.pdf]}\n---\n# B\n\n![i](../img/n%20et.png)\n",
        ),
        ("b/extra.pdf", "%PDF-1.7"),
        ("data.csv", "a,b\r\n"),
    ]);
    tree.write("img/n et.png", PNG);
    let tree = tree.load();
    assert_eq!(
        targets(&tree, "a.md"),
        ["file img/n et.png", "file img/n et.png", "file data.csv#row=2", "nowhere"]
    );
    let names: Vec<&str> = tree.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names.len(), 3);
    assert_eq!(names[0], format!("n-et-{}.png", Digest::of(PNG).prefix(8)));
    assert_eq!(tree.files[1].digest, Digest::of(b"a,b\n"), "text files are uploaded with LF");
    assert_eq!(*document(&tree, "a.md").files, [0, 1]);
    assert_eq!(*document(&tree, "b/b.md").files, [0, 1, 2]);
    assert_eq!(read_file(&tree.files[1]).unwrap(), b"a,b\n");
    assert_eq!(
        told(&tree),
        [
            "docs/a.md:3:22 unread-syntax a link or image is shown as text",
            "docs/a.md:3:84 missing-image the image `gone.png` is not there",
            "docs/b/b.md:2:44 broken-link the attached file `no.pdf` is not there"
        ]
    );
}

#[test]
fn bad_files_are_told_where_they_are_shown() {
    let tree = Tree::new(&[
        ("a.md", "# A\n\n![x](lfs.png)\n![x](big.png)\n![x](text.png)\n![x](lfs.png)\n"),
        ("lfs.png", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        ("text.png", "<html>"),
    ])
    .config("[source]\nmax_file_bytes = 500\n");
    tree.write("big.png", &[0x89; 501]);
    let tree = tree.load();
    assert_eq!(
        told(&tree),
        [
            "docs/a.md:3:1 lfs-pointer `lfs.png` is a git-LFS pointer, not the file itself",
            "docs/a.md:4:1 image-too-large `big.png` has 501 B; the limit is 500 B",
            "docs/a.md:5:1 file-type-mismatch `text.png` holds text/html, but its name says image/png"
        ]
    );
    assert_eq!(targets(&tree, "a.md"), ["nowhere", "nowhere", "file text.png", "nowhere"]);
}

#[test]
fn drafts_are_no_documents_and_stop_nobody() {
    let tree = Tree::new(&[
        ("a.md", "# A\n\n[b](b.md) [c](c.md)\n"),
        ("b.md", "---\ndraft: true\n---\n# B\n\n[broken](x.md)\n"),
        ("c.md", "# C\n"),
    ])
    .config("[source]\nexclude = [\"c.md\"]\n")
    .load();
    assert_eq!(tree.documents.len(), 1);
    assert_eq!(tree.unpublished.iter().map(DocumentId::as_str).collect::<Vec<_>>(), ["b"]);
    assert_eq!(targets(&tree, "a.md"), ["nowhere", "nowhere"]);
    let codes: Vec<_> = tree.findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    assert_eq!(
        codes,
        [
            (Code::UnpublishedTarget, Severity::Warning),
            (Code::UnpublishedTarget, Severity::Warning),
            (Code::BrokenLink, Severity::Warning)
        ]
    );
}

#[test]
fn ids_that_clash_are_told_whatever_the_configuration_says() {
    let tree = Tree::new(&[
        ("Guide.md", "# A\n"),
        ("guide.md", "# B\n"),
        ("x.md", "---\nkb: {id: y, aliases: [old]}\n---\n# X\n"),
        ("y.md", "---\nkb: {aliases: [old]}\n---\n# Y\n"),
    ])
    .load();
    assert_eq!(
        told(&tree),
        [
            "docs/guide.md duplicate-id the document id `guide` differs only in case from the id of `docs/Guide.md`",
            "docs/y.md duplicate-id the document id `y` is also the id of `docs/x.md`",
            "docs/y.md:2:16 duplicate-id the alias `old` also stands in `docs/x.md`"
        ]
    );
}

#[test]
fn titles_come_from_front_matter_heading_or_name() {
    let long = "x".repeat(101);
    let tree = Tree::new(&[
        ("a.md", "---\ntitle: Front\n---\n# Heading\n"),
        ("b.md", "# Heading *b*\n\ntext\n"),
        ("c-d.md", "text\n"),
        ("net-work/index.md", "text\n"),
        ("long.md", &format!("# {long}\n")),
        ("empty.md", "\u{feff}\r\n"),
        ("control.md", "# One\u{1b}[31m \u{1} two\n"),
    ])
    .load();
    let title = |path| document(&tree, path).title.clone();
    assert_eq!(
        ["a.md", "b.md", "c-d.md", "net-work/index.md", "control.md"].map(title),
        ["Front", "Heading b", "c-d", "Net work", "One[31m two"]
    );
    assert!(!document(&tree, "a.md").title_from_heading);
    assert_eq!(
        told(&tree),
        [
            "docs/empty.md empty-document the document has no text",
            "docs/long.md:1:1 title-too-long the title has 101 characters; ServiceNow holds 100"
        ]
    );
}

#[test]
fn folders_and_path_defaults_give_category_base_and_columns() {
    let tree = Tree::new(&[
        ("hr/index.md", "---\ntitle: Human Resources\n---\n"),
        ("hr/time-off/a.md", "---\nkb: {status: draft, keywords: own}\n---\n# A\n"),
        ("hr/b.md", "---\nkb: {category: X / Y, knowledge_base: Own}\n---\n# B\n"),
        ("top.md", "# T\n"),
    ])
    .config(
        "[publish]\nknowledge_base = \"IT\"\ncategory_root = \"Docs\"\n[[paths]]\nmatch = \"hr/**\"\nknowledge_base = \"HR\"\n\
         status = \"published\"\nkeywords = [\"hr\"]\nroles = \"r\"\n[[paths]]\nmatch = \"hr/time-off\"\nroles = \"s\"\n",
    )
    .load();
    let a = document(&tree, "hr/time-off/a.md");
    assert_eq!(a.category.as_deref().unwrap(), ["Docs", "Human Resources", "Time off"]);
    assert_eq!(a.knowledge_base.as_deref(), Some("HR"));
    assert_eq!(a.status, Status::Draft);
    assert_eq!(a.columns.keywords, Some(vec!["own".into()]));
    assert_eq!(a.columns.roles, Some(vec!["s".into()]), "later tables win");
    let b = document(&tree, "hr/b.md");
    assert_eq!(b.category.as_deref().unwrap(), ["X", "Y"]);
    assert_eq!(b.knowledge_base.as_deref(), Some("Own"));
    assert_eq!(b.status, Status::Published);
    let top = document(&tree, "top.md");
    assert_eq!(
        (top.category.as_deref().unwrap(), top.knowledge_base.as_deref()),
        (&["Docs".to_owned()][..], Some("IT"))
    );
}

#[test]
fn severities_are_applied() {
    let files = [("a.md", "# A\n\n[x](x.md) ![](gone.png)\n")];
    let tree = Tree::new(&files)
        .config(
            "[lint.severity]\nbroken-link = \"warning\"\nmissing-image = \"off\"\nmissing-alt = \"error\"\n",
        )
        .load();
    let codes: Vec<_> = tree.findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    assert_eq!(codes, [(Code::BrokenLink, Severity::Warning), (Code::MissingAlt, Severity::Error)]);
}

#[test]
fn what_refers_to_missing_documents_is_told() {
    let tree = Tree::new(&[("a.md", "---\nkb: {translation_of: b}\n---\n# A\n")])
        .config("[redirects]\nold = \"nowhere\"\na = \"x\"\n")
        .load();
    assert_eq!(
        told(&tree),
        [
            "docs/a.md:2:22 unknown-reference `translation_of` names `b`, which is no other document",
            "publish.toml:3:7 unknown-reference `[redirects]` sends readers of `old` to `nowhere`, which is no document",
            "publish.toml:4:5 unknown-reference `[redirects]` retires `a`, but that document is there"
        ]
    );
}

#[test]
fn translations_may_name_what_they_translate_by_an_alias_or_a_redirect() {
    let tree = Tree::new(&[
        ("a.md", "---\nkb: {aliases: [old/a]}\n---\n# A\n"),
        ("b.md", "---\nkb: {translation_of: old/a}\n---\n# B\n"),
        ("c.md", "---\nkb: {translation_of: gone}\n---\n# C\n"),
        ("d.md", "---\nkb: {translation_of: a}\n---\n# D\n"),
    ])
    .config("[redirects]\ngone = \"a\"\n")
    .load();
    assert_eq!(told(&tree), [""; 0]);
    assert_eq!(tree.translations(), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn a_translation_of_what_is_not_published_is_told() {
    let tree = Tree::new(&[
        ("a.md", "---\ndraft: true\n---\n# A\n"),
        ("b.md", "---\nkb: {translation_of: a}\n---\n# B\n"),
        ("c.md", "---\ndraft: true\nkb: {translation_of: a}\n---\n# C\n"),
    ])
    .load();
    assert_eq!(
        told(&tree),
        ["docs/b.md:2:22 unpublished-target `a`, which this translates, is not published"]
    );
}

#[test]
fn the_same_tree_in_another_checkout_is_the_same() {
    let text = "---\ntitle: Ä\n---\n\n## Größe\n\n[x](ü.md#größe) ![n](n.svg)\n";
    let one = Tree::new(&[("ä.md", text), ("ü.md", "# Ü\n\n## Größe\n"), ("n.svg", "<svg>\n</svg>\n")]);
    let crlf = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let other = Tree::new(&[
        ("a\u{308}.md", &crlf),
        ("u\u{308}.md", "# Ü\r\n\r\n## Größe\r\n"),
        ("n.svg", "<svg>\r\n</svg>\r\n"),
    ]);
    let (one, other) = (one.load(), other.load());
    assert_eq!(told(&one), Vec::<String>::new());
    for (left, right) in one.documents.iter().zip(&other.documents) {
        assert_eq!(
            (&left.id, &left.path, left.fingerprint, left.body),
            (&right.id, &right.path, right.fingerprint, right.body)
        );
        assert_eq!(
            (&left.title, &left.references, &left.files),
            (&right.title, &right.references, &right.files)
        );
    }
    assert_eq!(one.files[0].digest, other.files[0].digest);
}

#[test]
fn what_changed_since_is_not_sent() {
    let tree =
        Tree::new(&[("a.md", "# A\n\n[b](b.md) ![i](i.svg)\n"), ("b.md", "# B\n"), ("i.svg", "<svg/>")]);
    let settings = tree.settings();
    let loaded = tree.load();
    let a = document(&loaded, "a.md");
    let mut asked = Vec::new();
    let html = compose(&settings, a, &[], &mut |number, reference| {
        asked.push((number, format!("{reference:?}")));
        Destination::Url(format!("/r{number}"))
    })
    .unwrap();
    assert!(html.contains("href=\"/r0\"") && html.contains("src=\"/r1\""), "{html}");
    assert!(!html.contains("<h1"), "the title leaves the body");
    assert_eq!(
        asked,
        a.references.iter().map(|target| format!("{target:?}")).enumerate().collect::<Vec<_>>()
    );
    tree.write("a.md", b"# A\r\n\r\n[b](b.md) ![i](i.svg)\r\n");
    assert!(compose(&settings, a, &[], &mut |_, _| Destination::Plain).is_ok(), "only the line ends differ");
    tree.write("a.md", b"# A\n\nnew\n");
    tree.write("i.svg", b"<svg></svg>");
    assert!(
        matches!(compose(&settings, a, &[], &mut |_, _| Destination::Plain), Err(ComposeError::Changed(path)) if path == "docs/a.md")
    );
    assert!(matches!(read_file(&loaded.files[0]), Err(ComposeError::Changed(_))));
    std::fs::remove_file(tree.root().join("docs/i.svg")).unwrap();
    assert!(matches!(read_file(&loaded.files[0]), Err(ComposeError::Read { .. })));
}

#[test]
fn unreadable_documents_leave_the_others_alone() {
    let tree = Tree::new(&[("a.md", "# A\n\n[b](b.md)\n"), ("c.md", "---\nkb: {staus: x}\n---\n")]);
    tree.write("b.md", b"\xff\xfe");
    let tree = tree.load();
    assert_eq!(tree.documents.len(), 1);
    assert_eq!(targets(&tree, "a.md"), ["nowhere"]);
    let codes: Vec<_> = tree.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::NotUtf8, Code::FrontMatter]);
}

fn written(folder: &Utf8Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
            (path, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_build_is_pages_that_link_to_each_other_the_same_every_time() {
    let tree = Tree::new(&[
        ("index.md", "# Start\n\n[vpn](guides/vpn.md#set-up) [x](https://x.y) [gone](gone.md)\n"),
        ("guides/vpn.md", "---\nkb: {id: 'a b/vpn', category: Net}\n---\n# VPN\n\n## Set up\n\n[up](../index.md) ![n](n.svg)\n"),
        ("guides/n.svg", "<svg/>"),
    ])
    .config("[lint.severity]\nbroken-link = \"warning\"\n[publish]\nknowledge_base = \"IT\"\n");
    let settings = tree.settings();
    let outs = ["one", "two/deep"].map(|name| {
        let out = tree.root().join(name);
        build(&settings, &tree.load(), &out, &Silent).unwrap();
        written(&out)
    });
    assert_eq!(outs[0], outs[1]);
    let names: Vec<&str> = outs[0].keys().map(String::as_str).collect();
    let svg = format!("files/n-{}.svg", Digest::of(b"<svg/>").prefix(8));
    assert_eq!(names, ["a b/vpn.html", svg.as_str(), "index.html", "index.json"]);
    let text = |name: &str| String::from_utf8(outs[0][name].clone()).unwrap();
    assert!(text("index.html").contains("href=\"a%20b/vpn.html#set-up\""), "{}", text("index.html"));
    assert!(!text("index.html").contains("gone.md"));
    let vpn = text("a b/vpn.html");
    assert!(vpn.contains("href=\"../index.html\"") && vpn.contains(&format!("src=\"../{svg}\"")), "{vpn}");
    let index: serde_json::Value = serde_json::from_str(&text("index.json")).unwrap();
    assert_eq!(index["schema"], "kb-publish/build/1");
    let entry = &index["documents"][0];
    assert_eq!(
        (&entry["id"], &entry["path"], &entry["category"], &entry["base"], &entry["files"][0]),
        (&"a b/vpn".into(), &"docs/guides/vpn.md".into(), &"Net".into(), &"IT".into(), &svg.into())
    );
}

#[test]
fn a_build_stops_at_what_changed() {
    let tree = Tree::new(&[("a.md", "# A\n")]);
    let loaded = tree.load();
    tree.write("a.md", b"# B\n");
    let built = build(&tree.settings(), &loaded, &tree.root().join("out"), &Silent);
    assert!(matches!(built, Err(BuildError::Compose(ComposeError::Changed(_)))));
}

#[test]
fn imported_markdown_stands_where_its_component_does() {
    let tree = Tree::new(&[
        (
            "a.md",
            "import Part from './_parts/x.mdx';\n\n# A\n\n1. one\n\n   <Part name=\"y\" />\n\n<Gone />\n",
        ),
        ("_parts/x.mdx", "import N from './n.mdx'\n\nText\n\n<N />\n"),
        ("_parts/n.mdx", "![i](i.svg)\n"),
        ("_parts/i.svg", "<svg/>"),
    ]);
    let settings = tree.settings();
    let loaded = tree.load();
    assert_eq!(targets(&loaded, "a.md"), ["file _parts/i.svg"], "{:?}", told(&loaded));
    let html = compose(&settings, document(&loaded, "a.md"), &[], &mut |_, _| Destination::Plain).unwrap();
    assert!(html.contains(">Text</p>") && !html.contains("import"), "{html}");
    let item = html.split_once("<li").unwrap().1.split_once("</li>").unwrap().0;
    assert!(item.contains("Text"), "{html}");

    let tree = Tree::new(&[("a.md", "import Part from './gone.mdx'\n\n# A\n\n<Part />\n")]);
    let loaded = tree.load();
    let missing = loaded.findings.iter().find(|finding| finding.code == Code::BrokenInclude).unwrap();
    assert_eq!(missing.position.unwrap().line, 5, "{missing:?}");
}

#[test]
fn included_files_count_as_their_document_and_resolve_from_their_own_place() {
    let tree = Tree::new(&[
        ("a.md", "# A\n\n[!INCLUDE [x](parts/x.md)]\n"),
        ("b.md", "# B\n\n[!INCLUDE [x](parts/x.md)]\n\n[!INCLUDE [y](../out.md)]\n"),
        ("parts/x.md", "---\ntitle: x\n---\nText [n](../n.md), [gone](gone.md) ![i](i.svg)\n"),
        ("parts/i.svg", "<svg/>"),
        ("n.md", "# N\n"),
    ])
    .config("[source]\nexclude = [\"parts\"]\n");
    let settings = tree.settings();
    let loaded = tree.load();
    assert_eq!(targets(&loaded, "a.md"), ["n.md", "nowhere", "file parts/i.svg"]);
    assert_eq!(
        told(&loaded).iter().filter(|line| line.contains("gone.md")).count(),
        1,
        "{:?}",
        told(&loaded)
    );
    let gone = loaded.findings.iter().find(|finding| finding.message.contains("gone.md")).unwrap();
    assert_eq!(gone.path.as_deref(), Some(Utf8Path::new("docs/parts/x.md")));
    assert_eq!(gone.position.unwrap().line, 4);
    assert!(gone.excerpt.as_ref().unwrap().starts_with("Text [n]"));
    assert!(
        told(&loaded).iter().any(|line| line.contains("leads out of the source root")),
        "{:?}",
        told(&loaded)
    );
    let a = document(&loaded, "a.md");
    assert!(compose(&settings, a, &[], &mut |_, _| Destination::Plain).unwrap().contains("Text"));
    tree.write("parts/x.md", b"other\n");
    assert!(matches!(
        compose(&settings, a, &[], &mut |_, _| Destination::Plain),
        Err(ComposeError::Changed(_))
    ));
}
