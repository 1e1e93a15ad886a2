//! Every name a document goes by: ids, aliases, redirects; and what clashes.

use foldhash::{HashMap, HashMapExt as _};

use super::draft::Draft;
use crate::config::Settings;
use crate::finding::{Code, Finding};
use crate::ids::{DocumentId, display_path};
use crate::source::SourceFile;

/// Drafts of all documents of the walk; `None` where one could not be read.
pub(super) type Drafts = Vec<Option<Box<Draft>>>;

/// Document id or alias → document.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<DocumentId, usize>);

impl Names {
    /// Takes all ids, then aliases and redirects where no document has that id. Says what clashes.
    pub(super) fn new(
        files: &[SourceFile],
        drafts: &Drafts,
        settings: &Settings,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut names = Self::default();
        let mut folded: HashMap<String, usize> = HashMap::with_capacity(files.len());
        let shown = |number: usize| display_path(&settings.source.root, &files[number].path);
        let read = || drafts.iter().enumerate().filter_map(|(number, draft)| Some((number, draft.as_ref()?)));
        for (number, draft) in read() {
            let id = &draft.document.id;
            match folded.get(&id.as_str().to_lowercase()) {
                Some(first) => {
                    let same = drafts[*first].as_ref().is_some_and(|other| other.document.id == *id);
                    let how = if same { "is also the id of" } else { "differs only in case from the id of" };
                    let message = format!("the document id `{id}` {how} `{}`", shown(*first));
                    let finding = Finding::new(Code::DuplicateId, message).at(shown(number), draft.id_at);
                    findings.push(finding.help(
                        "give one of the two its own `id` in a front matter table `kb`, or rename its file",
                    ));
                }
                None => {
                    folded.insert(id.as_str().to_lowercase(), number);
                }
            }
            names.0.entry(id.clone()).or_insert(number);
        }
        let mut aliases: HashMap<&DocumentId, usize> = HashMap::new();
        for (number, draft) in read() {
            for (alias, at) in draft.document.aliases.iter().zip(&draft.aliases_at) {
                let first = *aliases.entry(alias).or_insert(number);
                if first != number {
                    let message = format!("the alias `{alias}` also stands in `{}`", shown(first));
                    let finding = Finding::new(Code::DuplicateId, message).at(shown(number), Some(*at));
                    findings.push(finding.help("an article can become one document only"));
                }
            }
        }
        for (alias, number) in aliases {
            names.0.entry(alias.clone()).or_insert(number);
        }
        names
    }

    /// The document of this id or alias, or of its successor.
    pub(super) fn find(&self, settings: &Settings, id: &str) -> Option<usize> {
        let mut id = id;
        // Redirects run in no circle (`config` sees to it), so that this ends.
        loop {
            if let Some(number) = self.0.get(id) {
                return Some(*number);
            }
            id = settings.redirects.get(id)?.as_str();
        }
    }

    /// Redirects from a document that is there, or to one that is not.
    pub(super) fn check_redirects(&self, drafts: &Drafts, settings: &Settings, findings: &mut Vec<Finding>) {
        let is_document = |id: &DocumentId| {
            self.0
                .get(id)
                .and_then(|number| drafts.get(*number)?.as_ref())
                .is_some_and(|draft| draft.document.id == *id)
        };
        let told = |old: &DocumentId, message: String| {
            settings.at_redirect(old, Finding::new(Code::UnknownReference, message))
        };
        for (old, new) in &settings.redirects {
            if is_document(old) {
                let message = format!("`[redirects]` retires `{old}`, but that document is there");
                findings.push(told(old, message).help("remove the document or the redirect"));
            } else if self.find(settings, new.as_str()).is_none() {
                let message =
                    format!("`[redirects]` sends readers of `{old}` to `{new}`, which is no document");
                findings
                    .push(told(old, message).help("name a document by its id, or leave the redirect out"));
            }
        }
    }
}
