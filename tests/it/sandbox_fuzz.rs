//! Odd requests: whatever is sent, the sandbox answers, with nothing that the contract does not name.
//!
//! `KB_PUBLISH_FUZZ=10000` asks for more than the usual number.

use std::time::Duration;

use base64::Engine as _;
use kb_publish::sandbox::Sandbox;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sandbox_table::{Api, BASE_IT, sandbox};

/// A small generator of numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn some(&mut self, from: &[&str], most: usize) -> String {
        (0..self.roll(most + 1)).map(|_| self.pick(from)).collect()
    }
}

const METHODS: &[&str] = &[
    "GET", "GET", "GET", "POST", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW", "get", "TRACE",
];
const PATHS: &[&str] = &[
    "/api/now/table/kb_knowledge",
    "/api/now/v1/table/kb_knowledge",
    "/api/now/v2/table/kb_category",
    "/api/now/table/kb_knowledge/00000000000000000000000000000abc",
    "/api/now/table/sys_user",
    "/api/now/table/task",
    "/api/now/table/sys_metadata",
    "/api/now/table",
    "/api/now/table/",
    "/api/now/table/%00",
    "/api/now/table/%ff%fe",
    "/api/now/table/kb_knowledge/..%2f..%2fetc",
    "/api/now/table/kb_knowledge/a/b/c",
    "/api/now/attachment",
    "/api/now/attachment/file",
    "/api/now/attachment/upload",
    "/api/now/attachment/00000000000000000000000000000abc/file",
    "/api/now/attachment/x/y/z",
    "/api/now/v1/batch",
    "/api/now",
    "/api",
    "/api/",
    "/api/now/v9/table/x",
    "//api//now//table//kb_knowledge",
    "/kb",
    "/kb_view.do",
    "/sys_attachment.do",
    "/login.do",
    "/oauth_token.do",
    "/oauth_auth.do",
    "/oauth_revoke_token.do",
    "/nowhere",
    "/%",
    "*",
];
const QUERY: &[&str] = &[
    "sysparm_query=",
    "sysparm_fields=",
    "sysparm_limit=",
    "sysparm_offset=",
    "sysparm_display_value=",
    "sysparm_article=",
    "sys_kb_id=",
    "table_name=kb_knowledge",
    "table_sys_id=",
    "file_name=",
    "&",
    "&",
    "&",
    "=",
    "-1",
    "0",
    "5",
    "99999999999999999999",
    "true",
    "all",
    "ORDERBY",
    "ORDERBYDESC",
    "^",
    "^OR",
    "^NQ",
    "%5E",
    "%5ENQ",
    "numberLIKE",
    "sys_idIN",
    "sys_id%3E",
    "textBETWEEN1@",
    "short_descriptionSTARTSWITH",
    "kb_knowledge_base.title",
    "a.b.c.d.e.f",
    "javascript:gs.daysAgo(99999999999)",
    "javascript:gs.minutesAgo(-2147483648)",
    "123TEXTQUERY321=",
    "RLQUERYsys_attachment.table_sys_id,%3E0",
    "^ENDRLQUERY",
    "JOINx.y=z.w!a=b",
    "%F0%9F%98%80",
    "%ff",
    "+",
    "%",
    "%zz",
    "SAMEASnumber",
    "DYNAMIC",
    "INSTANCEOFtask",
];
const BODIES: &[&str] = &[
    "",
    "{}",
    "[]",
    "[[]]",
    "null",
    "true",
    "\"x\"",
    "{\"short_description\":\"x\"}",
    "{\"text\":\"<p>x</p><script>y</script><svg><math><style><!--</style>\"}",
    "{\"text\":\"<table><a><table><b><select><p></select>\"}",
    "{\"sys_id\":\"x\"}",
    "{\"sys_id\":{\"value\":[1,{\"a\":null}]}}",
    "{\"kb_knowledge_base\":\"a7e8a78bff0221009b20ffffffffff17\",\"workflow_state\":\"published\"}",
    "{\"kb_category\":7,\"active\":\"maybe\",\"valid_to\":\"never\"}",
    "{\"parent_id\":\"x\",\"parent_table\":\"kb_category\",\"label\":\"\"}",
    "{\"a\":",
    "{\"a\":\"\u{0}\"}",
    "{\"rest_requests\":[{\"id\":1,\"method\":\"GET\",\"url\":\"/api/now/v1/batch\"}]}",
    "{\"rest_requests\":[{\"url\":\"%%%\",\"method\":\"\\u0000\",\"body\":\"!!\"}]}",
    "{\"rest_requests\":7}",
    "grant_type=password&client_id=kb-publish-sandbox&client_secret=x&username=&password=%ff",
    "--B\r\nContent-Disposition: form-data; name=\"table_name\"\r\n\r\nkb_knowledge\r\n--B--",
    "--B\r\n\r\n\r\n--B\r\nno head",
    "\u{feff}{}",
];
const HEADERS: &[&str] = &[
    "Accept: application/json\r\n",
    "Accept: text/csv\r\n",
    "Accept: ;;;,,,\r\n",
    "Accept-Encoding: gzip;q=0, *;q=x\r\n",
    "Accept-Encoding: gzip\r\n",
    "Content-Type: application/json\r\n",
    "Content-Type: multipart/form-data; boundary=B\r\n",
    "Content-Type: multipart/form-data; boundary=\r\n",
    "Content-Type: application/x-www-form-urlencoded\r\n",
    "Content-Type: \u{e4}\r\n",
    "X-HTTP-Method-Override: DELETE\r\n",
    "X-HTTP-Method-Override: \u{e4} \r\n",
    "X-no-response-body: true\r\n",
    "X-BATCHREQUEST-MAX-OUTPUT-SIZE: -1\r\n",
    "Authorization: Basic\r\n",
    "Authorization: Basic %%%\r\n",
    "Authorization: Bearer \u{e4}\r\n",
    "Authorization: Basic OjpAOg==\r\n",
    "Cookie: JSESSIONID=; JSESSIONID=abc; =;;\r\n",
    "Cookie: kb_sandbox_session=\u{e4}\r\n",
    "x-sn-apikey: kb-publish-sandbox\r\n",
    "Origin: null\r\n",
    "Expect: 200-maybe\r\n",
    "Range: bytes=-5-\r\n",
];

