//! Translations: what each of them translates, and what is wrong between them. On an instance each language of an
//! article is one article under that of its base language (contract §2.8).
//!
//! Must not know: what is in the documents.

use std::collections::HashMap;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::RenderedDocument;
use super::draft::Draft;
use super::identity::{Drafts, Names};
use crate::config::Settings;
use crate::finding::{Code, Finding, Position};
use crate::ids::{DocumentId, display_path};
use crate::source::SourceFile;
use crate::text;

/// The translations of a tree, as they name what they translate.
pub(super) struct Translations<'a> {
    settings: &'a Settings,
    /// Each translation, in the order of the walk.
    all: Vec<Translation>,
}

/// One document that translates another one.
struct Translation {
    /// Its number in the walk.
    number: usize,
    /// The number of what it translates; `None` where that is no other document.
    base: Option<usize>,
    /// What it names.
    named: DocumentId,
    id: DocumentId,
    path: Utf8PathBuf,
    /// Where it names that.
    position: Option<Position>,
    unpublished: bool,
}

impl Translation {
    fn tell(&self, code: Code, message: String) -> Finding {
        Finding::new(code, message).at(self.path.clone(), self.position)
    }
}

impl<'a> Translations<'a> {
    /// Takes what the documents name, by their ids, aliases and redirects. From here on they name it by its id.
    pub(super) fn new(
        files: &[SourceFile],
        drafts: &mut Drafts,
        names: &Names,
        settings: &'a Settings,
    ) -> Self {
        let translation = |(number, draft): (usize, &Option<Box<Draft>>)| {
            let draft = draft.as_ref()?;
            let base = draft.document.columns.translation_of.clone()?;
            Some(Translation {
                number,
                base: names.find(settings, base.as_str()).filter(|found| *found != number),
                named: base,
                id: draft.document.id.clone(),
                path: display_path(&settings.source.root, &files[number].path),
                position: draft.translation_at,
                unpublished: draft.unpublished,
            })
        };
        let all: Vec<Translation> = drafts.iter().enumerate().filter_map(translation).collect();
        for translation in &all {
            let base = translation.base.and_then(|base| Some(drafts[base].as_ref()?.document.id.clone()));
            if let (Some(base), Some(draft)) = (base, &mut drafts[translation.number])
                && base != translation.named
            {
                Arc::make_mut(&mut draft.document.columns).translation_of = Some(base);
            }
        }
        Self { settings, all }
    }

    /// Translations of what is not there or not published, and such as translate each other.
    pub(super) fn check(&self, drafts: &Drafts, findings: &mut Vec<Finding>) {
        for translation in &self.all {
            let named = &translation.named;
            let unpublished = |base: usize| drafts[base].as_ref().is_some_and(|draft| draft.unpublished);
            findings.push(match translation.base {
                None => {
                    let message = format!("`translation_of` names `{named}`, which is no other document");
                    translation.tell(Code::UnknownReference, message)
                }
                Some(base) if unpublished(base) && !translation.unpublished => translation
                    .tell(
                        Code::UnpublishedTarget,
                        format!("`{named}`, which this translates, is not published"),
                    )
                    .help("it goes out as an article of its own until the other one is"),
                Some(_) => continue,
            });
        }
        self.check_circles(findings);
    }

    /// Circles of what is published, each told once, at the document of it that comes first.
    fn check_circles(&self, findings: &mut Vec<Finding>) {
        let published = self.all.iter().enumerate().filter(|(_, translation)| !translation.unpublished);
        let by_number: HashMap<usize, usize> =
            published.map(|(at, translation)| (translation.number, at)).collect();
        let next = |at: usize| by_number.get(&self.all[at].base?).copied();
        // The walk from which each was reached first.
        let mut seen: Vec<Option<usize>> = vec![None; self.all.len()];
        for start in 0..self.all.len() {
            let mut at = Some(start);
            while let Some(here) = at.filter(|here| seen[*here].is_none()) {
                seen[here] = Some(start);
                at = next(here);
            }
            let Some(first) = at.filter(|at| seen[*at] == Some(start)) else { continue };
            let mut circle = vec![first];
            circle.extend(std::iter::successors(next(first), |at| next(*at)).take_while(|at| *at != first));
            let told = circle.iter().copied().min().unwrap_or(first);
            let paths: Vec<&str> = circle.iter().map(|at| self.all[*at].path.as_str()).collect();
            let message = format!("{} translate each other in a circle", text::list_quoted(&paths, "and"));
            findings.push(
                self.all[told]
                    .tell(Code::FrontMatter, message)
                    .help("take `translation_of` out of the document that the others were translated from"),
            );
        }
    }

    /// Translations into a language that another one of the same article has already. `documents` are those that are
    /// published, with all that `[[paths]]` gives them.
    pub(super) fn check_languages(&self, documents: &[RenderedDocument], findings: &mut Vec<Finding>) {
        if self.all.is_empty() {
            return;
        }
        let by_id: HashMap<&DocumentId, &RenderedDocument> =
            documents.iter().map(|document| (&document.id, document)).collect();
        let mut taken: HashMap<(&DocumentId, &str), &RenderedDocument> = HashMap::new();
        for translation in &self.all {
            let Some(document) = by_id.get(&translation.id) else { continue };
            let columns = &document.columns;
            let (Some(base), Some(language)) = (&columns.translation_of, &columns.language) else { continue };
            let Some(base) = by_id.get(base) else { continue };
            let first = taken.entry((&base.id, language)).or_insert(document);
            if first.id == document.id {
                continue;
            }
            let shown =
                |document: &RenderedDocument| display_path(&self.settings.source.root, &document.path);
            let message = format!(
                "`{}` is translated into `{language}` twice: here and in `{}`",
                shown(base),
                shown(first)
            );
            findings.push(
                translation
                    .tell(Code::FrontMatter, message)
                    .help("an article has one translation in each language: mend `kb.language`"),
            );
        }
    }
}
