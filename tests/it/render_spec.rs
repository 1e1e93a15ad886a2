//! Every example of the CommonMark specification and of GFM's tables, task lists and strikethrough, rendered and
//! compared with what the specification says, after the substitutions of `docs/rendering.md`.
//!
//! The examples are data of the parser's own package, which carries them as generated tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use kb_publish::render::{Dialects, Options};

use crate::render_html::render;

/// The examples that differ after all substitutions: why, as `docs/rendering.md` tells it under this name, and in
/// which suite.
const DIFFERENT: &[(&str, &str, &[usize])] = &[
    (
        "closed",
        "spec",
        &[21, 31, 148, 151, 155, 165, 174, 175, 184, 187, 344, 476, 477, 494, 623, 630, 631, 642, 643],
    ),
    ("table frame", "spec", &[149, 160, 190, 191]),
    ("table frame", "gfm_table", &[8]),
    ("placeholder", "spec", &[150, 163, 201, 491, 524, 536, 613, 614, 615, 617]),
    ("cut tag", "spec", &[156, 157]),
    ("attribute", "spec", &[169, 616]),
    ("left out", "spec", &[170, 172, 173, 176, 178]),
    ("form", "spec", &[171]),
    ("declaration", "spec", &[180, 629]),
    ("scheme", "spec", &[596, 598, 599, 601]),
    ("bare URL", "spec", &[602, 606, 608, 611, 612]),
    ("language name", "spec", &[34, 144]),
];

struct Example {
    suite: &'static str,
    number: usize,
    markdown: String,
    html: String,
}

/// The folder of the parser's package, as cargo unpacked it.
fn package() -> String {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package =
        metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == "pulldown-cmark").unwrap();
    package["manifest_path"].as_str().unwrap().trim_end_matches("Cargo.toml").to_owned()
}

/// The examples of one generated suite: pairs of raw strings.
fn suite(folder: &str, name: &'static str) -> Vec<Example> {
    let path = format!("{folder}tests/suite/{name}.rs");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut strings = text.split("r##\"").skip(1).map(|part| part.split("\"##").next().unwrap().to_owned());
    let mut examples = Vec::new();
    while let (Some(markdown), Some(html)) = (strings.next(), strings.next()) {
        examples.push(Example { suite: name, number: examples.len() + 1, markdown, html });
    }
    examples
}

fn examples() -> Vec<Example> {
    let folder = package();
    ["spec", "gfm_table", "gfm_tasklist", "gfm_strikethrough"]
        .iter()
        .flat_map(|name| suite(&folder, name))
        .collect()
}

/// HTML as a list of tags and texts that can be compared.
#[derive(Default)]
struct Sink {
    tokens: RefCell<Vec<Token>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        self.tokens.borrow_mut().push(token);
        TokenSinkResult::Continue
    }
}

const BLOCKS: &[&str] = &[
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "pre",
    "blockquote",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "hr",
    "br",
];

/// The HTML with one token a line; white space that no browser shows is gone, and of styles only the alignment stays.
fn normal(html: &str) -> String {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let mut out: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut language = String::new();
    let (mut pre, mut skipped_span) = (0, Vec::new());
    let flush = |text: &mut String, out: &mut Vec<String>, pre: i32| {
        let shown = if pre > 0 {
            text.clone()
        } else {
            let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let lead = if text.starts_with(char::is_whitespace) && !spaced.is_empty() { " " } else { "" };
            let tail = if text.ends_with(char::is_whitespace) && !spaced.is_empty() { " " } else { "" };
            format!("{lead}{spaced}{tail}")
        };
        text.clear();
        if !shown.is_empty() {
            out.push(format!("“{shown}”"));
        }
    };
    for token in tokenizer.sink.tokens.into_inner() {
        match token {
            Token::CharacterTokens(part) => text.push_str(&part),
            Token::NullCharacterToken => text.push('\u{fffd}'),
            Token::TagToken(tag) => {
                let name = substituted(&tag.name);
                let start = tag.kind == TagKind::StartTag;
                if name == "input" {
                    text.push_str(if attribute(&tag, "checked").is_some() { "☑" } else { "☐" });
                    continue;
                }
                let class = attribute(&tag, "class").unwrap_or_default();
                if name == "span" && (start || !skipped_span.is_empty()) {
                    // What stands for a task box, and what splits template braces, is text.
                    if start {
                        skipped_span.push(());
                    } else {
                        skipped_span.pop();
                    }
                    continue;
                }
                flush(&mut text, &mut out, pre);
                if name == "pre" {
                    pre += if start { 1 } else { -1 };
                    language.clone_from(&class);
                }
                let mut shown = format!("<{}{name}", if start { "" } else { "/" });
                let class = if name == "code" && start {
                    std::mem::take(&mut language) + &class
                } else {
                    String::new()
                };
                for (attribute, value) in attributes(&tag, &class) {
                    write!(shown, " {attribute}={value:?}").unwrap();
                }
                out.push(shown + ">");
            }
            _ => {}
        }
    }
    flush(&mut text, &mut out, pre);
    trim_blocks(&out)
}

