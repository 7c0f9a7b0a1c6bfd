//! The lock on MariaDB and MySQL: the only row of `__autogen_lock` says whose turn it is, and until when.
//!
//! The time is the server's. A program at work renews its turn before every statement, and while a statement
//! runs, over a second connection if one can be opened. Another program may take a turn that has run out. If it
//! works through the same node as the holder, it waits until the holder's session is no longer busy, because a
//! server continues a statement whose program is gone.
//!
//! A session that has been idle for as long as a turn lasts is then ended. Otherwise a program that was suspended
//! could come back between checking its turn and sending the next statement.
//!
//! Earlier versions locked a row of the ledger without a version. Where one of them has worked, that row is taken
//! beside the lock, so that neither works while the other does. It is removed when the turn is given back.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::QueryResult;

use super::{Lock, Other};
use crate::history::ledger::{EARLIER_LOCK, LEDGER, LOCK, state_tables};
use crate::link::{Conflict as _, Link, retried};

/// The place of a lock: a row with a holder.
#[derive(Debug)]
struct Place {
    table: &'static str,
    row: &'static str,
}

const NOW: Place = Place { table: LOCK, row: "id = 1" };
const EARLIER: Place = Place { table: LEDGER, row: "version = ''" };

/// All places where a lock may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::history) struct Places {
    /// Whether an earlier version has worked on the ledger, and may again.
    has_earlier: bool,
}

impl Places {
    /// Returns the places of a database.
    pub(in crate::history) fn of(link: &mut dyn Link) -> QueryResult<Self> {
        Ok(Self { has_earlier: state_tables(link)?.contains(EARLIER_LOCK) })
    }

    fn each(self) -> impl Iterator<Item = &'static Place> {
        [&NOW].into_iter().chain([&EARLIER].into_iter().filter(move |_| self.has_earlier))
    }
}

/// Returns this session's name as others see it: the server's node, when that server was started, the
/// connection's number, and its user.
pub(in crate::history) fn holder(link: &mut dyn Link) -> QueryResult<String> {
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

    /// Checks whether the other session is, or was, on this session's node. The server's start is calculated
    /// from seconds, so two starts may differ a little.
    fn is_beside(self, other: Session<'_>) -> bool {
        self.node == other.node && self.started.abs_diff(other.started) <= 2
    }
}

/// The state of another session, as far as it can be seen from here.
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

fn find(link: &mut dyn Link, mine: &str, other: &str) -> QueryResult<Found> {
    let (Some(mine), Some(other)) = (Session::of(mine), Session::of(other)) else { return Ok(Found::Nothing) };
    if !mine.is_beside(other) {
        return Ok(Found::Nothing);
    }
    if mine.connection == other.connection {
        return Ok(Found::Gone);
    }
    let number = other.connection;
    // A program that has only just finished a statement which outlasted its turn is about to continue.
    let query = format!(
        "SELECT IF(COMMAND = 'Sleep' AND TIME >= {}, 'idle', 'at work') FROM information_schema.PROCESSLIST \
         WHERE ID = {number}",
        link.limits().lease.as_secs().max(1)
    );
    match link.rows(&query, &[]) {
        Ok(rows) => Ok(match rows.into_iter().flatten().flatten().next().as_deref() {
            // Not every user sees others' sessions.
            None if mine.user != other.user => Found::Nothing,
            None => Found::Gone,
            Some("idle") => Found::Idle(number),
            Some(_) => Found::AtWork,
        }),
        // The transaction is gone, and with it what was read in it.
        Err(error) if error.is_conflict() => Err(error),
        Err(_) => Ok(Found::Nothing),
    }
}

/// How long a turn stays unchanged before a waiting program checks the holder's session.
const DOUBT: Duration = Duration::from_millis(300);

/// Returns which other program's turn it is, without locking the row, because many may wait.
pub(in crate::history) fn glance(link: &mut dyn Link, mine: &str, since: &dyn Fn(&Other) -> Duration) -> Option<Other> {
    [&NOW, &EARLIER].into_iter().find_map(|Place { table, row }| {
        let query = format!(
            "SELECT holder, name, CAST(begun_at AS CHAR) FROM {table} \
             WHERE {row} AND holder <> ? AND held_until >= UTC_TIMESTAMP(6)"
        );
        // There may be no such table yet, or none of an earlier version.
        let row: Vec<String> =
            link.rows(&query, &[mine]).ok()?.into_iter().flatten().map(Option::unwrap_or_default).collect();
        let [holder, name, begun] = row.as_slice() else { return None };
        let other = Other { who: format!("{name}, since {begun}"), state: holder.clone() };
        let is_gone = since(&other) >= DOUBT && find(link, mine, holder).is_ok_and(|found| found == Found::Gone);
        (!is_gone).then_some(other)
    })
}

