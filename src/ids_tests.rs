use super::*;

#[test]
fn identity_is_the_documented_hash() {
    let project = Project::parse("acme-docs").unwrap();
    let id = DocumentId::parse("guides/vpn").unwrap();
    let expected = Digest::of(b"kb-publish-1\0acme-docs\0guides/vpn").prefix(32);
    assert_eq!(id.identity(&project, 1).to_string(), expected);
    let second = Digest::of(b"kb-publish-1\0acme-docs\0guides/vpn\x002").prefix(32);
    assert_eq!(id.identity(&project, 2).to_string(), second);
}

#[test]
fn instance_takes_what_people_paste() {
    for text in [
        "dev12345",
        "dev12345.service-now.com",
        "https://dev12345.service-now.com/",
        "https://dev12345.service-now.com/api/now/v2",
        " dev12345.service-now.com/nav_to.do?uri=x ",
    ] {
        assert_eq!(InstanceUrl::parse(text).unwrap().as_str(), "https://dev12345.service-now.com", "{text}");
    }
    assert_eq!(InstanceUrl::parse("http://localhost:8484/kb").unwrap().as_str(), "http://localhost:8484");
    assert!(InstanceUrl::parse("http://dev12345.service-now.com").is_err());
    let refused = InstanceUrl::parse("https://ann:hunter2@dev1.service-now.com").unwrap_err();
    assert!(!refused.to_string().contains("hunter2"));
}

#[test]
fn references_never_leave_the_root() {
    let path = DocPath::parse("guides/vpn/index.md").unwrap();
    assert_eq!(path.resolve("../../img/a.png").as_deref(), Some("img/a.png"));
    assert_eq!(path.resolve("../../../a.png"), None);
    assert_eq!(path.resolve("./b.md").as_deref(), Some("guides/vpn/b.md"));
    assert!(DocPath::parse("/etc/passwd").is_err());
    assert!(DocPath::parse("a/../b").is_err());
}

#[test]
fn shown_paths_are_the_roots_and_the_documents() {
    let path = DocPath::parse("guides/back\\slash.md").unwrap();
    let shown = |root: &str| display_path(camino::Utf8Path::new(root), &path);
    assert_eq!(shown("docs"), "docs/guides/back\\slash.md");
    assert_eq!(shown("./sub\\docs/"), "sub/docs/guides/back\\slash.md");
    assert_eq!(shown("/srv/docs"), "/srv/docs/guides/back\\slash.md");
    assert_eq!(shown("."), "guides/back\\slash.md");
}

#[test]
fn names_are_nfc() {
    assert_eq!(DocPath::parse("u\u{308}ber.md").unwrap().as_str(), "über.md");
    assert_eq!(DocumentId::parse("u\u{308}ber").unwrap(), DocumentId::parse("über").unwrap());
}