fn substituted(name: &str) -> &str {
    match name {
        "del" | "s" => "strike",
        "h1" => "h2",
        name => name,
    }
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    tag.attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name)
        .map(|attribute| attribute.value.to_string())
}

/// The attributes that count, in alphabetical order.
fn attributes(tag: &Tag, class: &str) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for attribute in &tag.attrs {
        let (name, value) = (attribute.name.local.to_string(), attribute.value.to_string());
        match name.as_str() {
            "style" => {
                let mut align = value.split(';').map(|rule| rule.replace(' ', ""));
                if matches!(&*tag.name, "td" | "th")
                    && let Some(align) = align.rfind(|rule| rule.starts_with("text-align:"))
                    && !(&*tag.name == "th" && align.ends_with(":left"))
                {
                    kept.insert("align".into(), align);
                }
            }
            "class" | "scope" => {}
            "alt" if value.is_empty() => {}
            "id" if matches!(&*tag.name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {}
            "href" | "src" => {
                kept.insert(
                    name,
                    percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned(),
                );
            }
            _ => {
                kept.insert(name, value);
            }
        }
    }
    if !class.is_empty() {
        kept.insert("class".into(), class.to_lowercase());
    }
    kept
}

/// The HTML without the boxes that wide tables scroll in.
fn unboxed(html: &str) -> String {
    let mut parts = html.split("<div class=\"kb-table\"");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out.push_str(part.split_once('>').unwrap().1);
    }
    out.replace("</table></div>", "</table>")
}

/// White space beside a block says nothing.
fn trim_blocks(tokens: &[String]) -> String {
    let block = |token: Option<&String>| {
        token.is_none_or(|token| {
            let name = token.trim_start_matches(['<', '/']).trim_end_matches('>').split(' ').next().unwrap();
            token.starts_with('<') && BLOCKS.contains(&name)
        })
    };
    let mut out = String::new();
    let mut pre = false;
    for (at, token) in tokens.iter().enumerate() {
        pre = if token.starts_with("<pre") {
            true
        } else if token == "</pre>" {
            false
        } else {
            pre
        };
        let Some(inner) = token.strip_prefix('“').and_then(|t| t.strip_suffix('”')).filter(|_| !pre)
        else {
            out.push_str(token);
            out.push('\n');
            continue;
        };
        let mut inner = inner;
        if block(at.checked_sub(1).and_then(|before| tokens.get(before))) {
            inner = inner.trim_start();
        }
        if block(tokens.get(at + 1)) {
            inner = inner.trim_end();
        }
        if !inner.is_empty() {
            writeln!(out, "“{inner}”").unwrap();
        }
    }
    out
}

#[test]
fn every_example_of_the_specifications() {
    let options = Options { highlight: None, dialects: Dialects::none(), ..Options::default() };
    let examples = examples();
    assert_eq!(examples.iter().filter(|example| example.suite == "spec").count(), 652, "CommonMark 0.31.2");
    let mut wrong = String::new();
    for Example { suite, number, markdown, html } in &examples {
        let (ours, theirs) = (normal(&unboxed(&render(markdown, &options))), normal(html));
        let listed = DIFFERENT.iter().any(|(_, s, numbers)| s == suite && numbers.contains(number));
        match (listed, ours == theirs) {
            (false, true) | (true, false) => {}
            (false, false) => {
                writeln!(wrong, "== {suite} {number} differs\n{markdown}-- ours\n{ours}-- theirs\n{theirs}")
                    .unwrap();
            }
            (true, true) => writeln!(wrong, "== {suite} {number} is listed, but does not differ").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_documentation_tells_every_difference() {
    let text = include_str!("../../docs/rendering.md");
    let told = |reason: &str| text.lines().find(|line| line.starts_with(&format!("| {reason} |")));
    for (reason, suite, numbers) in DIFFERENT {
        let row = told(reason).unwrap_or_else(|| panic!("`{reason}` is no row of docs/rendering.md"));
        let suite = if *suite == "spec" { String::new() } else { "GFM table ".to_owned() };
        for number in *numbers {
            let named = row.split(['|', ',']).any(|part| part.trim() == format!("{suite}{number}"));
            assert!(named, "docs/rendering.md does not name {suite}{number} under `{reason}`");
        }
    }
}
