//! The advisory lock on PostgreSQL. It ends with its transaction, so that it works behind a pooler that hands every
//! transaction to another session.

use diesel::QueryResult;

use crate::history::ledger::begin;
use crate::link::{Link, transaction};

/// The lock's number: "autogen" in ASCII, so that whoever finds it in `pg_locks` can tell.
pub(in crate::history) const LOCK: i64 = 0x0061_7574_6f67_656e;

/// Takes the lock until the transaction ends, unless another program has it.
pub(in crate::history) fn try_lock(link: &mut dyn Link) -> QueryResult<bool> {
    is_yes(link, &format!("SELECT pg_try_advisory_xact_lock({LOCK})::text"))
}

/// Takes the lock for the session, unless another program has it.
pub(in crate::history) fn try_lock_session(link: &mut dyn Link) -> QueryResult<bool> {
    is_yes(link, &format!("SELECT pg_try_advisory_lock({LOCK})::text"))
}

/// Gives back the session's lock.
pub(in crate::history) fn unlock_session(link: &mut dyn Link) -> QueryResult<()> {
    is_yes(link, &format!("SELECT pg_advisory_unlock({LOCK})::text")).map(drop)
}

/// Returns `true` if no program is at work on a revision.
pub(super) fn is_free(link: &mut dyn Link) -> QueryResult<bool> {
    transaction(link, begin, try_lock)
}

/// Returns the session that has the lock, for people. Not every user sees others' sessions, and the session may
/// have ended.
pub(in crate::history) fn holder(link: &mut dyn Link) -> String {
    let query = format!(
        "SELECT concat(a.usename, ', process ', a.pid, ', since ' || date_trunc('second', a.xact_start)) \
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database() \
         AND l.classid::bigint = {} AND l.objid::bigint = {}",
        LOCK >> 32,
        LOCK & 0xffff_ffff
    );
    let rows = transaction(link, begin, |link| link.rows(&query, &[])).unwrap_or_default();
    rows.into_iter().flatten().flatten().next().unwrap_or_default()
}

fn is_yes(link: &mut dyn Link, query: &str) -> QueryResult<bool> {
    Ok(link.rows(query, &[])?.into_iter().flatten().flatten().next().as_deref() == Some("true"))
}
