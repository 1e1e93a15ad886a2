//! Real responses, reproduced key for key: the key lists are those of recorded and documented responses of real
//! instances (values aside).

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::{Value, json};

use crate::sandbox_table::{Api, BASE_IT, sandbox};

const UNVERSIONED: &str = "short_description roles wiki direct rating description source sys_updated_on \
    disable_suggesting sys_class_name number sys_id use_count sys_updated_by flagged disable_commenting \
    sys_created_on sys_domain valid_to retired workflow_state text sys_created_by display_attachments image \
    sys_view_count article_type cmdb_ci author can_read_user_criteria sys_mod_count active \
    cannot_read_user_criteria published sys_domain_path sys_tags meta_description kb_knowledge_base meta topic \
    category kb_category";
const VERSIONED: &str = "parent wiki rating language source sys_updated_on number sys_updated_by sys_created_on \
    sys_domain workflow_state text sys_created_by scheduled_publish_date image author can_read_user_criteria active \
    cannot_read_user_criteria published helpful_count sys_domain_path version meta_description kb_knowledge_base \
    meta topic display_number base_version short_description roles direct description disable_suggesting \
    related_products sys_class_name article_id sys_id use_count flagged disable_commenting valid_to retired \
    display_attachments latest summary sys_view_count revised_by article_type confidence sys_mod_count sys_tags \
    replacement_article taxonomy_topic view_as_allowed ownership_group category kb_category governance";
const BASE: &str = "mandatory_fields template enable_socialqa icon description question_annotation sys_updated_on \
    title disable_suggesting related_products sys_id disable_category_editing enable_blocks sys_updated_by \
    article_validity disable_commenting sys_created_on sys_domain kb_version sys_created_by table order owner \
    retire_workflow languages workflow approval_description disable_mark_as_helpful sys_mod_count active \
    sys_domain_path sys_tags application card_color disable_rating create_translation_task kb_managers";
const CATEGORY: &str = "sys_mod_count active full_category label sys_updated_on sys_domain_path sys_tags \
    parent_table sys_id sys_updated_by parent_id sys_created_on sys_domain value sys_created_by";
const ATTACHMENT: &str = "table_sys_id size_bytes download_link sys_updated_on sys_id image_height sys_created_on \
    file_name sys_created_by compressed average_image_color sys_updated_by sys_tags table_name image_width \
    sys_mod_count content_type size_compressed";
const INCIDENT: &str = "upon_approval location expected_start reopen_count close_notes additional_assignee_list \
    impact urgency correlation_id sys_tags sys_domain description group_list priority delivery_plan sys_mod_count \
    work_notes_list business_service follow_up closed_at sla_due delivery_task sys_updated_on parent work_end \
    number closed_by work_start calendar_stc category business_duration incident_state activity_due \
    correlation_display company active due_date assignment_group caller_id knowledge made_sla \
    comments_and_work_notes parent_incident state user_input sys_created_on approval_set reassignment_count rfc \
    child_incidents opened_at short_description order sys_updated_by resolved_by notify upon_reject \
    approval_history problem_id work_notes calendar_duration close_code sys_id approval caused_by severity \
    sys_created_by resolved_at assigned_to business_stc wf_activity sys_domain_path cmdb_ci opened_by subcategory \
    rejection_goto sys_class_name watch_list time_worked contact_type escalation comments";

fn names(list: &str) -> BTreeSet<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn keys(row: &Value) -> BTreeSet<String> {
    row.as_object().unwrap().keys().cloned().collect()
}

/// References hold exactly a link and a value, everything else is text, but for the `null` of an unused wiki.
fn check_shapes(row: &Value) {
    for (name, value) in row.as_object().unwrap() {
        match value {
            Value::String(_) => {}
            Value::Null => assert_eq!(name, "wiki"),
            Value::Object(reference) => {
                assert_eq!(keys(value), names("link value"), "{name}");
                let link = reference["link"].as_str().unwrap();
                assert!(link.ends_with(&format!("/{}", reference["value"].as_str().unwrap())), "{link}");
            }
            other => panic!("{name}: {other}"),
        }
    }
}

