//! Front matter: where it ends, and what our keys in it say (design §7).
//!
//! At the top level only `title`, `description`, `keywords` and `draft` are ours; everything else there belongs
//! to other tools and is not even looked at. Inside `kb` every key is ours.

use super::document::{At, FrontMatter};
use super::node::{self, Entry, Node, Value};
use crate::config::Status;
use crate::config::category_labels;
use crate::finding::Position;
use crate::ids::{DocumentId, SysId};
use crate::text;

/// How deep a table of contents goes where `kb.toc` only asks for one.
const DEFAULT_TOC_DEPTH: u8 = 3;

/// Something wrong with front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) position: Position,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// What was read of front matter, as far as it could be.
#[derive(Debug, Default)]
pub(super) struct Matter {
    pub(super) front: FrontMatter,
    /// Where the Markdown begins, in bytes.
    pub(super) body_start: usize,
    pub(super) problems: Vec<Problem>,
}

/// Reads the front matter of a text with LF line ends.
pub(super) fn read(text: &str) -> Matter {
    let block = match split(text) {
        Ok(Some(block)) => block,
        Ok(None) => return Matter::default(),
        Err(problem) => return Matter { problems: vec![problem], ..Matter::default() },
    };
    let (tree, help) = match block.language {
        Language::Yaml => (yaml(block.source), "texts that hold `: `, `#` or quotes must be quoted"),
        Language::Toml => (node::toml(block.source), "texts must be quoted"),
        Language::Json => (node::json(block.source, block.line), "keys and texts stand in double quotes"),
    };
    let below = Matter { body_start: block.body_start, ..Matter::default() };
    match tree.map(|tree| tree.value) {
        Ok(Value::Table(entries)) => {
            let mut reader = Reader::default();
            reader.top(&entries);
            Matter { front: reader.front, problems: reader.problems, ..below }
        }
        Ok(Value::Null) => below,
        // Two thematic breaks with text between them are Markdown.
        Ok(Value::Scalar(_) | Value::List(_)) => Matter::default(),
        Err(error) => {
            let problem = Problem {
                position: error.position,
                message: format!("the front matter cannot be read: {}", error.message),
                help: Some(help.into()),
            };
            Matter { problems: vec![problem], ..below }
        }
    }
}

/// Reads YAML: only the keys that are ours, because what other tools take for YAML need not be any, and costs
/// time. Where that does not work out (an anchor of another key, quotes over several lines), all of it.
fn yaml(source: &str) -> Result<Node, node::Unreadable> {
    match only_ours(source) {
        Some(ours) if ours.bytes().all(|byte| byte == b'\n') => {
            Ok(Node { position: Position { line: 2, column: 1 }, value: Value::Null })
        }
        Some(ours) => node::yaml(&ours).or_else(|error| node::yaml(source).map_err(|_| error)),
        None => node::yaml(source),
    }
}

/// The source with every line blanked that belongs to a top-level key of another tool, so that places stay. `None`
/// where it does not begin with a key.
fn only_ours(source: &str) -> Option<String> {
    let mut out = String::with_capacity(source.len());
    let mut ours = None;
    for line in source.split_inclusive('\n') {
        // A line that is not indented begins a key, but for comments and the items of a list.
        if !line.starts_with([' ', '\t', '-', '#', '\n']) {
            let (key, _) = line.split_once(':')?;
            ours = Some(TOP_LEVEL.contains(&key.trim_end().trim_matches(['"', '\''])));
        } else if ours.is_none() && !line.trim().is_empty() && !line.starts_with('#') {
            return None;
        }
        out.push_str(if ours == Some(true) { line } else { "\n" });
    }
    Some(out)
}

/// What front matter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Yaml,
    Toml,
    Json,
}

struct Block<'a> {
    language: Language,
    source: &'a str,
    /// The line of the file that it begins in.
    line: usize,
    body_start: usize,
}

