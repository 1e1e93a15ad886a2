//! What one row tells, and what is to be done about it: the table of protocol §4.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::{Action, Asked, Pair, Piece, Row, Stamp, Unreadable, View, diff, readable};
use crate::config::{OnRemoteEdit, Restyle};

/// How the reason of a conflict begins that `--take` settles: a person wrote.
pub const EDITED: &str = "edited in ServiceNow";
/// The same: a person retired it.
pub const RETIRED: &str = "retired in ServiceNow";

/// Whose side is taken in a conflict, for one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The document's: an edit is overwritten, an article that a person retired comes back.
    Local,
    /// The person's: it stays, and is settled with that for this run.
    Remote,
}

/// What the settings say about differences.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// `[publish] on_remote_edit`.
    pub on_remote_edit: OnRemoteEdit,
    /// `[publish] restyle`.
    pub restyle: Restyle,
    /// `--ask-again`: states that were asked for and not granted are asked for anew.
    pub ask_again: bool,
    /// `--verify`: every body is read.
    pub verify: bool,
    /// `--take`.
    pub take: Option<Take>,
    /// `--diff`: what diffs compare.
    pub view: View,
}

/// One document that has an article, with all that the index tells.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Where the article was found.
    pub pair: &'a Pair,
    /// All rows of the project.
    pub rows: &'a [Arc<Row>],
    /// The source digest now; `None` while a link's number is pending.
    pub source: Option<&'a str>,
    /// The state the document asks for.
    pub wanted: Asked,
    /// The look's digest now.
    pub look: &'a str,
    /// This program's renderer.
    pub renderer: u32,
    /// The account's user name.
    pub user: &'a str,
    /// The settings.
    pub policy: Policy,
    /// The row was read at this very `sys_mod_count` before, and found untouched.
    pub verified: bool,
    /// Who saved the row, and when, between the index and the reading of its body.
    pub saved_since: Option<&'a str>,
    /// What else is known to differ where the source digest does: "file net.png", "moved from category A".
    pub details: &'a [String],
}

/// What has to be read before a verdict can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Title, body and files of the row.
    pub remote: bool,
    /// The body as it would be sent.
    pub local: bool,
}

/// What a run does with an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Leave,
    /// One content write; `ask` sends the wanted state along.
    Write {
        /// Whether the state goes along.
        ask: bool,
    },
    /// Files of ours that no body uses are removed; no other write.
    Clean,
}

/// The verdict on one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is shown.
    pub action: Action,
    /// Why, most telling first.
    pub reasons: Vec<String>,
    /// What is done.
    pub step: Step,
    /// Readable difference of remote and local, where both were read and differ.
    pub diff: Option<String>,
}

/// The reason where something that the index does not show differs.
const COLUMNS: &str = "columns";