#[tokio::test]
async fn an_article_without_the_advanced_plugin() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({})).await;
    assert_eq!(keys(&row), names(UNVERSIONED));
    check_shapes(&row);
    assert_eq!(row["wiki"], Value::Null);
    assert_eq!((&row["topic"], &row["sys_domain"]["value"]), (&json!("General"), &json!("global")));
}

#[tokio::test]
async fn an_article_with_versions_languages_and_kcs() {
    let sandbox = sandbox("versioning = \"on_admin_bypass\"\nplugins = [\"i18n\", \"kcs\"]").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let row = api.article(json!({})).await;
    let mut expected = names(VERSIONED);
    // That instance's template table does not have this column of the older recording.
    expected.insert("cmdb_ci".to_owned());
    assert_eq!(keys(&row), expected);
    check_shapes(&row);
    assert!(row["version"]["link"].as_str().unwrap().contains("/table/kb_version/"));
    assert_eq!(row["display_number"], "KB0010001 v0.01");
    assert_eq!((&row["article_id"], &row["latest"]), (&row["sys_id"], &json!("true")));
}

#[tokio::test]
async fn bases_categories_and_incidents() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let base = api.ok("GET", &format!("/api/now/table/kb_knowledge_base/{BASE_IT}"), None).await;
    assert_eq!(keys(&base), names(BASE));
    check_shapes(&base);
    assert!(base["workflow"]["link"].as_str().unwrap().contains("/table/wf_workflow/"));
    let top = json!({ "label": "Patch", "parent_id": BASE_IT, "parent_table": "kb_knowledge_base" });
    let category = api.ok("POST", "/api/now/table/kb_category", Some(top)).await;
    assert_eq!(keys(&category), names(CATEGORY));
    check_shapes(&category);
    let incident = json!({ "short_description": "Unable to connect to office wifi" });
    let incident = api.ok("POST", "/api/now/table/incident", Some(incident)).await;
    assert_eq!(keys(&incident), names(INCIDENT));
    check_shapes(&incident);
}

#[tokio::test]
async fn an_attachment_of_older_and_newer_instances() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let upload = async || {
        let target = format!(
            "{}/api/now/attachment/file?table_name=kb_knowledge&table_sys_id={article}&file_name=a.jpg",
            api.root
        );
        let request = api.client.post(target).basic_auth("kb.publisher", Some("kb.publisher"));
        let response = request.header("content-type", "image/jpeg").body("x").send().await.unwrap();
        response.json::<Value>().await.unwrap()["result"].take()
    };
    let newer = upload().await;
    let mut expected = names(ATTACHMENT);
    expected.extend(names("hash state chunk_size_bytes"));
    assert_eq!(keys(&newer), expected);
    api.control("switches", json!({ "attachment_hash": false })).await;
    assert_eq!(keys(&upload().await), names(ATTACHMENT));
}

#[tokio::test]
async fn dot_walked_columns_are_flat_keys() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let rows = api
        .ok(
            "GET",
            "/api/now/table/sys_user_has_role?sysparm_display_value=true&sysparm_limit=1\
             &sysparm_fields=user.name,user.sys_id,role.name,user.department,role,user",
            None,
        )
        .await;
    assert_eq!(keys(&rows[0]), names("user.name user.sys_id role.name user.department role user"));
    assert_eq!(keys(&rows[0]["role"]), names("display_value link"));
    assert_eq!(rows[0]["user"]["display_value"], rows[0]["user.name"]);
}

fn headers(response: &Response) -> BTreeSet<String> {
    response.headers().keys().map(|name| name.as_str().to_owned()).collect()
}

