//! Applying and reverting on SQLite.

use std::time::Duration;

use diesel::QueryResult;

use super::dangling;
use super::event::Outcome;
use super::failure::Failure;
use super::runner::{Admission, Runner};
use super::script::Script;
use super::temporary::Temporary;
use super::waiting::Waiting;
use crate::history::ledger::{self, Entry, begin};
use crate::history::lock::Other;
use crate::link::{Link, transaction};
use crate::sql::Statement;
use crate::sql::effects::Frame;

/// The time after which a program counts as gone if its script's entry hasn't changed and the file isn't locked.
/// A program that changes anything in SQLite locks the file meanwhile.
const GONE: Duration = Duration::from_secs(5);

/// Runs scripts on SQLite. A pass is the name of this program, by which the ledger's entries say who runs them.
pub(super) struct Sqlite;

impl Runner for Sqlite {
    type Pass = String;
    type Session = Session;

    fn whole(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        _waiting: &mut Waiting<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        // A file of ours would open its own transaction and mark nothing. So ours goes around it. Then its
        // pragmas do nothing, and its savepoint nests.
        if !script.revision.run_in_transaction && !is_ours(script) {
            return Ok(None);
        }
        let before = Session::of(link, script)?;
        let outcome = if !script.revision.run_in_transaction {
            without_foreign_keys(link)
        } else if switches_keys_off(script) {
            // Inside the transaction the pragma would do nothing, and a dropped table would take its children's
            // rows along.
            link.execute("PRAGMA foreign_keys = OFF").map_err(Failure::from)
        } else {
            Ok(())
        };
        let outcome = outcome.and_then(|()| in_transaction(link, script));
        let restored = before.put_back(link);
        let outcome = outcome?;
        restored?;
        Ok(Some(outcome))
    }

    fn open(&self, link: &mut dyn Link, script: &Script<'_>) -> Result<Session, Failure> {
        Ok(Session::of(link, script)?)
    }

    fn close(&self, link: &mut dyn Link, script: &Script<'_>, session: Session) -> Result<(), Failure> {
        let stays_open = opens(&script.statements) > 0;
        if stays_open {
            // It would swallow whatever the host does next.
            let _none_open = link.execute("ROLLBACK");
        }
        session.put_back(link)?;
        match stays_open {
            true => Err(Failure::new("it begins a transaction that it doesn't end".to_owned())),
            false => Ok(()),
        }
    }

    fn pass(&self, link: &mut dyn Link) -> Result<String, Failure> {
        let rows = link.rows("SELECT lower(hex(randomblob(16)))", &[])?;
        Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
    }

    fn holder<'p>(&self, pass: &'p String) -> &'p str {
        pass
    }

    fn admit(
        &self,
        _link: &mut dyn Link,
        _script: &Script<'_>,
        _pass: &mut String,
        _since: &dyn Fn(&Other) -> Duration,
    ) -> Result<Admission, Failure> {
        Ok(Admission::In)
    }

    fn other(
        &self,
        _link: &mut dyn Link,
        mine: &mut String,
        under_way: &[&Entry],
        since: &dyn Fn(&Other) -> Duration,
    ) -> QueryResult<Option<Other>> {
        let others = under_way.iter().filter(|entry| entry.holder.as_ref().is_some_and(|holder| holder != mine));
        let mut others = others.map(|entry| Other { who: String::new(), state: format!("{entry:?}") });
        Ok(others.find(|other| since(other) <= GONE))
    }

    /// Returns `true`: the entry of what is under way is enough.
    fn take(&self, _link: &mut dyn Link, _pass: &mut String) -> QueryResult<bool> {
        Ok(true)
    }

    fn keep(&self, _link: &mut dyn Link, _pass: &mut String) {}

    fn give_back(&self, _link: &mut dyn Link, _pass: String) -> QueryResult<()> {
        Ok(())
    }

    fn name(&self, _link: &mut dyn Link, other: &Other) -> String {
        other.who.clone()
    }

    fn step(&self, link: &mut dyn Link, script: &Script<'_>, holder: &String, at: usize) -> Result<(), Failure> {
        step(link, script, holder, at)
    }

    fn is_whole(&self, script: &Script<'_>, at: usize) -> bool {
        script.refuses_whole(at)
    }

    fn how_far(
        &self,
        _link: &mut dyn Link,
        _script: &Script<'_>,
        _pass: &String,
        recorded: usize,
    ) -> Result<usize, Failure> {
        Ok(recorded)
    }

    fn release(&self, link: &mut dyn Link, script: &Script<'_>, holder: &String, _is_whole: bool) -> QueryResult<()> {
        ledger::release(link, &script.revision.version, holder)
    }
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(link: &mut dyn Link, script: &Script<'_>) -> Result<Outcome, Failure> {
    transaction(link, begin, |link| script.in_turn(link, |link| dangling::each(link, script)))
}

