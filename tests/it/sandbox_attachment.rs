//! The sandbox's Attachment API, over the wire.

use reqwest::StatusCode;
use serde_json::Value;

use crate::sandbox_table::{Api, sandbox};

#[tokio::test]
async fn a_file_is_uploaded_listed_read_and_removed() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = api.article(serde_json::json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let upload = |name: &str| {
        api.client
            .post(format!(
                "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={article}&file_name={name}",
                api.root
            ))
            .basic_auth("kb.publisher", Some("kb.publisher"))
            .header("content-type", "image/png")
            .body("not really a picture")
            .send()
    };
    let response = upload("net.png").await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let made = response.json::<Value>().await.unwrap()["result"].take();
    let id = made["sys_id"].as_str().unwrap();
    assert_eq!(location, format!("{}/api/now/attachment/{id}/file", sandbox.url()));
    assert_eq!(made["download_link"], location);
    assert_eq!(made["state"], "pending");
    assert_eq!(made["hash"], kb_publish::ids::Digest::of(b"not really a picture").hex());
    assert_eq!(made["size_bytes"], "20");

    let second = upload("net.png").await.unwrap().json::<Value>().await.unwrap();
    assert_ne!(second["result"]["sys_id"], made["sys_id"], "nothing is replaced");
    let list = format!("/api/now/attachment?sysparm_query=table_name=kb_knowledge%5Etable_sys_id={article}");
    assert_eq!(api.ok("GET", &list, None).await.as_array().unwrap().len(), 2);

    let bytes = api.send("GET", &format!("/api/now/attachment/{id}/file"), None).await;
    assert_eq!(bytes.headers()["content-type"], "image/png");
    assert!(bytes.headers().contains_key("x-attachment-metadata"));
    assert_eq!(bytes.bytes().await.unwrap(), "not really a picture");
    assert_eq!(api.ok("GET", &format!("/api/now/attachment/{id}"), None).await["state"], "available");

    let gone = api.send("DELETE", &format!("/api/now/attachment/{id}"), None).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(api.send("GET", &format!("/api/now/attachment/{id}/file"), None).await.status(), 404);
    assert_eq!(api.ok("GET", &list, None).await.as_array().unwrap().len(), 1);

    let reader = Api::of(&sandbox, "reader");
    assert_eq!(
        reader.ok("GET", &list, None).await.as_array().unwrap().len(),
        0,
        "of a draft that it may not read"
    );
}

#[tokio::test]
async fn a_form_upload_is_the_same_as_a_raw_one() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = api.article(serde_json::json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"table_name\"\r\n\r\nkb_knowledge\r\n--XX\r\nContent-Disposition: form-data; name=\"table_sys_id\"\r\n\r\n{article}\r\n--XX\r\nContent-Disposition: form-data; name=\"uploadFile\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--XX--\r\n"
    );
    let response = api
        .client
        .post(format!("{}/api/now/attachment/upload", api.root))
        .basic_auth("kb.publisher", Some("kb.publisher"))
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let made = response.json::<Value>().await.unwrap();
    assert_eq!(made["result"]["file_name"], "a.txt");
    assert_eq!(made["result"]["content_type"], "text/plain");
    assert_eq!(made["result"]["size_bytes"], "5");
}

#[tokio::test]
async fn attributes_of_a_file_are_kept_with_it() {
    use serde_json::json;
    let sandbox = sandbox("versioning = \"on_admin_bypass\"").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let upload = format!(
        "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={article}&file_name=a.png",
        api.root
    );
    let request = api.client.post(upload).basic_auth("kb.publisher", Some("kb.publisher"));
    let sent = request.header("content-type", "image/png").body("x").send().await.unwrap();
    let id = sent.json::<Value>().await.unwrap()["result"]["sys_id"].as_str().unwrap().to_owned();
    let all = format!("/api/now/attachment/{id}/attributes");
    let alt = format!("{all}/alt_text");
    assert_eq!(api.ok("GET", &all, None).await, json!([]));
    assert_eq!(api.json("GET", &alt, None).await.0, 404);
    assert_eq!(api.json("PUT", &alt, Some(json!({ "value": "x" }))).await.0, 404);
    assert_eq!(api.json("POST", &all, Some(json!({ "key": "alt_text" }))).await.0, 400);
    let net = json!({ "key": "alt_text", "value": "A net" });
    let (status, made) = api.json("POST", &all, Some(net.clone())).await;
    assert_eq!((status.as_u16(), &made["result"]), (201, &net));
    assert_eq!(api.json("POST", &all, Some(net)).await.0, 400, "twice");
    let changed = api.ok("PUT", &alt, Some(json!({ "value": "The net" }))).await;
    assert_eq!(changed, json!({ "key": "alt_text", "value": "The net" }));
    assert_eq!(api.ok("GET", &alt, None).await, changed);
    assert_eq!(api.ok("GET", &all, None).await, json!([changed]));
    assert_eq!(Api::of(&sandbox, "reader").json("GET", &all, None).await.0, 404, "of a draft");

    // A checkout copies them with their files; a file takes them with it.
    api.ok(
        "PATCH",
        &format!("/api/now/table/kb_knowledge/{article}"),
        Some(json!({ "workflow_state": "published" })),
    )
    .await;
    let act = json!({ "act": "checkout", "sys_id": article, "user": "kb.admin" });
    let draft = api.control("act", act).await["result"]["sys_id"].as_str().unwrap().to_owned();
    let admin = Api::of(&sandbox, "kb.admin");
    let list = format!("/api/now/attachment?sysparm_query=table_sys_id={draft}");
    let copy = admin.ok("GET", &list, None).await[0]["sys_id"].as_str().unwrap().to_owned();
    assert_eq!(
        admin.ok("GET", &format!("/api/now/attachment/{copy}/attributes"), None).await,
        json!([changed])
    );
    assert_eq!(admin.send("DELETE", &format!("/api/now/attachment/{copy}"), None).await.status(), 204);
    let rows = admin.ok("GET", "/api/now/table/sys_attachment_attribute", None).await;
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(api.json("DELETE", &alt, None).await.0, 403, "a published version is shut");
    assert_eq!(Api::of(&sandbox, "admin").send("DELETE", &alt, None).await.status(), 204);
}