fn odd_request(dice: &mut Dice) -> Vec<u8> {
    let user = dice.pick(&["admin", "kb.publisher", "kb.admin", "reader", "reader"]);
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{user}"));
    let body = match dice.roll(12) {
        0 => "[".repeat(dice.roll(5000)),
        1 => format!("{{\"text\":\"{}\"}}", "<b>".repeat(dice.roll(5000))),
        2 => (0..dice.roll(2000)).map(|_| char::from(u8::try_from(dice.roll(128)).unwrap())).collect(),
        _ => dice.some(BODIES, 2),
    };
    let signed =
        if dice.roll(8) == 0 { String::new() } else { format!("Authorization: Basic {credentials}\r\n") };
    let length = if dice.roll(40) == 0 { dice.roll(body.len() + 1) } else { body.len() };
    format!(
        "{} {}?{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{signed}{}Content-Length: {length}\r\n\r\n{body}",
        dice.pick(METHODS),
        dice.pick(PATHS),
        dice.some(QUERY, 9),
        dice.some(HEADERS, 4),
    )
    .into_bytes()
}

async fn answer(sandbox: &Sandbox, request: &[u8]) -> Option<(u16, Vec<u8>)> {
    let port = sandbox.url().url().port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The server may have answered and gone before all was sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    Some((status, answer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_requests_are_answered() {
    let many: usize =
        std::env::var("KB_PUBLISH_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(1500);
    for switches in
        ["", "versioning = \"on_admin_bypass\"\nplugins = [\"i18n\"]\nunknown_query_field = \"no_rows\""]
    {
        let sandbox = sandbox(switches).await;
        let api = Api::of(&sandbox, "kb.publisher");
        api.article(json!({ "sys_id": "00000000000000000000000000000abc" })).await;
        let workers = (1..=4).map(|seed: u64| {
            let sandbox = &sandbox;
            async move {
                let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                for _ in 0..many / 8 {
                    let request = odd_request(&mut dice);
                    let shown = String::from_utf8_lossy(&request).into_owned();
                    let answered =
                        tokio::time::timeout(Duration::from_secs(30), answer(sandbox, &request)).await;
                    let Ok(Some((status, body))) = answered else { panic!("no answer to {shown}") };
                    // The one that the contract names for work that takes too long (§1.6).
                    let cancelled =
                        status == 500 && body.windows(21).any(|text| text == b"Transaction cancelled");
                    assert!(
                        status < 500 || cancelled,
                        "{status} to {shown}\n{}",
                        String::from_utf8_lossy(&body)
                    );
                }
            }
        });
        futures_util::future::join_all(workers).await;
        let rows = api.ok("GET", "/api/now/table/kb_knowledge_base?sysparm_fields=sys_id", None).await;
        assert_eq!(rows.as_array().unwrap().len(), 2, "it still works");
    }
}

#[tokio::test]
async fn what_is_over_the_limits_is_refused() {
    let sandbox = sandbox("max_body_bytes = 1000\nattachment_max_bytes = 1000").await;
    let api = Api::of(&sandbox, "kb.publisher");
    let article = json!({ "kb_knowledge_base": BASE_IT, "text": "x".repeat(5000) });
    let (status, body) = api.json("POST", "/api/now/table/kb_knowledge", Some(article)).await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (400, &json!("Request payload too large")));
    // Chunked: the size is not known beforehand.
    let pieces = futures_util::stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 100])));
    let sent = api
        .client
        .post(format!("{}/api/now/table/kb_knowledge", api.root))
        .basic_auth("kb.publisher", Some("kb.publisher"))
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(pieces))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 400);
    let long = format!("/api/now/table/kb_knowledge?sysparm_query={}", "a".repeat(20_000));
    assert_eq!(api.send("GET", &long, None).await.status(), 414);
}
