//! From texts to typed settings: globs, URLs, ids and the rules that a schema cannot say.
//!
//! Must not know: the process environment, the disk.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::columns::{NamedColumns, category_labels};
use super::error::ConfigProblem;
use super::file::{
    AuthTable, FileConfig, FormulaPictures, Highlight, LintTable, PathTable, PublishTable, RemoteImages,
    RenderTable, SourceTable, Weight,
};
use super::globs::PathGlob;
use super::layers::{Key, Layers, Origin, key};
use super::parsed::Parsed;
use super::settings::{
    AuthSettings, FilePlace, InstanceSettings, InstanceTarget, LintSettings, PathDefaults, PublishSettings,
    RenderSettings, Settings, SourceSettings,
};
use crate::finding::{Code, Severity};
use crate::ids::{DocumentId, InstanceUrl, Project};
use crate::render::Formulas;

/// What is needed to say where a bad value came from.
pub(super) struct Context<'a> {
    pub(super) layers: &'a Layers,
    pub(super) parsed: &'a Parsed<'a>,
}

impl Context<'_> {
    /// A problem with the value of a key, at the place that the value came from.
    fn problem(&self, key: &[String], message: impl Into<String>) -> ConfigProblem {
        let message = message.into();
        match self.layers.origin(key) {
            Origin::Flag(name) | Origin::Env(name) => ConfigProblem::new(format!("{name}: {message}")),
            Origin::Profile(_, at) | Origin::File(at) => self.parsed.problem(Some(at), message),
            Origin::Default => self.parsed.problem(self.parsed.place(key), message),
        }
    }
}

/// Collects problems while values are made.
struct Check<'a> {
    context: &'a Context<'a>,
    problems: &'a mut Vec<ConfigProblem>,
}

impl Check<'_> {
    /// Notes a problem with the key `dotted`.
    fn refuse(&mut self, dotted: &str, message: impl Into<String>, help: Option<&str>) {
        self.refuse_at(&key(dotted), message, help);
    }

    fn refuse_at(&mut self, key: &[String], message: impl Into<String>, help: Option<&str>) {
        let problem = self.context.problem(key, message);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    fn url(&mut self, dotted: &str, text: Option<&String>) -> Option<url::Url> {
        let text = text.map(|text| text.trim()).filter(|text| !text.is_empty())?;
        match url::Url::parse(text) {
            // Whatever it is: what stands before an `@` may be a password.
            _ if text.contains('@') => {
                self.refuse(
                    dotted,
                    format!("`{dotted}` holds a user or a password"),
                    Some("leave them out; secrets never stand in the file"),
                );
                None
            }
            Ok(url) if url.has_host() => Some(url),
            Ok(_) => {
                let help = "begin it with `https://` (a proxy with `http://`)";
                self.refuse(dotted, format!("`{dotted}` names no host"), Some(help));
                None
            }
            Err(error) => {
                self.refuse(dotted, format!("`{dotted}` is not a URL: {error}"), None);
                None
            }
        }
    }

    fn document_id(&mut self, key: &Key, text: &str) -> Option<DocumentId> {
        DocumentId::parse(text).map_err(|error| self.refuse_at(key, error.to_string(), None)).ok()
    }
}

/// Makes the settings; `None` where something without which there are none is missing.
pub(super) fn settings(
    config: &FileConfig,
    profile: String,
    journal: Option<&str>,
    context: &Context<'_>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Settings> {
    let mut check = Check { context, problems };
    let folder = context.parsed.file.folder().to_owned();
    let project = project(&config.project, &mut check);
    let source = source(&config.source, &folder, &mut check);
    let instance = instance(config, &folder, &mut check);
    let auth = auth(&config.auth, &mut check);
    let publish = publish(&config.publish, &mut check);
    let render = render(&config.render, &mut check);
    let paths = config.paths.iter().enumerate().filter_map(|(n, table)| path(n, table, &mut check)).collect();
    let (redirects, redirects_at) = redirects(&config.redirects, &mut check);
    let lint = lint(&config.lint, &mut check);
    Some(Settings {
        project: project?,
        profile,
        file_name: check.context.parsed.file.path.file_name().unwrap_or_default().to_owned(),
        folder,
        source,
        instance,
        auth,
        publish,
        render,
        paths,
        redirects,
        redirects_at,
        journal: journal.map(Utf8PathBuf::from),
        lint,
    })
}

