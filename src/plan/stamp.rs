//! The stamp: one line in a text column that holds all that kb-publish remembers of an article (protocol §2).
//!
//! A wire format that lives on customers' instances: what is written here is read by every later version.

use std::fmt;

use crate::ids::{Project, SysId};

/// The format's name and version; every stamp begins with it.
const FORMAT: &str = "kb-publish-1";

/// What the instance was asked for, or the state a document wants (key `a`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// `workflow_state=draft`.
    Draft,
    /// `workflow_state=published`.
    Published,
    /// `workflow_state=retired`.
    Retired,
}

impl Asked {
    /// The `workflow_state` it stands for (contract §2.3).
    pub const fn workflow_state(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }

    /// Whether a row in this state is as it asks: `status: draft` never unpublishes, nor calls back what waits for an
    /// approval.
    pub fn is_met_by(self, workflow_state: &str) -> bool {
        match (self, workflow_state) {
            (Self::Draft, "draft" | "published" | "review") => true,
            (asked, state) => state == asked.workflow_state(),
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Draft => 'd',
            Self::Published => 'p',
            Self::Retired => 'r',
        }
    }
}

impl From<crate::config::Status> for Asked {
    fn from(status: crate::config::Status) -> Self {
        match status {
            crate::config::Status::Draft => Self::Draft,
            crate::config::Status::Published => Self::Published,
        }
    }
}

/// A stamp, read or about to be written. The fields are protocol §2's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Whose article it is.
    pub project: Project,
    /// Which document's.
    pub identity: SysId,
    /// First 8 digits of the row it was written to; `None` (`-`) in a POST whose sys_id the server chooses.
    pub row: Option<String>,
    /// 16 digits of the source digest; `None` (`open`) in every write that is not the article's last.
    pub source: Option<String>,
    /// 16 digits of the stored digest: title and body in canonical form.
    pub stored: String,
    /// 8 digits of theme and render options.
    pub look: String,
    /// Renderer number.
    pub renderer: u32,
    /// State asked for.
    pub asked: Asked,
    /// Files are left behind that are to be removed.
    pub leftovers: bool,
    /// The `sys_mod_count` this write leads to.
    pub mod_count: u32,
    /// Server time of the write, in seconds since 1970.
    pub time: i64,
    /// First 10 digits of the git commit; `None` (`-`) outside git.
    pub commit: Option<String>,
}

/// Why a text in the stamp column is no stamp that can be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Another text: a person's, or another program's.
    Foreign,
    /// A stamp that was cut short or changed.
    Damaged,
    /// Written by a later version of kb-publish.
    Newer,
}

/// What every stamp of a project begins with; only letters that an encoded query takes as they are.
pub fn prefix(project: &Project) -> String {
    format!("{FORMAT}/{project}/")
}

impl Stamp {
    /// Reads a stamp column.
    ///
    /// # Errors
    /// [`Unreadable`]: nothing that fails here is ever written to.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let Some(rest) = text.strip_prefix(FORMAT).and_then(|rest| rest.strip_prefix('/')) else {
            return Err(newer_or_foreign(text));
        };
        let mut words = rest.split(' ');
        let head = words.next().unwrap_or_default();
        let mut fields = Fields::default();
        for word in words.filter(|word| !word.is_empty()) {
            let (key, value) = word.split_once('=').ok_or(Unreadable::Damaged)?;
            fields.set(key, value);
        }
        fields.into_stamp(head).ok_or(Unreadable::Damaged)
    }

    /// Whether this program may work with it: `r` is not higher than its own.
    pub const fn is_known(&self, renderer: u32) -> bool {
        self.renderer <= renderer
    }
}

/// The document that a damaged stamp names, where that much of it is left.
pub(super) fn identity_of(text: &str) -> Option<SysId> {
    let (_, rest) = text.trim().strip_prefix(FORMAT)?.strip_prefix('/')?.split_once('/')?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    SysId::parse(&rest[..end]).ok()
}

/// Whether a text is empty, or the beginning of a stamp of this project: what a column leaves that does not keep it.
pub(super) fn is_remnant(text: &str, project: &Project) -> bool {
    let (text, prefix) = (text.trim(), prefix(project));
    text.starts_with(&prefix) || prefix.starts_with(text)
}

/// A later format is told from a text that was never ours: it must stop the run, not look like a stranger's.
fn newer_or_foreign(text: &str) -> Unreadable {
    let version =
        text.strip_prefix("kb-publish-").and_then(|rest| rest.split_once('/')).map(|(version, _)| version);
    match version.map(str::parse::<u32>) {
        Some(Ok(version)) if version > 1 => Unreadable::Newer,
        _ => Unreadable::Foreign,
    }
}

#[derive(Default)]
struct Fields<'a> {
    w: Option<&'a str>,
    s: Option<&'a str>,
    g: Option<&'a str>,
    l: Option<&'a str>,
    r: Option<&'a str>,
    a: Option<&'a str>,
    x: Option<&'a str>,
    n: Option<&'a str>,
    t: Option<&'a str>,
    c: Option<&'a str>,
}