/// The block between the fences, if the file begins with one.
fn split(text: &str) -> Result<Option<Block<'_>>, Problem> {
    let first = text.lines().next().unwrap_or_default();
    let (fence, language) = match first.trim_end() {
        "---" | "---yaml" => ("---", Language::Yaml),
        "---toml" => ("---", Language::Toml),
        "---json" => ("---", Language::Json),
        "+++" => ("+++", Language::Toml),
        other if other.starts_with('{') => return Ok(braces(text)),
        _ => return Ok(None),
    };
    let start = (first.len() + 1).min(text.len());
    let mut offset = start;
    for line in text[start..].split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == fence || (language == Language::Yaml && bare == "...") {
            let source = &text[start..offset];
            return Ok(Some(Block { language, source, line: 2, body_start: offset + line.len() }));
        }
        offset += line.len();
    }
    let separator = if language == Language::Toml { '=' } else { ':' };
    let second = text[start..].lines().next().unwrap_or_default();
    let key = second.split_once(separator).map(|(key, _)| key.trim());
    let looks_like_a_key = key.is_some_and(|key| {
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    });
    if looks_like_a_key {
        return Err(Problem {
            position: Position { line: 1, column: 1 },
            message: format!("the front matter has no end: no further line is `{fence}`"),
            help: Some(format!("end it with a line `{fence}`")),
        });
    }
    Ok(None)
}

/// JSON in braces that the file begins with, as Hugo reads it: `None` where no key in quotes begins it, or where
/// something stands behind the brace that ends it.
fn braces(text: &str) -> Option<Block<'_>> {
    if !text[1..].trim_start().starts_with('"') {
        return None;
    }
    let (mut depth, mut in_quotes, mut escaped) = (0_usize, false, false);
    let end = text.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_quotes,
            b'"' => in_quotes = !in_quotes,
            b'{' if !in_quotes => depth += 1,
            b'}' if !in_quotes => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let (source, behind) = text.split_at(end + 1);
    let rest = behind.split_inclusive('\n').next().unwrap_or_default();
    let body_start = source.len() + rest.len();
    rest.trim().is_empty().then_some(Block { language: Language::Json, source, line: 1, body_start })
}

/// Keys of ours at the top level.
const TOP_LEVEL: &[&str] = &["title", "description", "keywords", "draft", "kb"];

/// Every key inside `kb`.
const KEYS: &[&str] = &[
    "title",
    "description",
    "keywords",
    "draft",
    "publish",
    "id",
    "aliases",
    "article",
    "status",
    "knowledge_base",
    "category",
    "author",
    "ownership_group",
    "can_read",
    "cannot_read",
    "roles",
    "valid_to",
    "display_attachments",
    "attachments",
    "language",
    "translation_of",
    "toc",
];

#[derive(Default)]
struct Reader {
    front: FrontMatter,
    draft: bool,
    publish: bool,
    problems: Vec<Problem>,
}

impl Reader {
    fn top(&mut self, entries: &[Entry]) {
        self.publish = true;
        let mut seen: Vec<&str> = Vec::new();
        for entry in entries {
            let name = entry.key.as_str();
            if !TOP_LEVEL.contains(&name) {
                continue;
            }
            if seen.contains(&name) {
                self.twice(entry, name);
                continue;
            }
            seen.push(name);
            if name != "kb" {
                self.key(name, name, &entry.value);
            }
        }
        // What stands inside `kb` wins, wherever it stands.
        if let Some(kb) = entries.iter().find(|entry| entry.key == "kb") {
            match &kb.value.value {
                Value::Table(entries) => self.kb(entries),
                Value::Null => {}
                _ => self.refuse(kb.value.position, "`kb` must be a table of keys", None),
            }
        }
        self.front.unpublished = self.draft || !self.publish;
    }

    fn kb(&mut self, entries: &[Entry]) {
        let mut seen: Vec<&str> = Vec::new();
        for entry in entries {
            let name = entry.key.as_str();
            let shown = format!("kb.{name}");
            if seen.contains(&name) {
                self.twice(entry, &shown);
            } else if KEYS.contains(&name) {
                seen.push(name);
                self.key(name, &shown, &entry.value);
            } else {
                let help = match text::nearest(name, KEYS.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("known here: {}", text::list(KEYS)),
                };
                self.refuse(entry.position, format!("unknown key `{shown}`"), Some(help));
            }
        }
    }

