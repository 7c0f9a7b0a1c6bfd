//! Whose turn it is on MariaDB and MySQL: the row of the ledger without a version says who holds it, and until when.
//!
//! The time is the server's. Whoever is at work renews it before every statement, and over a second connection, where
//! one can be had, while a statement runs. A turn that has run out is another program's for the taking; on the
//! node that the holder works through, only once its session isn't at work any more: a server goes on with
//! a statement whose program is gone. A session that has been idle for as long as a turn lasts is ended then, so that
//! a program that was stopped can't come back between looking whether it is still its turn and sending the next
//! statement.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::QueryResult;

use super::Failure;
use super::failure::Why;
use super::steps::Other;
use crate::history::ledger::{Entry, LEDGER};
use crate::link::{Link, Opener};

/// The session as others find it: the server's node, when that server was started, the connection's number, and
/// whose it is.
pub(super) fn holder(link: &mut dyn Link) -> QueryResult<String> {
    let status = link.rows("SHOW GLOBAL STATUS LIKE 'Uptime'", &[])?;
    let uptime = status.into_iter().flatten().flatten().next_back().and_then(|seconds| seconds.parse::<u64>().ok());
    let query = format!(
        "SELECT CONCAT(LEFT(@@hostname, 40), ':', @@port, ' ', UNIX_TIMESTAMP() - {}, ' ', CONNECTION_ID(), ' ', \
         LEFT(SHA2(CURRENT_USER(), 256), 8))",
        uptime.unwrap_or_default()
    );
    Ok(link.rows(&query, &[])?.into_iter().flatten().flatten().next().unwrap_or_default())
}

/// Parts of what [`holder`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Session<'a> {
    node: &'a str,
    started: u64,
    connection: u64,
    user: &'a str,
}

impl<'a> Session<'a> {
    fn of(holder: &'a str) -> Option<Self> {
        let mut parts = holder.rsplitn(4, ' ');
        let (user, connection) = (parts.next()?, parts.next()?.parse().ok()?);
        let started = parts.next()?.parse().ok()?;
        Some(Self { node: parts.next()?, started, connection, user })
    }

    /// Whether the other session is, or was, on this one's node. The server's start is worked out from seconds.
    fn is_beside(self, other: Session<'_>) -> bool {
        self.node == other.node && self.started.abs_diff(other.started) <= 2
    }
}

/// What becomes of a session that can be seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It can't be seen from here.
    Nothing,
    /// It has ended, or is this one.
    Gone,
    /// Its program has sent nothing for as long as a turn lasts.
    Idle(u64),
    AtWork,
}

fn find(link: &mut dyn Link, mine: &str, other: &str) -> Found {
    let (Some(mine), Some(other)) = (Session::of(mine), Session::of(other)) else { return Found::Nothing };
    if !mine.is_beside(other) {
        return Found::Nothing;
    }
    if mine.connection == other.connection {
        return Found::Gone;
    }
    let number = other.connection;
    // What has only just finished a statement that outlasted its turn is about to go on.
    let query = format!(
        "SELECT IF(COMMAND = 'Sleep' AND TIME >= {}, 'idle', 'at work') FROM information_schema.PROCESSLIST \
         WHERE ID = {number}",
        link.limits().lease.as_secs().max(1)
    );
    match link.rows(&query, &[]) {
        Ok(rows) => match rows.into_iter().flatten().flatten().next().as_deref() {
            // Not everybody sees others' sessions.
            None if mine.user != other.user => Found::Nothing,
            None => Found::Gone,
            Some("idle") => Found::Idle(number),
            Some(_) => Found::AtWork,
        },
        Err(_) => Found::Nothing,
    }
}

/// How long a turn stays as it is before somebody who waits asks what has become of the session.
const DOUBT: Duration = Duration::from_millis(300);

/// Which other program's turn it is, without keeping the row from it: many may wait.
pub(super) fn glance(link: &mut dyn Link, mine: &str, since: &dyn Fn(&Other) -> Duration) -> Option<Other> {
    let query = format!(
        "SELECT holder, name, CAST(begun_at AS CHAR) FROM {LEDGER} \
         WHERE version = '' AND holder <> ? AND held_until >= UTC_TIMESTAMP(6)"
    );
    // There may be no ledger yet, or one of an earlier version.
    let row: Vec<String> =
        link.rows(&query, &[mine]).ok()?.into_iter().flatten().map(Option::unwrap_or_default).collect();
    let [holder, name, begun] = row.as_slice() else { return None };
    let other = Other { who: format!("{name}, since {begun}"), state: holder.clone() };
    let is_gone = since(&other) >= DOUBT && find(link, mine, holder) == Found::Gone;
    (!is_gone).then_some(other)
}