impl<'a> Fields<'a> {
    /// Unknown keys are passed over: a later version may add one without changing what the others mean.
    fn set(&mut self, key: &str, value: &'a str) {
        let field = match key {
            "w" => &mut self.w,
            "s" => &mut self.s,
            "g" => &mut self.g,
            "l" => &mut self.l,
            "r" => &mut self.r,
            "a" => &mut self.a,
            "x" => &mut self.x,
            "n" => &mut self.n,
            "t" => &mut self.t,
            "c" => &mut self.c,
            _ => return,
        };
        *field = Some(value);
    }

    fn into_stamp(self, head: &str) -> Option<Stamp> {
        let (project, identity) = head.split_once('/')?;
        let digits = |text: &str, length: usize| {
            (text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                .then(|| text.to_owned())
        };
        Some(Stamp {
            project: Project::parse(project).ok()?,
            identity: SysId::parse(identity).ok()?,
            row: match self.w? {
                "-" => None,
                text => Some(digits(text, 8)?),
            },
            source: match self.s? {
                "open" => None,
                text => Some(digits(text, 16)?),
            },
            stored: digits(self.g?, 16)?,
            look: digits(self.l?, 8)?,
            renderer: self.r?.parse().ok()?,
            asked: match self.a? {
                "d" => Asked::Draft,
                "p" => Asked::Published,
                "r" => Asked::Retired,
                _ => return None,
            },
            leftovers: match self.x? {
                "0" => false,
                "1" => true,
                _ => return None,
            },
            mod_count: self.n?.parse().ok()?,
            time: self.t?.parse().ok()?,
            // The last key: a column cut at its end shows here.
            commit: match self.c? {
                "-" => None,
                text => Some(digits(text, 10)?),
            },
        })
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{} w={} s={} g={} l={} r={} a={} x={} n={} t={} c={}",
            prefix(&self.project),
            self.identity,
            self.row.as_deref().unwrap_or("-"),
            self.source.as_deref().unwrap_or("open"),
            self.stored,
            self.look,
            self.renderer,
            self.asked.letter(),
            u8::from(self.leftovers),
            self.mod_count,
            self.time,
            self.commit.as_deref().unwrap_or("-"),
        )
    }
}

/// Seconds since 1970 of the platform's `YYYY-MM-DD hh:mm:ss`, UTC (contract §1.3).
pub fn epoch(text: &str) -> Option<i64> {
    let time = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::DocumentId;

    /// Longest stamp ever written, in characters (protocol §2).
    const MAX_LENGTH: usize = 200;

    fn stamp() -> impl Strategy<Value = Stamp> {
        let hex = |n: usize| proptest::string::string_regex(&format!("[0-9a-f]{{{n}}}")).unwrap();
        let asked = prop_oneof![Just(Asked::Draft), Just(Asked::Published), Just(Asked::Retired)];
        let heads =
            ("[a-z0-9-]{1,24}", "[a-z]{1,40}", proptest::option::of(hex(8)), proptest::option::of(hex(16)));
        let tails = (hex(16), hex(8), any::<u32>(), asked, any::<bool>(), any::<u32>(), 0..4_000_000_000_i64);
        (heads, tails, proptest::option::of(hex(10))).prop_map(|(head, tail, commit)| {
            let project = Project::parse(&head.0).unwrap();
            let identity = DocumentId::parse(&head.1).unwrap().identity(&project, 1);
            Stamp {
                project,
                identity,
                row: head.2,
                source: head.3,
                stored: tail.0,
                look: tail.1,
                renderer: tail.2,
                asked: tail.3,
                leftovers: tail.4,
                mod_count: tail.5,
                time: tail.6,
                commit,
            }
        })
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(stamp in stamp()) {
            let text = stamp.to_string();
            prop_assert!(text.len() <= MAX_LENGTH, "{} characters", text.len());
            prop_assert!(text.starts_with(&prefix(&stamp.project)));
            prop_assert_eq!(Stamp::parse(&text), Ok(stamp));
        }

        #[test]
        fn what_a_column_leaves_of_a_stamp_is_known(stamp in stamp(), cut in 0_usize..120) {
            let text = stamp.to_string();
            let head = prefix(&stamp.project).len() + 32;
            prop_assert!(is_remnant(&text[..cut], &stamp.project));
            prop_assert_eq!(identity_of(&text[..cut]), (cut >= head).then_some(stamp.identity));
            let squeezed: String = text.split(' ').collect();
            prop_assert_eq!(identity_of(&squeezed), Some(stamp.identity));
            prop_assert!(!is_remnant("notes", &stamp.project));
        }

        #[test]
        fn a_stamp_that_was_cut_is_damaged(stamp in stamp(), cut in 14_usize..120) {
            let text = stamp.to_string();
            prop_assert_eq!(Stamp::parse(&text[..cut]), Err(Unreadable::Damaged));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,300}") {
            let _ = Stamp::parse(&text);
        }
    }

    #[test]
    fn tells_strangers_from_successors() {
        assert_eq!(Stamp::parse("Please do not edit"), Err(Unreadable::Foreign));
        assert_eq!(Stamp::parse(""), Err(Unreadable::Foreign));
        assert_eq!(Stamp::parse("kb-publish-2/acme/0123 z=1"), Err(Unreadable::Newer));
    }
}