/// Runs one statement of a script that has no transaction around it, together with the note about the statement.
fn step(link: &mut dyn Link, script: &Script<'_>, holder: &str, at: usize) -> Result<(), Failure> {
    let statement = &script.statements[at];
    if opens(&script.statements[..at]) > 0 {
        // The note is part of the script's own transaction: both stay or neither.
        if opens(&script.statements[..=at]) == 0 {
            script.advance(link, holder, at + 1)?;
            return script.run(link, at);
        }
        script.run(link, at)?;
        return script.advance(link, holder, at + 1);
    }
    // A statement that no transaction can contain may run twice.
    if matches!(statement.first(), "pragma" | "vacuum" | "attach" | "detach") {
        script.run(link, at)?;
        return script.advance(link, holder, at + 1);
    }
    match statement.frame() {
        Some(Frame::Begins | Frame::Saves) => return script.run(link, at),
        Some(Frame::Releases | Frame::Returns | Frame::Commits | Frame::RollsBack | Frame::Prepares) | None => {}
    }
    transaction(link, begin, |link| {
        script.run(link, at)?;
        script.advance(link, holder, at + 1)
    })
}

/// Counts the transactions and savepoints that the statements leave open.
fn opens(statements: &[Statement]) -> usize {
    statements.iter().fold(0_usize, |open, statement| match statement.frame() {
        Some(Frame::Begins | Frame::Saves) => open + 1,
        Some(Frame::Releases) => open.saturating_sub(1),
        Some(Frame::Commits | Frame::RollsBack | Frame::Prepares) => 0,
        Some(Frame::Returns) | None => open,
    })
}

/// Checks whether the script is one of ours that brings its own savepoint, and hasn't been edited into one
/// that can't be wrapped.
fn is_ours(script: &Script<'_>) -> bool {
    script.revision.by_autogen && !script.statements.iter().any(Statement::wants_no_transaction)
}

/// Checks whether a script turns foreign keys off.
fn switches_keys_off(script: &Script<'_>) -> bool {
    (0..script.statements.len()).any(|at| {
        let setting = script.text(at).to_ascii_lowercase().replace(['=', '(', ')', ';', '\'', '"'], " ");
        let words: Vec<&str> = setting.split_whitespace().collect();
        matches!(words.as_slice(), ["pragma", "foreign_keys" | "main.foreign_keys", "off" | "no" | "false" | "0", ..])
    })
}

fn without_foreign_keys(link: &mut dyn Link) -> Result<(), Failure> {
    link.execute("PRAGMA foreign_keys = OFF")?;
    if !Pragmas::read(link)?.foreign_keys {
        return Ok(());
    }
    // Otherwise the children of every rebuilt table would be deleted.
    let message = "foreign keys can't be switched off, because the connection is in a transaction";
    Err(Failure::new(message.to_owned()))
}

/// What a script must not leave changed.
#[derive(Debug)]
pub(super) struct Session {
    pragmas: Pragmas,
    temporary: Option<Temporary>,
}

impl Session {
    fn of(link: &mut dyn Link, script: &Script<'_>) -> QueryResult<Self> {
        Ok(Self { pragmas: Pragmas::read(link)?, temporary: Temporary::before(link, script)? })
    }

    fn put_back(self, link: &mut dyn Link) -> QueryResult<()> {
        self.pragmas.restore(link)?;
        self.temporary.map_or(Ok(()), |temporary| temporary.put_back(link))
    }
}

/// Settings of the connection that scripts change.
#[derive(Debug, Clone, Copy)]
struct Pragmas {
    foreign_keys: bool,
    legacy_alter_table: bool,
}

impl Pragmas {
    fn read(link: &mut dyn Link) -> QueryResult<Self> {
        let rows = link.rows(
            "SELECT CAST(foreign_keys AS TEXT), CAST(legacy_alter_table AS TEXT) \
             FROM pragma_foreign_keys, pragma_legacy_alter_table",
            &[],
        )?;
        let is_on = |at: usize| rows.first().and_then(|row| row.get(at)).is_some_and(|on| on.as_deref() == Some("1"));
        Ok(Self { foreign_keys: is_on(0), legacy_alter_table: is_on(1) })
    }

    fn restore(self, link: &mut dyn Link) -> QueryResult<()> {
        let Self { foreign_keys, legacy_alter_table } = self;
        link.execute(&format!("PRAGMA foreign_keys = {foreign_keys}; PRAGMA legacy_alter_table = {legacy_alter_table}"))
    }
}