fn lint(table: &LintTable, check: &mut Check<'_>) -> LintSettings {
    let mut severities = |table: &BTreeMap<String, Weight>, key: &dyn Fn(&str) -> Key| {
        let mut severities = BTreeMap::new();
        for (name, weight) in table {
            let Ok(code) = name.parse::<Code>() else { continue };
            if !code.may_be_lowered() && weight.severity() != Some(Severity::Error) {
                let message = format!("`{code}` is always an error: such a document cannot be published");
                check.refuse_at(&key(name), message, None);
            }
            severities.insert(code, weight.severity());
        }
        severities
    };
    let everywhere =
        severities(&table.severity, &|code| vec!["lint".into(), "severity".into(), code.to_owned()]);
    let by_path: Vec<_> =
        table.paths.iter().map(|path| severities(&path.severity, &|_| key("lint.paths"))).collect();
    let globs =
        table.paths.iter().zip(by_path).filter_map(|(path, severities)| match PathGlob::new(&path.r#match) {
            Ok(glob) => Some((glob, severities)),
            Err(error) => {
                check.refuse("lint.paths", error.to_string(), None);
                None
            }
        });
    LintSettings {
        severities: everywhere,
        paths: globs.collect(),
        ignored_urls: table.external.ignore.clone(),
        external_timeout: Duration::from_secs(table.external.timeout_seconds),
        external_cache: Duration::from_secs(table.external.cache_hours.saturating_mul(3600)),
    }
}

/// The commands that draw: each names its input and its output.
fn diagrams(table: &RenderTable, check: &mut Check<'_>) -> BTreeMap<String, Vec<String>> {
    let mut diagrams = BTreeMap::new();
    for (language, command) in &table.diagrams {
        let key: Key = vec!["render".into(), "diagrams".into(), language.clone()];
        let names = |mark: &str| command.iter().skip(1).any(|argument| argument.contains(mark));
        let complete = names("{input}") && (names("{output}") || names("{output.svg}"));
        if !complete || command.first().is_none_or(String::is_empty) {
            check.refuse_at(
                &key,
                format!("`{language}` must be drawn by a program with `{{input}}` and `{{output}}` among its arguments"),
                Some("for example `[\"mmdc\", \"-i\", \"{input}\", \"-o\", \"{output}\"]`; `{output.svg}` asks for SVG instead of PNG"),
            );
        }
        diagrams.insert(language.to_lowercase(), command.clone());
    }
    diagrams
}

fn project(text: &str, check: &mut Check<'_>) -> Option<Project> {
    if text.is_empty() && check.context.parsed.refuses(&key("project")) {
        return None;
    }
    if text.is_empty() {
        let problem = check.context.problem(&key("project"), "`project` is missing");
        check.problems.push(problem.help(
            "name the namespace of your articles' identities, for example `project = \"acme-docs\"`; it must \
             stay the same as long as the articles live",
        ));
        return None;
    }
    Project::parse(text).map_err(|error| check.refuse("project", error.to_string(), None)).ok()
}

fn source(table: &SourceTable, folder: &camino::Utf8Path, check: &mut Check<'_>) -> SourceSettings {
    for (name, globs) in [("include", &table.include), ("exclude", &table.exclude)] {
        for (number, glob) in globs.iter().enumerate() {
            if let Err(error) = PathGlob::new(glob) {
                let key: Key = vec!["source".into(), name.into()];
                let position = check.context.parsed.place(&[key.clone(), vec![number.to_string()]].concat());
                let mut problem = check.context.problem(&key, error.to_string());
                problem.position = position.or(problem.position);
                check.problems.push(problem);
            }
        }
    }
    if table.include.is_empty() {
        check.refuse(
            "source.include",
            "`source.include` names no documents",
            Some("for example `[\"**/*.md\"]`"),
        );
    }
    let root = if table.root.is_empty() { "." } else { table.root.as_str() };
    SourceSettings {
        root: Utf8PathBuf::from(root),
        absolute_root: folder.join(root),
        include: table.include.clone(),
        exclude: table.exclude.clone(),
        max_document_bytes: table.max_document_bytes,
        max_file_bytes: table.max_file_bytes,
        max_image_pixels: table.max_image_pixels,
    }
}

fn instance(
    config: &FileConfig,
    folder: &camino::Utf8Path,
    check: &mut Check<'_>,
) -> Option<InstanceSettings> {
    let table = &config.instance;
    let proxy = check.url("instance.proxy", table.proxy.as_ref());
    if proxy.as_ref().is_some_and(|proxy| !matches!(proxy.scheme(), "http" | "https")) {
        check.refuse("instance.proxy", "`instance.proxy` must begin with `http://` or `https://`", None);
    }
    let url = table.url.as_deref().map(str::trim).filter(|url| !url.is_empty())?;
    let target = if url == "sandbox" {
        InstanceTarget::Sandbox
    } else {
        match InstanceUrl::parse(url) {
            Ok(url) => InstanceTarget::Url(url),
            Err(error) => {
                check.refuse("instance.url", error.to_string(), None);
                return None;
            }
        }
    };
    Some(InstanceSettings {
        target,
        ca_file: table.ca_file.as_ref().map(|file| folder.join(file)),
        proxy,
        timeout: Duration::from_secs(table.timeout_seconds),
        max_wait: Duration::from_secs(table.max_wait_seconds),
    })
}

