//! An empty SQLite database in memory, which tells what a statement would reach before it runs.
//!
//! `unsafe` code, because Diesel hands out no handle of its connections and an authorizer needs one. What makes it sound:
//!
//! * The handle is opened, used and closed here, and nobody else has it. It stays on one thread: a pointer isn't `Send`.
//! * What the handlers write to is boxed, so that it stays where it is, and outlives the handle: [`Drop`] closes that first.
//! * Texts are copied before the next call of SQLite's.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

/// What a statement does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Writes rows.
    Writes,
    /// Makes a table or a view.
    Makes,
    /// Makes a virtual table.
    MakesVirtual,
    /// Makes an index.
    Indexes,
    /// Makes a trigger.
    MakesTrigger,
    /// Alters a table.
    Alters,
    /// Drops a table, a view, an index or a trigger.
    Drops,
    /// Collects statistics.
    Analyzes,
    /// Begins or ends a transaction, or marks a place in it.
    Transaction,
    /// Changes a setting.
    Sets,
    /// Asks for a setting.
    Asks,
    /// Attaches or detaches a file.
    Attaches,
    /// Calls a function that reaches outside.
    Calls,
}

impl Act {
    /// Checks whether the action changes the schema or its statistics.
    pub(super) fn changes_schema(self) -> bool {
        match self {
            Self::Makes
            | Self::MakesVirtual
            | Self::Indexes
            | Self::MakesTrigger
            | Self::Alters
            | Self::Drops
            | Self::Analyzes => true,
            Self::Writes | Self::Transaction | Self::Sets | Self::Asks | Self::Attaches | Self::Calls => false,
        }
    }

    /// Checks whether the mirror must execute the action too, although it changes no schema.
    pub(super) fn is_followed(self) -> bool {
        match self {
            Self::Transaction | Self::Sets => true,
            Self::Writes | Self::Asks | Self::Attaches | Self::Calls => false,
            Self::Makes | Self::MakesVirtual | Self::Indexes | Self::MakesTrigger => false,
            Self::Alters | Self::Drops | Self::Analyzes => false,
        }
    }

    /// Checks whether the action may change objects that it doesn't name.
    pub(super) fn reaches_wide(self) -> bool {
        match self {
            Self::Alters | Self::Drops | Self::MakesVirtual => true,
            Self::Makes | Self::Indexes | Self::MakesTrigger | Self::Analyzes => false,
            Self::Writes | Self::Transaction | Self::Sets | Self::Asks | Self::Attaches | Self::Calls => false,
        }
    }

    /// Checks whether the action makes a table or a view, virtual or not.
    pub(super) fn makes_table(self) -> bool {
        match self {
            Self::Makes | Self::MakesVirtual => true,
            Self::Indexes | Self::MakesTrigger | Self::Alters | Self::Drops | Self::Analyzes => false,
            Self::Writes | Self::Transaction | Self::Sets | Self::Asks | Self::Attaches | Self::Calls => false,
        }
    }
}

/// What a statement would reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access {
    /// What it does.
    pub(super) act: Act,
    /// The object's name.
    pub(super) name: String,
    /// The table that it belongs to, or for a table its own name.
    pub(super) table: String,
    /// `main`, `temp`, or an attached file's name.
    pub(super) database: String,
    /// The trigger that does it, if it isn't the statement itself.
    pub(super) trigger: Option<String>,
}

/// Settings that end with the connection and concern nobody's tables, and queries that take an argument.
const SETTINGS: [&str; 17] = [
    "analysis_limit",
    "cache_size",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "legacy_alter_table",
    "optimize",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "wal_checkpoint",
];

/// The number of SQLite's machine instructions between two calls of the progress handler, and the limits of calls and of
/// time. A statement without rows to scan needs few.
const INSTRUCTIONS: c_int = 100;
const COUNTS: u32 = 200_000;
const LIMIT: Duration = Duration::from_secs(30);
/// Everything is in memory, and is small as long as there are no rows.
const SETTLED: &CStr = c"PRAGMA temp_store = MEMORY; PRAGMA max_page_count = 65536; PRAGMA temp.max_page_count = 65536";
/// The longest text or blob in bytes.
const LONGEST: c_int = 32_000_000;

/// The database.
#[derive(Debug)]
pub(super) struct Handle {
    db: *mut ffi::sqlite3,
    seen: Box<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    accesses: RefCell<Vec<Access>>,
    counts_left: Cell<u32>,
    started: Cell<Option<Instant>>,
}

