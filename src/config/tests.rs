//! One test for each rule of the configuration.

use super::*;
use crate::finding::{Code, Position, Severity};

fn file(text: &str) -> ConfigFile {
    ConfigFile { path: "/repo/publish.toml".into(), text: text.to_owned() }
}

fn resolved(text: &str) -> Resolved {
    resolve(&Overrides::default(), &Env::new(), &file(text)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(text: &str) -> Vec<ConfigProblem> {
    resolve(&Overrides::default(), &Env::new(), &file(text)).expect_err("must be refused").0
}

fn env(pairs: &[(&str, &str)]) -> Env {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn value<'a>(resolved: &'a Resolved, key: &str) -> &'a ConfigValue {
    resolved.values.iter().find(|value| value.key == key).unwrap_or_else(|| panic!("no key {key}"))
}

const MINIMAL: &str = "project = \"acme-docs\"\n";

#[test]
fn defaults_are_those_of_the_design() {
    let Resolved { settings, .. } = resolved(MINIMAL);
    assert_eq!(settings.source.root, "docs");
    assert_eq!(settings.source.absolute_root, "/repo/docs");
    assert_eq!(settings.source.include, ["**/*.md"]);
    assert!(settings.instance.is_none(), "offline commands need no instance");
    assert_eq!(settings.publish.status, Status::Draft);
    assert_eq!(settings.publish.concurrency, 4);
    assert_eq!(settings.publish.max_retire, 10);
    assert_eq!(settings.publish.stamp_field, "description");
    assert_eq!(settings.render.highlight.as_deref(), Some("github-light"));
    assert_eq!(settings.render.site_roots.get("/").map(String::as_str), Some(""));
    assert_eq!(settings.profile, "default");
}

#[test]
fn precedence_is_flag_env_profile_file_default() {
    let text = "project = \"p\"\n[publish]\nstatus = \"draft\"\nmax_retire = 3\nknowledge_base = \"A\"\n\
                [profiles.prod.publish]\nmax_retire = 5\nknowledge_base = \"A\"\n";
    let overrides = Overrides::default().profile(Some("prod".into())).set(
        "publish.knowledge_base",
        "--knowledge-base",
        Some("Flag"),
    );
    let env = env(&[("KB_PUBLISH_KNOWLEDGE_BASE", "Env"), ("KB_PUBLISH_STATUS", "published")]);
    let resolved = resolve(&overrides, &env, &file(text)).unwrap();
    assert_eq!(resolved.settings.publish.knowledge_base.as_deref(), Some("Flag"));
    assert_eq!(resolved.settings.publish.status, Status::Published);
    assert_eq!(resolved.settings.publish.max_retire, 5);
    assert_eq!(resolved.settings.profile, "prod");
    assert_eq!(value(&resolved, "publish.knowledge_base").origin, Origin::Flag("--knowledge-base"));
    assert_eq!(value(&resolved, "publish.status").origin, Origin::Env("KB_PUBLISH_STATUS"));
    let at = Position { line: 7, column: 14 };
    assert_eq!(value(&resolved, "publish.max_retire").origin, Origin::Profile("prod".into(), at));
    assert_eq!(value(&resolved, "project").origin, Origin::File(Position { line: 1, column: 11 }));
    assert_eq!(value(&resolved, "publish.orphans").origin, Origin::Default);
    assert_eq!(value(&resolved, "publish.orphans").value.as_deref(), Some("\"report\""));
    assert_eq!(value(&resolved, "instance.url").value, None);
}

#[test]
fn environment_alone_beats_the_file_and_names_itself_in_errors() {
    let env_of = |value| env(&[("KB_PUBLISH_STATUS", value)]);
    let text = "project = \"p\"\n[publish]\nstatus = \"draft\"\n";
    let found = resolve(&Overrides::default(), &env_of("published"), &file(text)).unwrap();
    assert_eq!(found.settings.publish.status, Status::Published);
    let unset = resolve(&Overrides::default(), &env_of(""), &file(text)).unwrap();
    assert_eq!(unset.settings.publish.status, Status::Draft);
    let refused = resolve(&Overrides::default(), &env_of("publishd"), &file(text)).unwrap_err().0;
    assert!(refused[0].message.starts_with("KB_PUBLISH_STATUS: `publish.status` must be"), "{refused:?}");
    assert_eq!(refused[0].help.as_deref(), Some("did you mean `published`?"));
}

#[test]
fn all_problems_come_at_once_each_at_its_place() {
    let found = refused(
        "project = \"p\"\n[publish]\nknowledgebase = \"IT\"\nstatus = 3\nconcurrency = 99\n[sorce]\nroot = \"x\"\n\
         [lint.severity]\nbroken-lnk = \"off\"\nbroken-anchor = \"maybe\"\n",
    );
    let told: Vec<_> = found.iter().map(|p| (p.position.unwrap().line, p.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, "unknown key `publish.knowledgebase`"),
            (4, "`publish.status` must be `draft` or `published`, not a whole number"),
            (5, "`publish.concurrency` must be a whole number from 1 to 16"),
            (6, "unknown key `sorce`"),
            (9, "unknown finding code `lint.severity.broken-lnk`"),
            (10, "`lint.severity.broken-anchor` must be `error`, `warning` or `off`"),
        ]
    );
    assert_eq!(found[0].help.as_deref(), Some("did you mean `knowledge_base`?"));
    assert_eq!(found[0].excerpt.as_deref(), Some("knowledgebase = \"IT\""));
    assert_eq!(found[1].position, Some(Position { line: 4, column: 10 }));
    assert_eq!(found[3].help.as_deref(), Some("did you mean `source`?"));
    assert_eq!(found[4].help.as_deref(), Some("did you mean `broken-link`?"));
}

