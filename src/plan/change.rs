//! What changes in an article beside the words of its text, one by one: title, links that lead elsewhere, cells of
//! tables; columns and files are added by who knows them. Pure.

use schemars::JsonSchema;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::body::Body;
use super::canonical::Piece;
use super::readable::readable;

/// What kind of thing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ChangeKind")]
pub enum What {
    /// `short_description`.
    Title,
    /// `workflow_state`.
    State,
    /// `kb_knowledge_base`.
    KnowledgeBase,
    /// `kb_category`, as `A / B`.
    Category,
    /// `meta`.
    Keywords,
    /// `meta_description`.
    Description,
    /// `valid_to`.
    ValidTo,
    /// `author`.
    Author,
    /// `ownership_group`.
    OwnershipGroup,
    /// `can_read_user_criteria`.
    CanRead,
    /// `cannot_read_user_criteria`.
    CannotRead,
    /// `roles`.
    Roles,
    /// `language`.
    Language,
    /// `display_attachments`.
    DisplayAttachments,
    /// A file: its size and the beginning of its SHA-256.
    File,
    /// Where a link leads.
    Link,
    /// A cell of a table.
    Cell,
}

impl What {
    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::State => "state",
            Self::KnowledgeBase => "base",
            Self::Category => "category",
            Self::Keywords => "keywords",
            Self::Description => "description",
            Self::ValidTo => "valid to",
            Self::Author => "author",
            Self::OwnershipGroup => "owner group",
            Self::CanRead => "can read",
            Self::CannotRead => "cannot read",
            Self::Roles => "roles",
            Self::Language => "language",
            Self::DisplayAttachments => "file list",
            Self::File => "file",
            Self::Link => "link",
            Self::Cell => "cell",
        }
    }
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// What kind of thing.
    pub what: What,
    /// Which of them: a file's name, a link's text, a cell's row and column; null where there is only one.
    pub name: Option<String>,
    /// What stands in ServiceNow; null where nothing does.
    pub before: Option<String>,
    /// What would stand there; null where nothing would.
    pub after: Option<String>,
}

impl Change {
    /// A column's change; an empty value counts as none. `None` where nothing changes.
    pub fn of(what: What, before: &str, after: &str) -> Option<Self> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (before != after).then(|| Self { what, name: None, before: some(before), after: some(after) })
    }
}

/// Title, links and cells that differ between two bodies.
pub fn between(remote: &Body, local: &Body) -> Vec<Change> {
    let mut changes: Vec<Change> = Change::of(What::Title, &remote.title, &local.title).into_iter().collect();
    changes.extend(links(&remote.pieces, &local.pieces));
    changes.extend(cells(&remote.pieces, &local.pieces));
    changes
}

/// Links that say the same and lead elsewhere; a file's changes are told as a file.
fn links(remote: &[Piece], local: &[Piece]) -> Vec<Change> {
    let (old, new) = (links_of(remote), links_of(local));
    let texts = |links: &[(String, String)]| links.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    let is_file = |url: &str| url.starts_with("sha256:");
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &texts(&old), &texts(&new)) {
        let DiffOp::Equal { old_index, new_index, len } = op else { continue };
        for ((text, before), (_, after)) in old[old_index..old_index + len].iter().zip(&new[new_index..]) {
            if before != after && !(is_file(before) && is_file(after)) {
                changes.push(Change {
                    what: What::Link,
                    name: Some(text.clone()),
                    before: Some(before.clone()),
                    after: Some(after.clone()),
                });
            }
        }
    }
    changes
}

/// Text and target of each link.
fn links_of(pieces: &[Piece]) -> Vec<(String, String)> {
    let mut links = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Open(name, attributes) if name == "a" => {
                let target = attributes.iter().find(|(name, _)| name == "href");
                open = target.map(|(_, target)| (at + 1, target.as_str()));
            }
            Piece::Close(name) if name == "a" => {
                links
                    .extend(open.take().map(|(from, target)| (inline(&pieces[from..at]), target.to_owned())));
            }
            _ => {}
        }
    }
    links
}

/// Cells that differ in rows that stayed.
fn cells(remote: &[Piece], local: &[Piece]) -> Vec<Change> {
    let (old, new) = (tables(remote), tables(local));
    let heads = |tables: &[Table]| tables.iter().map(|table| table.first().cloned()).collect::<Vec<_>>();
    let mut changes = Vec::new();
    if old.len() == new.len() {
        old.iter().zip(&new).for_each(|(old, new)| in_table(old, new, &mut changes));
        return changes;
    }
    // Tables came or went: those with the same head are the same.
    for op in capture_diff_slices(Algorithm::Myers, &heads(&old), &heads(&new)) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            let pairs = old[old_index..old_index + len].iter().zip(&new[new_index..]);
            pairs.for_each(|(old, new)| in_table(old, new, &mut changes));
        }
    }
    changes
}

/// Rows of cells, as text.
type Table = Vec<Vec<String>>;

