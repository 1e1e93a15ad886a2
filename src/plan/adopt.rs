//! Which article of somebody's is taken over for a document (protocol §1, "Adopting"). Pure.

use std::collections::HashMap;

use super::{Asked, Piece, Stamp, Unreadable};
use crate::ids::{Project, SysId};
use crate::servicenow::IndexRow;

/// What says that an article is a document's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The document names it: `kb.article`.
    Document(String),
    /// The map names it.
    Map(String),
    /// It has the document's title, in its base and category.
    Title,
}

impl By {
    /// As a preview says it.
    pub fn words(&self) -> String {
        match self {
            Self::Document(named) => format!("named `{named}` by the document"),
            Self::Map(named) => format!("named `{named}` by the map"),
            Self::Title => "by its title".to_owned(),
        }
    }
}

/// The one article that a number or sys_id stands for, or why there is none.
///
/// # Errors
/// The row, where there is one to show, and what is wrong.
pub fn only(mut rows: Vec<IndexRow>, named: &str) -> Result<IndexRow, (Option<IndexRow>, String)> {
    if rows.len() < 2 {
        return rows
            .pop()
            .ok_or_else(|| (None, format!("there is no article `{named}` that this account can see")));
    }
    let key = |row: &IndexRow| row.article_id.unwrap_or(row.sys_id);
    if rows.iter().any(|row| key(row) != key(&rows[0])) {
        let many = rows.len();
        return Err((
            None,
            format!("{many} articles answer to `{named}`: name the one you mean by its sys_id"),
        ));
    }
    let draft = rows.iter().find(|row| row.workflow_state == "draft").or(rows.first());
    let who = draft.map(|row| row.sys_updated_by.clone()).unwrap_or_default();
    Err((rows.pop(), format!("`{named}` is checked out in ServiceNow, last saved by {who}")))
}

/// Whether an article may be taken over into this base, whatever its title.
///
/// # Errors
/// Why not.
pub fn adoptable(row: &IndexRow, base: SysId, stamp_field: &str) -> Result<(), String> {
    let number = &row.number;
    if row.kb_knowledge_base != Some(base) {
        return Err(format!("{number} lies in another knowledge base than the document asks for"));
    }
    match Stamp::parse(&row.stamp) {
        Ok(_) | Err(Unreadable::Damaged | Unreadable::Newer) => {
            Err(format!("{number} carries the stamp of another document or project"))
        }
        Err(Unreadable::Foreign) if !row.stamp.trim().is_empty() => Err(format!(
            "column `{stamp_field}` of {number} holds other text: name another column in `stamp_field`"
        )),
        Err(Unreadable::Foreign) => match row.workflow_state.as_str() {
            "draft" | "review" | "published" => Ok(()),
            state => Err(format!("{number} is {state}")),
        },
    }
}

/// Titles as people compare them: white space and case do not count.
pub fn folded(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Articles of a base, by title.
#[derive(Debug, Default)]
pub struct Titles<'a>(HashMap<String, Vec<&'a IndexRow>>);

impl<'a> Titles<'a> {
    /// Of these rows, those that are not outdated or retired.
    pub fn new(rows: impl IntoIterator<Item = &'a IndexRow>) -> Self {
        let mut titles: HashMap<String, Vec<&IndexRow>> = HashMap::new();
        for row in rows {
            if !matches!(row.workflow_state.as_str(), "outdated" | "retired") {
                titles.entry(folded(&row.short_description)).or_default().push(row);
            }
        }
        Self(titles)
    }

    /// The article of this title in this category (`None`: any), if there is exactly one.
    ///
    /// # Errors
    /// Why there is none that can be told.
    pub fn find(&self, title: &str, category: Option<Option<SysId>>) -> Result<&'a IndexRow, String> {
        let Some(rows) = self.0.get(&folded(title)) else {
            return Err("no article has its title".to_owned());
        };
        let here: Vec<&&IndexRow> =
            rows.iter().filter(|row| category.is_none_or(|wanted| row.kb_category == wanted)).collect();
        let numbers = |rows: &[&&IndexRow]| {
            let mut numbers: Vec<&str> = rows.iter().map(|row| row.number.as_str()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            crate::text::list(&numbers)
        };
        match here.as_slice() {
            [only] => Ok(only),
            [] => {
                let elsewhere: Vec<&&IndexRow> = rows.iter().collect();
                Err(format!("{} has its title, but lies in another category", numbers(&elsewhere)))
            }
            several => Err(format!("several articles have its title: {}", numbers(several))),
        }
    }
}

/// How alike two bodies read, in percent: the share of pairs of neighbouring words that they have in common.
pub fn similarity(one: &[Piece], other: &[Piece]) -> u8 {
    let (one, other) = (pairs(one), pairs(other));
    let total: usize = one.values().sum::<usize>() + other.values().sum::<usize>();
    if total == 0 {
        return 100;
    }
    let common: usize =
        one.iter().map(|(pair, count)| (*count).min(other.get(pair).copied().unwrap_or(0))).sum();
    u8::try_from(200 * common / total).unwrap_or(100)
}

