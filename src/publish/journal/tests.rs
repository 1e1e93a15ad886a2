use super::*;

fn head(run: &str, started: &str) -> Head {
    Head {
        run: run.to_owned(),
        verb: "publish".to_owned(),
        started: started.to_owned(),
        version: "1".to_owned(),
        project: "p".to_owned(),
        instance: "i".to_owned(),
        profile: "default".to_owned(),
        user: "u".to_owned(),
        stamp_field: "description".to_owned(),
        commit: None,
        undoes: None,
    }
}

fn shelf() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("runs")).unwrap();
    (folder, path)
}

const NOW: &str = "2999-01-01T00:00:00.000Z";

fn update(body: &str) -> Entry {
    let before = Record([("text".to_owned(), body.to_owned()), ("meta".to_owned(), "m".to_owned())].into());
    let sys_id = SysId::from_bytes([1; 16]);
    Entry::Update {
        document: None,
        sys_id,
        number: "KB1".to_owned(),
        stamp: "s".to_owned(),
        before,
        sent: Record::default(),
    }
}

#[test]
fn what_is_written_is_read_back_and_bodies_on_demand() {
    let (_folder, shelf) = shelf();
    let journal = Journal::create(&shelf, &head("a", NOW)).unwrap();
    journal.write(&update("one\n\"two\"")).unwrap();
    journal.note(&Entry::End { exit: 5 }).unwrap();
    let name = journal.keep(&Bytes::from_static(b"bytes")).unwrap();
    let read = find(&shelf, "a").unwrap();
    assert_eq!((read.head.run.as_str(), read.exit()), ("a", Some(5)));
    let (at, Entry::Update { before, .. }) = &read.entries[0] else { panic!("{:?}", read.entries) };
    assert_eq!((before.get("text"), before.get("meta")), ("", "m"));
    assert_eq!(read.body_before(*at).unwrap(), "one\n\"two\"");
    assert_eq!(read.bytes(&name).unwrap(), "bytes");
    assert!(read.bytes("../journal.jsonl").is_err());
    fs_err::write(read.folder.join(FILES).join(&name), "other").unwrap();
    assert!(read.bytes(&name).is_err(), "damaged");
}

#[test]
fn a_torn_last_line_is_passed_over_and_a_broken_one_is_not() {
    let (_folder, shelf) = shelf();
    let journal = Journal::create(&shelf, &head("a", NOW)).unwrap();
    journal.write(&update("x")).unwrap();
    let path = journal.folder().join(LINES);
    let whole = fs_err::read(&path).unwrap();
    fs_err::write(&path, &whole[..whole.len() - 5]).unwrap();
    assert!(find(&shelf, "a").unwrap().entries.is_empty());
    fs_err::write(&path, [&whole[..whole.len() - 5], b"\n", &whole].concat()).unwrap();
    assert!(matches!(find(&shelf, "a"), Err(NoRun::Broken { .. })));
    let later = [whole.as_slice(), b"{\"kind\":\"of-a-later-version\",\"x\":1}\n"].concat();
    fs_err::write(&path, later).unwrap();
    assert_eq!(find(&shelf, "a").unwrap().entries[1].1, Entry::Other);
}

#[test]
fn a_run_is_found_by_its_id_its_folder_or_the_folder_that_holds_it_alone() {
    let (_folder, shelf) = shelf();
    Journal::create(&shelf, &head("a", NOW)).unwrap();
    assert_eq!(find(&shelf, shelf.join("a").as_str()).unwrap().head.run, "a");
    assert_eq!(find(Utf8Path::new("/nowhere"), shelf.as_str()).unwrap().head.run, "a");
    Journal::create(&shelf, &head("b", NOW)).unwrap();
    assert!(matches!(find(Utf8Path::new("/nowhere"), shelf.as_str()), Err(NoRun::Several { .. })));
    assert!(matches!(find(&shelf, "c"), Err(NoRun::Unknown { .. })));
    assert!(find(&shelf, "..").is_err());
    assert_eq!(list(&shelf).iter().map(|one| one.head.run.as_str()).collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn old_journals_go_and_only_those() {
    let (_folder, shelf) = shelf();
    Journal::create(&shelf, &head("old", "2020-01-01T00:00:00.000Z")).unwrap();
    fs_err::create_dir(shelf.join("mine")).unwrap();
    Journal::create(&shelf, &head("new", NOW)).unwrap();
    assert!(!shelf.join("old").exists() && shelf.join("new").exists() && shelf.join("mine").exists());
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, shelf) = shelf();
    let journal = Journal::create(&shelf, &head("a", NOW)).unwrap();
    let name = journal.keep(&Bytes::from_static(b"x")).unwrap();
    for path in [journal.folder().join(LINES), journal.folder().join(FILES).join(name)] {
        assert_eq!(fs_err::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs_err::metadata(journal.folder()).unwrap().permissions().mode() & 0o777, 0o700);
}
