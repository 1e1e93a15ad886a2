use camino::Utf8Path;

use super::*;
use crate::config::Status;
use crate::finding::Position;
use crate::ids::{DocPath, DocumentId};

fn settings(root: &Utf8Path) -> SourceSettings {
    SourceSettings {
        root: "docs".into(),
        absolute_root: root.to_owned(),
        include: vec!["**/*.md".into()],
        exclude: Vec::new(),
        max_document_bytes: 1000,
        max_file_bytes: 1000,
        max_image_pixels: 1000,
    }
}

fn read_bytes(bytes: &[u8]) -> Result<Document, Vec<Finding>> {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    std::fs::write(root.join("a.md"), bytes).unwrap();
    let file = SourceFile {
        path: DocPath::parse("a.md").unwrap(),
        absolute: root.join("a.md").into(),
        id: DocumentId::parse("a").unwrap(),
    };
    let document = read(&file, &settings(root)).map_err(|finding| vec![*finding])?;
    if document.problems.is_empty() { Ok(document) } else { Err(document.problems) }
}

fn document(text: &str) -> Document {
    read_bytes(text.as_bytes()).unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn refused(text: &str) -> Vec<(u32, u32, String)> {
    let findings = read_bytes(text.as_bytes()).expect_err("must be refused");
    let place = |finding: &Finding| finding.position.map_or((0, 0), |at| (at.line, at.column));
    findings.iter().map(|f| (place(f).0, place(f).1, f.message.to_string())).collect()
}

#[test]
fn every_key_arrives_from_yaml() {
    let document = document(
        "---\ntitle: 'A: title'\nauthor: someone else's key\naliases: [/x]\ndescription: >\n  two\n  lines\nkeywords: a, b\nkb:\n  \
         id: vpn\n  aliases: [old/vpn, older]\n  article: KB0010001\n  status: published\n  knowledge_base: HR\n  \
         category: A / B\n  author: ann@example.org\n  ownership_group: Writers\n  can_read: [All]\n  cannot_read: x\n  \
         roles: [r1, r2]\n  valid_to: 2027-12-31\n  display_attachments: yes\n  attachments: [a.pdf]\n  language: fr\n  \
         translation_of: en/vpn\n  toc: 2\n---\n# Body\n",
    );
    let front = &document.front;
    assert_eq!(front.title.as_ref().map(|at| at.value.as_str()), Some("A: title"));
    assert_eq!(front.title.as_ref().map(|at| at.position), Some(Position { line: 2, column: 8 }));
    assert_eq!(document.id.as_str(), "vpn");
    let aliases: Vec<&str> = front.aliases.iter().map(|at| at.value.as_str()).collect();
    assert_eq!(aliases, ["old/vpn", "older"], "the top level's `aliases` belongs to another tool");
    assert_eq!(front.article.as_ref().unwrap().value, "KB0010001");
    assert_eq!(front.status, Some(Status::Published));
    assert_eq!(front.knowledge_base.as_ref().unwrap().value, "HR");
    assert_eq!(front.category.as_ref().unwrap().value, ["A", "B"]);
    assert_eq!(front.attachments[0].value, "a.pdf");
    assert_eq!(front.toc, Some(2));
    assert!(!front.unpublished);
    let columns = &front.columns;
    assert_eq!(columns.description.as_deref(), Some("two lines"));
    assert_eq!(columns.keywords, Some(vec!["a".into(), "b".into()]));
    assert_eq!(columns.author.as_deref(), Some("ann@example.org"));
    assert_eq!(columns.can_read, Some(vec!["All".into()]));
    assert_eq!(columns.valid_to.as_deref(), Some("2027-12-31"));
    assert_eq!(columns.display_attachments, Some(true));
    assert_eq!(columns.translation_of.as_ref().unwrap().as_str(), "en/vpn");
    assert_eq!(document.body(), "# Body\n");
}

#[test]
fn toml_says_the_same() {
    let front = document(
        "+++\ntitle = \"T\"\ndate = 2024-01-01\nkeywords = [\"a\"]\n[kb]\nid = \"x/y\"\nvalid_to = 2027-12-31\ntoc = 3\n\
         category = [\"TCP / IP\"]\ndraft = true\n+++\ntext\n",
    )
    .front;
    assert_eq!(front.title.unwrap().value, "T");
    assert_eq!(front.id.unwrap().value.as_str(), "x/y");
    assert_eq!(front.columns.valid_to.as_deref(), Some("2027-12-31"));
    assert_eq!(front.category.unwrap().value, ["TCP / IP"], "the members of a list are whole labels");
    assert!(front.unpublished);
}

#[test]
fn texts_stay_as_written() {
    assert_eq!(document("---\ntitle: 1.10\n---\n").front.title.unwrap().value, "1.10");
    assert_eq!(document("---\ntitle: 0777\n---\n").front.title.unwrap().value, "0777");
    assert_eq!(document("---\ntitle: true\n---\n").front.title.unwrap().value, "true");
    assert_eq!(document("---\ntitle:\n---\n").front.title, None);
    assert_eq!(document("---\ntitle: ~\nkb:\n---\n").front, FrontMatter::default());
}

use super::super::document::FrontMatter;

#[test]
fn the_table_kb_wins_wherever_it_stands() {
    let front = document("---\nkb: {title: Inner, draft: false}\ntitle: Outer\ndraft: true\n---\n").front;
    assert_eq!(front.title.unwrap().value, "Inner");
    assert!(!front.unpublished);
    assert!(document("---\nkb: {publish: false}\n---\n").front.unpublished);
    assert!(document("---\ndraft: true\n---\n").front.unpublished);
}

#[test]
fn foreign_keys_may_be_anything() {
    let document = document(
        "---\nid: 5\nstatus: {a: [1, {b: c}]}\ntags: [x]\nx: &a y\nz: *a\nauthor: [a, b]\nid: again\n? [complex]\n: key\n---\nbody\n",
    );
    assert_eq!(document.front, FrontMatter::default());
    assert_eq!(document.body(), "body\n");
}

#[test]
fn bad_values_are_told_at_their_line_all_at_once() {
    let found = refused(
        "---\ntitle: [a]\nkb:\n  staus: draft\n  status: pubished\n  valid_to: soon\n  toc: 9\n  article: vpn\n  id: /abs\n  \
         display_attachments: perhaps\n  language: klingon language\n  colour: red\n---\n",
    );
    let expected = [
        (2, 8, "`title` must be a text, not a list"),
        (4, 3, "unknown key `kb.staus`"),
        (5, 11, "`kb.status` must be `draft` or `published`, not `pubished`"),
        (6, 13, "`kb.valid_to` must be a date, not `soon`"),
        (7, 8, "`kb.toc` must be the depth of the contents, 1 to 6, not `9`"),
        (8, 12, "`kb.article` must name an article, not `vpn`"),
        (9, 7, "`kb.id`: `/abs` is not a document id: use a relative path such as `guides/vpn`"),
        (10, 24, "`kb.display_attachments` must be `true` or `false`, not `perhaps`"),
        (11, 13, "`kb.language` must be a language code, not `klingon language`"),
        (12, 3, "unknown key `kb.colour`"),
    ];
    let expected: Vec<_> = expected.iter().map(|(l, c, m)| (*l, *c, (*m).to_owned())).collect();
    assert_eq!(found, expected);
    let findings = read_bytes(b"---\nkb:\n  staus: draft\n---\n").unwrap_err();
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `status`?"));
    assert_eq!(findings[0].excerpt.as_deref(), Some("  staus: draft"));
    assert_eq!(findings[0].path.as_deref(), Some(Utf8Path::new("docs/a.md")));
}

#[test]
fn broken_front_matter_is_told_at_its_place() {
    let found = refused("---\nok: 1\ntitle: a: b\n---\n");
    assert_eq!(found[0].0, 3, "{found:?}");
    let found = refused("+++\ntitle = a b\n+++\n");
    assert_eq!(found[0].0, 2, "{found:?}");
    assert_eq!(refused("---\ntitle: never closed\n\ntext\n")[0].0, 1);
    assert_eq!(refused("---\nkb: text\n---\n")[0].2, "`kb` must be a table of keys");
    assert_eq!(refused("---\ntitle: a\ntitle: b\n---\n")[0].2, "`title` stands twice");
    let bomb = format!(
        "---\na: &a [{}]\nb: &b [{}]\nkb: [{}]\n---\n",
        "x,".repeat(60),
        "*a,".repeat(60),
        "*b,".repeat(60)
    );
    assert_eq!(read_bytes(bomb.as_bytes()).unwrap_err()[0].code, Code::FrontMatter);
}

#[test]
fn what_other_tools_take_for_yaml_need_not_be_any() {
    let document = document(
        "---\nAliases:\n  - %\n  - a: b: c\ntitle: ForEach-Object\nx: {{ page.x }}\nkb:\n  id: y\n---\nbody\n",
    );
    assert_eq!(document.front.title.as_ref().unwrap().value, "ForEach-Object");
    assert_eq!(document.front.title.unwrap().position, Position { line: 5, column: 8 });
    assert_eq!(document.id.as_str(), "y");
    let found = refused("---\nAliases:\n  - %\ntitle: a: b\n---\n");
    assert_eq!(found[0].0, 4, "our own keys must be YAML: {found:?}");
}

#[test]
fn thematic_breaks_are_no_front_matter() {
    for text in [
        "---\n\nsome text\n\n---\nmore\n",
        "---\nno second fence\n",
        "---\n- a\n- b\n---\n",
        "",
        "\n---\ntitle: x\n---\n",
    ] {
        let document = document(text);
        assert_eq!(document.front, FrontMatter::default(), "{text}");
        assert_eq!(document.body(), text);
    }
    assert_eq!(document("---\n---\nbody").body(), "body");
    assert_eq!(document("---\ntitle: x\n---").body(), "");
}

#[test]
fn line_ends_and_byte_order_marks_make_no_difference() {
    let plain = document("---\ntitle: x\n---\n\n# A\n\ntext\n");
    for bytes in
        ["\u{feff}---\r\ntitle: x\r\n---\r\n\r\n# A\r\n\r\ntext\r\n", "---\rtitle: x\r---\r\r# A\r\rtext\r"]
    {
        let same = document(bytes);
        assert_eq!(same.text, plain.text);
        assert_eq!(same.front, plain.front);
    }
}

#[test]
fn what_is_not_utf8_is_told_at_its_byte() {
    let findings = read_bytes(b"fine\nn\xc3\xa4chste \xe4\n").unwrap_err();
    assert_eq!(findings[0].code, Code::NotUtf8);
    assert_eq!(findings[0].position, Some(Position { line: 2, column: 9 }));
    let utf16 = read_bytes(&[0xff, 0xfe, 0x41, 0x00]).unwrap_err();
    assert!(utf16[0].help.as_ref().unwrap().contains("UTF-16"));
}

#[test]
fn what_is_too_large_or_gone_is_told() {
    assert_eq!(read_bytes(&[b'a'; 1001]).unwrap_err()[0].code, Code::DocumentTooLarge);
    let root = Utf8Path::new("/nonexistent");
    let file = SourceFile {
        path: DocPath::parse("a.md").unwrap(),
        absolute: root.join("a.md").into(),
        id: DocumentId::parse("a").unwrap(),
    };
    assert_eq!(read(&file, &settings(root)).unwrap_err().code, Code::Unreadable);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_moves_the_body_off_a_boundary(
            text in "(---|\\+\\+\\+)\n[a-zé: \\[\\]{}&*\"'#|>\n=-]{0,120}\n(---|\\+\\+\\+)?\n?[a-zé\n]{0,20}"
        ) {
            prop_assert!(text.is_char_boundary(front_matter::read(&text).body_start));
        }
    }
}

#[test]
fn utf16_without_a_mark_is_told() {
    let wide: Vec<u8> = "# Hi\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let findings = read_bytes(&wide).unwrap_err();
    assert_eq!(findings[0].code, Code::NotUtf8);
    assert!(read_bytes(b"# A title\n\nwith one \0\n").is_ok());
}

#[test]
fn a_table_of_contents_may_be_asked_for_without_a_depth() {
    assert_eq!(document("---\nkb: {toc: true}\n---\n").front.toc, Some(3));
    assert_eq!(document("---\nkb: {toc: false}\n---\n").front.toc, None);
}
