//! Titles of documents and folders, and the category that a document's folders make.

use foldhash::HashMap;
use std::sync::Arc;

use super::RenderedDocument;
use super::catalog::{self, Catalog};
use crate::config::{Categories, Settings};
use crate::finding::{Code, Finding, Position, Severity};
use crate::ids::{DocPath, display_path};
use crate::source::At;
use crate::text;

/// Characters of `short_description` (contract §2.1).
const LONGEST_TITLE: usize = 100;

/// A document's title, where it stands, and whether it is the first H1.
#[derive(Debug)]
pub(super) struct Title {
    pub(super) text: String,
    pub(super) position: Option<Position>,
    pub(super) from_heading: bool,
}

/// What front matter names, else the first H1, else the file name; of an index page, the folder's name.
pub(super) fn title(path: &DocPath, named: Option<&At<String>>, heading: Option<(&str, Position)>) -> Title {
    if let Some(title) = named {
        let text = one_line(&title.value);
        return Title { text, position: Some(title.position), from_heading: false };
    }
    if let Some((heading, position)) = heading {
        let text = one_line(heading);
        if !text.is_empty() {
            return Title { text, position: Some(position), from_heading: true };
        }
    }
    let folder = path.folder().rsplit('/').next().unwrap_or_default();
    let stands_for_folder = catalog::is_index(path) && !folder.is_empty();
    let text = if stands_for_folder {
        text::title_of_name(folder)
    } else {
        text::plain_name(path.stem()).into_owned()
    };
    Title { text, position: None, from_heading: true }
}

/// White space as single spaces; control characters, which no column of one line holds, are gone.
fn one_line(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|letter| !letter.is_control()).collect())
        .filter(|word: &String| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Says that a title is too long; where that is no error, the title is cut to what the column holds.
pub(super) fn fit(
    document: &mut RenderedDocument,
    at: Option<Position>,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    let length = document.title.chars().count();
    if length <= LONGEST_TITLE {
        return;
    }
    let message = format!("the title has {length} characters; ServiceNow holds {LONGEST_TITLE}");
    let help = if document.title_from_heading {
        "shorten the heading, or give the document a shorter `title` in its front matter"
    } else {
        "shorten `title`"
    };
    let finding = Finding::new(Code::TitleTooLong, message).help(help);
    findings.push(finding.at(display_path(&settings.source.root, &document.path), at));
    let weight = settings.lint.weight(Code::TitleTooLong, Some(document.path.as_str()));
    if weight.is_some_and(|severity| severity != Some(Severity::Error)) {
        document.title = document.title.chars().take(LONGEST_TITLE - 1).chain(['…']).collect();
    }
}

/// The labels of a folder and of those above it, from the source root down, below `category_root`. `None` where
/// folders are no categories, or nothing is above. `titles` are those of the index pages, by their numbers.
pub(super) fn folder_category(
    folder: &str,
    settings: &Settings,
    catalog: &Catalog<'_>,
    titles: &HashMap<usize, String>,
) -> Option<Arc<[String]>> {
    if settings.publish.categories == Categories::None {
        return None;
    }
    let mut labels = settings.publish.category_root.clone();
    let ends = folder.match_indices('/').map(|(end, _)| end).chain(std::iter::once(folder.len()));
    for folder in ends.filter(|end| *end > 0).map(|end| &folder[..end]) {
        let index_page = catalog.index_page(folder).and_then(|page| titles.get(&page));
        labels.push(match index_page {
            Some(title) => title.clone(),
            None => text::title_of_name(folder.rsplit('/').next().unwrap_or(folder)),
        });
    }
    (!labels.is_empty()).then(|| labels.into())
}