impl Handle {
    /// Opens an empty database.
    ///
    /// # Errors
    /// Says why SQLite can't open one.
    pub(super) fn open() -> Result<Self, String> {
        let mut handle = Self { db: ptr::null_mut(), seen: Box::default() };
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE | ffi::SQLITE_OPEN_MEMORY;
        let seen = ptr::from_ref::<Seen>(&handle.seen).cast_mut().cast::<c_void>();
        // SAFETY: the name ends with a zero byte; a handle that could not be opened is closed by `Drop` too. The handlers
        // get a pointer to the box, which outlives the handle.
        let opened = unsafe {
            let opened = ffi::sqlite3_open_v2(c":memory:".as_ptr(), &raw mut handle.db, flags, ptr::null());
            if opened == ffi::SQLITE_OK {
                ffi::sqlite3_exec(handle.db, SETTLED.as_ptr(), None, ptr::null_mut(), ptr::null_mut());
                ffi::sqlite3_limit(handle.db, ffi::SQLITE_LIMIT_LENGTH, LONGEST);
                ffi::sqlite3_set_authorizer(handle.db, Some(authorize), seen);
                ffi::sqlite3_progress_handler(handle.db, INSTRUCTIONS, Some(on_progress), seen);
            }
            opened
        };
        if opened == ffi::SQLITE_OK { Ok(handle) } else { Err(handle.message()) }
    }

    /// Compiles a statement without running it. Returns what it would reach, or SQLite's message if it can't be
    /// compiled. A text of several statements can't.
    pub(super) fn compile(&self, sql: &str) -> (Vec<Access>, Result<(), String>) {
        let compiled = self.each(sql, |statements, _| match statements {
            0 => Ok(()),
            _ => Err("it is more than one statement".to_owned()),
        });
        (self.seen.accesses.take(), compiled)
    }

    /// Runs statements.
    pub(super) fn run(&self, sql: &str) -> Result<(), String> {
        self.rows(sql).map(drop)
    }

    /// Returns the rows of a query as texts.
    pub(super) fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let mut rows = Vec::new();
        self.each(sql, |_, statement| {
            loop {
                // SAFETY: the statement is prepared and not finalized; a column's text is copied before the next step.
                unsafe {
                    match ffi::sqlite3_step(statement) {
                        ffi::SQLITE_ROW => {}
                        ffi::SQLITE_DONE => return Ok(()),
                        _ => return Err(self.message()),
                    }
                    let columns = 0..ffi::sqlite3_column_count(statement);
                    rows.push(columns.map(|at| text(ffi::sqlite3_column_text(statement, at).cast())).collect());
                }
            }
        })?;
        self.seen.accesses.take();
        Ok(rows)
    }

    /// Prepares each statement of a text and passes it on with its index.
    fn each(
        &self,
        sql: &str,
        mut work: impl FnMut(usize, *mut ffi::sqlite3_stmt) -> Result<(), String>,
    ) -> Result<(), String> {
        self.seen.accesses.take();
        self.seen.counts_left.set(COUNTS);
        self.seen.started.set(None);
        let sql = CString::new(sql).map_err(|_| "it has a zero byte".to_owned())?;
        let mut rest = sql.as_ptr();
        let mut statements = 0;
        // SAFETY: `rest` points into `sql`, which ends with a zero byte; each statement is finalized once.
        unsafe {
            while *rest != 0 {
                let mut statement = ptr::null_mut();
                let prepared = ffi::sqlite3_prepare_v2(self.db, rest, -1, &raw mut statement, &raw mut rest);
                if prepared != ffi::SQLITE_OK {
                    return Err(self.message());
                }
                // White space and comments.
                if statement.is_null() {
                    continue;
                }
                let done = work(statements, statement);
                ffi::sqlite3_finalize(statement);
                done?;
                statements += 1;
            }
        }
        Ok(())
    }

    fn message(&self) -> String {
        // SAFETY: SQLite has a message for every handle, also for none; it is copied at once.
        unsafe { text(ffi::sqlite3_errmsg(self.db)) }.unwrap_or_default()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: all statements are finalized; closing nothing does nothing.
        unsafe { ffi::sqlite3_close(self.db) };
    }
}

/// Copies a text of SQLite's. Returns `None` for a null pointer.
///
/// # Safety
/// The pointer is null, or to a text that ends with a zero byte and lives until this returns.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: as this function's own.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

unsafe extern "C" fn on_progress(seen: *mut c_void) -> c_int {
    // SAFETY: see `Handle::open`.
    let seen = unsafe { &*seen.cast::<Seen>() };
    let left = seen.counts_left.get().saturating_sub(1);
    seen.counts_left.set(left);
    let started = seen.started.get().unwrap_or_else(Instant::now);
    seen.started.set(Some(started));
    c_int::from(left == 0 || started.elapsed() > LIMIT)
}