#[test]
fn a_key_in_the_wrong_section_is_told_where_it_belongs() {
    let found = refused("project = \"p\"\nknowledge_base = \"IT\"\n");
    assert_eq!(found[0].help.as_deref(), Some("`knowledge_base` belongs in `[publish]`"));
}

#[test]
fn profiles_and_path_tables_are_checked_too() {
    let found = refused(
        "project = \"p\"\n[[paths]]\nmatch = \"a/**\"\nknowlege_base = \"x\"\n[profiles.prod.publish]\nstatus = \"x\"\n\
         [profiles.prod.instnce]\nurl = \"y\"\n",
    );
    let lines: Vec<u32> = found.iter().map(|problem| problem.position.unwrap().line).collect();
    assert_eq!(lines, [4, 6, 7], "{found:?}");
}

#[test]
fn a_secret_is_refused_and_never_repeated() {
    for text in [
        "project = \"p\"\n[auth]\npassword = \"hunter2\"\n",
        "project = \"p\"\nauth = { client_secret = \"hunter2\" }\n",
        "project = \"p\"\n[auth]\napi-key = \"hunter2\"\nusernam = \"x\"\n",
        "project = \"p\"\n[profiles.prod.auth]\nJWT_KEY = '''\nhunter2\n'''\n",
        "project = \"p\"\n[instance]\nproxy = \"http://ann:hunter2@proxy\"\n",
        "project = \"p\"\n[instance]\nproxy = \"ann:hunter2@proxy:8080\"\n",
        "project = \"p\"\n[instance]\nurl = \"https://ann:hunter2@dev1.service-now.com\"\n",
        "project = \"p\"\n[auth]\npassword = \"hunter2\n",
        "project = \"p\"\n[auth]\njwt_key = '''\nhunter2 = = x\n",
        "project = \"p\"\nlogin = { user = \"x\", passwd = \"hunter2\" }\n",
    ] {
        let found = refused(text);
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }
    let found = refused("project = \"p\"\n[auth]\npassword = \"hunter2\"\n");
    assert_eq!(found[0].message, "`auth.password` is a secret and never stands in publish.toml");
    assert!(found[0].help.as_deref().unwrap().contains("KB_PUBLISH_PASSWORD"));
}

