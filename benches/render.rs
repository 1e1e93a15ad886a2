//! Rendering against the parser's own speed: `cargo bench --bench render -- FOLDER…`.
//!
//! For each folder of Markdown it prints, in turn and on two threads: the floor (parse, the parser's own HTML
//! writer into memory, SHA-256 of that HTML), the first pass (`outline`: parse, links, anchors, findings,
//! digest) and the second pass (`html`: themed and highlighted), each as a ratio to the floor.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its results")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kb_publish::render::{self, Destination, Input, Options};
use sha2::{Digest as _, Sha256};

const THREADS: usize = 2;
const ROUNDS: usize = 7;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if folders.is_empty() {
        eprintln!("name one or more folders of Markdown");
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