fn auth(table: &AuthTable, check: &mut Check<'_>) -> AuthSettings {
    let redirect = check.url("auth.redirect_url", Some(&table.redirect_url));
    if redirect.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
        check.refuse("auth.redirect_url", "`auth.redirect_url` must be http or https", None);
    }
    AuthSettings {
        method: table.method,
        grant: table.grant,
        username: table.username.clone().filter(|text| !text.is_empty()),
        client_id: table.client_id.clone().filter(|text| !text.is_empty()),
        scope: table.scope.clone().filter(|text| !text.is_empty()),
        authorize_url: check.url("auth.authorize_url", table.authorize_url.as_ref()),
        token_url: check.url("auth.token_url", table.token_url.as_ref()),
        refresh_url: check.url("auth.refresh_url", table.refresh_url.as_ref()),
        redirect_url: table.redirect_url.clone(),
        refresh_token_days: table.refresh_token_days,
        jwt_key_id: table.jwt_key_id.clone(),
        jwt_subject: table.jwt_subject.clone(),
        jwt_audience: table.jwt_audience.clone(),
    }
}

/// Columns that kb-publish writes for other purposes, or that the platform owns.
const TAKEN_COLUMNS: &[&str] = &[
    "text",
    "wiki",
    "short_description",
    "number",
    "sys_id",
    "article_id",
    "workflow_state",
    "kb_knowledge_base",
    "kb_category",
    "meta",
    "meta_description",
    "author",
    "published",
    "valid_to",
    "language",
    "parent",
    "roles",
    "active",
    "version",
    "latest",
];

fn publish(table: &PublishTable, check: &mut Check<'_>) -> PublishSettings {
    let field = table.stamp_field.as_str();
    let named = field.starts_with(|c: char| c.is_ascii_lowercase())
        && field.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !named {
        check.refuse(
            "publish.stamp_field",
            format!("`{field}` is not a column name"),
            Some("column names are lower-case letters, digits and `_`, such as `u_source`"),
        );
    } else if TAKEN_COLUMNS.contains(&field) || field.starts_with("sys_") {
        check.refuse(
            "publish.stamp_field",
            format!("`{field}` has another use and cannot hold the stamp"),
            Some("use `description`, or a text column of your own such as `u_source`"),
        );
    }
    if let Some(state) = table.accept.iter().find(|state| state.trim().is_empty()) {
        check.refuse("publish.accept", format!("`{state}` is not a state"), None);
    }
    let path = table.companion.as_str();
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'.'));
    let good = path.is_empty() || (path.starts_with("/api/") && plain && !path.contains(".."));
    if !good {
        check.refuse(
            "publish.companion",
            format!("`{path}` is no path of a scripted REST resource"),
            Some("it is the *Base API path* of the form, such as `/api/123456/kb_publish`"),
        );
    }
    if table.extend_expiry_days > 0 && table.extend_expiry_days <= table.warn_expiry_days {
        check.refuse(
            "publish.extend_expiry_days",
            "`publish.extend_expiry_days` must be more than `publish.warn_expiry_days`: else each run would extend anew",
            None,
        );
    }
    PublishSettings {
        knowledge_base: table.knowledge_base.clone().filter(|base| !base.trim().is_empty()),
        status: table.status,
        categories: table.categories,
        category_root: category_labels(&table.category_root),
        create_categories: table.create_categories,
        orphans: table.orphans,
        max_retire: table.max_retire,
        max_changes: table.max_changes,
        on_remote_edit: table.on_remote_edit,
        admin_in_place: table.admin_in_place,
        accept: table.accept.clone(),
        warn_expiry_days: table.warn_expiry_days,
        extend_expiry_days: table.extend_expiry_days,
        restyle: table.restyle,
        concurrency: usize::try_from(table.concurrency.clamp(1, 16)).unwrap_or(4),
        stamp_field: table.stamp_field.clone(),
        companion: table.companion.trim_end_matches('/').to_owned(),
    }
}

