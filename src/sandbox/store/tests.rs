use super::*;

fn at(folder: &tempfile::TempDir) -> DataLocation {
    DataLocation::File(Utf8PathBuf::from_path_buf(folder.path().join("sandbox.db")).unwrap())
}

#[test]
fn rows_long_texts_files_and_counters_are_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let long = "ä".repeat(LONG);
    {
        let store = Store::open(&at(&folder)).unwrap();
        let mut writer = store.write().unwrap();
        writer
            .put("kb_knowledge", Record::of([("sys_id", "b"), ("text", &long), ("number", "KB1")]))
            .unwrap();
        writer.put("kb_knowledge", Record::of([("sys_id", "a"), ("number", "KB2")])).unwrap();
        writer.put_bytes("f", b"\0bytes").unwrap();
        assert_eq!(writer.next_number("KB", 10_001).unwrap(), 10_001);
        assert_eq!(writer.next_number("KB", 10_001).unwrap(), 10_002);
        writer.commit().unwrap();
    }
    let store = Store::open(&at(&folder)).unwrap();
    {
        let reader = store.read();
        let ids: Vec<_> = reader.rows("kb_knowledge").map(|row| row.sys_id().to_owned()).collect();
        assert_eq!(ids, ["a", "b"]);
        let row = reader.get("kb_knowledge", "b").unwrap();
        assert_eq!(row.value("text"), Some(&Value::Long));
        assert_eq!(reader.text("kb_knowledge", row, "text"), long);
        assert_eq!(reader.rows_after("kb_knowledge", "a").count(), 1);
    }
    assert_eq!(store.bytes("f").unwrap().unwrap(), b"\0bytes");
    assert_eq!(store.write().unwrap().next_number("KB", 10_001).unwrap(), 10_003);
}

#[test]
fn a_dropped_writer_changes_nothing() {
    let store = Store::open(&DataLocation::Memory).unwrap();
    let mut writer = store.write().unwrap();
    writer.put("t", Record::of([("sys_id", "1"), ("a", "old")])).unwrap();
    writer.commit().unwrap();
    {
        let mut writer = store.write().unwrap();
        writer.put("t", Record::of([("sys_id", "1"), ("a", &"new".repeat(LONG))])).unwrap();
        writer.put("t", Record::of([("sys_id", "2")])).unwrap();
        writer.delete("t", "1").unwrap();
    }
    let reader = store.read();
    assert_eq!(reader.count("t"), 1);
    assert_eq!(reader.get("t", "1").unwrap().get("a"), "old");
}

#[test]
fn a_long_text_made_short_leaves_no_rest() {
    let store = Store::open(&DataLocation::Memory).unwrap();
    let mut writer = store.write().unwrap();
    writer.put("t", Record::of([("sys_id", "1"), ("a", &"x".repeat(LONG + 1))])).unwrap();
    let kept = (**writer.get("t", "1").unwrap()).clone().with("b", "y");
    writer.put("t", kept).unwrap();
    let row = Arc::clone(writer.get("t", "1").unwrap());
    assert_eq!(writer.text("t", &row, "a").len(), LONG + 1);
    writer.put("t", Record::of([("sys_id", "1"), ("a", "short")])).unwrap();
    let left: i64 = writer.file.query_row("SELECT count(*) FROM long_text", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_second_server_on_one_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(&at(&folder)).unwrap();
    let refused = Store::open(&at(&folder)).unwrap_err();
    assert!(matches!(refused, StoreError::Taken { .. }), "{refused:?}");
    drop(first);
    Store::open(&at(&folder)).unwrap();
}

#[test]
fn files_of_others_and_of_the_future_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let DataLocation::File(path) = at(&folder) else { panic!() };
    fs_err::write(&path, "this is not a database, just some text that is long enough to be looked at")
        .unwrap();
    assert!(matches!(Store::open(&at(&folder)).unwrap_err(), StoreError::NotOurs { .. }));
    fs_err::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(Store::open(&at(&folder)).unwrap_err(), StoreError::NotOurs { .. }));
    fs_err::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(matches!(Store::open(&at(&folder)).unwrap_err(), StoreError::Newer { found: 99, .. }));
}

#[test]
fn an_older_layout_takes_the_steps_it_has_not_had() {
    let folder = tempfile::tempdir().unwrap();
    let DataLocation::File(path) = at(&folder) else { panic!("a file") };
    {
        let store = Store::open(&at(&folder)).unwrap();
        let mut writer = store.write().unwrap();
        writer.put("t", Record::of([("sys_id", "a"), ("name", "kept")])).unwrap();
        writer.commit().unwrap();
    }
    let later: Vec<&str> = MIGRATIONS.iter().copied().chain(["CREATE TABLE later (x TEXT)"]).collect();
    let mut file = open_file(&path).unwrap();
    migrate(&mut file, &path, &later).unwrap();
    migrate(&mut file, &path, &later).unwrap();
    let layout: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(layout).unwrap(), later.len());
    assert_eq!(load(&file).unwrap().tables["t"]["a"].get("name"), "kept");
    // A step that fails leaves the layout as it was.
    let broken: Vec<&str> = later.iter().copied().chain(["CREATE TABLE more (x TEXT); NONSENSE"]).collect();
    assert!(migrate(&mut file, &path, &broken).is_err());
    migrate(&mut file, &path, &later).unwrap();
    drop(file);
    let refused = Store::open(&at(&folder)).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found, .. } if found == later.len()), "{refused}");
}
