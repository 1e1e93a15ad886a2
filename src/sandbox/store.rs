//! The instance's rows and files: an index in memory over one SQLite file, written through.
//!
//! What [`Writer::commit`] has returned from survives `kill -9`. Knows rows, not what they mean.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::record::{LONG, Record, Value};

/// The layout of the file. Raised with each step in [`MIGRATIONS`].
const VERSION: usize = MIGRATIONS.len();

/// One step each from the layout before it; a new file takes them all.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE record (tbl TEXT NOT NULL, sys_id TEXT NOT NULL, columns TEXT NOT NULL, PRIMARY KEY (tbl, sys_id)) WITHOUT ROWID;
    CREATE TABLE long_text (tbl TEXT NOT NULL, sys_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tbl, sys_id, name));
    CREATE TABLE bytes (sys_id TEXT PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"];

/// Where the rows lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataLocation {
    /// Gone with the sandbox.
    Memory,
    /// In this SQLite file, made where it is missing.
    File(Utf8PathBuf),
}

/// Why the data could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file's lock is held.
    #[error("another sandbox is serving `{path}`")]
    Taken {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The file was written by a later version of this program.
    #[error(
        "`{path}` was written by a newer version of kb-publish (data layout {found}, this one knows {VERSION})"
    )]
    Newer {
        /// The file.
        path: Utf8PathBuf,
        /// Its layout number.
        found: usize,
    },
    /// The file is not SQLite, not ours, or damaged.
    #[error("`{path}` does not hold a sandbox's data: {reason}")]
    NotOurs {
        /// The file.
        path: Utf8PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// A file or folder could not be made.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// SQLite refused.
    #[error("the sandbox's data could not be read or written")]
    Sqlite(#[from] rusqlite::Error),
}

type Table = BTreeMap<Arc<str>, Arc<Record>>;

#[derive(Debug, Default)]
struct Rows {
    tables: HashMap<Box<str>, Table>,
    names: HashSet<Arc<str>>,
}

impl Rows {
    fn share(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

/// All rows and files of one instance. Readers run side by side; one writer at a time.
#[derive(Debug)]
pub(crate) struct Store {
    rows: RwLock<Rows>,
    file: Mutex<Connection>,
    users: AtomicU64,
}

impl Store {
    /// Opens the data, bringing an older layout up to date.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn open(location: &DataLocation) -> Result<Self, StoreError> {
        let mut file = match location {
            DataLocation::Memory => Connection::open_in_memory()?,
            DataLocation::File(path) => open_file(path)?,
        };
        let path = match location {
            DataLocation::Memory => Utf8Path::new(":memory:"),
            DataLocation::File(path) => path,
        };
        migrate(&mut file, path, MIGRATIONS)?;
        let rows = load(&file)
            .map_err(|error| StoreError::NotOurs { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { rows: RwLock::new(rows), file: Mutex::new(file), users: AtomicU64::new(1) })
    }

    /// The rows as they stand now; writers wait until it is dropped.
    pub(crate) fn read(&self) -> Reader<'_> {
        Reader { rows: self.rows.read().unwrap_or_else(PoisonError::into_inner), file: &self.file }
    }

    /// The rows, to be changed by nobody else until it is dropped.
    ///
    /// # Errors
    /// The file refused a transaction.
    pub(crate) fn write(&self) -> Result<Writer<'_>, StoreError> {
        let rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Writer { rows, file, users: &self.users, undo: Vec::new(), open: true })
    }

    /// Puts rows in the place of all rows of a table, in memory only: what follows from the switches needs no file.
    pub(crate) fn set_computed(&self, table: &str, records: Vec<Record>) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let mut made = Table::new();
        for mut record in records {
            for (name, _) in record.entries_mut() {
                *name = rows.share(name);
            }
            made.insert(record.sys_id().into(), Arc::new(record));
        }
        rows.tables.insert(table.into(), made);
    }

    /// Rises with each change of a user, role or grant.
    pub(crate) fn user_generation(&self) -> u64 {
        self.users.load(Ordering::Acquire)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// The file could not be read.
    pub(crate) fn bytes(&self, sys_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        read_bytes(&file, sys_id)
    }
}