fn render(table: &RenderTable, check: &mut Check<'_>) -> RenderSettings {
    let link = &table.link_template;
    if !link.contains("{number}") && !link.contains("{sys_id}") {
        check.refuse(
            "render.link_template",
            "`render.link_template` must hold `{number}` or `{sys_id}`: without them all links are one",
            None,
        );
    }
    if !table.source_link.is_empty() && !table.source_link.contains("{path}") {
        check.refuse(
            "render.source_link",
            "`render.source_link` must hold `{path}`",
            Some("for example `https://example.org/docs/edit/main/{path}`"),
        );
    }
    let mut site_roots = BTreeMap::from([("/".to_owned(), String::new())]);
    for (prefix, folder) in &table.site_roots {
        let key: Key = vec!["render".into(), "site_roots".into(), prefix.clone()];
        if !prefix.starts_with('/') {
            check.refuse_at(&key, format!("the site root `{prefix}` must begin with `/`"), None);
        }
        let folder = folder.trim_matches('/');
        if folder.split('/').any(|part| part == "..") {
            check.refuse_at(&key, format!("`{folder}` is not a folder below the source root"), None);
        }
        let parts: Vec<&str> = folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        site_roots.insert(prefix.clone(), parts.join("/"));
    }
    RenderSettings {
        highlight: (table.highlight == Highlight::GithubLight).then(|| "github-light".to_owned()),
        dialects: table.dialects.0,
        variables: table.variables.clone(),
        source_link: table.source_link.clone(),
        link_template: link.clone(),
        site_roots,
        data_url_bytes: usize::try_from(table.data_url_bytes).unwrap_or(usize::MAX),
        fetch_images: table.remote_images == RemoteImages::Fetch,
        diagrams: diagrams(table, check),
        formulas: match table.formulas {
            FormulaPictures::Auto => Formulas::Auto,
            FormulaPictures::Picture => Formulas::Picture,
            FormulaPictures::Text => Formulas::Text,
        },
        diagram_timeout: Duration::from_secs(table.diagram_seconds),
    }
}

fn path(number: usize, table: &PathTable, check: &mut Check<'_>) -> Option<PathDefaults> {
    let place = |name: &str| -> Key { vec!["paths".into(), number.to_string(), name.into()] };
    let mut refuse = |name: &str, message: String| {
        // `paths` is one value with one origin; the file knows the place inside of it.
        let mut problem = check.context.problem(&key("paths"), message);
        let inside = match check.context.layers.origin(&key("paths")) {
            Origin::Profile(profile, _) => [vec!["profiles".to_owned(), profile], place(name)].concat(),
            _ => place(name),
        };
        problem.position = check.context.parsed.place(&inside).or(problem.position);
        check.problems.push(check.context.parsed.problem(problem.position, problem.message));
    };
    if let Some(date) = table.valid_to.as_ref().filter(|date| date.parse::<jiff::civil::Date>().is_err()) {
        refuse("valid_to", format!("`{date}` is not a date such as `2027-12-31`"));
    }
    if let Some(roles) = &table.roles
        && let Some(two) = roles.parts(",").iter().find(|role| role.contains(','))
    {
        refuse("roles", format!("`{two}` is no name of a role: write one in each entry of the list"));
    }
    let matches = match PathGlob::new(&table.r#match) {
        Ok(glob) => glob,
        Err(error) => {
            refuse("match", error.to_string());
            return None;
        }
    };
    let list = |texts: &Option<super::file::Texts>| texts.as_ref().map(|texts| texts.parts(","));
    Some(PathDefaults {
        matches: matches.as_str().to_owned(),
        knowledge_base: table.knowledge_base.clone(),
        status: table.status,
        category: table.category.as_ref().map(|texts| texts.parts(" / ")),
        keywords: list(&table.keywords),
        columns: NamedColumns {
            description: table.description.clone(),
            keywords: list(&table.keywords),
            author: table.author.clone(),
            ownership_group: table.ownership_group.clone(),
            can_read: list(&table.can_read),
            cannot_read: list(&table.cannot_read),
            roles: list(&table.roles),
            valid_to: table.valid_to.clone(),
            display_attachments: table.display_attachments,
            language: table.language.clone(),
            translation_of: None,
        },
    })
}

/// The redirects, and where they stand.
type Redirects = (BTreeMap<DocumentId, DocumentId>, BTreeMap<DocumentId, FilePlace>);

fn redirects(table: &BTreeMap<String, String>, check: &mut Check<'_>) -> Redirects {
    let mut redirects = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (old, new) in table {
        let key: Key = vec!["redirects".into(), old.clone()];
        let (Some(from), Some(to)) = (check.document_id(&key, old), check.document_id(&key, new)) else {
            continue;
        };
        let ConfigProblem { position, excerpt, .. } = check.context.problem(&key, "");
        let place = position.map(|position| FilePlace { position, excerpt: excerpt.map(Into::into) });
        places.extend(place.map(|place| (from.clone(), place)));
        redirects.insert(from, to);
    }
    for old in table.keys() {
        let Ok(start) = DocumentId::parse(old) else { continue };
        let mut at = &start;
        for _ in 0..=redirects.len() {
            match redirects.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        if redirects.contains_key(at) {
            let key: Key = vec!["redirects".into(), old.clone()];
            check.refuse_at(
                &key,
                format!("`{old}` is redirected in a circle"),
                Some("let the last one be a document"),
            );
        }
    }
    (redirects, places)
}
