//! Limits on statements in SQLite that nobody has looked at yet: how long they run, and on scratch databases what
//! they can reach.
//!
//! The only module with `unsafe` code. Diesel hands out no handle of its connections, so the handlers are installed
//! by a hook that SQLite calls for every connection it opens (`sqlite3_auto_extension`). Two things make that sound:
//!
//! * The hook does something only while [`guarded`] opens a connection on the same thread. Connections that the
//!   program's user opens elsewhere are left alone.
//! * The handlers' shared data belongs to the connection (`sqlite3_set_clientdata`). SQLite frees it once the
//!   connection is closed and no handler can run any more. A connection is used by one thread at a time, which
//!   Diesel's types ensure.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

use super::activity;
use crate::dialect::Dialect;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A database that the user named.
    Live,
    /// A scratch database: statements reach nothing else.
    Scratch,
}

thread_local! {
    /// What the connection is for that this thread is about to open.
    static OPENING: Cell<Option<Purpose>> = const { Cell::new(None) };
}

/// How long a statement may run, in milliseconds.
static STATEMENT_LIMIT: AtomicU64 = AtomicU64::new(3_600_000);
/// How long a statement waits for a file that another program has locked, in milliseconds.
static WAIT_LIMIT: AtomicU64 = AtomicU64::new(10_000);
/// Longer than this no statement runs on a scratch database, which holds a handful of rows.
const SCRATCH_LIMIT: Duration = Duration::from_secs(300);
/// A scratch database and its temporary tables are in memory, each with at most this many pages: a gigabyte.
const SCRATCH_PAGES: &CStr =
    c"PRAGMA temp_store = MEMORY; PRAGMA max_page_count = 262144; PRAGMA temp.max_page_count = 262144";
/// The memory that all of SQLite may have in bytes, sorting included, once there is a scratch database.
const SCRATCH_MEMORY: i64 = 4 << 30;
/// The length of a text or blob in bytes, and of a pattern of `LIKE`, on a scratch database. One instruction of SQLite's
/// machine takes the longer the longer these are.
const SCRATCH_LENGTHS: [(c_int, c_int); 2] =
    [(ffi::SQLITE_LIMIT_LENGTH, 32_000_000), (ffi::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)];

impl Purpose {
    /// Instructions of SQLite's machine between two looks at the clock. An author may choose those that take long.
    fn instructions(self) -> c_int {
        match self {
            Self::Live => 20_000,
            Self::Scratch => 100,
        }
    }
}

/// Settings that a statement may change on a scratch database. All can be asked for.
const SETTINGS: [&str; 46] = [
    "analysis_limit",
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "count_changes",
    "defer_foreign_keys",
    "empty_result_callbacks",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "full_column_names",
    "fullfsync",
    "ignore_check_constraints",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "optimize",
    "page_size",
    "quick_check",
    "recursive_triggers",
    "reverse_unordered_selects",
    "schema_version",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "table_info",
    "table_list",
    "table_xinfo",
    "threads",
    "trusted_schema",
    "user_version",
    "wal_autocheckpoint",
    "wal_checkpoint",
];

