//! Rendering against the parser's own speed: `cargo bench --bench render -- FOLDER…`.
//!
//! For each folder of Markdown it prints, in turn and on two threads: the floor (parse, the parser's own HTML
//! writer into memory, SHA-256 of that HTML), the first pass (`outline`: parse, links, anchors, findings,
//! digest) and the second pass (`html`: themed and highlighted), each as a ratio to the floor.
//!
//! Without a folder it prints how the time of both passes, and of reading a tree with the text in it, grows with texts
//! made to be slow: four times the text must take about four times as long.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kb_publish::config::{self, ConfigFile, Env, Overrides};
use kb_publish::event::Silent;
use kb_publish::render::{self, Destination, Input, Options};
use kb_publish::tree;
use sha2::{Digest as _, Sha256};

const THREADS: usize = 2;
const ROUNDS: usize = 7;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if folders.is_empty() {
        growth();
    }
    for folder in &folders {
        let documents = read(Path::new(folder));
        let bytes: usize = documents.iter().map(String::len).sum();
        println!("{folder}: {} documents, {} kB", documents.len(), bytes / 1000);
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            times[0].push(run(&documents, &floor));
            times[1].push(run(&documents, &first_pass));
            // Highlighting takes many times longer: once is enough.
            if round == 0 && std::env::var_os("KB_BENCH_HTML").is_some() {
                times[2].push(run(&documents, &second_pass));
            }
        }
        let medians = times.map(median);
        for (name, median) in ["floor", "outline", "html, highlighted"].iter().zip(medians) {
            if let Some(time) = median {
                let ratio = medians[0].map_or(0.0, |floor| time.as_secs_f64() / floor.as_secs_f64());
                println!("  {name:18} {:8.1} ms  {ratio:.2} × floor", time.as_secs_f64() * 1e3);
            }
        }
    }
}

/// A text that somebody could think up to keep the renderer busy, of about so many bytes.
type Hostile = fn(usize) -> String;