/// A consistent view of all rows.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rows: RwLockReadGuard<'a, Rows>,
    file: &'a Mutex<Connection>,
}

/// What readers and writers see alike.
pub(crate) trait View {
    /// One row.
    fn get(&self, table: &str, sys_id: &str) -> Option<&Arc<Record>>;
    /// All rows of a table with a `sys_id` above `after`, in the order of their `sys_id`s.
    fn rows_after<'v>(&'v self, table: &str, after: &str) -> Box<dyn Iterator<Item = &'v Arc<Record>> + 'v>;
    /// A column's whole value, long texts included.
    fn text<'r>(&self, table: &str, record: &'r Record, column: &str) -> Cow<'r, str>;
    /// How many rows a table holds.
    fn count(&self, table: &str) -> usize;

    /// All rows of a table in the order of their `sys_id`s.
    fn rows<'v>(&'v self, table: &str) -> Box<dyn Iterator<Item = &'v Arc<Record>> + 'v> {
        self.rows_after(table, "")
    }
}

fn rows_after<'v>(
    rows: &'v Rows,
    table: &str,
    after: &str,
) -> Box<dyn Iterator<Item = &'v Arc<Record>> + 'v> {
    use std::ops::Bound;
    match rows.tables.get(table) {
        None => Box::new(std::iter::empty()),
        Some(table) if after.is_empty() => Box::new(table.values()),
        Some(table) => Box::new(
            table.range::<str, _>((Bound::Excluded(after), Bound::Unbounded)).map(|(_, record)| record),
        ),
    }
}

fn text_of<'r>(file: &Connection, table: &str, record: &'r Record, column: &str) -> Cow<'r, str> {
    match record.value(column) {
        None => Cow::Borrowed(""),
        Some(Value::Text(text)) => Cow::Borrowed(text),
        Some(Value::Long) => Cow::Owned(read_long(file, table, record.sys_id(), column).unwrap_or_default()),
    }
}

impl View for Reader<'_> {
    fn get(&self, table: &str, sys_id: &str) -> Option<&Arc<Record>> {
        self.rows.tables.get(table)?.get(sys_id)
    }
    fn rows_after<'v>(&'v self, table: &str, after: &str) -> Box<dyn Iterator<Item = &'v Arc<Record>> + 'v> {
        rows_after(&self.rows, table, after)
    }
    fn text<'r>(&self, table: &str, record: &'r Record, column: &str) -> Cow<'r, str> {
        match record.value(column) {
            None => Cow::Borrowed(""),
            Some(Value::Text(text)) => Cow::Borrowed(text),
            Some(Value::Long) => {
                text_of(&self.file.lock().unwrap_or_else(PoisonError::into_inner), table, record, column)
            }
        }
    }
    fn count(&self, table: &str) -> usize {
        self.rows.tables.get(table).map_or(0, BTreeMap::len)
    }
}

impl View for Writer<'_> {
    fn get(&self, table: &str, sys_id: &str) -> Option<&Arc<Record>> {
        self.rows.tables.get(table)?.get(sys_id)
    }
    fn rows_after<'v>(&'v self, table: &str, after: &str) -> Box<dyn Iterator<Item = &'v Arc<Record>> + 'v> {
        rows_after(&self.rows, table, after)
    }
    fn text<'r>(&self, table: &str, record: &'r Record, column: &str) -> Cow<'r, str> {
        text_of(&self.file, table, record, column)
    }
    fn count(&self, table: &str) -> usize {
        self.rows.tables.get(table).map_or(0, BTreeMap::len)
    }
}

/// What stood in a table under a `sys_id`.
type Undo = (Box<str>, Arc<str>, Option<Arc<Record>>);