/// Sets how long a statement may run on any connection that [`guarded`] opens or has opened.
pub(super) fn limit_statements(limit: Duration) {
    STATEMENT_LIMIT.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Sets how long a statement waits for a locked file, on any connection that [`guarded`] opens or has opened.
pub(super) fn limit_waits(limit: Duration) {
    WAIT_LIMIT.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Opens a connection under guard. `open` opens exactly one.
pub(super) fn guarded<T>(purpose: Purpose, open: impl FnOnce() -> T) -> T {
    static REGISTERED: Once = Once::new();
    // SAFETY: `hook` has the signature that SQLite calls it by, and is never unloaded.
    REGISTERED.call_once(|| _ = unsafe { ffi::sqlite3_auto_extension(Some(hook)) });
    OPENING.set(Some(purpose));
    let opened = open();
    OPENING.set(None);
    opened
}

/// What the handlers of one connection share.
struct Watch {
    purpose: Purpose,
    /// When the statement began that is running.
    started: Cell<Instant>,
    /// When the wait for a locked file began.
    waits: Cell<Instant>,
    /// The `VACUUM` that is running, which attaches a private database.
    vacuum: Cell<*mut c_void>,
}

impl Watch {
    fn new(purpose: Purpose, started: Instant) -> Self {
        Self {
            purpose,
            started: Cell::new(started),
            waits: Cell::new(started),
            vacuum: Cell::new(std::ptr::null_mut()),
        }
    }
}

/// Installs the handlers on a connection that is being opened.
unsafe extern "C" fn hook(
    db: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _routines: *const ffi::sqlite3_api_routines,
) -> c_int {
    let Some(purpose) = OPENING.take() else { return ffi::SQLITE_OK };
    let watch = Box::into_raw(Box::new(Watch::new(purpose, Instant::now()))).cast::<c_void>();
    // SAFETY: SQLite calls this with an open connection that nothing else uses yet. `watch` is given to the connection,
    // which frees it by `release` when it is closed, or at once where it can't take it.
    unsafe {
        let kept = ffi::sqlite3_set_clientdata(db, c"autogen".as_ptr(), watch, Some(release));
        if kept != ffi::SQLITE_OK {
            return kept;
        }
        let events = (ffi::SQLITE_TRACE_STMT | ffi::SQLITE_TRACE_PROFILE) as c_uint;
        ffi::sqlite3_trace_v2(db, events, Some(on_statement), watch);
        ffi::sqlite3_progress_handler(db, purpose.instructions(), Some(on_progress), watch);
        ffi::sqlite3_busy_handler(db, Some(on_busy), watch);
        if purpose == Purpose::Scratch {
            let (none, nothing) = (std::ptr::null_mut(), std::ptr::null_mut());
            ffi::sqlite3_exec(db, SCRATCH_PAGES.as_ptr(), None, none, nothing);
            ffi::sqlite3_hard_heap_limit64(SCRATCH_MEMORY);
            for (what, most) in SCRATCH_LENGTHS {
                ffi::sqlite3_limit(db, what, most);
            }
            let unread: *mut c_int = std::ptr::null_mut();
            ffi::sqlite3_db_config(db, ffi::SQLITE_DBCONFIG_DEFENSIVE, 1 as c_int, unread);
            return ffi::sqlite3_set_authorizer(db, Some(authorize), watch);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn release(watch: *mut c_void) {
    // SAFETY: SQLite calls this once, with what `hook` gave it.
    drop(unsafe { Box::from_raw(watch.cast::<Watch>()) });
}

/// Notes the time when a statement begins to run, and the end of a `VACUUM`.
unsafe extern "C" fn on_statement(
    event: c_uint,
    watch: *mut c_void,
    statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    // SAFETY: `watch` lives as long as the connection.
    let watch = unsafe { &*watch.cast::<Watch>() };
    if event == ffi::SQLITE_TRACE_PROFILE as c_uint {
        if watch.vacuum.get() == statement {
            watch.vacuum.set(std::ptr::null_mut());
        }
        return 0;
    }
    // SAFETY: the statement lives until this returns; `sql` is a text, which ends with a zero byte.
    let (text, whole) =
        unsafe { (CStr::from_ptr(sql.cast::<c_char>()), ffi::sqlite3_sql(statement.cast::<ffi::sqlite3_stmt>())) };
    // Statements of triggers, and those that SQLite runs for this one, come with other texts. They are part of the statement
    // that set them off.
    if std::ptr::eq(whole, sql.cast::<c_char>()) {
        watch.started.set(Instant::now());
        let is_vacuum =
            || Dialect::Sqlite.statements(&text.to_string_lossy()).iter().any(|found| found.first() == "vacuum");
        let is_confined = watch.purpose == Purpose::Scratch;
        watch.vacuum.set(if is_confined && is_vacuum() { statement } else { std::ptr::null_mut() });
    }
    0
}

/// Waits for a file that another program has locked, and returns whether to try again. SQLite calls this with the
/// number of times that it has called it for this wait.
unsafe extern "C" fn on_busy(watch: *mut c_void, times: c_int) -> c_int {
    const PAUSE: Duration = Duration::from_millis(10);
    // SAFETY: `watch` lives as long as the connection.
    let watch = unsafe { &*watch.cast::<Watch>() };
    if times == 0 {
        watch.waits.set(Instant::now());
    }
    let limit = Duration::from_millis(WAIT_LIMIT.load(Ordering::Relaxed));
    if activity::is_interrupted() || watch.waits.get().elapsed() >= limit {
        return 0;
    }
    activity::locked(watch.waits.get());
    std::thread::sleep(PAUSE);
    1
}

/// Ends a statement that has run for too long or that its user wants to end, by returning anything but zero. SQLite calls this after some
/// instructions.
unsafe extern "C" fn on_progress(watch: *mut c_void) -> c_int {
    // SAFETY: `watch` lives as long as the connection.
    let watch = unsafe { &*watch.cast::<Watch>() };
    let stated = Duration::from_millis(STATEMENT_LIMIT.load(Ordering::Relaxed));
    let limit = match watch.purpose {
        Purpose::Live => stated,
        Purpose::Scratch => stated.min(SCRATCH_LIMIT),
    };
    let ends = match watch.purpose {
        Purpose::Live => activity::ends_here(),
        Purpose::Scratch => activity::is_interrupted(),
    };
    c_int::from(ends || watch.started.get().elapsed() > limit)
}

/// Returns to SQLite whether a statement that is being prepared may do something.
unsafe extern "C" fn authorize(
    watch: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: `watch` lives as long as the connection. SQLite gives texts that end with a zero byte, or none.
    let (watch, first, second) = unsafe { (&*watch.cast::<Watch>(), text(first), text(second)) };
    if may(action, first.as_deref(), second.as_deref(), !watch.vacuum.get().is_null()) {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_DENY
    }
}

/// Returns a C string in lower case, or `None` for a null pointer.
///
/// # Safety
/// The pointer is null, or to a text that ends with a zero byte and lives until this returns.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: as this function's own.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().to_ascii_lowercase())
}

/// Checks whether an action stays within a scratch database. Its arguments are in lower case.
fn may(action: c_int, first: Option<&str>, second: Option<&str>, vacuums: bool) -> bool {
    match action {
        // A file without a name is a private one, but has no limit of pages.
        ffi::SQLITE_ATTACH => vacuums && first == Some(""),
        ffi::SQLITE_DETACH => false,
        ffi::SQLITE_PRAGMA => {
            let name = first.unwrap_or_default();
            second.is_none() || SETTINGS.contains(&name)
        }
        ffi::SQLITE_FUNCTION => !matches!(second, Some("load_extension" | "fts3_tokenizer")),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};

    use super::*;

    fn open(purpose: Purpose) -> SqliteConnection {
        guarded(purpose, || SqliteConnection::establish(":memory:")).expect("opens")
    }

    #[test]
    fn a_scratch_database_reaches_nothing_else() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("live.db");
        let mut scratch = open(Purpose::Scratch);
        scratch
            .batch_execute(
                "CREATE TABLE a (b); INSERT INTO a VALUES (1); -- tidy\n /* up */ VACUUM; PRAGMA foreign_keys = OFF",
            )
            .expect("may");
        for statement in [
            format!("ATTACH '{}' AS x", file.display()),
            format!("VACUUM INTO '{}'", file.display()),
            format!("ATTACH '{}' || '' AS x", file.display()),
            "DETACH main".to_owned(),
            "PRAGMA writable_schema = ON".to_owned(),
            "PRAGMA temp_store_directory = '/'".to_owned(),
            "PRAGMA max_page_count = 9".to_owned(),
            "PRAGMA temp.max_page_count = 9".to_owned(),
            "PRAGMA temp_store = FILE".to_owned(),
            "VACUUM; ATTACH '' AS x".to_owned(),
            "ATTACH '' AS x".to_owned(),
            "SELECT zeroblob(40000000)".to_owned(),
            format!("SELECT 'a' LIKE '{}'", "%a".repeat(1_000)),
            "SELECT load_extension('x')".to_owned(),
            "UPDATE sqlite_schema SET sql = ''".to_owned(),
        ] {
            assert!(scratch.batch_execute(&statement).is_err(), "{statement}");
        }
        assert!(!file.exists());
        let mut other = SqliteConnection::establish(":memory:").expect("opens");
        other.batch_execute("ATTACH ':memory:' AS x; DETACH x").expect("connections of others are left alone");
        open(Purpose::Live).batch_execute("ATTACH ':memory:' AS x; DETACH x").expect("what the user named is trusted");
    }

    #[test]
    fn a_statement_on_a_scratch_database_has_an_end() {
        let watch = |started| Box::into_raw(Box::new(Watch::new(Purpose::Scratch, started))).cast();
        let long_ago = Instant::now().checked_sub(SCRATCH_LIMIT * 2);
        // A machine that has just started has no such time.
        for (started, ends) in
            [(Some(Instant::now()), 0), (long_ago, 1)].into_iter().filter_map(|(at, ends)| Some((at?, ends)))
        {
            let watch: *mut c_void = watch(started);
            // SAFETY: made for this.
            unsafe {
                assert_eq!(on_progress(watch), ends);
                release(watch);
            }
        }
    }
}