/// Returns which other program's turn it is. Must be called in a transaction that holds the row.
pub(in crate::history) fn other(link: &mut dyn Link, places: Places, mine: &str) -> QueryResult<Option<Other>> {
    for place in places.each() {
        if let Some(other) = other_at(link, place, mine)? {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

fn other_at(link: &mut dyn Link, place: &Place, mine: &str) -> QueryResult<Option<Other>> {
    let Some((holder, lock)) = held(link, place)? else { return Ok(None) };
    let is_theirs = match find(link, mine, &holder)? {
        Found::Gone => {
            let Place { table, row } = place;
            let ended = format!("UPDATE {table} SET holder = NULL, held_until = NULL WHERE {row} AND holder = ?");
            link.change(&ended, &[&holder])?;
            false
        }
        Found::AtWork => true,
        Found::Nothing => !lock.is_expired,
        // It will be gone at the next look.
        Found::Idle(number) => {
            !lock.is_expired
                || match link.execute(&format!("KILL {number}")) {
                    Err(error) if error.is_conflict() => return Err(error),
                    killed => killed.is_ok(),
                }
        }
    };
    Ok((holder != mine && is_theirs).then_some(Other { who: lock.who, state: holder }))
}

/// Returns who holds a place: the holder as noted, and a name for people.
fn held(link: &mut dyn Link, place: &Place) -> QueryResult<Option<(String, Lock)>> {
    let Place { table, row } = place;
    let query = format!(
        "SELECT holder, name, CAST(begun_at AS CHAR), CAST(COALESCE(held_until >= UTC_TIMESTAMP(6), 0) AS CHAR) \
         FROM {table} WHERE {row} AND holder IS NOT NULL"
    );
    let row: Vec<String> = link.rows(&query, &[])?.into_iter().flatten().map(Option::unwrap_or_default).collect();
    let [holder, name, since, is_held] = row.as_slice() else { return Ok(None) };
    let lock = Lock {
        who: format!("{name}, since {since}"),
        is_expired: is_held != "1",
        is_of_earlier_version: place.table == EARLIER.table,
    };
    Ok(Some((holder.clone(), lock)))
}

/// Returns the lock that a program holds, of any version. A lock that hasn't expired is preferred.
pub(super) fn lock(link: &mut dyn Link) -> QueryResult<Option<Lock>> {
    let there = state_tables(link)?;
    let mut found = Vec::new();
    for (place, mark) in [(&NOW, LOCK), (&EARLIER, EARLIER_LOCK)] {
        if there.contains(mark) {
            found.extend(held(link, place)?);
        }
    }
    Ok(found.into_iter().map(|(_, lock)| lock).min_by_key(|lock| lock.is_expired))
}

/// Removes locks that have expired, and the row of earlier versions.
pub(super) fn clear(link: &mut dyn Link) -> QueryResult<()> {
    let is_over = "(holder IS NULL OR held_until IS NULL OR held_until < UTC_TIMESTAMP(6))";
    link.execute(&format!("UPDATE {LOCK} SET holder = NULL, held_until = NULL WHERE id = 1 AND {is_over}"))?;
    let Place { table, row } = EARLIER;
    match Places::of(link)?.has_earlier {
        true => link.execute(&format!("DELETE FROM {table} WHERE {row} AND {is_over}")),
        false => link.execute(&format!("DELETE FROM {table} WHERE {row}")),
    }
}

/// Takes the turn if it is still nobody's. It uses one statement for each place, because on a cluster a lock on
/// the row doesn't keep programs on other nodes away. Returns whether the turn is this program's now.
pub(in crate::history) fn take(link: &mut dyn Link, places: Places, mine: &str) -> QueryResult<bool> {
    if !take_at(link, &NOW, mine)? {
        return Ok(false);
    }
    if places.has_earlier {
        link.execute(&format!(
            "INSERT IGNORE INTO {LEDGER} (version, plugin, name, revises, checksum, made, tool, state, statement, \
             statements, ran, turn) VALUES ('', '', 'lock', '', '', '', '', 'applied', 0, 0, '', 0)"
        ))?;
        if !take_at(link, &EARLIER, mine)? {
            give_back_at(link, &NOW, mine)?;
            return Ok(false);
        }
    } else {
        // Before that column was there, nothing said until when the row was held.
        let Place { table, row } = EARLIER;
        link.execute(&format!("DELETE FROM {table} WHERE {row}"))?;
    }
    // A program that comes back finds that it no longer holds anything.
    link.change(&format!("UPDATE {LEDGER} SET holder = NULL WHERE holder <> ?"), &[mine])?;
    Ok(true)
}

fn take_at(link: &mut dyn Link, place: &Place, mine: &str) -> QueryResult<bool> {
    let (Place { table, row }, until) = (place, until(link));
    let taken = format!(
        "UPDATE {table} SET holder = ?, name = LEFT(CONCAT(USER(), ', connection ', CONNECTION_ID()), 255), \
         begun_at = CURRENT_TIMESTAMP, held_until = {until} WHERE {row} \
         AND (holder IS NULL OR holder = ? OR held_until IS NULL OR held_until < UTC_TIMESTAMP(6))"
    );
    link.change(&taken, &[mine, mine])?;
    is_mine_at(link, place, mine)
}

/// Extends the turn. Returns whether it is still this program's.
pub(in crate::history) fn renew(link: &mut dyn Link, places: Places, mine: &str) -> QueryResult<bool> {
    retried(link, |link| {
        for place in places.each() {
            let Place { table, row } = place;
            let query = format!("UPDATE {table} SET held_until = {} WHERE {row} AND holder = ?", until(link));
            link.change(&query, &[mine])?;
            if !is_mine_at(link, place, mine)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Returns `true` if it is this program's turn.
pub(in crate::history) fn is_mine(link: &mut dyn Link, places: Places, mine: &str) -> QueryResult<bool> {
    for place in places.each() {
        if !is_mine_at(link, place, mine)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_mine_at(link: &mut dyn Link, place: &Place, mine: &str) -> QueryResult<bool> {
    let Place { table, row } = place;
    let query = format!("SELECT holder FROM {table} WHERE {row} AND holder = ?");
    Ok(!link.rows(&query, &[mine])?.is_empty())
}

/// Ends the turn, if it is still this program's.
pub(in crate::history) fn give_back(link: &mut dyn Link, places: Places, mine: &str) -> QueryResult<()> {
    retried(link, |link| places.each().try_for_each(|place| give_back_at(link, place, mine)))
}

fn give_back_at(link: &mut dyn Link, place: &Place, mine: &str) -> QueryResult<()> {
    let Place { table, row } = place;
    let query = match place.table == EARLIER.table {
        true => format!("DELETE FROM {table} WHERE {row} AND holder = ?"),
        false => format!("UPDATE {table} SET holder = NULL, held_until = NULL WHERE {row} AND holder = ?"),
    };
    link.change(&query, &[mine])
}

/// Returns the expression for the time when a turn that begins now ends.
fn until(link: &dyn Link) -> String {
    format!("UTC_TIMESTAMP(6) + INTERVAL {} MICROSECOND", link.limits().lease.as_micros())
}

/// Notes how others find a script's session. MariaDB and MySQL keep the time since their start in different tables. A
/// client that strips such comments leaves a holder that nobody can look for: its turn ends by time alone.
pub(in crate::history) const SCRIPT_HOLDER: &str = "SET @autogen_node = CONCAT(LEFT(@@hostname, 40), ':', @@port), \
     @autogen_user = LEFT(SHA2(CURRENT_USER(), 256), 8), @autogen_started = UNIX_TIMESTAMP() - COALESCE(NULL\
     /*M! , (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME') */\
     /*!80000 , (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime') */, 0);\n\
     SET @autogen_holder = CONCAT_WS(' ', @autogen_node, @autogen_started, CONNECTION_ID(), @autogen_user)";

/// Returns the statements that take the turn for a script, or renew it: where it is nobody's, or that of a session on this
/// server that has ended. A script can't renew it while a statement runs, but nobody takes over from a session that is seen
/// at work.
pub(in crate::history) fn script_takes() -> String {
    let Place { table, row } = NOW;
    let part = |from_end: usize| format!("SUBSTRING_INDEX(SUBSTRING_INDEX(holder, ' ', -{from_end}), ' ', 1)");
    format!(
        "INSERT IGNORE INTO {table} (id) VALUES (1);\n\
         SET @autogen_gone = (SELECT holder FROM {table} WHERE {row} AND holder LIKE CONCAT(@autogen_node, ' %') \
         AND {user} = @autogen_user AND ABS({started} - @autogen_started) <= 2 \
         AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {connection}));\n\
         UPDATE {table} SET holder = @autogen_holder, name = LEFT(CONCAT(USER(), ', a script, connection ', CONNECTION_ID()), 255), \
         begun_at = CURRENT_TIMESTAMP, held_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE {row} AND (holder IS NULL \
         OR holder IN (@autogen_holder, @autogen_gone) OR held_until IS NULL OR held_until < UTC_TIMESTAMP(6));",
        user = part(1),
        connection = part(2),
        started = part(3),
    )
}

/// Returns the condition that the turn isn't the script's.
pub(in crate::history) fn script_lacks() -> String {
    let Place { table, row } = NOW;
    format!("NOT EXISTS (SELECT 1 FROM {table} WHERE {row} AND holder = @autogen_holder)")
}

/// Returns the statement that ends a script's turn.
pub(in crate::history) fn script_ends() -> String {
    let Place { table, row } = NOW;
    format!("UPDATE {table} SET holder = NULL, held_until = NULL WHERE {row} AND holder = @autogen_holder;")
}

/// Renews a turn over a connection of its own, from time to time, until it is dropped.
#[derive(Debug)]
pub(in crate::history) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _it_has_no_result = self.thread.take().map(JoinHandle::join);
    }
}

/// Keeps a turn while it lasts, if another connection can be opened.
pub(in crate::history) fn keep(link: &mut dyn Link, places: Places, mine: &str) -> Option<Keeper> {
    let open = link.another()?;
    let (pause, mine) = (link.limits().lease / 3, mine.to_owned());
    let (stop, stopped) = channel::<()>();
    let renewing = move || {
        let mut another: Option<Box<dyn Link>> = None;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            // Opened when it is needed, and again when it is lost: most turns are over before that.
            another = another.or_else(|| open().ok());
            match another.as_mut().map(|link| renew(&mut **link, places, &mine)) {
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
