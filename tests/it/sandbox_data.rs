//! Where the data lies: kept over restarts, served by one at a time, found by others.

use camino::Utf8PathBuf;
use kb_publish::sandbox::{
    DataLocation, Options, SandboxError, Seed, StoreError, attach_or_start, reset, seed_articles, start,
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