/// One transaction: all of its changes, or, where it is dropped before [`Writer::commit`], none.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    rows: RwLockWriteGuard<'a, Rows>,
    file: MutexGuard<'a, Connection>,
    users: &'a AtomicU64,
    undo: Vec<Undo>,
    open: bool,
}

impl Writer<'_> {
    /// Writes a row under its `sys_id`, in place of one that has it.
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn put(&mut self, table: &str, mut record: Record) -> Result<Arc<Record>, StoreError> {
        let sys_id: Arc<str> = record.sys_id().into();
        let before = self.get(table, &sys_id).cloned();
        let had_long: Vec<Arc<str>> = before.iter().flat_map(|row| long_columns(row)).collect();
        for name in had_long {
            if record.value(&name) != Some(&Value::Long) {
                self.file
                    .prepare_cached("DELETE FROM long_text WHERE tbl = ?1 AND sys_id = ?2 AND name = ?3")?
                    .execute(params![table, &*sys_id, &*name])?;
            }
        }
        for (name, value) in record.entries_mut() {
            *name = self.rows.share(name);
            if let Value::Text(text) = value
                && text.len() > LONG
            {
                self.file
                    .prepare_cached(
                        "INSERT OR REPLACE INTO long_text (tbl, sys_id, name, value) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![table, &*sys_id, &**name, &**text])?;
                *value = Value::Long;
            }
        }
        self.file
            .prepare_cached("INSERT OR REPLACE INTO record (tbl, sys_id, columns) VALUES (?1, ?2, ?3)")?
            .execute(params![table, &*sys_id, to_json(&record)])?;
        let record = Arc::new(record);
        self.rows.tables.entry(table.into()).or_default().insert(Arc::clone(&sys_id), Arc::clone(&record));
        self.undo.push((table.into(), sys_id, before));
        Ok(record)
    }

    /// Removes a row and its long texts; `false` where there is none.
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn delete(&mut self, table: &str, sys_id: &str) -> Result<bool, StoreError> {
        let Some(rows) = self.rows.tables.get_mut(table) else { return Ok(false) };
        let Some((key, before)) = rows.remove_entry(sys_id) else { return Ok(false) };
        self.undo.push((table.into(), key, Some(before)));
        for sql in [
            "DELETE FROM record WHERE tbl = ?1 AND sys_id = ?2",
            "DELETE FROM long_text WHERE tbl = ?1 AND sys_id = ?2",
        ] {
            self.file.prepare_cached(sql)?.execute(params![table, sys_id])?;
        }
        Ok(true)
    }

    /// Writes a file's bytes.
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn put_bytes(&mut self, sys_id: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .prepare_cached("INSERT OR REPLACE INTO bytes (sys_id, data) VALUES (?1, ?2)")?
            .execute(params![sys_id, bytes])?;
        Ok(())
    }

    /// A file's bytes, as this transaction sees them.
    ///
    /// # Errors
    /// The file could not be read.
    pub(crate) fn bytes(&self, sys_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read_bytes(&self.file, sys_id)
    }

    /// Removes a file's bytes.
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn delete_bytes(&mut self, sys_id: &str) -> Result<(), StoreError> {
        self.file.prepare_cached("DELETE FROM bytes WHERE sys_id = ?1")?.execute(params![sys_id])?;
        Ok(())
    }

    /// The next value of a counter that starts at `first`.
    ///
    /// # Errors
    /// The file refused.
    pub(crate) fn next_number(&mut self, counter: &str, first: u64) -> Result<u64, StoreError> {
        let value: i64 = self
            .file
            .prepare_cached(
                "INSERT INTO counter (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            )?
            .query_row(params![counter, i64::try_from(first).unwrap_or(1)], |row| row.get(0))?;
        Ok(u64::try_from(value).unwrap_or(first))
    }

    /// Makes the changes last.
    ///
    /// # Errors
    /// The file refused; nothing has changed then.
    pub(crate) fn commit(mut self) -> Result<(), StoreError> {
        self.file.execute_batch("COMMIT")?;
        self.open = false;
        if self.undo.iter().any(|(table, _, _)| table.starts_with("sys_user")) {
            self.users.fetch_add(1, Ordering::AcqRel);
        }
        self.undo.clear();
        Ok(())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let _ = self.file.execute_batch("ROLLBACK");
        for (table, sys_id, before) in self.undo.drain(..).rev() {
            let rows = self.rows.tables.entry(table).or_default();
            match before {
                Some(record) => rows.insert(sys_id, record),
                None => rows.remove(&sys_id),
            };
        }
    }
}

fn long_columns(record: &Record) -> Vec<Arc<str>> {
    record.columns().filter(|(_, value)| **value == Value::Long).map(|(name, _)| Arc::clone(name)).collect()
}

fn open_file(path: &Utf8Path) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent()
        && !folder.as_str().is_empty()
    {
        fs_err::create_dir_all(folder)?;
    }
    let file = Connection::open(path)?;
    // The lock is taken once and kept for life: it falls with the process, however that ends.
    let taken = file
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .and_then(|()| file.execute_batch("BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode = WAL;"))
        .and_then(|()| file.execute_batch("PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE; COMMIT;"));
    match taken {
        Ok(()) => Ok(file),
        Err(error) => Err(match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                StoreError::Taken { path: path.to_owned() }
            }
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                StoreError::NotOurs { path: path.to_owned(), reason: error.to_string() }
            }
            _ => StoreError::Sqlite(error),
        }),
    }
}

