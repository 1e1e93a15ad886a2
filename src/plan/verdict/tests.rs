//! Protocol §4, row by row.

use super::*;
use crate::ids::{DocumentId, Project, SysId};
use crate::plan::{FilesById, canonical};
use crate::servicenow::IndexRow;

const US: &str = "kb.publisher";
/// 2026-01-02 03:04:05 UTC.
const WRITTEN: i64 = 1_767_323_045;

fn body(text: &str) -> Body {
    Body { title: "VPN".to_owned(), pieces: canonical(text, &FilesById::new()) }
}

fn stamp() -> Stamp {
    let project = Project::parse("acme").unwrap();
    let identity = DocumentId::parse("vpn").unwrap().identity(&project, 1);
    Stamp {
        project,
        identity,
        row: Some(identity.short()),
        source: Some("00112233445566aa".to_owned()),
        stored: body("<p>one</p>").digest(),
        look: "01234567".to_owned(),
        renderer: 1,
        asked: Asked::Published,
        leftovers: false,
        mod_count: 1,
        time: WRITTEN,
        commit: None,
    }
}

fn row(stamp: &Stamp, change: impl FnOnce(&mut IndexRow)) -> Row {
    let mut index = IndexRow {
        sys_id: stamp.identity,
        article_id: None,
        latest: None,
        number: "KB0010001".to_owned(),
        short_description: "VPN".to_owned(),
        workflow_state: "published".to_owned(),
        kb_knowledge_base: None,
        kb_category: None,
        sys_created_on: "2026-01-02 03:04:00".to_owned(),
        valid_to: None,
        sys_mod_count: 1,
        counted: true,
        sys_updated_on: "2026-01-02 03:04:05".to_owned(),
        sys_updated_by: US.to_owned(),
        stamp: stamp.to_string(),
    };
    change(&mut index);
    Row::new(index)
}

struct Setting {
    rows: Vec<Arc<Row>>,
    pair: Pair,
    source: &'static str,
    wanted: Asked,
    look: &'static str,
    policy: Policy,
}

impl Setting {
    fn new(row: Row) -> Self {
        Self {
            rows: vec![Arc::new(row)],
            pair: Pair { row: 0, checkout: None, published: None, renamed_from: None },
            source: "00112233445566aa",
            wanted: Asked::Published,
            look: "01234567",
            policy: Policy {
                on_remote_edit: OnRemoteEdit::Keep,
                restyle: Restyle::All,
                ask_again: false,
                take: None,
                verify: false,
                view: View::Text,
            },
        }
    }

    fn case(&self) -> Case<'_> {
        Case {
            pair: &self.pair,
            rows: &self.rows,
            source: Some(self.source),
            wanted: self.wanted,
            look: self.look,
            renderer: 1,
            user: US,
            policy: self.policy,
            verified: false,
            saved_since: None,
            details: &[],
        }
    }

    fn judge(&self, remote: &str, local: &str) -> Verdict {
        let (remote, local) = (body(remote), body(local));
        let needs = self.case().needs();
        self.case().judge(needs.remote.then_some(&remote), needs.local.then_some(&local))
    }
}

#[test]
fn nothing_moved_costs_no_read() {
    let setting = Setting::new(row(&stamp(), |_| {}));
    assert_eq!(setting.case().needs(), Needs::default());
    let verdict = setting.case().judge(None, None);
    assert_eq!((verdict.action, verdict.step), (Action::Unchanged, Step::Leave));
}

#[test]
fn a_changed_source_is_an_update_with_its_reason() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    setting.source = "ffffffffffffffff";
    let verdict = setting.judge("<p>one</p>", "<p>two</p>");
    assert_eq!((verdict.action, verdict.step), (Action::Update, Step::Write { ask: false }));
    assert_eq!(verdict.reasons, ["body"]);
    assert!(verdict.diff.unwrap().contains("-one\n+two\n"));
}

#[test]
fn a_persons_edit_is_a_conflict() {
    let edited = |index: &mut IndexRow| {
        index.sys_mod_count = 2;
        index.sys_updated_on = "2026-02-01 00:00:00".to_owned();
        index.sys_updated_by = "ann".to_owned();
    };
    let mut setting = Setting::new(row(&stamp(), edited));
    let verdict = setting.judge("<p>ann's</p>", "<p>one</p>");
    assert_eq!((verdict.action, verdict.step), (Action::Conflict, Step::Leave));
    assert_eq!(verdict.reasons, ["edited in ServiceNow by ann on 2026-02-01 00:00:00"]);
    setting.policy.on_remote_edit = OnRemoteEdit::Overwrite;
    assert_eq!(setting.judge("<p>ann's</p>", "<p>one</p>").step, Step::Write { ask: false });
}

