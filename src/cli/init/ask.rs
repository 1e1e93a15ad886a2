//! The questions of `init`: a flag answers first, then the environment, then what the file says, then a person.

use camino::Utf8Path;

use super::super::{Edges, Failure, Outcome, OverrideFlags, prompt};
use super::draft::Draft;
use super::{guess, project_of, short_url};
use crate::ids::{InstanceUrl, Project};
use crate::servicenow::{Base, Unusable};
use crate::text;

/// More titles than this are filtered before they are shown.
const SCREEN: usize = 15;

/// Who answers.
pub(super) struct Questions<'a> {
    pub(super) ask: bool,
    pub(super) flags: &'a OverrideFlags,
    pub(super) edges: &'a Edges,
}

impl Questions<'_> {
    /// Project and source root.
    pub(super) fn identity(
        &self,
        draft: &mut Draft,
        folder: &Utf8Path,
        root: Option<&Utf8Path>,
    ) -> Result<(), Failure> {
        if draft.is_profile() {
            return Ok(());
        }
        let project = draft.before("project").unwrap_or_else(|| project_of(folder));
        let given = self.given(self.flags.project.as_ref(), "KB_PUBLISH_PROJECT");
        draft.project = self.text("Project (namespace of the articles)", given, &project, |text| {
            Project::parse(text).map(|_| ()).map_err(|error| error.to_string())
        })?;
        let guessed = draft.before("source.root").unwrap_or_else(|| guess::root(folder));
        let given = root.map(ToString::to_string);
        draft.root = self.text("Folder of the documents", given, &guessed, |text| {
            if folder.join(text).is_dir() { Ok(()) } else { Err(format!("`{text}` is not a folder here")) }
        })?;
        Ok(())
    }

    /// Where the instance is and how to sign in.
    pub(super) fn connection(&self, draft: &mut Draft) -> Result<(), Failure> {
        let before = draft.answered(&draft.url, "instance.url");
        let given = self.given(self.flags.instance.as_ref(), "KB_PUBLISH_INSTANCE");
        let url = self.text(
            "ServiceNow instance (subdomain or URL; `sandbox` for the embedded one)",
            given,
            &before.unwrap_or_default(),
            |text| match text {
                "sandbox" => Ok(()),
                text => InstanceUrl::parse(text).map(|_| ()).map_err(|error| error.to_string()),
            },
        )?;
        if url == "sandbox" {
            draft.url = url;
            return Ok(());
        }
        draft.url = InstanceUrl::parse(&url).map(|url| short_url(&url)).unwrap_or(url);
        let before = draft.answered(draft.method.as_deref().unwrap_or_default(), "auth.method");
        let before = before.unwrap_or_else(|| "basic".to_owned());
        let given = self.given(self.flags.auth_method.as_ref(), "KB_PUBLISH_AUTH_METHOD");
        let method = self.choice(
            "Sign in with",
            given,
            &before,
            &[("basic", "user name and password"), ("oauth", "OAuth 2.0"), ("api-key", "an API key")],
        )?;
        if method == "oauth" {
            self.oauth(draft)?;
        }
        let grant = draft.grant.as_deref();
        let needs_user = method == "basic" || matches!(grant, Some("password" | "jwt-bearer"));
        let given = self.given(self.flags.username.as_ref(), "KB_PUBLISH_USERNAME");
        let before = draft.answered(draft.username.as_deref().unwrap_or_default(), "auth.username");
        let before = before.unwrap_or_default();
        draft.username = if needs_user { Some(self.text("User name", given, &before, some)?) } else { given };
        draft.method = Some(method);
        Ok(())
    }

    fn oauth(&self, draft: &mut Draft) -> Result<(), Failure> {
        let before = draft.answered(draft.grant.as_deref().unwrap_or_default(), "auth.grant");
        let before = before.unwrap_or_else(|| "authorization-code".to_owned());
        let given = self.given(self.flags.grant.as_ref(), "KB_PUBLISH_GRANT");
        draft.grant = Some(self.choice(
            "OAuth grant",
            given,
            &before,
            &[
                ("authorization-code", "a person signs in in the browser"),
                ("password", "user name and password are traded for a token"),
                ("client-credentials", "the OAuth client signs in as its own user"),
                ("jwt-bearer", "a private key signs in"),
            ],
        )?);
        let given = self.given(self.flags.client_id.as_ref(), "KB_PUBLISH_CLIENT_ID");
        let before = draft.answered(draft.client_id.as_deref().unwrap_or_default(), "auth.client_id");
        let before = before.unwrap_or_default();
        draft.client_id = Some(self.text("OAuth client id", given, &before, some)?);
        Ok(())
    }

    /// Draft or Published, where that was said beforehand: a bad answer is told before anything is asked.
    pub(super) fn given_status(&self, draft: &Draft) -> Result<Option<String>, Failure> {
        let given = self.given(self.flags.status.as_ref(), "KB_PUBLISH_STATUS");
        given.map(|_| self.status(draft)).transpose()
    }

    /// Draft or Published.
    pub(super) fn status(&self, draft: &Draft) -> Result<String, Failure> {
        let before = draft.before("publish.status").unwrap_or_else(|| "draft".to_owned());
        let given = self.given(self.flags.status.as_ref(), "KB_PUBLISH_STATUS");
        self.choice(
            "Articles become",
            given,
            &before,
            &[
                ("draft", "drafts, which an editor publishes in ServiceNow"),
                ("published", "published at once"),
            ],
        )
    }

    /// A flag's answer, else the environment's.
    fn given(&self, flag: Option<&String>, variable: &str) -> Option<String> {
        flag.cloned().or_else(|| self.edges.var(variable))
    }

    fn text(
        &self,
        question: &str,
        given: Option<String>,
        default: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, Failure> {
        let default = default.to_owned();
        let answer = match given {
            Some(given) => given,
            None if self.ask => {
                prompt::line(question, &default, |text| some(text).and_then(|()| check(text)))?
            }
            None => default,
        };
        let answer = answer.trim().to_owned();
        if answer.is_empty() {
            return Err(Failure::usage("no-answer", format!("no answer to: {question}"))
                .help("run `kb-publish init` at a terminal, or see `kb-publish init --help` for the flags"));
        }
        check(&answer).map_err(|why| Failure::usage("bad-answer", why))?;
        Ok(answer)
    }

    fn choice(
        &self,
        question: &str,
        given: Option<String>,
        default: &str,
        choices: &[(&str, &str)],
    ) -> Result<String, Failure> {
        let position = |name: &str| choices.iter().position(|(known, _)| *known == name);
        let answer = match given {
            Some(given) => given,
            None if self.ask => {
                let items: Vec<String> =
                    choices.iter().map(|(name, help)| format!("{name}: {help}")).collect();
                let chosen = prompt::choose(question, &items, position(default).unwrap_or_default())?;
                choices[chosen].0.to_owned()
            }
            None => default.to_owned(),
        };
        if position(&answer).is_some() {
            return Ok(answer);
        }
        let known: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Err(Failure::usage(
            "bad-answer",
            format!("`{answer}` is not one of {}", text::list_quoted(&known, "and")),
        ))
    }
}

