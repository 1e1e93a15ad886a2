//! Documents that somebody could think up to keep the reader busy: each ends, and says why it is not read as written.

use super::*;

fn codes(tree: &RenderedTree) -> Vec<(Code, Severity)> {
    tree.findings.iter().map(|finding| (finding.code, finding.severity)).collect()
}

#[test]
fn a_destination_of_a_hundred_thousand_parts_is_broken() {
    let docs = Tree::new(&[("a.md", &format!("# A\n\n[x]({}.md)\n", "x/".repeat(100_000)))]);
    assert_eq!(codes(&docs.load()), [(Code::BrokenLink, Severity::Error)]);
}

#[test]
fn includes_that_hold_nothing_but_includes_come_to_an_end() {
    let files: Vec<(String, String)> = (0..15)
        .map(|n| (format!("{n}.txt"), format!("{{{{#include {}.txt}}}}\n", n + 1).repeat(100)))
        .collect();
    let mut all: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    all.extend([("a.md", "# A\n\n{{#include 0.txt}}\n"), ("15.txt", "")]);
    let findings = Tree::new(&all).load().findings;
    let told: Vec<&str> = findings.iter().map(|finding| &*finding.message).collect();
    assert_eq!(told, ["too much is included: the rest of the document is left out"]);
}

#[test]
fn a_body_that_is_many_times_its_text_is_told() {
    let table = |rows: usize| {
        let head = format!("{}\n{}\n", "|a".repeat(500), "|-".repeat(500));
        format!("# A\n\n{head}{}", "|b\n".repeat(rows))
    };
    for (rows, told) in [(1, None), (40, Some(Severity::Warning)), (400, Some(Severity::Error))] {
        let tree = Tree::new(&[("a.md", &table(rows))]).load();
        let expected: Vec<_> = told.map(|severity| (Code::DocumentTooLarge, severity)).into_iter().collect();
        assert_eq!(codes(&tree), expected, "{rows} rows");
    }
}
