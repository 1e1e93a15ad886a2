//! Where the data lies: kept over restarts, served by one at a time, found by others.

use camino::Utf8PathBuf;
use kb_publish::sandbox::{
    DEFAULT_PORT, DataLocation, Options, SandboxError, Seed, StoreError, attach_or_start, reset,
    seed_articles, start,
};
use serde_json::json;

use crate::sandbox_table::Api;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_path_buf()).unwrap();
    (folder, path)
}

#[tokio::test]
async fn the_sandbox_of_a_folder_is_started_once_and_attached_to() {
    let (_keep, folder) = folder();
    let first = attach_or_start(&folder).await.unwrap();
    let running = first.running.expect("nobody served it");
    let article = Api::of(&running, "kb.publisher").article(json!({})).await;
    let second = attach_or_start(&folder).await.unwrap();
    assert!(second.running.is_none());
    assert_eq!(second.url, first.url);
    assert_eq!(std::fs::read_to_string(folder.join(".kb-publish/.gitignore")).unwrap(), "*\n");
    running.stop().await;
    let third = attach_or_start(&folder).await.unwrap();
    let running = third.running.expect("the first one is gone");
    let path = format!("/api/now/table/kb_knowledge/{}", article["sys_id"].as_str().unwrap());
    let again = Api::of(&running, "kb.publisher").ok("GET", &path, None).await;
    assert_eq!((&again["number"], &again["text"]), (&article["number"], &article["text"]));
}

#[tokio::test]
async fn data_that_is_served_is_left_alone() {
    let (_keep, folder) = folder();
    let data = folder.join("sandbox.db");
    let options = Options { data: DataLocation::File(data.clone()), port: 0, ..Options::default() };
    let sandbox = start(options.clone()).await.unwrap();
    let refused = start(options).await.unwrap_err();
    assert!(matches!(refused, SandboxError::Store(StoreError::Taken { .. })), "{refused:?}");
    assert!(refused.to_string().contains("another sandbox is serving"), "{refused}");
    assert!(reset(&data, Seed::Demo).is_err());
    assert!(seed_articles(&data, 1).is_err());
    sandbox.stop().await;
    seed_articles(&data, 3).unwrap();
    let options = Options { data: DataLocation::File(data.clone()), port: 0, ..Options::default() };
    let sandbox = start(options.clone()).await.unwrap();
    let list = "/api/now/table/kb_knowledge?sysparm_fields=number";
    let rows = Api::of(&sandbox, "reader").ok("GET", list, None).await;
    assert_eq!(rows.as_array().unwrap().len(), 3);
    sandbox.stop().await;
    reset(&data, Seed::Demo).unwrap();
    let sandbox = start(options).await.unwrap();
    assert_eq!(Api::of(&sandbox, "reader").ok("GET", list, None).await, json!([]));
}

/// The built program serving this data; its port.
#[expect(clippy::zombie_processes, reason = "the caller kills it and waits")]
async fn serve(data: &Utf8PathBuf, port_file: &Utf8PathBuf) -> (std::process::Child, u16) {
    let _ = std::fs::remove_file(port_file);
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_kb-publish"))
        .args(["sandbox", "--port", "0", "--port-file", port_file.as_str(), "--data", data.as_str()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    loop {
        if let Ok(text) = std::fs::read_to_string(port_file) {
            return (child, text.trim().parse().unwrap());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_no_acknowledged_write() {
    let (_keep, folder) = folder();
    let (data, port_file) = (folder.join("sandbox.db"), folder.join("port"));
    let mut acknowledged = Vec::new();
    for round in 0..3_u32 {
        let (mut child, port) = serve(&data, &port_file).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let writers = (0..3_u32).map(|writer| {
            let client = &client;
            async move {
                let mut done = Vec::new();
                for n in 0_u32.. {
                    let id = format!("{round:08x}{writer:08x}{n:016x}");
                    let article = json!({ "sys_id": id, "text": "x".repeat(3000), "short_description": id,
                                          "kb_knowledge_base": crate::sandbox_table::BASE_IT });
                    let request = client
                        .post(format!("http://127.0.0.1:{port}/api/now/table/kb_knowledge"))
                        .basic_auth("kb.publisher", Some("kb.publisher"))
                        .json(&article);
                    match request.send().await {
                        Ok(response) if response.status() == 201 => done.push(id),
                        Ok(response) => panic!("{}", response.status()),
                        Err(_) => return done,
                    }
                }
                done
            }
        });
        let killer = async {
            tokio::time::sleep(std::time::Duration::from_millis(150 + u64::from(round) * 130)).await;
            // `kill` is SIGKILL: the program gets no say.
            child.kill().unwrap();
            child.wait().unwrap();
        };
        let (done, ()) = tokio::join!(futures_util::future::join_all(writers), killer);
        acknowledged.extend(done.into_iter().flatten());
    }
    let options = Options { data: DataLocation::File(data), port: 0, ..Options::default() };
    let sandbox = start(options).await.unwrap();
    let api = Api::of(&sandbox, "kb.publisher");
    assert!(acknowledged.len() > 3, "something was written at all");
    for id in &acknowledged {
        let row = api
            .ok("GET", &format!("/api/now/table/kb_knowledge/{id}?sysparm_fields=text,number"), None)
            .await;
        assert_eq!(row["text"].as_str().unwrap().len(), 3000, "{id}");
    }
    let list = "/api/now/table/kb_knowledge?sysparm_fields=number&sysparm_limit=100000";
    let rows = api.ok("GET", list, None).await;
    let numbers: std::collections::BTreeSet<String> =
        rows.as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers.len(), rows.as_array().unwrap().len(), "no number is given twice");
}

#[tokio::test]
async fn the_command_that_a_run_names_serves_the_links_that_it_printed() {
    let (_keep, folder) = folder();
    // Held, so that the run has to take another port than its usual one; or else someone else holds it.
    let _usual = std::net::TcpListener::bind(("127.0.0.1", DEFAULT_PORT));
    let docs = folder.join("the docs");
    std::fs::create_dir_all(docs.join("docs")).unwrap();
    std::fs::write(docs.join("docs/a.md"), "# One\n\nText.\n").unwrap();
    let config = "project = \"links\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"sandbox\"\n\
                  [publish]\nknowledge_base = \"IT\"\nstatus = \"published\"\n";
    std::fs::write(docs.join("publish.toml"), config).unwrap();
    let program = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kb-publish"));
        command.current_dir(&docs);
        command
    };
    let run = program().args(["publish", "--yes"]).output().unwrap();
    let told = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
    let (_, rest) = told.split_once("run `kb-publish sandbox --data \"").expect(&told);
    let (data, rest) = rest.split_once("\" --port ").expect(&told);
    let (port, _) = rest.split_once('`').expect(&told);
    let link = told.split_whitespace().find(|word| word.contains("kb_view.do")).expect(&told);
    let port_file = folder.join("port");
    let mut serving = program()
        .args(["sandbox", "--data", data, "--port", port, "--port-file", port_file.as_str()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !port_file.exists() && serving.try_wait().unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(link).basic_auth("kb.publisher", Some("kb.publisher")).send().await;
    serving.kill().unwrap();
    serving.wait().unwrap();
    let page = page.unwrap();
    assert!(page.status().is_success(), "{}", page.status());
    assert!(page.text().await.unwrap().contains("One"));
}
