//! The least that any tool must do: walk, read, strip front matter, pulldown-cmark's own HTML, one hash. On all
//! cores.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};

/// Does it for every `.md` below the root.
pub(crate) fn render_and_hash(root: &Path) {
    let files: Vec<PathBuf> = walkdir::WalkDir::new(root)
        .into_iter()
        .flatten()
        .filter(|entry| {
            entry.file_type().is_file() && entry.path().extension().is_some_and(|ext| ext == "md")
        })
        .map(walkdir::DirEntry::into_path)
        .collect();
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(one(file));
                }
            });
        }
    });
}

fn one(file: &Path) -> Option<[u8; 32]> {
    let text = String::from_utf8(std::fs::read(file).ok()?).ok()?;
    let body = body(&text);
    let mut html = String::with_capacity(body.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(body, options()));
    Some(Sha256::digest(&html).into())
}

pub(crate) fn body(text: &str) -> &str {
    for fence in ["---\n", "+++\n"] {
        if let Some(rest) = text.strip_prefix(fence) {
            let end = rest.find(&format!("\n{fence}"));
            return end.map_or(text, |end| &rest[end + fence.len() + 1..]);
        }
    }
    text
}

fn options() -> pulldown_cmark::Options {
    use pulldown_cmark::Options;
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}