fn pairs(pieces: &[Piece]) -> HashMap<(String, String), usize> {
    let mut words = vec![String::new()];
    for piece in pieces {
        if let Piece::Text(text) = piece {
            let cut = |c: char| !c.is_alphanumeric();
            words.extend(text.split(cut).filter(|word| !word.is_empty()).map(str::to_lowercase));
        }
    }
    let mut pairs = HashMap::new();
    for pair in words.windows(2) {
        *pairs.entry((pair[0].clone(), pair[1].clone())).or_insert(0) += 1;
    }
    pairs
}

/// The stamp of an article that is taken over: as if a first write of ours had been cut short, so that the next run
/// finishes it. Renderer 0 has never written anything.
pub fn adopted_stamp(row: &IndexRow, identity: SysId, project: &Project, stored: String) -> Stamp {
    Stamp {
        project: project.clone(),
        identity,
        row: Some(row.sys_id.short()),
        source: None,
        stored,
        look: "0".repeat(8),
        renderer: 0,
        asked: if row.workflow_state == "published" { Asked::Published } else { Asked::Draft },
        leftovers: false,
        mod_count: row.sys_mod_count,
        time: 0,
        commit: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FilesById, canonical};
    use super::*;
    use crate::ids::DocumentId;

    fn row(number: &str, title: &str, state: &str, category: Option<u8>) -> IndexRow {
        IndexRow {
            sys_id: DocumentId::parse(number).unwrap().identity(&Project::parse("p").unwrap(), 1),
            article_id: None,
            latest: None,
            number: number.to_owned(),
            short_description: title.to_owned(),
            workflow_state: state.to_owned(),
            kb_knowledge_base: Some(SysId::from_bytes([9; 16])),
            kb_category: category.map(|byte| SysId::from_bytes([byte; 16])),
            valid_to: None,
            sys_mod_count: 3,
            counted: true,
            sys_created_on: String::new(),
            sys_updated_on: String::new(),
            sys_updated_by: "ann".to_owned(),
            stamp: String::new(),
        }
    }

    #[test]
    fn a_title_counts_in_its_category_alone() {
        let rows =
            [row("KB1", "VPN  access", "published", Some(1)), row("KB22", "VPN access", "draft", Some(2))];
        let titles = Titles::new(&rows);
        let category = |byte: u8| Some(Some(SysId::from_bytes([byte; 16])));
        assert_eq!(titles.find("Vpn Access", category(2)).unwrap().number, "KB22");
        assert!(titles.find("VPN access", None).unwrap_err().contains("KB1 and KB22"));
        assert!(titles.find("VPN access", category(3)).unwrap_err().contains("another category"));
        assert!(titles.find("Mail", None).unwrap_err().contains("no article"));
    }

    #[test]
    fn what_is_somebody_elses_is_left() {
        let base = SysId::from_bytes([9; 16]);
        let free = row("KB1", "A", "published", None);
        assert_eq!(adoptable(&free, base, "description"), Ok(()));
        let refused = |change: fn(&mut IndexRow)| {
            let mut row = free.clone();
            change(&mut row);
            adoptable(&row, base, "description").unwrap_err()
        };
        assert!(refused(|row| row.kb_knowledge_base = None).contains("another knowledge base"));
        assert!(refused(|row| row.stamp = "my notes".to_owned()).contains("`stamp_field`"));
        assert!(refused(|row| row.workflow_state = "retired".to_owned()).contains("is retired"));
        let stamp = "kb-publish-1/other/00000000000000000000000000000001 w=-";
        assert!(refused(|row| row.stamp = "kb-publish-9/x/1".to_owned()).contains("stamp of another"));
        let mut other = free.clone();
        other.stamp = stamp.to_owned();
        assert!(adoptable(&other, base, "description").unwrap_err().contains("stamp of another"));
    }

    #[test]
    fn a_name_must_stand_for_one_article() {
        assert!(only(Vec::new(), "KB1").unwrap_err().1.contains("no article"));
        let rows = vec![row("KB1", "A", "draft", None), row("KB22", "A", "draft", None)];
        assert!(only(rows, "KB1").unwrap_err().1.contains("2 articles"));
        let mut versions = vec![row("KB1", "A", "published", None), row("KB22", "A", "draft", None)];
        for row in &mut versions {
            row.article_id = Some(SysId::from_bytes([5; 16]));
        }
        assert!(only(versions, "KB1").unwrap_err().1.contains("checked out"));
    }

    #[test]
    fn likeness_is_a_matter_of_words() {
        let pieces = |html: &str| canonical(html, &FilesById::new());
        let one = pieces("<p>Connect to the VPN first, then open <b>mail</b>.</p>");
        assert_eq!(similarity(&one, &pieces("<h2>Connect to the VPN</h2> first then open mail")), 100);
        assert_eq!(similarity(&one, &pieces("<p>Lunch is at noon</p>")), 0);
        let half = similarity(&one, &pieces("<p>Connect to the VPN first and nothing else at all</p>"));
        assert!((20..80).contains(&half), "{half}");
        assert_eq!(similarity(&[], &[]), 100);
    }
}