fn cookies(response: &Response) -> BTreeSet<String> {
    let values = response.headers().get_all("set-cookie").iter();
    values.map(|value| value.to_str().unwrap().split('=').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn headers_of_a_list_and_of_a_refusal() {
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let list = api.send("GET", "/api/now/table/sys_user?sysparm_limit=1", None).await;
    let recorded = names(
        "set-cookie x-is-logged-in x-transaction-id link x-total-count pragma cache-control expires content-type \
         transfer-encoding date server strict-transport-security",
    );
    let seen = headers(&list);
    // Of later recordings (contract §1.2), and what goes with a compressed answer.
    let later = names("server-timing x-content-type-options keep-alive content-encoding");
    assert!(seen.is_superset(&recorded), "{:?}", recorded.difference(&seen));
    assert!(seen.is_subset(&recorded.union(&later).cloned().collect()), "{seen:?}");
    assert_eq!(list.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(list.headers()["server"], "ServiceNow");
    assert_eq!(list.headers()["cache-control"], "no-cache,no-store,must-revalidate,max-age=-1");
    assert_eq!(list.headers()["pragma"], "no-store,no-cache");
    let mut jar = names(
        "JSESSIONID glide_user glide_user_session glide_user_route glide_session_store BIGipServerpool_sandbox",
    );
    assert_eq!(cookies(&list), jar);

    let refused =
        api.client.get(format!("{}/api/now/table/incident?sysparm_limit=1", api.root)).send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "BASIC realm=\"Service-now\"");
    assert_eq!(refused.headers()["connection"], "close");
    assert!(!headers(&refused).contains("x-is-logged-in"));
    jar.remove("glide_user_route");
    jar.remove("glide_session_store");
    assert_eq!(cookies(&refused), jar);
    let body = refused.json::<Value>().await.unwrap();
    assert_eq!(body["error"]["detail"], "Required to provide Auth information");
    assert_eq!(keys(&body), names("error status"));
    assert_eq!(keys(&body["error"]), names("detail message"));
}

#[tokio::test]
async fn a_batch_answers_as_documented() {
    use base64::Engine as _;
    let sandbox = sandbox("").await;
    let api = Api::of(&sandbox, "admin");
    let item = |id: &str, method: &str, url: String, quiet: bool| {
        json!({ "id": id, "method": method, "url": url, "exclude_response_headers": quiet,
                "headers": [{ "name": "Accept", "value": "application/json" }] })
    };
    let id = api.article(json!({})).await["sys_id"].as_str().unwrap().to_owned();
    let requests = json!([
        item(
            "11",
            "GET",
            "/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=user_name".to_owned(),
            false
        ),
        item("12", "DELETE", format!("/api/now/table/kb_knowledge/{id}"), true),
        item("13", "GET", "/api/now/table/nope".to_owned(), true),
    ]);
    let (status, body) = api
        .json("POST", "/api/now/v1/batch", Some(json!({ "batch_request_id": 1, "rest_requests": requests })))
        .await;
    assert_eq!(status, 200);
    assert_eq!(keys(&body), names("batch_request_id serviced_requests unserviced_requests"));
    assert_eq!((&body["batch_request_id"], &body["unserviced_requests"]), (&json!("1"), &json!([])));
    let done = body["serviced_requests"].as_array().unwrap();
    assert_eq!(keys(&done[0]), names("id body status_code status_text headers execution_time"));
    let headers: BTreeSet<String> = done[0]["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        headers.is_superset(&names("Pragma Expires Content-Length Content-Type Cache-control")),
        "{headers:?}"
    );
    let inner = base64::engine::general_purpose::STANDARD.decode(done[0]["body"].as_str().unwrap()).unwrap();
    assert!(serde_json::from_slice::<Value>(&inner).unwrap()["result"].is_array());
    assert_eq!((&done[1]["status_code"], &done[1]["status_text"]), (&json!(204), &json!("No Content")));
    assert!(done[1].get("body").is_none());
    assert_eq!(done[2]["status_code"], 400);

    let limited = api
        .client
        .post(format!("{}/api/now/v1/batch", api.root))
        .basic_auth("admin", Some("admin"))
        .header("X-BATCHREQUEST-MAX-OUTPUT-SIZE", "10")
        .json(&json!({ "batch_request_id": "2", "rest_requests": requests }))
        .send()
        .await
        .unwrap();
    let body = limited.json::<Value>().await.unwrap();
    assert_eq!(body["unserviced_requests"], json!(["11", "12", "13"]));
}