fn some(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("an answer is needed".to_owned()) } else { Ok(()) }
}

/// The base: the given one if it is there, the only one, or a person's choice; typed to filter, with a reload.
pub(super) fn base(
    bases: Vec<Base>,
    given: Option<&str>,
    ask: bool,
    reload: &dyn Fn() -> Result<Vec<Base>, Failure>,
) -> Result<String, Failure> {
    let usable = |bases: Vec<Base>| -> Vec<Base> { bases.into_iter().filter(Base::is_usable).collect() };
    let mut bases = usable(bases);
    let titles: Vec<&str> = bases.iter().map(|base| base.title.as_str()).collect();
    let visible = format!("this account sees {}", text::list_quoted(&titles, "and"));
    if let Some(given) = given {
        return match Base::named(given, &bases) {
            Ok(_) => Ok(given.to_owned()),
            Err(Unusable::Ambiguous(_)) => {
                let message = format!("several knowledge bases are called `{given}`");
                Err(Failure::usage("unknown-base", message).help("name one by its sys_id"))
            }
            Err(_) => {
                let message = format!("`{given}` is not there, or not visible to this account");
                Err(Failure::usage("unknown-base", message).help(visible))
            }
        };
    }
    if !ask {
        return match bases.as_slice() {
            [only] => Ok(written(only, &bases)),
            [] => Err(Failure::new(Outcome::Usage, "no-base", "this account sees no knowledge base")
                .help("ask for a Can-Read and a Can-Contribute user criterion on the knowledge base")),
            _ => Err(Failure::usage("no-base", "there are several knowledge bases")
                .help(format!("choose one with `--knowledge-base`: {visible}"))),
        };
    }
    let mut filter = String::new();
    loop {
        if bases.len() > SCREEN && filter.is_empty() {
            filter = prompt::line(&filtering(bases.len()), "", |_| Ok(()))?;
        }
        let wanted = filter.trim().to_lowercase();
        let shown: Vec<&Base> =
            bases.iter().filter(|base| base.title.to_lowercase().contains(&wanted)).take(SCREEN).collect();
        let mut items: Vec<String> = shown.iter().map(|base| base.title.clone()).collect();
        items.push(format!("… type a part of the title ({} of {} shown)", shown.len(), bases.len()));
        items.push("… load the list again".to_owned());
        let question = match filter.trim() {
            "" => "Default knowledge base".to_owned(),
            part => format!("Default knowledge base, `{part}` in its title"),
        };
        match prompt::choose(&question, &items, 0)? {
            number if number < shown.len() => return Ok(written(shown[number], &bases)),
            number if number == shown.len() => {
                filter = prompt::line(&filtering(bases.len()), "", |_| Ok(()))?;
            }
            _ => {
                filter.clear();
                bases = usable(reload()?);
            }
        }
    }
}

fn filtering(count: usize) -> String {
    format!("A part of the knowledge base's title ({count} there; empty for all)")
}

/// The title, or where two have it the sys_id.
fn written(base: &Base, bases: &[Base]) -> String {
    let same = bases.iter().filter(|other| other.title == base.title).count();
    if same > 1 { base.sys_id.to_string() } else { base.title.clone() }
}
