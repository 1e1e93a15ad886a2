//! What findings weigh: by code, by path, by a comment beside what they are about; and links to other hosts.

use crate::render_pictures::Host;
use crate::source_lint::Tree;

const TWO_WRONG: &[u8] = b"# A\n\n![](i.svg) [x](gone.md)\n";

fn tree(more: &str, files: &[(&str, &[u8])]) -> Tree {
    let tree = Tree::new(files);
    tree.write("publish.toml", format!("project = \"p\"\n{more}").as_bytes());
    tree.write("docs/i.svg", b"<svg/>\n");
    tree
}

#[test]
fn a_comment_silences_findings_of_its_code_in_the_next_block() {
    let text =
        b"# A\n\n<!-- kb-publish-ignore broken-link -->\n\n[x](gone.md)\nand [y](gone.md)\n\n[z](gone.md)\n";
    let tree = tree("", &[("docs/a.md", text)]);
    assert_eq!(tree.lint(), (Some(1), vec!["broken-link docs/a.md:8:1".to_owned()]));
}

#[test]
fn a_comment_in_an_included_file_silences_it_there() {
    let tree = tree(
        "",
        &[
            ("docs/a.md", b"# A\n\n--8<-- \"s.txt\"\n\n[y](gone.md)\n"),
            ("docs/s.txt", b"[x](gone.md) <!-- kb-publish-ignore broken-link -->\n"),
        ],
    );
    assert_eq!(tree.lint(), (Some(1), vec!["broken-link docs/a.md:5:1".to_owned()]));
}

#[test]
fn a_comment_that_silences_nothing_is_told() {
    let tree = tree("", &[("docs/a.md", b"# A\n\ntext <!-- kb-publish-ignore brokn-link -->\n")]);
    assert_eq!(tree.lint(), (Some(0), vec!["unknown-ignore docs/a.md:3:6".to_owned()]));
}

#[test]
fn later_tables_win_over_earlier_ones_and_over_codes() {
    let config = "[lint.severity]\nmissing-alt = \"error\"\n[[lint.paths]]\nmatch = \"old/**\"\n\
                  severity = { broken-link = \"off\", missing-alt = \"off\" }\n[[lint.paths]]\nmatch = \"old/b.md\"\n\
                  severity = { missing-alt = \"warning\" }\n";
    let image: &[u8] = b"<svg/>\n";
    let tree = tree(
        config,
        &[
            ("docs/a.md", TWO_WRONG),
            ("docs/old/a.md", TWO_WRONG),
            ("docs/old/b.md", TWO_WRONG),
            ("docs/old/i.svg", image),
        ],
    );
    let (code, problems) = tree.lint();
    let expected =
        ["missing-alt docs/a.md:3:1", "broken-link docs/a.md:3:12", "missing-alt docs/old/b.md:3:1"];
    assert_eq!((code, problems), (Some(1), expected.map(str::to_owned).to_vec()));
}

#[test]
fn what_is_always_an_error_stays_one() {
    for more in [
        "[[lint.paths]]\nmatch = \"**\"\nseverity = { duplicate-id = \"off\" }\n",
        "[[lint.paths]]\nmatch = \"a[\"\nseverity = {}\n",
        "[[lint.paths]]\nmatch = \"**\"\nseverity = { brokn-link = \"off\" }\n",
    ] {
        let output = tree(more, &[("docs/a.md", b"# A\n")]).run(&["lint"]);
        assert_eq!(output.status.code(), Some(2), "{more}");
    }
}

#[test]
fn broken_front_matter_hides_nothing_below_it() {
    let tree = tree(
        "",
        &[
            ("docs/a.md", b"---\nkb:\n  toc: many\n---\n# A\n\n[x](gone.md)\n\n[b](b.md#c)\n"),
            ("docs/b.md", b"---\ntitle: [\n---\n# B\n\n[a](a.md#nowhere) ![](i.svg)\n"),
        ],
    );
    let (code, problems) = tree.lint();
    let expected = [
        "front-matter docs/a.md:3:8",
        "broken-link docs/a.md:7:1",
        "front-matter docs/b.md:2:8",
        "missing-alt docs/b.md:6:19",
    ];
    assert_eq!((code, problems), (Some(1), expected.map(str::to_owned).to_vec()));
}

#[test]
fn other_hosts_are_asked_only_when_wanted() {
    let host = Host::new();
    let url = &host.url;
    let text = format!(
        "# A\n\n[a]({url}/there) [b]({url}/gone#x) [c]({url}/private)\n\n[d]({url}/secret/1) [e]({url}/gone)\n\n\
         <!-- kb-publish-ignore unreachable-url -->\n![f]({url}/gone)\n"
    );
    let config = format!("[lint.external]\nignore = [\"{url}/secret/*\"]\n");
    let tree = tree(&config, &[("docs/a.md", text.as_bytes())]);
    assert_eq!(tree.lint(), (Some(0), vec![]));
    assert_eq!(host.asked(), Vec::<String>::new(), "lint alone asks nobody");
    let (code, problems) = tree.lint_with(&["--external"]);
    let lines: Vec<&str> = problems.iter().map(|problem| problem.rsplit_once(':').unwrap().0).collect();
    let expected = vec!["unreachable-url docs/a.md:3", "unreachable-url docs/a.md:5"];
    assert_eq!((code, lines), (Some(0), expected));
    let asked = host.asked();
    assert!(asked.iter().all(|line| !line.contains("secret")), "{asked:?}");
    assert!(
        asked.contains(&"HEAD /there".to_owned()) && asked.contains(&"GET /gone".to_owned()),
        "{asked:?}"
    );
    let (_, problems) = tree.lint_with(&["--external"]);
    assert_eq!(problems.len(), 2);
    let again: Vec<String> = host.asked().split_off(asked.len());
    assert!(again.iter().all(|line| line.contains("/gone")), "good answers are kept: {again:?}");
}