fn in_table(old: &Table, new: &Table, changes: &mut Vec<Change>) {
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let DiffOp::Replace { old_index, old_len, new_index, new_len } = op else { continue };
        if old_len != new_len {
            continue;
        }
        for (at, before) in old.iter().enumerate().skip(old_index).take(old_len) {
            let number = new_index + at - old_index;
            let after = &new[number];
            let alike = before.iter().zip(after).filter(|(before, after)| before == after).count();
            // A row of other cells throughout is another row.
            if before.len() != after.len() || (alike == 0 && before.len() > 1) {
                continue;
            }
            for (column, (before, after)) in before.iter().zip(after).enumerate() {
                if before != after {
                    changes.push(Change {
                        what: What::Cell,
                        name: Some(cell_name(new, number, column)),
                        before: Some(before.clone()),
                        after: Some(after.clone()),
                    });
                }
            }
        }
    }
}

/// `row “Weekdays”, column “Who”`; by number where the table does not name them.
fn cell_name(table: &Table, row: usize, column: usize) -> String {
    let named = |text: Option<&String>, number: usize| match text.filter(|text| !text.is_empty()) {
        Some(text) => format!("“{text}”"),
        None => (number + 1).to_string(),
    };
    let head = table.first().and_then(|head| head.get(column)).filter(|_| row > 0);
    let first = table.get(row).and_then(|cells| cells.first()).filter(|_| column > 0);
    format!("row {}, column {}", named(first, row), named(head, column))
}

/// The outermost tables; what is nested in a cell is part of its text.
fn tables(pieces: &[Piece]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Open(name, _) if name == "table" => {
                depth += 1;
                if depth == 1 {
                    tables.push(Table::new());
                }
            }
            Piece::Close(name) if name == "table" => depth = depth.saturating_sub(1),
            Piece::Open(name, _) if depth == 1 && name == "tr" => {
                if let Some(table) = tables.last_mut() {
                    table.push(Vec::new());
                }
            }
            Piece::Open(name, _) if depth == 1 && (name == "td" || name == "th") => from = at + 1,
            Piece::Close(name) if depth == 1 && (name == "td" || name == "th") => {
                if let Some(row) = tables.last_mut().and_then(|table| table.last_mut()) {
                    row.push(inline(&pieces[from..at]));
                }
            }
            _ => {}
        }
    }
    tables
}

/// Readable text on one line.
fn inline(pieces: &[Piece]) -> String {
    readable(pieces).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::canonical::{FilesById, canonical};
    use super::*;

    fn body(html: &str) -> Body {
        Body { title: "T".to_owned(), pieces: canonical(html, &FilesById::new()) }
    }

    fn told(before: &str, after: &str) -> Vec<String> {
        let words = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let changes = between(&body(before), &body(after));
        let line = |change: Change| {
            let name = words(change.name);
            format!("{} {name}: {} > {}", change.what.words(), words(change.before), words(change.after))
        };
        changes.into_iter().map(line).collect()
    }

    const TABLE: &str = "<table><thead><tr><th>When</th><th>Where</th><th></th></tr></thead><tbody>\
        <tr><td>Weekdays</td><td>desk <b>100</b></td><td>rota</td></tr><tr><td>Nights</td><td>mail</td><td>nobody</td></tr>\
        </tbody></table>";

    #[test]
    fn a_cell_is_named_by_its_row_and_column() {
        let one = told(TABLE, &TABLE.replace("100", "200"));
        assert_eq!(one, ["cell row “Weekdays”, column “Where”: desk **100** > desk **200**"]);
        let nameless = told(TABLE, &TABLE.replace("nobody", "Ann"));
        assert_eq!(nameless, ["cell row “Nights”, column 3: nobody > Ann"]);
        let head = told(TABLE, &TABLE.replace("When", "Time"));
        assert_eq!(head, ["cell row 1, column 1: When > Time"]);
        let first = told(TABLE, &TABLE.replace("Nights", "Evenings"));
        assert_eq!(first, ["cell row 3, column “When”: Nights > Evenings"]);
        // A row that came is no change of cells.
        let longer =
            TABLE.replace("<tr><td>Nights", "<tr><td>Noon</td><td>x</td><td>y</td></tr><tr><td>Nights");
        assert_eq!(told(TABLE, &longer), Vec::<String>::new());
        // Nor is one in a table beside it, which is found by its head.
        let other = TABLE.replace("When", "Then");
        let both = told(TABLE, &format!("{other}{}", TABLE.replace("nobody", "Ann")));
        assert_eq!(both, ["cell row “Nights”, column 3: nobody > Ann"]);
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_told_by_its_text() {
        let links = |first: &str, second: &str| {
            format!("<p><a href=\"{first}\">the <b>rota</b></a> and <a href=\"{second}\">mail</a></p>")
        };
        assert_eq!(told(&links("/a", "/b"), &links("/a", "/c")), ["link mail: /b > /c"]);
        let text = links("/a", "/b").replace("mail", "e-mail");
        assert_eq!(told(&links("/a", "/b"), &text), Vec::<String>::new());
    }

    #[test]
    fn an_empty_value_is_none() {
        let change = Change::of(What::Keywords, "", "vpn").unwrap();
        assert_eq!((change.before, change.after.as_deref()), (None, Some("vpn")));
        assert_eq!(Change::of(What::Keywords, "vpn", "vpn"), None);
    }
}
