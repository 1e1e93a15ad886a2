//! Documents that are parts of others, or of a site: as articles of their own they are rarely meant.
//!
//! Must not know: what is in the documents.

use std::collections::BTreeMap;

use foldhash::HashSet;

use super::{RenderedDocument, Target};
use crate::config::Settings;
use crate::finding::{Code, Finding};
use crate::ids::{DocPath, display_path};

/// What GitHub's and GitLab's wikis and Docsify show around each page, in any case.
const AROUND_PAGES: [&str; 5] = ["_sidebar.md", "_footer.md", "_header.md", "_navbar.md", "_coverpage.md"];

/// The list of pages of mdBook and GitBook.
const CONTENTS: &str = "SUMMARY.md";

/// Tells of documents that other tools make a site's navigation of.
pub(super) fn check_navigation(
    documents: &[RenderedDocument],
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    for document in documents {
        let name = document.path.as_str().rsplit('/').next().unwrap_or_default();
        let leads_on = |(target, _)| matches!(target, Target::Document(..));
        // Without links it may be a summary of something.
        let lists = || document.references.placed().filter(|one| leads_on(*one)).nth(1).is_some();
        if AROUND_PAGES.iter().any(|known| name.eq_ignore_ascii_case(known)) || name == CONTENTS && lists() {
            let message = "other tools make navigation of this document; here it becomes an article";
            let shown = display_path(&settings.source.root, &document.path);
            let finding = Finding::new(Code::NavigationDocument, message).at(shown, None);
            let help = format!(
                "leave it out with `exclude = [\"{}\"]` in `[source]`, or `.kbignore`",
                document.path
            );
            findings.push(finding.help(help));
        }
    }
}

/// Which files documents include, each with the first document that does.
#[derive(Debug, Default)]
pub(super) struct Parts(BTreeMap<DocPath, DocPath>);

impl Parts {
    /// Notes that a document includes a file.
    pub(super) fn add(&mut self, part: DocPath, by: &DocPath) {
        self.0.entry(part).or_insert_with(|| by.clone());
    }

    /// Tells of those among `documents` that are included and that nobody links to.
    pub(super) fn check(
        &self,
        documents: &[RenderedDocument],
        settings: &Settings,
        findings: &mut Vec<Finding>,
    ) {
        if self.0.is_empty() {
            return;
        }
        let targets = documents.iter().enumerate().flat_map(|(from, document)| {
            let other = move |target| match target {
                Target::Document(to, _) if to != from => Some(to),
                _ => None,
            };
            document.references.placed().filter_map(move |(target, _)| other(target))
        });
        let linked: HashSet<usize> = targets.collect();
        for (number, document) in documents.iter().enumerate() {
            let Some(by) = self.0.get(&document.path).filter(|_| !linked.contains(&number)) else { continue };
            let shown = |path| display_path(&settings.source.root, path);
            let message = format!("`{}` includes it, and it is an article of its own, too", shown(by));
            let finding = Finding::new(Code::IncludedDocument, message).at(shown(&document.path), None);
            findings.push(
                finding.help("leave it out with `exclude` or `.kbignore` if it is only a part of others"),
            );
        }
    }
}