/// Which other program's turn it is, whatever is under way: the row says it all. In a transaction that holds it.
pub(super) fn other(
    link: &mut dyn Link,
    mine: &str,
    _under_way: &[Entry],
    _since: &dyn Fn(&Other) -> Duration,
) -> QueryResult<Option<Other>> {
    let query = format!(
        "SELECT holder, name, CAST(begun_at AS CHAR), CAST(COALESCE(held_until >= UTC_TIMESTAMP(6), 0) AS CHAR) \
         FROM {LEDGER} WHERE version = '' AND holder IS NOT NULL"
    );
    let row: Vec<String> = link.rows(&query, &[])?.into_iter().flatten().map(Option::unwrap_or_default).collect();
    let [holder, name, since, is_held] = row.as_slice() else { return Ok(None) };
    let (is_held, who) = (is_held == "1", format!("{name}, since {since}"));
    let is_theirs = match find(link, mine, holder) {
        Found::Gone => false,
        Found::AtWork => true,
        Found::Nothing => is_held,
        // It is gone the next time that somebody looks.
        Found::Idle(number) => is_held || link.execute(&format!("KILL {number}")).is_ok(),
    };
    Ok((holder != mine && is_theirs).then(|| Other { who, state: holder.clone() }))
}

/// Whether it is nobody's turn.
pub(in crate::history) fn is_free(link: &mut dyn Link) -> QueryResult<bool> {
    let query = format!(
        "SELECT version FROM {LEDGER} WHERE version = '' AND holder IS NOT NULL AND held_until >= UTC_TIMESTAMP(6)"
    );
    Ok(link.rows(&query, &[])?.is_empty())
}

/// Takes the turn. In a transaction that holds the row.
pub(super) fn take(link: &mut dyn Link, mine: &str) -> QueryResult<()> {
    let until = until(link);
    let taken = format!(
        "UPDATE {LEDGER} SET holder = ?, name = LEFT(CONCAT(USER(), ', connection ', CONNECTION_ID()), 255), \
         begun_at = CURRENT_TIMESTAMP, held_until = {until} WHERE version = ''"
    );
    link.change(&taken, &[mine])?;
    // Whoever comes back finds that nothing is its own any more.
    link.change(&format!("UPDATE {LEDGER} SET holder = NULL WHERE version <> '' AND holder <> ?"), &[mine])
}

/// Makes the turn last; whether it is still this program's.
pub(super) fn renew(link: &mut dyn Link, mine: &str) -> QueryResult<bool> {
    let until = until(link);
    link.change(&format!("UPDATE {LEDGER} SET held_until = {until} WHERE version = '' AND holder = ?"), &[mine])?;
    is_mine(link, mine)
}

fn is_mine(link: &mut dyn Link, mine: &str) -> QueryResult<bool> {
    let query = format!("SELECT version FROM {LEDGER} WHERE version = '' AND holder = ?");
    Ok(!link.rows(&query, &[mine])?.is_empty())
}

/// Ends the turn, if it still is this program's.
pub(super) fn give_back(link: &mut dyn Link, mine: &str) -> QueryResult<()> {
    let query = format!("UPDATE {LEDGER} SET holder = NULL, held_until = NULL WHERE version = '' AND holder = ?");
    link.change(&query, &[mine])
}

/// When a turn that begins now is over.
fn until(link: &dyn Link) -> String {
    format!("UTC_TIMESTAMP(6) + INTERVAL {} MICROSECOND", link.limits().lease.as_micros())
}

/// What went wrong, in other words where another program has ended the session.
pub(super) fn explained(link: &mut dyn Link, mine: &str, failure: Failure) -> Failure {
    if failure.why == Why::TakenOver || link.rows("SELECT 'there'", &[]).is_ok() {
        return failure;
    }
    let is_mine = |open: Opener| open().and_then(|mut another| is_mine(&mut *another, mine));
    match link.another().map(is_mine) {
        Some(Ok(false)) => Failure { at: failure.at, ..Failure::taken_over() },
        Some(Ok(true) | Err(_)) | None => failure,
    }
}

/// Renews a turn over a connection of its own, from time to time, until it is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _it_has_no_result = self.thread.take().map(JoinHandle::join);
    }
}

/// Keeps a turn, where another connection can be had.
pub(super) fn keep(link: &mut dyn Link, mine: &str) -> Option<Keeper> {
    let open = link.another()?;
    let (pause, mine) = (link.limits().lease / 3, mine.to_owned());
    let (stop, stopped) = channel::<()>();
    let renewing = move || {
        let mut another: Option<Box<dyn Link>> = None;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            // Made when it is needed, and anew when it has gone: most turns are over by then.
            another = another.or_else(|| open().ok());
            match another.as_mut().map(|link| renew(&mut **link, &mine)) {
                Some(Ok(true)) => {}
                Some(Ok(false)) => break,
                Some(Err(_)) | None => another = None,
            }
        }
    };
    let thread = std::thread::Builder::new().name("autogen-turn".to_owned()).spawn(renewing).ok()?;
    Some(Keeper { stop: Some(stop), thread: Some(thread) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_looked_for_on_their_node() {
        let of = |text| Session::of(text).expect(text);
        let mine = of("db 1:3306 1700000000 17 1a2b3c4d");
        assert_eq!(mine, Session { node: "db 1:3306", started: 1_700_000_000, connection: 17, user: "1a2b3c4d" });
        assert!(mine.is_beside(of("db 1:3306 1700000001 99 1a2b3c4d")), "a second is lost in counting");
        for elsewhere in ["db 2:3306 1700000000 99 1a2b3c4d", "db 1:3307 1700000000 99 0", "db 1:3306 1700000009 99 0"]
        {
            assert!(!mine.is_beside(of(elsewhere)), "{elsewhere}");
        }
        assert_eq!(Session::of("db:3306 autogen_0123"), None, "as an earlier version wrote it");
    }
}
