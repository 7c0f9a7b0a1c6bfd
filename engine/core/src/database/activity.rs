//! What this process's connections are running at the moment, and the user's wish that it ends.
//!
//! There is one list for the process, because one user watches it and presses Ctrl-C. Only statements of migrations are
//! in it: what is asked and noted around them is short, and runs on after an interruption so that nothing is left behind.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::time::timeout;
use tokio_postgres::CancelToken;

use super::background::runtime;
use super::{MysqlUrl, PostgresUrl, mysql, postgres};
use crate::link::Step;

/// A statement that is running.
#[derive(Debug, Clone)]
pub struct Running {
    /// The revision that it belongs to, and which of how many that is.
    pub revision: Option<(String, usize, usize)>,
    /// Which of how many statements of its script it is.
    pub number: Option<(usize, usize)>,
    /// Its text.
    pub statement: Arc<str>,
    /// When it was sent.
    pub since: Instant,
    session: Session,
}

/// What a server says of a statement that it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How far it is, such as `building index: 40 of 100 blocks`.
    pub stage: Option<String>,
    /// The session that holds the lock that it waits for; empty if the server can't tell.
    pub waits_for: Option<String>,
}

/// The session in which a statement runs, so that another connection can end the statement, or ask about it.
#[derive(Clone)]
pub(super) enum Session {
    /// Its own handler ends it.
    Sqlite,
    Postgres(Box<PostgresUrl>, CancelToken),
    Mysql(Box<MysqlUrl>, u32),
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite => f.write_str("Sqlite"),
            Self::Postgres(url, _) => f.debug_tuple("Postgres").field(url).finish(),
            Self::Mysql(url, number) => f.debug_tuple("Mysql").field(url).field(number).finish(),
        }
    }
}

/// How long a server may take to answer what isn't needed.
const PATIENCE: Duration = Duration::from_secs(5);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Vec<Arc<Running>>> = Mutex::new(Vec::new());
/// Since when a file of SQLite's is locked by another program, and when that was last seen.
static LOCKED: Mutex<Option<(Instant, Instant)>> = Mutex::new(None);

thread_local! {
    static REVISION: RefCell<Option<(String, usize, usize)>> = const { RefCell::new(None) };
    static NUMBER: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    /// How many statements this thread has under way.
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
}

/// Returns the statement that has been running the longest.
pub fn running() -> Option<Running> {
    list().first().map(|running| Running::clone(running))
}

/// Returns since when another program keeps a file of SQLite's locked that this process wants to write.
pub fn locked_since() -> Option<Instant> {
    const FRESH: Duration = Duration::from_millis(500);
    let locked = LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
    locked.filter(|(_, seen)| seen.elapsed() < FRESH).map(|(since, _)| since)
}

/// Ends the statements that are running, and refuses every further one of a migration. May be called again, which also
/// ends a statement that hadn't reached its server the first time.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    // While the list is held, no statement leaves it. So what follows in its session isn't ended in its place.
    for running in list().iter() {
        let ended = async {
            match &running.session {
                Session::Sqlite => {}
                Session::Postgres(url, token) => postgres::activity::cancel(url, token).await,
                Session::Mysql(url, number) => mysql::activity::cancel(url, *number).await,
            }
        };
        // A server that can't be reached is noticed by the statement itself.
        let _late = runtime().block_on(async { timeout(PATIENCE, ended).await });
    }
}

/// Returns `true` once [`interrupt`] has been called.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

impl Running {
    /// Asks the server how far the statement is, over another connection.
    pub fn progress(&self) -> Option<Progress> {
        runtime().block_on(async {
            let asked = async {
                match &self.session {
                    Session::Sqlite => None,
                    Session::Postgres(url, _) => postgres::activity::progress(url, &self.statement).await,
                    Session::Mysql(url, number) => mysql::activity::progress(url, *number).await,
                }
            };
            timeout(PATIENCE, asked).await.ok().flatten()
        })
    }
}

/// Notes what this thread runs next.
pub(super) fn note(step: Step<'_>) {
    match step {
        Step::Revision { name, number, of } => REVISION.set(Some((name.to_owned(), number, of))),
        Step::Statement { number, of } => NUMBER.set(Some((number, of))),
    }
}

/// Runs a statement that can be interrupted.
pub(super) fn run<T>(session: Session, statement: &str, work: impl FnOnce() -> QueryResult<T>) -> QueryResult<T> {
    let running = Arc::new(Running {
        revision: REVISION.with_borrow(Clone::clone),
        number: NUMBER.take(),
        statement: statement.into(),
        since: Instant::now(),
        session,
    });
    list().push(Arc::clone(&running));
    let _listed = Listed(running);
    // Looked at only once the statement is in the list: whoever interrupts sees one or the other.
    if is_interrupted() {
        return Err(interrupted());
    }
    UNDER_WAY.set(UNDER_WAY.get() + 1);
    let done = work();
    UNDER_WAY.set(UNDER_WAY.get() - 1);
    done
}

/// Returns `true` if this thread runs a statement that is to end.
pub(super) fn ends_here() -> bool {
    is_interrupted() && UNDER_WAY.get() > 0
}

/// Notes that a file is locked by another program.
pub(super) fn locked(since: Instant) {
    *LOCKED.lock().unwrap_or_else(PoisonError::into_inner) = Some((since, Instant::now()));
}

pub(super) fn interrupted() -> DieselError {
    DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new("interrupted".to_owned()))
}

/// Takes a statement off the list once it has ended.
struct Listed(Arc<Running>);

impl Drop for Listed {
    fn drop(&mut self) {
        list().retain(|running| !Arc::ptr_eq(running, &self.0));
    }
}

fn list() -> MutexGuard<'static, Vec<Arc<Running>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_listed_while_it_runs() {
        note(Step::Revision { name: "core's a", number: 2, of: 3 });
        note(Step::Statement { number: 1, of: 4 });
        let mine = "SELECT 'a statement of this test'";
        let seen = || list().iter().find(|running| *running.statement == *mine).cloned();
        let during = run(Session::Sqlite, mine, || Ok(seen())).expect("nobody interrupts").expect("listed");
        assert_eq!(during.revision, Some(("core's a".to_owned(), 2, 3)));
        assert_eq!(during.number, Some((1, 4)));
        assert!(seen().is_none());
    }
}
