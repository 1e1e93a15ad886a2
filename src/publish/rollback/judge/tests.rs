use super::*;
use crate::ids::{DocumentId, Project, SysId};
use crate::servicenow::IndexRow;

const FIELD: &str = "description";
const ROW: [u8; 16] = [7; 16];

fn stamp(source: &str, stored: &str, asked: Asked, mod_count: u32) -> Stamp {
    let project = Project::parse("acme").unwrap();
    Stamp {
        identity: DocumentId::parse("a").unwrap().identity(&project, 1),
        project,
        row: Some(SysId::from_bytes(ROW).short()),
        source: Some(source.repeat(16)),
        stored: stored.repeat(16),
        look: "0".repeat(8),
        renderer: 1,
        asked,
        leftovers: false,
        mod_count,
        time: 1_000_000,
        commit: None,
    }
}

/// An article that stood at content `a` and was brought to `b`.
fn updated() -> Touched {
    let before = [
        (FIELD, stamp("a", "1", Asked::Published, 3).to_string()),
        ("text", String::new()),
        ("meta", "old".to_owned()),
        ("workflow_state", "published".to_owned()),
    ];
    let sent = [("meta", "new".to_owned())];
    let owned = |(name, value): (&str, String)| (name.to_owned(), value);
    Touched {
        row: Some(SysId::from_bytes(ROW)),
        before: Record(before.map(owned).into()),
        sent: Record(sent.map(owned).into()),
        stamps: vec![stamp("b", "2", Asked::Published, 4).to_string()],
        state: Some("published".to_owned()),
        ..Touched::default()
    }
}

struct There {
    stamp: String,
    state: &'static str,
    count: u32,
    by: &'static str,
    on: &'static str,
    stored: String,
    meta: &'static str,
}

impl Default for There {
    fn default() -> Self {
        Self {
            stamp: stamp("b", "2", Asked::Published, 4).to_string(),
            state: "published",
            count: 4,
            by: "us",
            on: "1970-01-12 13:46:40",
            stored: "2".repeat(16),
            meta: "new",
        }
    }
}

fn verdict(touched: &Touched, there: &There) -> Undo {
    let record = Record(
        [("meta", there.meta), ("workflow_state", there.state), ("text", "x"), (FIELD, &there.stamp)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    );
    let row = Row::new(IndexRow {
        sys_id: SysId::from_bytes(ROW),
        article_id: None,
        latest: None,
        number: "KB1".to_owned(),
        short_description: "A".to_owned(),
        workflow_state: there.state.to_owned(),
        kb_knowledge_base: None,
        kb_category: None,
        valid_to: None,
        sys_mod_count: there.count,
        counted: true,
        sys_created_on: String::new(),
        sys_updated_on: there.on.to_owned(),
        sys_updated_by: there.by.to_owned(),
        stamp: there.stamp.clone(),
    });
    let former = touched.before.has("text").then(|| "1".repeat(16));
    let now =
        Now { record: &record, row: &row, stored: &there.stored, former: former.as_deref(), user: "us" };
    judge(touched, now, FIELD)
}

fn restores(undo: &Undo) -> (Vec<&str>, bool, Vec<&str>) {
    let Undo::Restore { columns, body, kept } = undo else { panic!("{undo:?}") };
    (columns.0.keys().map(String::as_str).collect(), *body, kept.iter().map(String::as_str).collect())
}

#[test]
fn what_is_as_the_run_left_it_is_restored() {
    assert_eq!(restores(&verdict(&updated(), &There::default())), (vec!["meta"], true, vec![]));
}

#[test]
fn a_persons_text_stays_and_so_does_a_persons_column() {
    let edited = There { count: 5, by: "ann", stored: "9".repeat(16), ..There::default() };
    assert!(matches!(verdict(&updated(), &edited), Undo::Conflict(why) if why.contains("ann")));
    let touched = There { count: 5, by: "ann", meta: "ann's", ..There::default() };
    assert_eq!(restores(&verdict(&updated(), &touched)), (vec![], true, vec!["meta"]));
}

#[test]
fn another_runs_write_and_a_lost_stamp_are_left_alone() {
    let later = There { stamp: stamp("c", "3", Asked::Published, 5).to_string(), ..There::default() };
    assert!(matches!(verdict(&updated(), &later), Undo::Conflict(why) if why.contains("another run")));
    let lost = There { stamp: "notes".to_owned(), ..There::default() };
    assert!(matches!(verdict(&updated(), &lost), Undo::Conflict(_)));
    let retired = There { state: "retired", count: 5, by: "ann", ..There::default() };
    assert!(matches!(verdict(&updated(), &retired), Undo::Conflict(why) if why.contains("retired")));
}

#[test]
fn what_was_never_written_or_is_undone_already_needs_nothing() {
    let before = There { stamp: stamp("a", "1", Asked::Published, 9).to_string(), ..There::default() };
    assert!(matches!(verdict(&updated(), &before), Undo::Nothing(_)));
    let mut uploaded = updated();
    uploaded.uploaded.insert("x.png".to_owned());
    assert_eq!(verdict(&uploaded, &before), Undo::Clean);
}

#[test]
fn what_the_run_made_is_retired_once() {
    let mut made = updated();
    made.before = Record::default();
    made.made = made.row;
    assert_eq!(verdict(&made, &There::default()), Undo::Retire);
    let undone = There {
        stamp: stamp("b", "2", Asked::Retired, 5).to_string(),
        state: "retired",
        count: 5,
        ..There::default()
    };
    assert!(matches!(verdict(&made, &undone), Undo::Nothing(_)));
}

#[test]
fn an_approval_since_is_no_edit() {
    let mut touched = updated();
    touched.state = Some("review".to_owned());
    let approved = There { count: 6, by: "ann", ..There::default() };
    assert!(matches!(verdict(&touched, &approved), Undo::Restore { .. }));
}