#[test]
fn an_edit_by_our_own_account_right_after_our_write_is_not_overwritten() {
    let mut setting = Setting::new(row(&stamp(), |index| index.sys_mod_count = 2));
    assert_eq!(setting.case().needs(), Needs::default(), "no read for what is not written");
    setting.look = "76543210";
    assert!(setting.case().needs().remote);
    assert_eq!(setting.judge("<p>typed</p>", "<p>one</p>").action, Action::Conflict);
    setting.look = "01234567";
    setting.source = "ffffffffffffffff";
    assert_eq!(setting.judge("<p>typed</p>", "<p>two</p>").action, Action::Conflict);
    assert_eq!(setting.judge("<p>one</p>", "<p>two</p>").action, Action::Update, "a rule that counts");
}

#[test]
fn what_changed_without_a_write_is_not_put_down_to_the_last_writer() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    setting.policy.verify = true;
    let verdict = setting.judge("<p>other</p>", "<p>one</p>");
    assert_eq!(verdict.action, Action::Conflict);
    assert!(
        verdict.reasons[0].starts_with(EDITED) && !verdict.reasons[0].contains(US),
        "{:?}",
        verdict.reasons
    );
}

#[test]
fn an_edit_of_other_columns_is_none() {
    let setting = Setting::new(row(&stamp(), |index| {
        index.sys_mod_count = 7;
        index.sys_updated_by = "ann".to_owned();
    }));
    assert!(setting.case().needs().remote, "suspicious");
    assert_eq!(setting.judge("<p>one</p>", "<p>one</p>").action, Action::Unchanged);
}

#[test]
fn an_edit_that_says_what_would_be_written_is_none() {
    let mut setting = Setting::new(row(&stamp(), |index| {
        index.sys_mod_count = 2;
        index.sys_updated_by = "ann".to_owned();
    }));
    assert_eq!(setting.judge("<p>two</p>", "<p>two</p>").action, Action::Unchanged);
    setting.source = "ffffffffffffffff";
    assert_eq!(
        setting.judge("<p>two</p>", "<p>two</p>").action,
        Action::Update,
        "stamped with the next write"
    );
}

#[test]
fn rules_that_count_our_own_write_twice_are_no_edit() {
    let setting = Setting::new(row(&stamp(), |index| index.sys_mod_count = 3));
    assert_eq!(setting.case().needs(), Needs::default());
}

#[test]
fn what_was_asked_and_not_granted_is_reported_once_and_not_asked_again() {
    let mut setting = Setting::new(row(&stamp(), |index| index.workflow_state = "review".to_owned()));
    let verdict = setting.case().judge(None, None);
    assert_eq!(verdict.action, Action::Unchanged);
    assert_eq!(verdict.reasons, ["asked for published; the instance keeps it in review"]);
    setting.policy.ask_again = true;
    assert_eq!(setting.case().judge(None, None).step, Step::Write { ask: true });
}

#[test]
fn a_state_that_was_never_asked_for_is_asked_for() {
    let draft = Stamp { asked: Asked::Draft, ..stamp() };
    let setting = Setting::new(row(&draft, |index| index.workflow_state = "draft".to_owned()));
    let verdict = setting.case().judge(None, None);
    assert_eq!((verdict.action, verdict.step), (Action::Update, Step::Write { ask: true }));
    assert_eq!(verdict.reasons, ["state draft → published"]);
}

#[test]
fn draft_never_unpublishes() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    setting.wanted = Asked::Draft;
    assert_eq!(setting.case().judge(None, None).action, Action::Unchanged);
}

#[test]
fn a_write_that_was_cut_short_is_finished() {
    let open = Stamp { source: None, ..stamp() };
    let setting = Setting::new(row(&open, |index| index.workflow_state = "draft".to_owned()));
    let verdict = setting.judge("<p>one</p>", "<p>one</p>");
    assert_eq!(verdict.reasons, ["finish what was cut short", "state draft → published"]);
}

#[test]
fn leftovers_are_removed_without_another_write() {
    let setting = Setting::new(row(&Stamp { leftovers: true, ..stamp() }, |_| {}));
    let verdict = setting.case().judge(None, None);
    assert_eq!((verdict.action, verdict.step), (Action::Unchanged, Step::Clean));
}