const HOSTILE: &[(&str, Hostile)] = &[
    ("words, to compare with", |size| {
        "Words of an ordinary paragraph, and a [link](a.md).\n\n".repeat(size / 53)
    }),
    ("one line", |size| "word ".repeat(size / 5)),
    ("nested quotes", |size| format!("{} deep\n", ">".repeat(size))),
    ("links in nested quotes", |size| {
        format!("{} {}\n", ">".repeat(size / 2), "[x](https://a.example) ".repeat(size / 46))
    }),
    ("nested lists and quotes", |size| format!("{} deep\n", "> - ".repeat(size / 4))),
    ("opening brackets", |size| "[".repeat(size)),
    ("brackets and images", |size| "![[](".repeat(size / 5)),
    ("nested images without text", |size| format!("{}{}", "![".repeat(size / 6), "](x)".repeat(size / 6))),
    ("nested links", |size| format!("{}a{}", "[".repeat(size / 6), "](x) ".repeat(size / 6))),
    ("link destinations", |size| "[a](".repeat(size / 4)),
    ("a destination of many parts", |size| format!("[a]({})", "x/".repeat(size / 2))),
    ("destinations of many parts", |size| {
        numbered(size / 420, |n| format!("[a]({n}/{})\n", "x/".repeat(200)))
    }),
    ("stars in a row", |size| "*a **a ".repeat(size / 7)),
    ("one run of stars", |size| format!("{}a{}", "*".repeat(size / 2), "*".repeat(size / 2))),
    ("backticks of many lengths", |size| {
        let mut text = String::new();
        for length in (1..).take_while(|length| length * length / 2 < size) {
            text.push_str(&"`".repeat(length));
            text.push(' ');
        }
        text
    }),
    ("deep list", |size| {
        (0..)
            .scan(0, |used, depth: usize| {
                *used += 2 * depth + 4;
                (*used < size).then(|| format!("{}- a\n", "  ".repeat(depth)))
            })
            .collect()
    }),
    ("flat list", |size| "- item\n".repeat(size / 7)),
    ("task list", |size| "- [ ] item\n".repeat(size / 11)),
    ("strikes in a row", |size| "~~a ~b ".repeat(size / 7)),
    ("underscores in a row", |size| "_a __b ".repeat(size / 7)),
    ("table of many rows", |size| format!("|a|b|\n|-|-|\n{}", "|c|d|\n".repeat(size / 6))),
    ("table of many columns", |size| format!("{}\n{}\n", "|a".repeat(size / 4), "|-".repeat(size / 4))),
    ("<td> without a table", |size| "<td>".repeat(size / 4)),
    ("<b> never closed", |size| "<b>a".repeat(size / 4)),
    ("<div> blocks", |size| "<div>\n\n".repeat(size / 7)),
    ("<details> in each other", |size| "<details><summary>a</summary>\n\n".repeat(size / 31)),
    ("<td> in each other", |size| "<table><tr><td>".repeat(size / 15)),
    ("</b> never opened", |size| "</b>a".repeat(size / 5)),
    ("names that HTML does not know", |size| "<foo>a".repeat(size / 6)),
    ("a tag of many attributes", |size| {
        format!("<a {}>x</a>\n", numbered(size / 9, |n| format!("a{n}=\"\" ")))
    }),
    ("a style of many parts", |size| format!("<p style=\"{}\">x</p>\n", "color:red;".repeat(size / 10))),
    ("<!-- never closed", |size| "a <!-- b ".repeat(size / 9)),
    ("<? never closed", |size| "a <? b ".repeat(size / 7)),
    ("<![CDATA[ never closed", |size| "a <![CDATA[ b ".repeat(size / 14)),
    ("alerts", |size| "> [!NOTE]\n> Text\n\n".repeat(size / 18)),
    ("admonitions", |size| "!!! note\n    Text\n\n".repeat(size / 20)),
    ("admonitions in each other", |size| {
        (0..)
            .scan(0, |used, depth: usize| {
                *used += 4 * (depth % 40) + 12;
                (*used < size).then(|| format!("{}!!! note\n\n", "    ".repeat(depth % 40)))
            })
            .collect()
    }),
    ("tabs", |size| "=== \"A\"\n\n    Text\n\n".repeat(size / 20)),
    ("directives never closed", |size| ":::note\n".repeat(size / 8)),
    ("directives closed too often", |size| ":::note\n:::\n:::\n".repeat(size / 16)),
    ("includes of nothing", |size| "{{#include gone.md}}\n".repeat(size / 21)),
    ("headings with something wrong", |size| "## a\n\n#### <foo> b\n\n".repeat(size / 21)),
    ("footnotes", |size| numbered(size / 30, |n| format!("a[^{n}]\n\n[^{n}]: note {n}\n\n"))),
    ("footnotes from the last to the first", |size| {
        let count = size / 42;
        let uses = (0..count).rev().map(|n| format!("[^{n}] ")).collect::<Vec<_>>().concat();
        format!("{uses}\n\n{}", numbered(count, |n| format!("[^{n}]: note [x](https://a.example)\n\n")))
    }),
    ("one footnote, many uses", |size| format!("{}\n\n[^a]: note\n", "x[^a] ".repeat(size / 6))),
    ("headings of one name", |size| "## Same\n\n".repeat(size / 9)),
    ("headings named as if counted", |size| numbered(size / 24, |n| format!("## a\n\n## a-{n}\n\n"))),
    ("links to one anchor", |size| format!("# T\n\n## A\n\n{}", "[x](#a) ".repeat(size / 8))),
    ("links to no anchor", |size| format!("# T\n\n{}", "[x](#no-anchor) ".repeat(size / 16))),
    ("headings, and links to none of them", |size| {
        format!(
            "{}{}",
            numbered(size / 26, |n| format!("## An anchor {n}\n\n")),
            "[x](#anchor) ".repeat(size / 26)
        )
    }),
    ("broken link references", |size| "[a][b] ".repeat(size / 7)),
    ("link definitions", |size| numbered(size / 20, |n| format!("[l{n}]: /u{n}\n"))),
    ("entities", |size| "&amp;&#0;".repeat(size / 9)),
    ("autolinks", |size| "www.example.org ".repeat(size / 16)),
    ("hosts that are none", |size| "_www.a_b".repeat(size / 8)),
    ("marks in one URL", |size| format!("https://example.org/{}", "_a_/".repeat(size / 4))),
    ("addresses that are none", |size| "a.b@".repeat(size / 4)),
    ("addresses", |size| "a.a@b.example ".repeat(size / 14)),
    ("marks never closed", |size| "==a ^^b ".repeat(size / 8)),
    ("marks in each other", |size| format!("{}{}", "==a ".repeat(size / 8), "b== ".repeat(size / 8))),
    ("changes never closed", |size| "{++a {--b {==c {>>d {~~e ".repeat(size / 25)),
    ("changes in each other", |size| format!("{}{}", "{++a ".repeat(size / 10), "b++} ".repeat(size / 10))),
    ("keys that are none", |size| "++ctrl+\"a ++b+c ".repeat(size / 17)),
    ("abbreviations", |size| {
        format!("{}{}", numbered(size / 50, |n| format!("*[A {n}]: b\n")), "\nA A A 1 A 2".repeat(size / 20))
    }),
    ("braces of other tools", |size| "{{ a {# b {a .x ".repeat(size / 16)),
    ("brackets of other tools", |size| "[[a, [^b] a^c a~d %%e @F ".repeat(size / 25)),
    ("hints of GitBook never closed", |size| "{% hint style=\"info\" %}\n".repeat(size / 24)),
    ("directives of MyST never closed", |size| "```{note}\n:class: x\n".repeat(size / 20)),
    ("roles of MyST", |size| "{kbd}`a` {ref}`b` {x}`c` ".repeat(size / 25)),
    ("emoji", |size| ":smile: :nothing: ".repeat(size / 18)),
    ("formulas never closed", |size| "$a $$b ".repeat(size / 7)),
    ("a formula of brackets", |size| formula(r"\x[", size)),
    ("a formula of optional brackets", |size| formula(r"\\[", size)),
    ("a formula of braces", |size| formula("{", size)),
    ("a formula of fractions", |size| formula(r"\frac", size)),
    ("a formula of subscripts", |size| formula("x_", size)),
    ("a formula of texts", |size| formula(r"\text{", size)),
    ("a formula of fences", |size| formula(r"\left(", size)),
    ("a formula of matrices", |size| formula(r"\begin{matrix}", size)),
    ("a formula of columns", |size| formula("a&", size)),
    ("<xmp> never closed", |size| "<xmp>a".repeat(size / 6)),
    ("<script> never closed", |size| format!("<div>\n{}", "<script>a".repeat(size / 9))),
    ("one fenced block", |size| format!("```rust\n{}```\n", "let a = b;\n".repeat(size / 11))),
    ("many fenced blocks", |size| "```\na\n```\n\n".repeat(size / 11)),
];

