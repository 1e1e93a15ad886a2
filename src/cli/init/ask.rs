//! The questions of `init`: a flag answers first, then the environment, then what the file says, then a person.

use camino::Utf8Path;
use dialoguer::{Confirm, Input, Select};

use super::super::{Edges, Failure, Outcome, OverrideFlags};
use super::draft::Draft;
use super::{guess, project_of, short_url};
use crate::ids::{InstanceUrl, Project};
use crate::servicenow::Base;
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
        let before = draft.before("instance.url").filter(|_| !draft.is_profile());
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
        let before = draft.before("auth.method").unwrap_or_else(|| "basic".to_owned());
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
        let before = draft.before("auth.username").unwrap_or_default();
        draft.username = if needs_user { Some(self.text("User name", given, &before, some)?) } else { given };
        draft.method = Some(method);
        Ok(())
    }

    fn oauth(&self, draft: &mut Draft) -> Result<(), Failure> {
        let before = draft.before("auth.grant").unwrap_or_else(|| "authorization-code".to_owned());
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
        let before = draft.before("auth.client_id").unwrap_or_default();
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
                let validate = |text: &String| check(text.trim());
                let mut input = Input::<String>::new().with_prompt(question).validate_with(validate);
                if !default.is_empty() {
                    input = input.default(default);
                }
                input.interact_text().map_err(|error| gone(&error))?
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
                let select = Select::new().with_prompt(question).items(&items);
                let chosen = select.default(position(default).unwrap_or_default()).interact();
                choices[chosen.map_err(|error| gone(&error))?].0.to_owned()
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

/// Yes or no.
pub(super) fn confirm(question: &str, default: bool) -> Result<bool, Failure> {
    Confirm::new().with_prompt(question).default(default).interact().map_err(|error| gone(&error))
}

/// The base: the given one if it is there, the only one, or a person's choice; typed to filter, with a reload.
pub(super) fn base(
    bases: Vec<Base>,
    given: Option<&str>,
    ask: bool,
    reload: &dyn Fn() -> Option<Vec<Base>>,
) -> Result<String, Failure> {
    let usable = |bases: Vec<Base>| -> Vec<Base> {
        bases.into_iter().filter(|base| base.active && base.kb_version != "2").collect()
    };
    let mut bases = usable(bases);
    let titles: Vec<&str> = bases.iter().map(|base| base.title.as_str()).collect();
    let visible = format!("this account sees {}", text::list_quoted(&titles, "and"));
    if let Some(given) = given {
        let found = bases.iter().any(|base| base.title == given || base.sys_id.to_string() == given);
        return if found {
            Ok(given.to_owned())
        } else {
            Err(Failure::usage(
                "unknown-base",
                format!("`{given}` is not there, or not visible to this account"),
            )
            .help(visible))
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
        let shown: Vec<&Base> =
            bases.iter().filter(|base| base.title.to_lowercase().contains(&filter.to_lowercase())).collect();
        let mut items: Vec<String> = shown.iter().take(SCREEN).map(|base| base.title.clone()).collect();
        let listed = items.len();
        items.push(format!("type to filter ({} of {} shown)", listed, bases.len()));
        items.push("load the list again".to_owned());
        let chosen = Select::new().with_prompt("Default knowledge base").items(&items).default(0).interact();
        match chosen.map_err(|error| gone(&error))? {
            number if number < listed => return Ok(written(shown[number], &bases)),
            number if number == listed => {
                let input = Input::<String>::new().with_prompt("Title contains").allow_empty(true);
                filter = input.interact_text().map_err(|error| gone(&error))?;
            }
            _ => {
                filter.clear();
                bases = reload().map_or(bases, usable);
            }
        }
    }
}

/// The title, or where two have it the sys_id.
fn written(base: &Base, bases: &[Base]) -> String {
    let same = bases.iter().filter(|other| other.title == base.title).count();
    if same > 1 { base.sys_id.to_string() } else { base.title.clone() }
}

fn gone(error: &dialoguer::Error) -> Failure {
    Failure::new(Outcome::Interrupted, "no-answer", format!("nothing was answered: {error}"))
}