#[test]
fn a_new_look_that_changes_nothing_is_not_written() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    setting.look = "fedcba98";
    assert_eq!(setting.case().needs(), Needs { remote: false, local: true });
    assert_eq!(setting.judge("", "<p>one</p>").action, Action::Unchanged);
    let verdict = setting.judge("", "<p style=\"color:red\">one</p>");
    assert_eq!((verdict.action, verdict.reasons), (Action::Update, vec!["look".to_owned()]));
    setting.policy.restyle = Restyle::WithText;
    assert_eq!(setting.judge("", "<p style=\"color:red\">one</p>").action, Action::Unchanged);
}

#[test]
fn retired_by_a_person_is_a_conflict_and_by_us_comes_back() {
    let retired = |index: &mut IndexRow| index.workflow_state = "retired".to_owned();
    let by_a_person = |index: &mut IndexRow| {
        retired(index);
        index.sys_mod_count += 1;
    };
    let setting = Setting::new(row(&stamp(), by_a_person));
    assert_eq!(setting.case().judge(None, None).action, Action::Conflict);
    let not_let_back = Setting::new(row(&stamp(), retired));
    assert_eq!(not_let_back.case().judge(None, None).action, Action::Unchanged, "our write left it so");
    let setting = Setting::new(row(&Stamp { asked: Asked::Retired, ..stamp() }, retired));
    assert_eq!(setting.case().judge(None, None).step, Step::Write { ask: true });
}

#[test]
fn a_copied_stamp_is_suspicious() {
    let elsewhere = Stamp { row: Some("ffffffff".to_owned()), ..stamp() };
    let setting = Setting::new(row(&elsewhere, |_| {}));
    assert_eq!(
        setting.judge("<p>one</p>", "<p>one</p>").action,
        Action::Unchanged,
        "checked out and published as it was"
    );
    assert_eq!(setting.judge("<p>new</p>", "<p>one</p>").action, Action::Conflict);
}

#[test]
fn a_checkout_is_a_conflict_only_where_something_is_to_be_written() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    let other = Stamp { row: Some("ffffffff".to_owned()), ..stamp() };
    setting.rows.push(Arc::new(row(&other, |index| {
        index.sys_id = SysId::from_bytes([7; 16]);
        index.workflow_state = "draft".to_owned();
        index.sys_updated_by = "ann".to_owned();
    })));
    setting.pair.checkout = Some(1);
    assert_eq!(setting.judge("<p>one</p>", "<p>one</p>").action, Action::Unchanged);
    setting.source = "ffffffffffffffff";
    let verdict = setting.judge("<p>one</p>", "<p>two</p>");
    assert_eq!(verdict.reasons, ["checked out in ServiceNow by ann"]);
    assert_eq!(verdict.action, Action::Conflict);
}

#[test]
fn states_that_are_not_ours_are_left() {
    let mut setting =
        Setting::new(row(&stamp(), |index| index.workflow_state = "pending_retirement".to_owned()));
    assert_eq!(setting.case().judge(None, None).action, Action::Unchanged);
    setting.source = "ffffffffffffffff";
    assert_eq!(setting.judge("<p>one</p>", "<p>two</p>").action, Action::Conflict);
}

#[test]
fn a_damaged_stamp_is_a_conflict() {
    let setting = Setting::new(row(&stamp(), |index| index.stamp.truncate(90)));
    assert_eq!(setting.case().judge(None, None).action, Action::Conflict);
}

#[test]
fn a_rename_is_written_at_once() {
    let mut setting = Setting::new(row(&stamp(), |_| {}));
    setting.pair.renamed_from = Some(DocumentId::parse("old").unwrap());
    let verdict = setting.judge("<p>one</p>", "<p>one</p>");
    assert_eq!((verdict.step, verdict.reasons), (Step::Write { ask: false }, vec!["renamed".to_owned()]));
}

#[test]
fn what_a_person_retired_comes_back_when_told() {
    let mut setting = Setting::new(row(&stamp(), |index| {
        index.workflow_state = "retired".to_owned();
        index.sys_mod_count += 1;
        index.sys_updated_by = "ann".to_owned();
        index.sys_updated_on = "2026-02-01 00:00:00".to_owned();
    }));
    assert_eq!(setting.judge("<p>one</p>", "<p>one</p>").action, Action::Conflict);
    setting.policy.on_remote_edit = OnRemoteEdit::Overwrite;
    assert_eq!(setting.judge("<p>one</p>", "<p>one</p>").action, Action::Conflict, "a setting is not enough");
    setting.policy.take = Some(Take::Local);
    let verdict = setting.judge("<p>one</p>", "<p>one</p>");
    assert_eq!((verdict.action, verdict.step), (Action::Update, Step::Write { ask: true }));
    assert_eq!(
        verdict.reasons,
        ["retired in ServiceNow by ann on 2026-02-01 00:00:00", "state retired → published"]
    );
}
