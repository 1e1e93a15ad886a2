//! The file in the making: answers go into the TOML that is there, and its comments stay. Pure.

use toml_edit::{DocumentMut, Item, Table, value};

use super::super::Failure;

/// What a new file begins with.
const HEADER: &str = "# Settings of kb-publish. `kb-publish config` shows every setting and where its value comes from,\n\
                      # `kb-publish schema config` prints the JSON Schema. Secrets never stand here.\n\n";

/// Answers, and the file that they go into.
#[derive(Debug)]
pub(super) struct Draft {
    document: DocumentMut,
    new: bool,
    /// Its lines end as on Windows.
    crlf: bool,
    profile: Option<String>,
    pub(super) project: String,
    pub(super) root: String,
    pub(super) url: String,
    /// `None` for the sandbox, which signs in by itself.
    pub(super) method: Option<String>,
    pub(super) grant: Option<String>,
    pub(super) username: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) knowledge_base: Option<String>,
    pub(super) status: Option<String>,
}

impl Draft {
    /// Over this text, empty for a new file; with a profile the answers about the connection become its overrides.
    ///
    /// # Errors
    /// The text is no TOML.
    pub(super) fn new(text: &str, profile: Option<String>) -> Result<Self, Failure> {
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            Failure::usage("config", format!("the file is no TOML: {}", error.message()))
                .help("mend it, or move it away")
        })?;
        Ok(Self {
            document,
            new: text.trim().is_empty(),
            crlf: text.contains("\r\n"),
            profile,
            project: String::new(),
            root: String::new(),
            url: String::new(),
            method: None,
            grant: None,
            username: None,
            client_id: None,
            knowledge_base: None,
            status: None,
        })
    }

    /// What the file says already, at its top level: `source.root`.
    pub(super) fn before(&self, dotted: &str) -> Option<String> {
        let mut item: &Item = self.document.as_item();
        for part in dotted.split('.') {
            item = item.get(part)?;
        }
        item.as_str().map(str::to_owned)
    }

    /// An answer given already, or what the file says; a profile's connection is its own, so the file is not asked.
    pub(super) fn answered(&self, answer: &str, dotted: &str) -> Option<String> {
        if !answer.is_empty() {
            return Some(answer.to_owned());
        }
        self.before(dotted).filter(|_| !self.is_profile() || dotted != "instance.url")
    }

    /// Whether a profile is being added to a file.
    pub(super) const fn is_profile(&self) -> bool {
        self.profile.is_some() && !self.new
    }

    /// The file with all answers in it.
    ///
    /// # Errors
    /// The file has something else than a table where one belongs.
    pub(super) fn text(&self) -> Result<String, Failure> {
        let mut document = self.document.clone();
        let root = document.as_table_mut();
        if !self.is_profile() {
            put(root, &["project"], Some(&self.project))?;
            put(root, &["source", "root"], Some(&self.root))?;
        }
        let profile = self.profile.as_deref();
        let sets = [
            ("instance", "url", Some(&self.url)),
            ("auth", "method", self.method.as_ref()),
            ("auth", "grant", self.grant.as_ref()),
            ("auth", "username", self.username.as_ref()),
            ("auth", "client_id", self.client_id.as_ref()),
            ("publish", "knowledge_base", self.knowledge_base.as_ref()),
            ("publish", "status", self.status.as_ref()),
        ];
        for (table, key, answer) in sets {
            match profile.filter(|_| self.is_profile()) {
                Some(profile) => put(root, &["profiles", profile, table, key], answer)?,
                None => put(root, &[table, key], answer)?,
            }
        }
        let mut text = document.to_string();
        if self.crlf {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        Ok(if self.new { format!("{HEADER}{}", text.trim_start()) } else { text })
    }
}

/// Sets a key where there is an answer; what stands around the value stays.
fn put(root: &mut Table, path: &[&str], answer: Option<&String>) -> Result<(), Failure> {
    let (Some(answer), Some((last, folders))) = (answer, path.split_last()) else { return Ok(()) };
    let mut table = root;
    for (depth, part) in folders.iter().enumerate() {
        let entry = table.entry(part).or_insert_with(|| {
            let mut table = Table::new();
            // `[profiles.test.instance]` needs no `[profiles]` above it.
            table.set_implicit(depth + 1 < folders.len());
            Item::Table(table)
        });
        table = entry.as_table_mut().ok_or_else(|| {
            Failure::usage("config", format!("`{part}` is not a table"))
                .help("mend the file, or move it away")
        })?;
    }
    match table.get_mut(last).and_then(Item::as_value_mut) {
        Some(old) if old.as_str() == Some(answer) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = answer.as_str().into();
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(last, value(answer.as_str()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str, profile: Option<&str>) -> String {
        let mut draft = Draft::new(text, profile.map(str::to_owned)).unwrap();
        draft.project = "acme".to_owned();
        draft.root = "docs".to_owned();
        draft.url = "dev1".to_owned();
        draft.method = Some("basic".to_owned());
        draft.username = Some("ann".to_owned());
        draft.knowledge_base = Some("IT \"x\"".to_owned());
        draft.text().unwrap()
    }

    #[test]
    fn a_new_file_reads_well() {
        let text = answered("", None);
        assert_eq!(
            text.strip_prefix(HEADER).unwrap(),
            "project = \"acme\"\n\n[source]\nroot = \"docs\"\n\n[instance]\nurl = \"dev1\"\n\n[auth]\nmethod = \
             \"basic\"\nusername = \"ann\"\n\n[publish]\nknowledge_base = 'IT \"x\"'\n"
        );
    }

    #[test]
    fn comments_and_what_was_not_asked_stay() {
        let before = "# ours\nproject = \"old\" # the name\n\n[publish]\n# careful\nmax_retire = 3\n";
        let text = answered(before, None);
        assert!(text.starts_with("# ours\nproject = \"acme\" # the name\n"), "{text}");
        assert!(text.contains("# careful\nmax_retire = 3\nknowledge_base ="), "{text}");
    }

    #[test]
    fn a_profile_is_added_without_touching_the_rest() {
        let before = "project = \"old\"\n[instance]\nurl = \"test\"\n";
        let text = answered(before, Some("production"));
        assert!(text.starts_with(before), "{text}");
        assert!(text.contains("[profiles.production.instance]\nurl = \"dev1\"\n"), "{text}");
        assert!(!text.contains("[profiles]\n") && !text.contains("acme"), "{text}");
    }

    #[test]
    fn what_is_no_table_is_told() {
        let mut draft = Draft::new("source = 1\n", None).unwrap();
        draft.root = "docs".to_owned();
        assert!(draft.text().is_err());
        assert!(Draft::new("a = = 1", None).is_err());
    }
}
