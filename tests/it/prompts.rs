//! The questions a person is asked at a terminal, and what becomes of the answers.

use kb_publish::sandbox::Sandbox;
use serde_json::json;

use crate::program::Program;
use crate::sandbox_table::{Api, sandbox};
use crate::screen::{CTRL_C, DOWN, ENTER, Screen};

const CLIENT: &str = "kb-publish-sandbox";
const PASSWORD: &str = "kb.publisher";

fn at_terminal(program: &Program, arguments: &[&str]) -> Screen {
    Screen::of(&program.command(arguments))
}

/// A project whose one document is to become an article, and its password.
fn ready(sandbox: &Sandbox) -> Program {
    Program::of(sandbox, "method = \"basic\"\nusername = \"kb.publisher\"")
        .env("KB_PUBLISH_PASSWORD", PASSWORD)
}

async fn articles(api: &Api) -> usize {
    let list = "/api/now/table/kb_knowledge?sysparm_query=descriptionSTARTSWITHkb-publish-1/acme-docs/";
    api.ok("GET", list, None).await.as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn init_from_nothing_to_a_working_file() {
    let sandbox = sandbox("").await;
    // Passwords like nothing else on the screen.
    let (wrong, right) = ("sentinel-7361", "sentinel-7362");
    let api = Api::of(&sandbox, "admin");
    let user = "/api/now/table/sys_user?sysparm_query=user_name=kb.publisher";
    let user = api.ok("GET", user, None).await[0]["sys_id"].as_str().unwrap().to_owned();
    let body = json!({ "user_password": right });
    api.ok("PATCH", &format!("/api/now/table/sys_user/{user}"), Some(body)).await;
    let program = Program::new("");
    let mut screen = at_terminal(&program, &["init"]);
    screen.answers("Project (namespace of the articles)", &format!("handbook{ENTER}"));
    screen.answers("Folder of the documents [docs]", ENTER);
    // A typo is told at once, and asked again.
    screen.answers("ServiceNow instance", &format!("not an address{ENTER}"));
    screen.answers("not an address", &"\u{8}".repeat(14));
    screen.types(&format!("{}/nav_to.do{ENTER}", sandbox.url()));
    screen.answers("Sign in with", ENTER);
    screen.answers("User name", &format!("kb.publisher{ENTER}"));
    // A wrong password costs no other answer.
    screen.answers_unseen("Password of kb.publisher", wrong);
    screen.shows("refused the credentials");
    screen.answers("questions again?", "y");
    screen.answers("ServiceNow instance", ENTER);
    screen.answers("Sign in with", ENTER);
    screen.answers("User name", ENTER);
    screen.answers_unseen("Password of kb.publisher", right);
    screen.shows("signed in to");
    screen.answers("Default knowledge base", &format!("{DOWN}{DOWN}{ENTER}"));
    screen.answers("A part of the knowledge base's title", &format!("knowl{ENTER}"));
    let list = screen.shows("type a part");
    assert!(list.contains("Knowledge") && !list.contains("  IT"), "{list}");
    screen.types(ENTER);
    screen.answers("Articles become", ENTER);
    screen.shows("wrote");
    screen.shows("kb-publish publish");
    assert_eq!(screen.ended(), Some(0));
    assert!(!screen.raw().contains("sentinel"), "{}", screen.raw());
    let text = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    for line in
        ["project = \"handbook\"", "root = \"docs\"", "knowledge_base = \"Knowledge\"", "status = \"draft\""]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains(&format!("url = \"{}\"", sandbox.url())), "{text}");
    // The password was kept: nothing is asked again, and a stranger's first publish works.
    program.run(&["publish", "--yes"]).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn init_loads_the_bases_again() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let program = Program::new("").env("KB_PUBLISH_PASSWORD", PASSWORD);
    let url = sandbox.url().to_string();
    let mut screen = at_terminal(
        &program,
        &[
            "init",
            "--project",
            "p",
            "--root",
            "docs",
            "--instance",
            &url,
            "--auth-method",
            "basic",
            "--username",
            "kb.publisher",
            "--status",
            "draft",
        ],
    );
    screen.shows("Default knowledge base");
    screen.shows("load the list again");
    let base = json!({ "title": "Brand new", "active": "true", "kb_version": "3" });
    api.ok("POST", "/api/now/table/kb_knowledge_base", Some(base)).await;
    screen.types(&format!("{}{ENTER}", DOWN.repeat(3)));
    screen.shows("Brand new");
    screen.types(ENTER);
    assert_eq!(screen.ended(), Some(0), "{}", screen.text());
    let text = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    assert!(text.contains("knowledge_base = \"Brand new\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn init_that_is_given_up_writes_nothing() {
    let program = Program::new("");
    for (question, before) in [("Project (namespace", ""), ("Sign in with", "\r\rdev12345\r")] {
        let mut screen = at_terminal(&program, &["init"]);
        screen.types(before);
        screen.answers(question, CTRL_C);
        assert_eq!(screen.ended(), Some(130), "{}", screen.text());
        let raw = screen.raw();
        assert!(raw.rfind("\u{1b}[?25h") >= raw.rfind("\u{1b}[?25l"), "the cursor is back: {raw:?}");
        assert!(!program.path("publish.toml").exists());
    }
    // A file that is there is not changed without a yes.
    let program = Program::new("project = \"mine\"\n");
    let mut screen = at_terminal(&program, &["init"]);
    screen.answers("is there already. Change it?", "n");
    assert_eq!(screen.ended(), Some(2));
    assert_eq!(std::fs::read_to_string(program.path("publish.toml")).unwrap(), "project = \"mine\"\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_and_not_shown() {
    let sandbox = sandbox("").await;
    let program = Program::of(&sandbox, "method = \"basic\"\nusername = \"kb.publisher\"");
    let mut screen = at_terminal(&program, &["auth", "login"]);
    screen.answers_unseen("Password of kb.publisher for http://127.0.0.1", "sentinel-7361");
    screen.shows("refused the credentials");
    assert_eq!(screen.ended(), Some(3));
    assert!(!screen.raw().contains("sentinel-7361"), "{}", screen.raw());
    let mut screen = at_terminal(&program, &["auth", "login"]);
    screen.answers_unseen("Password of kb.publisher", PASSWORD);
    screen.shows("signed in to");
    assert_eq!(screen.ended(), Some(0));
    // Without anybody to ask.
    program.run(&["bases"]).ended(0);
    // Where nothing is kept, any command asks, for this once.
    program.run(&["auth", "logout"]).ended(0);
    let mut screen = at_terminal(&program, &["bases"]);
    screen.answers_unseen("Password of kb.publisher", PASSWORD);
    screen.shows("Knowledge");
    assert_eq!(screen.ended(), Some(0));
    program.run(&["bases"]).ended(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_pasted_at_the_terminal() {
    let sandbox = sandbox("oauth_auto_allow = \"kb.publisher\"").await;
    let auth = format!("method = \"oauth\"\ngrant = \"authorization-code\"\nclient_id = \"{CLIENT}\"");
    let program = Program::of(&sandbox, &auth);
    let mut screen = at_terminal(&program, &["auth", "login", "--paste"]);
    screen.answers_unseen(&format!("Client secret of {CLIENT}"), CLIENT);
    screen.shows("To sign in, open");
    let before = screen.shows("and paste the address");
    let url: String = before.split_whitespace().collect();
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(&url).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    screen.shows("or the code in it:");
    screen.types(&format!("{back}{ENTER}"));
    screen.shows("signed in to");
    assert_eq!(screen.ended(), Some(0));
    program.run(&["bases"]).ended(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_asks_before_it_writes() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let program = ready(&sandbox);
    for (keys, said) in
        [("n", "nothing was written"), (CTRL_C, "nothing was written"), (ENTER, "nothing was written")]
    {
        let mut screen = at_terminal(&program, &["publish"]);
        screen.shows("1 to create");
        screen.answers("Write this to http://127.0.0.1", keys);
        screen.shows(said);
        assert_eq!(screen.ended(), Some(130), "{}", screen.text());
        assert_eq!(articles(&api).await, 0);
        assert!(!program.path(".kb-publish/runs").exists(), "no journal of a run that was none");
    }
    let mut screen = at_terminal(&program, &["publish"]);
    screen.answers("Write this to http://127.0.0.1", "y");
    screen.shows("1 created");
    assert_eq!(screen.ended(), Some(0));
    assert_eq!(articles(&api).await, 1);
    // Nothing to do, nothing to ask.
    let mut screen = at_terminal(&program, &["publish"]);
    screen.shows("1 unchanged");
    assert_eq!(screen.ended(), Some(0));
}