#[test]
fn two_profiles_must_not_move_each_others_articles() {
    let text = |extra: &str| {
        format!(
            "project = \"p\"\n[instance]\nurl = \"dev1\"\n[publish]\nknowledge_base = \"Test\"\n\
             [profiles.prod]\n{extra}publish = {{ knowledge_base = \"IT\" }}\n\
             instance = {{ url = \"https://dev1.service-now.com/\" }}\n"
        )
    };
    let found = refused(&text(""));
    assert!(
        found[0].message.contains("different bases") && found[0].help.as_ref().unwrap().contains("`project`")
    );
    resolved(&text("project = \"p2\"\n"));
}

#[test]
fn an_unknown_profile_names_the_nearest() {
    let overrides = Overrides::default().profile(Some("prodution".into()));
    let text = "project = \"p\"\n[profiles.production.publish]\nmax_retire = 1\n";
    let found = resolve(&overrides, &Env::new(), &file(text)).unwrap_err().0;
    assert_eq!(found[0].message, "--profile: there is no profile `prodution`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `production`?"));
}

#[test]
fn profiles_merge_deeply() {
    let text = "project = \"p\"\n[instance]\nurl = \"a\"\ntimeout_seconds = 9\n[redirects]\na = \"b\"\n\
                [profiles.q]\nproject = \"p2\"\n[profiles.q.instance]\nurl = \"c\"\n[profiles.q.redirects]\nd = \"e\"\n";
    let overrides = Overrides::default().profile(Some("q".into()));
    let settings = resolve(&overrides, &Env::new(), &file(text)).unwrap().settings;
    let instance = settings.instance.unwrap();
    assert_eq!(instance.timeout.as_secs(), 9);
    assert_eq!(
        instance.target,
        InstanceTarget::Url(crate::ids::InstanceUrl::parse("https://c.service-now.com").unwrap())
    );
    assert_eq!(settings.redirects.len(), 2);
    assert_eq!(settings.project.as_str(), "p2");
}

