//! `lint --external`: whether links to other hosts lead somewhere. Good answers are kept for a while.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;

use super::Context;
use super::journey;
use crate::config::Settings;
use crate::event::Event;
use crate::finding::{Code, Finding};
use crate::tree::{self, RenderedTree};
use crate::{fs, web};

/// File of the answers, below `.kb-publish`.
const CACHE: &str = "external.json";

/// What is wrong with the tree's links to other hosts, weighed.
pub(super) fn findings(settings: &Settings, tree: &RenderedTree, context: &Context) -> Vec<Finding> {
    let urls = tree::external_urls(settings, tree);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut good = cached(settings);
    good.retain(|_, at| now.saturating_sub(*at) < settings.lint.external_cache.as_secs());
    let ignored = |url: &str| settings.lint.ignored_urls.iter().any(|pattern| matches(pattern, url));
    let asked: Vec<String> =
        urls.keys().filter(|url| !good.contains_key(*url) && !ignored(url)).cloned().collect();
    let observer = journey::observer(context);
    observer.on(&Event::Stage { name: "asking other hosts", total: asked.len() });
    let told = |url: &str| observer.on(&Event::Step { what: url });
    let answers = web::probe(&asked, settings.lint.external_timeout, &told);
    observer.on(&Event::StageEnd);
    let mut findings = Vec::new();
    for (url, answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(_) => {
                good.insert(url, now);
            }
            Err(reason) => {
                let places = urls.get(&url).into_iter().flatten();
                findings.extend(places.map(|place| {
                    Finding {
                        excerpt: place.excerpt.as_deref().map(Into::into),
                        ..Finding::new(Code::UnreachableUrl, format!("`{url}` leads nowhere: {reason}"))
                            .at(place.path.clone(), Some(place.position))
                    }
                }));
            }
        }
    }
    if let Err(error) = keep(settings, &good) {
        observer.on(&Event::Note(&format!("the answers of other hosts are not kept: {error}")));
    }
    findings.into_iter().filter_map(|finding| tree.weigh(finding, settings)).collect()
}

/// The URLs that answered, and when, in seconds since 1970.
fn cached(settings: &Settings) -> BTreeMap<String, u64> {
    let text = fs_err::read_to_string(file(settings)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn keep(settings: &Settings, good: &BTreeMap<String, u64>) -> std::io::Result<()> {
    if good.is_empty() && !file(settings).exists() {
        return Ok(());
    }
    fs::home(&settings.folder)?;
    fs::write_atomic(&file(settings), &serde_json::to_vec_pretty(good)?)
}

fn file(settings: &Settings) -> Utf8PathBuf {
    settings.folder.join(".kb-publish").join(CACHE)
}

/// Whether a URL is of this pattern, in which `*` stands for anything.
fn matches(pattern: &str, url: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| url.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_urls() {
        for (pattern, url, expected) in [
            ("https://a.example/x", "https://a.example/x", true),
            ("https://a.example/x", "https://a.example/xy", false),
            ("https://a.example/*", "https://a.example/x/y?z", true),
            ("*://*.internal/*", "https://wiki.internal/x", true),
            ("*://*.internal/*", "https://wiki.external/x", false),
            ("*.pdf", "https://a.example/x.pdf", true),
            ("*", "https://a.example/", true),
        ] {
            assert_eq!(matches(pattern, url), expected, "{pattern} {url}");
        }
    }
}