/// Texts that are slow to read for what is round them: other documents, files, comments.
const HOSTILE_TREES: &[(&str, Hostile)] = &[
    ("ignore comments on a line", |size| "<!-- kb-publish-ignore missing-alt --> ".repeat(size / 39)),
    ("ignore comments on lines", |size| "<!-- kb-publish-ignore missing-alt -->\n".repeat(size / 39)),
    ("ignore comments of no code", |size| "a <!-- kb-publish-ignore b -->\n\n".repeat(size / 33)),
    ("ignore comments never closed", |size| "<!-- kb-publish-ignore a ".repeat(size / 25)),
    ("broken anchors elsewhere", |size| "[x](other.md#none) ".repeat(size / 19)),
    ("missing images", |size| "![x](other.png) ".repeat(size / 16)),
    ("missing documents", |size| "[x](an/other.md) ".repeat(size / 17)),
    ("includes of a line", |size| "{{#include part.txt:900}}\n".repeat(size / 26)),
    ("includes of a name", |size| "{{#include part.txt:last}}\n".repeat(size / 27)),
    ("a line with something wrong", |size| "[x](none.md) ![](none.png) ".repeat(size / 27)),
];

fn formula(part: &str, size: usize) -> String {
    format!("```math\n{}\n```\n", part.repeat(size / part.len()))
}

fn numbered(count: usize, text: fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().concat()
}

/// Sizes in bytes.
const SIZES: [usize; 3] = [50_000, 200_000, 800_000];

/// What is done with a text.
type Pass = fn(&str) -> u8;