#[test]
fn required_version_comes_before_all_else() {
    let found = refused("project = \"p\"\nrequired_version = \">=99\"\nnew_key_of_the_future = 1\n");
    assert_eq!(found.len(), 1, "keys of a version that is not ours are not judged");
    assert!(found[0].message.contains("requires `>=99`"));
    assert!(
        refused("project = \"p\"\nrequired_version = \"newest\"\n")[0]
            .message
            .contains("version requirement")
    );
    resolved(&format!("project = \"p\"\nrequired_version = \"={}\"\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn values_that_no_schema_can_judge() {
    for (text, message) in [
        ("[publish]\nstamp_field = \"short_description\"", "has another use"),
        ("[publish]\nstamp_field = \"My Column\"", "is not a column name"),
        ("[source]\ninclude = [\"a\", \"b[\"]", "is not a glob"),
        ("[source]\nexclude = [\"../x\"]", "leaves the source root"),
        ("[instance]\nurl = \"http://dev1.service-now.com\"", "use https"),
        ("[render]\nlink_template = \"/kb\"", "`{number}`"),
        ("[render]\nsource_link = \"https://x\"", "`{path}`"),
        ("[render.site_roots]\n\"docs\" = \"\"", "must begin with `/`"),
        ("[redirects]\n\"a\" = \"b\"\n\"b\" = \"a\"", "in a circle"),
        ("[redirects]\n\"/a\" = \"b\"", "is not a document id"),
        ("[[paths]]\nmatch = \"[\"", "is not a glob"),
        ("[[paths]]\nstatus = \"draft\"", "needs a `match`"),
        ("[[paths]]\nmatch = \"a\"\nvalid_to = \"soon\"", "is not a date"),
        ("[lint.severity]\nnot-utf8 = \"off\"", "always an error"),
        ("[auth]\ntoken_url = \"nowhere\"", "is not a URL"),
        ("[instance]\nproxy = \"socks5://127.0.0.1:9\"", "must begin with `http://`"),
    ] {
        let found = refused(&format!("project = \"p\"\n{text}\n"));
        assert!(found[0].message.contains(message), "{text}: {found:?}");
        assert!(found[0].position.is_some_and(|at| at.line > 1), "{text}: {found:?}");
    }
    assert!(refused("[source]\nroot = \".\"\n")[0].message.contains("`project` is missing"));
    assert!(refused("project = \"ACME\"\n")[0].message.contains("not a project name"));
    assert!(refused("project = \n")[0].message.contains("not TOML"));
}

#[test]
fn severities_paths_and_category_root_arrive() {
    let settings = resolved(
        "project = \"p\"\n[publish]\ncategory_root = \"Docs / VPN\"\n[lint.severity]\nbroken-link = \"warning\"\n\
         missing-alt = \"off\"\n[[paths]]\nmatch = \"hr/**\"\nkeywords = \"a, b\"\ncategory = [\"X\"]\nroles = [\"r\"]\n",
    )
    .settings;
    assert_eq!(settings.publish.category_root, ["Docs", "VPN"]);
    assert_eq!(settings.lint.severities.get(&Code::BrokenLink), Some(&Some(Severity::Warning)));
    assert_eq!(settings.lint.severities.get(&Code::MissingAlt), Some(&None));
    assert_eq!(settings.paths[0].columns.keywords, Some(vec!["a".into(), "b".into()]));
    assert_eq!(settings.paths[0].category, Some(vec!["X".into()]));
}

#[test]
fn dialects_are_switches() {
    let found = resolved(
        "project = \"p\"\n[render.dialects]\nmath = true\ntabs = false\n[render.variables]\nv = \"1\"\n",
    );
    let dialects = found.settings.render.dialects;
    assert!(dialects.math && !dialects.tabs && dialects.admonitions);
    assert_eq!(found.settings.render.variables.len(), 1);
    assert_eq!(value(&found, "render.dialects.admonitions").origin, Origin::Default);
    let refused = refused("project = \"p\"\n[render.dialects]\nmaths = true\n");
    assert_eq!(refused[0].help.as_deref(), Some("did you mean `math`?"));
}

#[test]
fn misspelt_variables_are_pointed_out() {
    let env = env(&[("KB_PUBLISH_STATSU", "x"), ("KB_PUBLISH_PASSWORD_FILE", "/x"), ("PATH", "/bin")]);
    let notes = resolve(&Overrides::default(), &env, &file(MINIMAL)).unwrap().notes;
    assert_eq!(notes, ["`KB_PUBLISH_STATSU` means nothing here; did you mean `KB_PUBLISH_STATUS`?"]);
}

#[test]
fn of_secret_variables_only_the_name_is_kept() {
    let process = [("KB_PUBLISH_PASSWORD", "hunter2"), ("KB_PUBLISH_STATUS", "draft"), ("HOME", "/root")];
    let kept = environment(process.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(kept, env(&[("KB_PUBLISH_PASSWORD", ""), ("KB_PUBLISH_STATUS", "draft")]));
}

#[test]
fn the_file_is_searched_upward() {
    let folder = tempfile::tempdir().unwrap();
    let root = camino::Utf8Path::from_path(folder.path()).unwrap();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("publish.toml"), "\u{feff}project = \"p\"\n").unwrap();
    let found = find(&root.join("a/b"), None).unwrap();
    assert_eq!(found.path, root.join("publish.toml"));
    assert_eq!(found.text, MINIMAL.replace("acme-docs", "p"), "a byte order mark is no key");
    assert_eq!(find(root, Some("a".into())).unwrap_err().0.len(), 1, "a folder is no file");
    assert!(find(root, Some("missing.toml".into())).unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(root.join("bad.toml"), b"a = 1\nb = \"\xff\"\n").unwrap();
    assert!(
        find(root, Some("bad.toml".into()))
            .unwrap_err()
            .to_string()
            .contains("column 6 of line 2 is not UTF-8")
    );
}

#[test]
fn the_schema_is_valid_and_agrees_with_the_checks() {
    let schema = schema();
    let validator = jsonschema::validator_for(schema).expect("a schema");
    for (text, good) in [
        (MINIMAL, true),
        ("project = \"p\"\n[publish]\nstatus = \"published\"\nmax_changes = 3\n", true),
        ("project = \"p\"\n[publish]\nstatus = \"gone\"\n", false),
        ("project = \"p\"\n[[paths]]\nmatch = \"a\"\nkeywords = \"a\"\n", true),
        ("project = \"p\"\n[[paths]]\nkeywords = \"a\"\n", false),
        ("project = \"p\"\n[profiles.x.instance]\nurl = \"y\"\n", true),
        ("project = \"p\"\n[lint.severity]\nbroken-lin = \"off\"\n", false),
    ] {
        let json = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
        assert_eq!(validator.is_valid(&json), good, "{text}");
        assert_eq!(resolve(&Overrides::default(), &Env::new(), &file(text)).is_ok(), good, "{text}");
    }
    let text = schema.to_string();
    assert!(!text.contains("\"null\""), "TOML knows no null");
    assert_eq!(schema["properties"]["publish"]["properties"]["concurrency"]["default"], 4);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z\\[\\]=\"{}.,\n 0-9é]{0,200}") {
            let _ = resolve(&Overrides::default(), &Env::new(), &file(&text));
        }

        #[test]
        fn a_password_under_any_spelling_is_never_repeated(
            key in prop::sample::select(vec!["password", "Client-Secret", "api_key", "refreshToken", "jwt_key"]),
            section in prop::sample::select(vec!["auth", "instance", "publish", "profiles.x.auth"]),
            rest in "[a-z]{0,5}",
        ) {
            let text = format!("project = \"p\"\n[{section}]\n{key} = \"s3cr3t-value\"\n{rest} = 1\n");
            let told = resolve(&Overrides::default(), &Env::new(), &file(&text)).unwrap_err();
            let all = format!("{told:?} {told}");
            prop_assert!(!all.contains("s3cr3t-value"));
        }
    }
}

#[test]
fn what_does_not_fit_hides_nothing_else() {
    let text = "project = \"UPPER\"\n[instance]\nurl = \"http://example.com\"\ntimeout_seconds = 0\n\
                [publish]\nstatus = \"live\"\nstamp_field = \"x y\"\n[bogus]\n";
    let told: Vec<String> = refused(text).iter().map(ToString::to_string).collect();
    for part in ["UPPER", "http://example.com", "timeout_seconds", "publish.status", "x y", "bogus"] {
        assert_eq!(told.iter().filter(|line| line.contains(part)).count(), 1, "{part}: {told:#?}");
    }
    assert_eq!(told.len(), 6, "{told:#?}");
}

#[test]
fn what_does_not_fit_is_not_missing() {
    let told = refused("project = 5\n[[paths]]\nstatus = \"draft\"\n");
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[cfg(unix)]
#[test]
fn variables_that_are_no_text_are_told() {
    use std::os::unix::ffi::OsStringExt as _;
    let latin = std::ffi::OsString::from_vec(b"caf\xe9".to_vec());
    for name in ["KB_PUBLISH_USERNAME", "KB_PUBLISH_STATUS", "KB_PUBLISH_JOURNAL"] {
        let env = environment([(name.into(), latin.clone())]);
        let told = resolve(&Overrides::default(), &env, &file(MINIMAL)).expect_err("must be refused").0;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].message, format!("{name} is no UTF-8 text"));
    }
}