/// Notes what a statement does while it is compiled, and refuses what would take effect at once or reach outside.
unsafe extern "C" fn authorize(
    seen: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: see `Handle::open`; SQLite gives texts that end with a zero byte, or none.
    let (seen, first, second, database, trigger) =
        unsafe { (&*seen.cast::<Seen>(), text(first), text(second), text(database), text(trigger)) };
    let Some(act) = act(action, second.as_deref()) else { return ffi::SQLITE_OK };
    let name = first.unwrap_or_default();
    let (name, table, database) = match action {
        ffi::SQLITE_ALTER_TABLE => (second.clone().unwrap_or_default(), second.unwrap_or_default(), name),
        ffi::SQLITE_FUNCTION => (second.unwrap_or_default(), String::new(), String::new()),
        ffi::SQLITE_CREATE_INDEX
        | ffi::SQLITE_CREATE_TEMP_INDEX
        | ffi::SQLITE_DROP_INDEX
        | ffi::SQLITE_DROP_TEMP_INDEX
        | ffi::SQLITE_CREATE_TRIGGER
        | ffi::SQLITE_CREATE_TEMP_TRIGGER
        | ffi::SQLITE_DROP_TRIGGER
        | ffi::SQLITE_DROP_TEMP_TRIGGER => (name, second.unwrap_or_default(), database.unwrap_or_default()),
        _ => (name.clone(), name, database.unwrap_or_default()),
    };
    seen.accesses.borrow_mut().push(Access { act, name, table, database, trigger });
    let is_refused = match act {
        Act::Attaches | Act::Calls => true,
        Act::Sets => !is_harmless(seen.accesses.borrow().last().map_or("", |access| &access.name)),
        Act::Writes
        | Act::Makes
        | Act::MakesVirtual
        | Act::Indexes
        | Act::MakesTrigger
        | Act::Alters
        | Act::Drops
        | Act::Analyzes
        | Act::Transaction
        | Act::Asks => false,
    };
    if is_refused { ffi::SQLITE_DENY } else { ffi::SQLITE_OK }
}

/// Checks whether a plugin may change a setting.
pub(super) fn is_harmless(setting: &str) -> bool {
    SETTINGS.contains(&setting.to_ascii_lowercase().as_str())
}

/// Classifies an action of SQLite's authorizer with its argument. Returns `None` for actions that only read.
fn act(action: c_int, second: Option<&str>) -> Option<Act> {
    let reaches_out =
        |name: &str| name.eq_ignore_ascii_case("load_extension") || name.eq_ignore_ascii_case("fts3_tokenizer");
    Some(match action {
        ffi::SQLITE_INSERT | ffi::SQLITE_UPDATE | ffi::SQLITE_DELETE => Act::Writes,
        ffi::SQLITE_CREATE_TABLE
        | ffi::SQLITE_CREATE_TEMP_TABLE
        | ffi::SQLITE_CREATE_VIEW
        | ffi::SQLITE_CREATE_TEMP_VIEW => Act::Makes,
        ffi::SQLITE_CREATE_VTABLE => Act::MakesVirtual,
        ffi::SQLITE_CREATE_INDEX | ffi::SQLITE_CREATE_TEMP_INDEX => Act::Indexes,
        ffi::SQLITE_CREATE_TRIGGER | ffi::SQLITE_CREATE_TEMP_TRIGGER => Act::MakesTrigger,
        ffi::SQLITE_ALTER_TABLE => Act::Alters,
        ffi::SQLITE_DROP_TABLE
        | ffi::SQLITE_DROP_TEMP_TABLE
        | ffi::SQLITE_DROP_VIEW
        | ffi::SQLITE_DROP_TEMP_VIEW
        | ffi::SQLITE_DROP_VTABLE
        | ffi::SQLITE_DROP_INDEX
        | ffi::SQLITE_DROP_TEMP_INDEX
        | ffi::SQLITE_DROP_TRIGGER
        | ffi::SQLITE_DROP_TEMP_TRIGGER => Act::Drops,
        ffi::SQLITE_ANALYZE => Act::Analyzes,
        ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => Act::Transaction,
        ffi::SQLITE_PRAGMA if second.is_some() => Act::Sets,
        ffi::SQLITE_PRAGMA => Act::Asks,
        ffi::SQLITE_ATTACH | ffi::SQLITE_DETACH => Act::Attaches,
        ffi::SQLITE_FUNCTION if second.is_some_and(reaches_out) => Act::Calls,
        ffi::SQLITE_SELECT | ffi::SQLITE_READ | ffi::SQLITE_RECURSIVE | ffi::SQLITE_FUNCTION | ffi::SQLITE_REINDEX => {
            return None;
        }
        // An action that isn't in this list may do anything.
        _ => Act::Calls,
    })
}