    fn twice(&mut self, entry: &Entry, shown: &str) {
        self.refuse(entry.position, format!("`{shown}` stands twice"), None);
    }

    fn refuse(&mut self, position: Position, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { position, message: message.into(), help });
    }

    /// Takes over one key; an empty value names nothing.
    fn key(&mut self, name: &str, shown: &str, node: &Node) {
        match name {
            "title" => self.front.title = self.text(shown, node),
            "description" => self.front.columns.description = self.text(shown, node).map(|text| text.value),
            "keywords" => self.front.columns.keywords = self.list(shown, node, ",").map(values),
            "author" => self.front.columns.author = self.text(shown, node).map(|text| text.value),
            "ownership_group" => {
                self.front.columns.ownership_group = self.text(shown, node).map(|text| text.value);
            }
            "can_read" => self.front.columns.can_read = self.list(shown, node, ",").map(values),
            "cannot_read" => self.front.columns.cannot_read = self.list(shown, node, ",").map(values),
            "roles" => self.front.columns.roles = self.roles(shown, node),
            "display_attachments" => self.front.columns.display_attachments = self.truth(shown, node),
            "valid_to" => self.front.columns.valid_to = self.date(shown, node),
            "language" => self.front.columns.language = self.language(shown, node),
            "translation_of" => {
                let base = self.document_id(shown, node);
                self.front.translation_at = base.as_ref().map(|id| id.position);
                self.front.columns.translation_of = base.map(|id| id.value);
            }
            "draft" => self.draft = self.truth(shown, node).unwrap_or(self.draft),
            "publish" => self.publish = self.truth(shown, node).unwrap_or(true),
            "id" => self.front.id = self.document_id(shown, node),
            "aliases" => self.front.aliases = self.aliases(shown, node),
            "article" => self.front.article = self.article(shown, node),
            "status" => self.front.status = self.status(shown, node),
            "knowledge_base" => self.front.knowledge_base = self.text(shown, node),
            "category" => self.front.category = self.category(shown, node),
            "attachments" => self.front.attachments = self.list(shown, node, "\n").unwrap_or_default(),
            "toc" => self.front.toc = self.toc(shown, node),
            _ => {}
        }
    }

    fn text(&mut self, shown: &str, node: &Node) -> Option<At<String>> {
        match &node.value {
            Value::Null => None,
            Value::Scalar(text) => {
                let value = text.split_whitespace().collect::<Vec<_>>().join(" ");
                (!value.is_empty()).then_some(At { value, position: node.position })
            }
            Value::List(_) | Value::Table(_) => {
                let found = kind(node);
                self.refuse(node.position, format!("`{shown}` must be a text, not {found}"), None);
                None
            }
        }
    }

    /// A list, or one text that is split at the separator. `None` where nothing is named.
    fn list(&mut self, shown: &str, node: &Node, separator: &str) -> Option<Vec<At<String>>> {
        match &node.value {
            Value::Null => None,
            Value::Scalar(text) => {
                let parts = text.split(separator).map(str::trim).filter(|part| !part.is_empty());
                Some(parts.map(|part| At { value: part.to_owned(), position: node.position }).collect())
            }
            Value::List(items) => Some(items.iter().filter_map(|item| self.text(shown, item)).collect()),
            Value::Table(_) => {
                self.refuse(node.position, format!("`{shown}` must be a list of texts, not a table"), None);
                None
            }
        }
    }

    /// Names of roles. The column holds them with commas between, so that no name holds one (contract §2.2).
    fn roles(&mut self, shown: &str, node: &Node) -> Option<Vec<String>> {
        let roles = self.list(shown, node, ",")?;
        for role in roles.iter().filter(|role| role.value.contains(',')) {
            let message = format!("`{shown}`: `{}` is no name of a role", role.value);
            self.refuse(role.position, message, Some("write one role in each entry of the list".into()));
        }
        Some(values(roles))
    }

    fn truth(&mut self, shown: &str, node: &Node) -> Option<bool> {
        let text = self.text(shown, node)?;
        match text.value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                self.refuse(
                    node.position,
                    format!("`{shown}` must be `true` or `false`, not `{}`", text.value),
                    None,
                );
                None
            }
        }
    }

    fn date(&mut self, shown: &str, node: &Node) -> Option<String> {
        let text = self.text(shown, node)?;
        if let Ok(date) = text.value.parse::<jiff::civil::Date>() {
            return Some(date.to_string());
        }
        self.refuse(
            node.position,
            format!("`{shown}` must be a date, not `{}`", text.value),
            Some("write it as year-month-day, for example `2027-12-31`".into()),
        );
        None
    }

    fn language(&mut self, shown: &str, node: &Node) -> Option<String> {
        let text = self.text(shown, node)?;
        let code = text.value;
        let fits = (2..=12).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !fits {
            self.refuse(
                node.position,
                format!("`{shown}` must be a language code, not `{code}`"),
                Some("for example `en`, `fr` or `pb`, as in the instance's list of languages".into()),
            );
            return None;
        }
        Some(code)
    }

    fn document_id(&mut self, shown: &str, node: &Node) -> Option<At<DocumentId>> {
        let text = self.text(shown, node)?;
        self.id(shown, &text)
    }

    fn id(&mut self, shown: &str, text: &At<String>) -> Option<At<DocumentId>> {
        match DocumentId::parse(&text.value) {
            Ok(value) => Some(At { value, position: text.position }),
            Err(error) => {
                self.refuse(text.position, format!("`{shown}`: {error}"), None);
                None
            }
        }
    }

    fn aliases(&mut self, shown: &str, node: &Node) -> Vec<At<DocumentId>> {
        let texts = self.list(shown, node, "\n").unwrap_or_default();
        texts.iter().filter_map(|text| self.id(shown, text)).collect()
    }

    fn article(&mut self, shown: &str, node: &Node) -> Option<At<String>> {
        let text = self.text(shown, node)?;
        let letters = text.value.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = &text.value.as_bytes()[letters..];
        let number = letters >= 2 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        if number || SysId::parse(&text.value).is_ok() {
            return Some(text);
        }
        self.refuse(
            node.position,
            format!("`{shown}` must name an article, not `{}`", text.value),
            Some("by its number, for example `KB0010001`, or its sys_id".into()),
        );
        None
    }

    fn status(&mut self, shown: &str, node: &Node) -> Option<Status> {
        let text = self.text(shown, node)?;
        match text.value.as_str() {
            "draft" => Some(Status::Draft),
            "published" => Some(Status::Published),
            other => {
                let help = text::nearest(other, ["draft", "published"])
                    .map(|near| format!("did you mean `{near}`?"));
                let message = format!("`{shown}` must be `draft` or `published`, not `{other}`");
                self.refuse(node.position, message, help);
                None
            }
        }
    }

    fn category(&mut self, shown: &str, node: &Node) -> Option<At<Vec<String>>> {
        let value = match &node.value {
            Value::List(_) => self.list(shown, node, " / ").map(values)?,
            _ => category_labels(&self.text(shown, node)?.value),
        };
        Some(At { value, position: node.position })
    }

    fn toc(&mut self, shown: &str, node: &Node) -> Option<u8> {
        let text = self.text(shown, node)?;
        let depth = text.value.as_str();
        if matches!(depth, "false" | "no" | "off" | "0") {
            return None;
        }
        if matches!(depth, "true" | "yes" | "on") {
            return Some(DEFAULT_TOC_DEPTH);
        }
        if let Some(depth) = depth.parse().ok().filter(|depth| (1..=6).contains(depth)) {
            return Some(depth);
        }
        let message = format!("`{shown}` must be the depth of the contents, 1 to 6, not `{depth}`");
        self.refuse(node.position, message, None);
        None
    }
}

fn values(texts: Vec<At<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

const fn kind(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "nothing",
        Value::Scalar(_) => "a text",
        Value::List(_) => "a list",
        Value::Table(_) => "a table",
    }
}