/// Takes the steps that the file has not had; each is whole or not there, also after a kill.
fn migrate(file: &mut Connection, path: &Utf8Path, steps: &[&str]) -> Result<(), StoreError> {
    let found: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > steps.len() {
        return Err(StoreError::Newer { path: path.to_owned(), found });
    }
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if found == 0 && tables > 0 {
        return Err(StoreError::NotOurs {
            path: path.to_owned(),
            reason: "it is a database of something else".to_owned(),
        });
    }
    for (step, sql) in steps.iter().enumerate().skip(found) {
        let transaction = file.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", i64::try_from(step + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

fn load(file: &Connection) -> Result<Rows, rusqlite::Error> {
    let mut rows = Rows::default();
    let mut statement = file.prepare("SELECT tbl, sys_id, columns FROM record")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (table, sys_id, columns): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let record = from_json(&columns).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error))
        })?;
        let mut record = record;
        for (name, _) in record.entries_mut() {
            *name = rows.share(name);
        }
        rows.tables.entry(table.into()).or_default().insert(sys_id.into(), Arc::new(record));
    }
    Ok(rows)
}

/// A long text is `null` here: its value lies in `long_text`.
fn to_json(record: &Record) -> String {
    let columns: BTreeMap<&str, Option<&str>> = record
        .columns()
        .map(|(name, value)| match value {
            Value::Text(text) => (&**name, Some(&**text)),
            Value::Long => (&**name, None),
        })
        .collect();
    serde_json::to_string(&columns).unwrap_or_default()
}

fn from_json(text: &str) -> Result<Record, serde_json::Error> {
    let columns: BTreeMap<String, Option<String>> = serde_json::from_str(text)?;
    let mut record = Record::default();
    for (name, value) in columns {
        match value {
            Some(value) => record.set(&name, &value),
            None => record.set_long(&name),
        }
    }
    Ok(record)
}

fn read_long(file: &Connection, table: &str, sys_id: &str, column: &str) -> Result<String, rusqlite::Error> {
    file.prepare_cached("SELECT value FROM long_text WHERE tbl = ?1 AND sys_id = ?2 AND name = ?3")?
        .query_row(params![table, sys_id, column], |row| row.get(0))
}

fn read_bytes(file: &Connection, sys_id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(file
        .prepare_cached("SELECT data FROM bytes WHERE sys_id = ?1")?
        .query_row(params![sys_id], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests;