/// Times by size, and how they grow.
fn growth() {
    println!("{:44} {:>9} {:>9} {:>9}  growth for 4 x the text", "CPU time, ms", "50 kB", "200 kB", "800 kB");
    let mut worst: (f64, &str) = (0.0, "");
    let passes: [(&str, Pass); 3] = [("outline", first_pass), ("html", plain), ("lint", lint)];
    for (pass, work) in passes {
        let trees = if pass == "lint" { HOSTILE_TREES } else { &[] };
        for (name, make) in HOSTILE.iter().chain(trees) {
            let times = SIZES.map(|size| {
                let text = make(size);
                let start = spent();
                std::hint::black_box(work(&text));
                spent().saturating_sub(start).as_secs_f64() * 1e3
            });
            let growth = times[2] / times[1].max(0.05);
            if growth > worst.0 && times[2] > 50.0 {
                worst = (growth, name);
            }
            println!(
                "{pass:8}{name:36} {:>9.1} {:>9.1} {:>9.1}  {:>5.1} {growth:>5.1}",
                times[0],
                times[1],
                times[2],
                times[1] / times[0].max(0.05),
            );
        }
    }
    println!("steepest: {:.1} for 4 x the text ({})", worst.0, worst.1);
}

/// CPU time of this thread, where the system tells it; it does not depend on what else the machine does.
fn spent() -> Duration {
    static BEGIN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}

/// The second pass without colours, which would hide everything else.
fn plain(text: &str) -> u8 {
    let input = Input { text, title_from_heading: true, ..Input::default() };
    let html = render::html(input, &Options::default(), &mut |_| Destination::Url("/x".to_owned()));
    html.as_bytes().first().copied().unwrap_or_default()
}

/// The text as a document of a tree that is read.
fn lint(text: &str) -> u8 {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth");
    let other = "# Other\n\n".to_owned() + &"Words of another document.\n\n".repeat(7000);
    let part = format!("{}\n[start:last]\nx\n[end:last]\n", "a line\n".repeat(20_000));
    let files = [("a.md", text), ("other.md", &other), ("part.txt", &part)];
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| files.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)));
    let toml = format!("project = \"bench\"\n[source]\nroot = {:?}\n", folder.to_string_lossy());
    let file = ConfigFile { path: "publish.toml".into(), text: toml };
    let resolved = config::resolve(&Overrides::default(), &Env::new(), &file);
    let (Ok(()), Ok(resolved)) = (written, resolved) else {
        panic!("{}: cannot be written", folder.display())
    };
    u8::from(tree::load(&resolved.settings, &Silent).findings.is_empty())
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}

fn read(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "md"))
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .map(|text| text.replace("\r\n", "\n"))
        .collect()
}

fn run(documents: &[String], work: &(dyn Fn(&str) -> u8 + Sync)) -> Duration {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut sum = 0u8;
                while let Some(text) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sum ^= work(text);
                }
                std::hint::black_box(sum)
            });
        }
    });
    start.elapsed()
}

/// Where the Markdown begins behind front matter.
fn body(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("---\n") else { return 0 };
    rest.find("\n---\n").map_or(0, |end| 4 + end + 5)
}

fn floor(text: &str) -> u8 {
    use pulldown_cmark::Options as P;
    let text = &text[body(text)..];
    let options = P::ENABLE_TABLES
        | P::ENABLE_FOOTNOTES
        | P::ENABLE_STRIKETHROUGH
        | P::ENABLE_TASKLISTS
        | P::ENABLE_GFM;
    let mut html = String::with_capacity(text.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(text, options));
    Sha256::digest(html)[0]
}

fn first_pass(text: &str) -> u8 {
    let input = Input { text, body_start: body(text), title_from_heading: true, ..Input::default() };
    render::outline(input, &Options::default()).body.bytes()[0]
}

fn second_pass(text: &str) -> u8 {
    let options = Options { highlight: Some("github-light".to_owned()), ..Options::default() };
    let input = Input { text, body_start: body(text), title_from_heading: true, ..Input::default() };
    let html = render::html(input, &options, &mut |_| Destination::Url("/x".to_owned()));
    html.as_bytes().first().copied().unwrap_or_default()
}