impl<'a> Case<'a> {
    /// The current row.
    pub fn row(&self) -> &'a Row {
        &self.rows[self.pair.row]
    }

    fn stamp(&self) -> Result<Stamp, Unreadable> {
        self.row().stamp()
    }

    /// Whether the row was read because it looked changed.
    pub fn looks_changed(&self) -> bool {
        self.stamp().is_ok_and(|stamp| self.is_suspicious(&stamp))
    }

    /// Suspicious: a copied stamp, or a write that was not ours (protocol §4).
    fn is_suspicious(&self, stamp: &Stamp) -> bool {
        self.is_touched(stamp) && !self.row().looks_ours(stamp, self.user)
    }

    /// Written after what the stamp tells of. Rules that count on do that, too, right after a write and in the name of
    /// this account: alone it is no reason to read a row. Where it is read, because it is to be written, a person who
    /// shares the account is heard.
    fn is_touched(&self, stamp: &Stamp) -> bool {
        let known = self.verified && !self.policy.verify;
        !known && (!self.row().carries(stamp) || !self.row().index.is_at(stamp.mod_count))
    }

    fn source_differs(&self, stamp: &Stamp) -> bool {
        stamp.source.as_deref() != self.source
    }

    fn look_differs(&self, stamp: &Stamp) -> bool {
        stamp.look != self.look || stamp.renderer != self.renderer
    }

    fn state_fits(&self) -> bool {
        self.wanted.is_met_by(&self.row().index.workflow_state)
    }

    /// Whether the document says something else than what was last written.
    pub fn text_differs(&self) -> bool {
        self.stamp().is_ok_and(|stamp| self.source_differs(&stamp))
    }

    /// What must be read.
    pub fn needs(&self) -> Needs {
        let Ok(stamp) = self.stamp() else { return Needs::default() };
        let suspicious = self.is_suspicious(&stamp) || self.policy.verify;
        let writes = self.source_differs(&stamp) || self.pair.renamed_from.is_some();
        let restyles = self.look_differs(&stamp);
        let rewrites = restyles || (self.policy.ask_again && !self.state_fits());
        let remote = suspicious || writes || (rewrites && self.is_touched(&stamp));
        Needs { remote, local: remote || restyles }
    }

    /// The verdict, from the index and what [`Self::needs`] asked for.
    pub fn judge(&self, remote: Option<&Body>, local: Option<&Body>) -> Verdict {
        let stamp = match self.stamp() {
            Ok(stamp) => stamp,
            Err(unreadable) => return unreadable_stamp(unreadable),
        };
        let stamp = &stamp;
        let row = &self.row().index;
        let difference =
            remote.zip(local).and_then(|(remote, local)| diff::unified(remote, local, self.policy.view));
        let verdict = |action, reasons, step| Verdict { action, reasons, step, diff: difference.clone() };
        let who = match self.saved_since {
            Some(who) => who.to_owned(),
            None => format!("{} on {}", row.sys_updated_by, row.sys_updated_on),
        };

        let edited = (self.is_touched(stamp) || self.saved_since.is_some() || self.policy.verify)
            && remote.is_some_and(|remote| remote.digest() != stamp.stored)
            && remote.zip(local).is_none_or(|(remote, local)| remote.digest() != local.digest());
        let mut reasons = Vec::new();
        // As our last write left it, it is only a state that was not granted: nobody retired it since.
        let as_we_left_it =
            self.row().carries(stamp) && row.is_at(stamp.mod_count) && self.saved_since.is_none();
        if row.workflow_state == "retired" && stamp.asked != Asked::Retired && !as_we_left_it {
            let reason = format!("{RETIRED} by {who}");
            if self.policy.take == Some(Take::Remote) {
                return verdict(Action::Skip, vec![format!("{reason}; left so, as asked")], Step::Leave);
            }
            if self.policy.take != Some(Take::Local) {
                return verdict(Action::Conflict, vec![reason], Step::Leave);
            }
            reasons.push(reason);
        }
        if edited {
            // `--verify` sees what leaves the row as it is, too.
            let reason = if as_we_left_it {
                format!(
                    "{EDITED}, though not its row: a file that it shows is gone, or it was cloned or restored"
                )
            } else {
                format!("{EDITED} by {who}")
            };
            if self.policy.take == Some(Take::Remote) {
                return verdict(Action::Skip, vec![format!("{reason}; left so, as asked")], Step::Leave);
            }
            if self.policy.on_remote_edit == OnRemoteEdit::Keep {
                return verdict(Action::Conflict, vec![reason], Step::Leave);
            }
            let asked = if self.policy.take.is_some() { "asked" } else { "configured" };
            reasons.push(format!("{reason}; overwritten as {asked}"));
        }
        self.reasons(stamp, remote, local, &mut reasons);
        let ask = !self.state_fits()
            && (!reasons.is_empty() || stamp.asked != self.wanted || self.policy.ask_again);
        if ask {
            // The state is what else the document asks for.
            reasons.retain(|reason| reason != COLUMNS);
            reasons.push(format!("state {} → {}", row.workflow_state, self.wanted.workflow_state()));
        }
        if reasons.is_empty() {
            return self.nothing_to_write(stamp);
        }
        if let Some(checkout) = self.pair.checkout.map(|number| &self.rows[number].index) {
            let reason = format!("checked out in ServiceNow by {}", checkout.sys_updated_by);
            return verdict(Action::Conflict, vec![reason], Step::Leave);
        }
        if !matches!(row.workflow_state.as_str(), "draft" | "review" | "published" | "retired") {
            let reason = format!(
                "its state in ServiceNow is `{}`, which is not kb-publish's to change",
                row.workflow_state
            );
            return verdict(Action::Conflict, vec![reason], Step::Leave);
        }
        verdict(Action::Update, reasons, Step::Write { ask })
    }

    /// Why a content write is due; empty where none is.
    fn reasons(&self, stamp: &Stamp, remote: Option<&Body>, local: Option<&Body>, reasons: &mut Vec<String>) {
        if self.pair.renamed_from.is_some() {
            reasons.push("renamed".to_owned());
        }
        if stamp.source.is_none() && stamp.renderer == 0 {
            reasons.push("adopted".to_owned());
        } else if stamp.source.is_none() {
            reasons.push("finish what was cut short".to_owned());
        } else if self.source_differs(stamp) {
            let before = reasons.len();
            if let Some((remote, local)) = remote.zip(local) {
                if remote.title != local.title {
                    reasons.push("title".to_owned());
                }
                if !remote.pieces.iter().map(without_file).eq(local.pieces.iter().map(without_file)) {
                    let same_words = readable(&remote.pieces) == readable(&local.pieces);
                    reasons.push(if same_words { "markup" } else { "body" }.to_owned());
                }
            }
            reasons.extend(self.details.iter().cloned());
            if reasons.len() == before {
                reasons.push(COLUMNS.to_owned());
            }
        } else if self.look_differs(stamp)
            && self.policy.restyle == Restyle::All
            && local.is_some_and(|local| local.digest() != stamp.stored)
        {
            reasons.push(if stamp.renderer == self.renderer {
                "look".to_owned()
            } else {
                format!("look: renderer {} → {}", stamp.renderer, self.renderer)
            });
        }
    }

    fn nothing_to_write(&self, stamp: &Stamp) -> Verdict {
        let mut reasons = Vec::new();
        if !self.state_fits() {
            reasons.push(format!(
                "asked for {}; the instance keeps it in {}",
                self.wanted.workflow_state(),
                self.row().index.workflow_state
            ));
        }
        let step = if stamp.leftovers { Step::Clean } else { Step::Leave };
        Verdict { action: Action::Unchanged, reasons, step, diff: None }
    }
}

/// A piece that shows a file, whichever: a changed image is not a changed text.
fn without_file(piece: &Piece) -> Piece {
    match piece {
        Piece::Open(name, attributes) => {
            let mask =
                |value: &String| if value.starts_with("sha256:") { String::new() } else { value.clone() };
            Piece::Open(
                name.clone(),
                attributes.iter().map(|(name, value)| (name.clone(), mask(value))).collect(),
            )
        }
        other => other.clone(),
    }
}

fn unreadable_stamp(unreadable: Unreadable) -> Verdict {
    let reason = match unreadable {
        Unreadable::Newer => "its stamp was written by a newer kb-publish: upgrade",
        Unreadable::Damaged | Unreadable::Foreign => "its stamp was changed or cut in ServiceNow",
    };
    Verdict { action: Action::Conflict, reasons: vec![reason.to_owned()], step: Step::Leave, diff: None }
}

#[cfg(test)]
mod tests;
