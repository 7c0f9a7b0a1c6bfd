//! One file of a revision, and what is kept in step with it.

use std::cell::OnceCell;

use diesel::QueryResult;

use super::event::Outcome;
use super::failure::{Failure, Why};
use super::rows::query_of_message;
use crate::dialect::Dialect;
use crate::history::direction::Direction;
use crate::history::fence::{Owners, Stage, compares};
use crate::history::ledger::{self, DIESEL, Entry, LEDGER, State};
use crate::history::{Revision, checksum};
use crate::link::{Link, Step};
use crate::model::whose;
use crate::sql::Statement;
use crate::sql::effects::makes;
use crate::sql::mysql::counted;

/// One file of a revision, cut into statements.
pub(in crate::history) struct Script<'a> {
    pub(in crate::history) revision: &'a Revision,
    pub(in crate::history) direction: Direction,
    pub(super) dialect: Dialect,
    pub(in crate::history) statements: Vec<Statement>,
    /// Whether the ledger is kept beside Diesel's table. In a scratch database nobody reads it.
    pub(super) keeps_ledger: bool,
    /// The owners of all tables, if plugins are held to their own.
    owners: Option<&'a Owners>,
    /// The checksums of the first statements, from none to all, each including those before it.
    sums: OnceCell<Vec<String>>,
    /// The statement that the database can't run, found by a review of the whole script.
    fails: OnceCell<(usize, String)>,
}

impl<'a> Script<'a> {
    pub(in crate::history) fn new(
        revision: &'a Revision,
        direction: Direction,
        dialect: Dialect,
        owners: Option<&'a Owners>,
    ) -> Self {
        let statements = dialect.statements(direction.sql(revision));
        Self {
            revision,
            direction,
            dialect,
            statements,
            keeps_ledger: owners.is_some(),
            owners,
            sums: OnceCell::new(),
            fails: OnceCell::new(),
        }
    }

    /// Creates the script that takes back what has run of this one.
    pub(super) fn undoing<'b>(&self, undone: &'b Revision) -> Script<'b>
    where
        'a: 'b,
    {
        Script { keeps_ledger: self.keeps_ledger, ..Script::new(undone, Direction::Undo, self.dialect, self.owners) }
    }

    /// Fails if the file no longer begins with the statements that have run.
    pub(super) fn begins_with(&self, entry: &Entry) -> Result<(), Failure> {
        let ran = match entry.state {
            State::Applying { ran, .. } | State::Reverting { ran, .. } | State::Undoing { ran, .. } => ran,
            State::Applied => 0,
        };
        if ran == 0 || (ran <= self.statements.len() && self.checksum_of(ran) == entry.ran) {
            return Ok(());
        }
        let message = format!("{ran} of its statements ran earlier, and the file no longer begins with them");
        Err(Failure { why: Why::Edited, ..Failure::new(message) })
    }

    pub(in crate::history) fn sql(&self) -> &'a str {
        self.direction.sql(self.revision)
    }

    /// Runs the script in an open transaction, together with its marks, unless it is already done. `each` runs
    /// the statements.
    pub(super) fn in_turn(
        &self,
        link: &mut dyn Link,
        each: impl FnOnce(&mut dyn Link) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        self.setup(link)?;
        if self.is_done(link)? {
            return Ok(Outcome::Overtaken);
        }
        self.kept_to_its_own(link, each)?;
        self.mark(link)?;
        Ok(Outcome::Done)
    }

    /// Runs the statements. Fails if they have changed what belongs to another plugin or the host.
    fn kept_to_its_own(
        &self,
        link: &mut dyn Link,
        each: impl FnOnce(&mut dyn Link) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(owners) = self.owners else { return each(link) };
        self.review(link, 0)?;
        if !compares(self.dialect) {
            return each(link);
        }
        let before = owners.look(link, self.revision)?;
        each(link)?;
        let after = owners.look(link, self.revision)?;
        match owners.changed(&before, &after, self.revision, self.sql()) {
            None => Ok(()),
            Some((table, owner)) => {
                let message = format!("it changes the table `{table}`, which is {}", whose(&owner));
                Err(Failure { why: Why::Anothers, ..Failure::new(message) })
            }
        }
    }

    /// Returns the dialect of the script's statements.
    pub(in crate::history) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the owners of all tables if the script is a plugin's and held to that plugin's tables.
    pub(in crate::history) fn held(&self) -> Option<&'a Owners> {
        self.owners.filter(|owners| !owners.is_free(self.revision))
    }

    /// Refuses a plugin's script that would reach what belongs to another, before its statements from `first` on
    /// run.
    pub(super) fn review(&self, link: &mut dyn Link, first: usize) -> Result<(), Failure> {
        let Some(owners) = self.owners else { return Ok(()) };
        let mut kept = owners.stage.borrow_mut();
        if owners.is_free(self.revision) {
            kept.iter_mut().for_each(|stage| stage.follow(self.sql()));
            return Ok(());
        }
        let known = kept.take();
        let stage = match known {
            Some(mut stage) => match owners.is_alone.get() && stage.goes_on() {
                true => stage,
                false => Stage::of(link, Some(stage))?,
            },
            None => Stage::of(link, None)?,
        };
        let stage = kept.insert(stage);
        let review = owners.review(self.revision, self.sql(), first, stage);
        if let Some(refused) = review.refused {
            return Err(Failure::refused(owners.trespass(refused)));
        }
        if let Some(fails) = review.fails {
            self.fails.get_or_init(|| fails);
        }
        Ok(())
    }

    /// Checks whether one of the tables that record progress is missing.
    pub(super) fn lacks_state_tables(&self, link: &mut dyn Link) -> QueryResult<bool> {
        let there = ledger::state_tables(link)?;
        Ok(!there.contains(DIESEL) || (self.keeps_ledger && !there.contains(LEDGER)))
    }

    /// Makes the tables for the marks if they are missing.
    pub(super) fn setup(&self, link: &mut dyn Link) -> QueryResult<()> {
        if self.keeps_ledger {
            return ledger::setup(link);
        }
        if ledger::state_tables(link)?.contains(DIESEL) {
            return Ok(());
        }
        link.execute(diesel::migration::CREATE_MIGRATIONS_TABLE)
    }

    /// Checks whether Diesel's table has the revision.
    pub(super) fn is_marked(&self, link: &mut dyn Link) -> QueryResult<bool> {
        let query = format!("SELECT version FROM {DIESEL} WHERE version = ?");
        Ok(!link.rows(&query, &[self.revision.version.as_str()])?.is_empty())
    }

    /// Checks whether nothing is left to do.
    pub(super) fn is_done(&self, link: &mut dyn Link) -> QueryResult<bool> {
        let is_marked = self.is_marked(link)?;
        Ok(match self.direction {
            Direction::Up => is_marked,
            Direction::Down => !is_marked,
            Direction::Undo => is_marked || ledger::entry(link, &self.revision.version)?.is_none(),
        })
    }

    /// Records in Diesel's table, and in the ledger, that the script has run.
    pub(super) fn mark(&self, link: &mut dyn Link) -> QueryResult<()> {
        let version = &self.revision.version;
        let query = match self.direction {
            Direction::Up => format!("INSERT INTO {DIESEL} (version) VALUES (?)"),
            Direction::Down | Direction::Undo => format!("DELETE FROM {DIESEL} WHERE version = ?"),
        };
        if !self.keeps_ledger {
            return if_allowed(link, |link| link.change(&query, &[version.as_str()]));
        }
        link.change(&query, &[version.as_str()])?;
        match self.direction {
            Direction::Up => {
                let made = makes(self.dialect, &self.revision.up);
                ledger::write(link, self.revision, State::Applied, &made, None)
            }
            Direction::Down | Direction::Undo => ledger::erase(link, version),
        }
    }

    /// Runs statement by statement.
    pub(super) fn each(&self, link: &mut dyn Link) -> Result<(), Failure> {
        for (at, statement) in self.statements.iter().enumerate() {
            if self.revision.run_in_transaction && statement.ends_transaction() {
                let message = "it ends the transaction that it runs in; set `run_in_transaction = false` if it must";
                let span = Some(statement.span.clone());
                return Err(Failure { at: span, ..Failure::new(message.to_owned()) });
            }
            self.run(link, at)?;
        }
        Ok(())
    }

    /// Runs one statement.
    pub(super) fn run(&self, link: &mut dyn Link, at: usize) -> Result<(), Failure> {
        let span = self.statements[at].span.clone();
        if let Some((_, message)) = self.fails.get().filter(|(fails, _)| *fails == at) {
            return Err(Failure { at: Some(span), ..Failure::new(message.clone()) });
        }
        link.note(Step::Statement { number: at + 1, of: self.statements.len() });
        link.execute_one(self.text(at)).map_err(|error| {
            if link.is_interrupted() {
                return Failure { at: Some(span), ..Failure::interrupted(error.to_string()) };
            }
            let failure = Failure::from(error);
            let message = self.in_full(link, at, &failure.message).unwrap_or_else(|| failure.message.clone());
            Failure { at: Some(span), message, ..failure }
        })
    }

    /// Returns the whole message of a guard that has stopped, if the server has cut it.
    fn in_full(&self, link: &mut dyn Link, at: usize, said: &str) -> Option<String> {
        if !said.starts_with("Duplicate entry 'stopped: ") || !self.is_guard(at) {
            return None;
        }
        let rows = link.rows(&query_of_message(self.text(at))?, &[]).ok()?;
        rows.into_iter().flatten().flatten().find(|whole| whole.starts_with("stopped: "))
    }

    /// Returns a statement as it is run. Dropping a guard's table tolerates that it is missing: it went with
    /// the session of a program that stopped before the drop.
    pub(in crate::history) fn text(&self, at: usize) -> &'a str {
        match self.is_guard(at) && self.statements[at].first() == "drop" {
            true => "DROP TEMPORARY TABLE IF EXISTS `autogen_guard`",
            false => &self.sql()[self.statements[at].span.clone()],
        }
    }

    /// Checks whether a statement that has run must run again when the script continues from `first`, because
    /// it changed only the session. A guard isn't repeated, because what it checked may be gone by now. A
    /// guard that has only counted counts again.
    pub(in crate::history) fn is_needed_again(&self, at: usize, first: usize) -> bool {
        let has_only_counted = at + 1 == first && counted(self.text(at)).is_some();
        self.statements[at].is_of_session(self.dialect) && (!self.is_guard(at) || has_only_counted)
    }

    /// Checks whether one of the first statements leaves something behind outside its session.
    pub(in crate::history) fn leaves_something(&self, first: usize) -> bool {
        self.statements.iter().take(first).any(|statement| !statement.is_of_session(self.dialect))
    }

    /// Checks whether a statement that commits by itself is known to do everything or nothing. Code in the
    /// database, and a statement about several tables, may have done a part.
    pub(super) fn refuses_whole(&self, at: usize) -> bool {
        let statement = &self.statements[at];
        let first = statement.first();
        let is_whole = matches!(first, "alter" | "create" | "rename" | "insert" | "update" | "delete" | "replace");
        // Several tables are dropped one by one.
        let drops_one = first == "drop" && !self.sql()[statement.span.clone()].contains(',');
        statement.is_of_session(self.dialect) || is_whole || drops_one
    }

    /// Returns the index of the statement at which the script failed, if it is known.
    pub(super) fn failed_at(&self, failure: &Failure) -> Option<usize> {
        let at = failure.at.as_ref()?;
        self.statements.iter().position(|statement| statement.span.start == at.start)
    }

    fn is_guard(&self, at: usize) -> bool {
        let text = &self.sql()[self.statements[at].span.clone()];
        text.contains("`autogen_guard`") || counted(text).is_some()
    }

    /// Returns a checksum of the first statements.
    pub(in crate::history) fn checksum_of(&self, statements: usize) -> String {
        let sums = self.sums.get_or_init(|| {
            let each = self.statements.iter().map(|statement| &self.sql()[statement.span.clone()]);
            let mut sums = vec![String::new()];
            for text in each {
                let before = sums.last().map(String::as_str).unwrap_or_default();
                sums.push(checksum(self.dialect, &format!("{before};{text}")));
            }
            sums
        });
        sums.get(statements).or(sums.last()).cloned().unwrap_or_default()
    }

    /// Returns the state that records how far the script has come.
    pub(in crate::history) fn state(&self, ran: usize) -> State {
        let of = self.statements.len();
        match self.direction {
            Direction::Up => State::Applying { ran, of },
            Direction::Down => State::Reverting { ran, of },
            Direction::Undo => State::Undoing { ran, of },
        }
    }

    /// Notes in the ledger that one more statement has run, provided that the ledger still names this program as
    /// the one that runs the script.
    pub(super) fn advance(&self, link: &mut dyn Link, holder: &str, statements: usize) -> Result<(), Failure> {
        ledger::advance_as(link, holder, &self.revision.version, statements, &self.checksum_of(statements))?;
        self.stays(link, holder)
    }

    /// Stops a program that another one has replaced.
    pub(super) fn stays(&self, link: &mut dyn Link, holder: &str) -> Result<(), Failure> {
        match ledger::is_held(link, &self.revision.version, holder)? {
            true => Ok(()),
            false => Err(Failure::taken_over()),
        }
    }

    /// Removes what [`begin`](Self::begin) noted, because nothing of the script has run.
    pub(super) fn never_begun(&self, link: &mut dyn Link) -> QueryResult<()> {
        let version = &self.revision.version;
        match self.direction {
            Direction::Up => ledger::erase(link, version),
            Direction::Down => ledger::keep_applied(link, version),
            Direction::Undo => Ok(()),
        }
    }

    /// Records in the ledger that the script is under way. The entry of a revision that is to be reverted keeps
    /// its other facts.
    pub(super) fn begin(&self, link: &mut dyn Link, holder: &str) -> QueryResult<()> {
        let version = &self.revision.version;
        let there = ledger::entry(link, version)?;
        match (self.direction, there) {
            (Direction::Down, Some(_)) => {
                let of = self.statements.len();
                let query = format!(
                    "UPDATE {LEDGER} SET state = 'reverting', statement = 0, statements = {of}, ran = '', \
                     holder = '{holder}', fingerprint = NULL WHERE version = ?"
                );
                link.change(&query, &[version.as_str()])
            }
            // An entry that is being undone exists, and stays as it is.
            (Direction::Undo, _) => Ok(()),
            (Direction::Up, _) | (Direction::Down, None) => {
                let made = makes(self.dialect, &self.revision.up);
                ledger::write(link, self.revision, self.state(0), &made, Some(holder))
            }
        }
    }
}

/// Marks a revision in a scratch database. The chain itself may guard Diesel's table against everybody but the
/// program with which the host applies its chain. Then nobody needs the mark, and the failure is ignored.
fn if_allowed(link: &mut dyn Link, mark: impl FnOnce(&mut dyn Link) -> QueryResult<()>) -> QueryResult<()> {
    link.execute("SAVEPOINT autogen_mark")?;
    let refused = mark(link).is_err();
    // MariaDB forgets a savepoint outside of a transaction.
    let ended = if refused { link.execute("ROLLBACK TO SAVEPOINT autogen_mark") } else { Ok(()) }
        .and_then(|()| link.execute("RELEASE SAVEPOINT autogen_mark"));
    match link.dialect() {
        Dialect::Sqlite | Dialect::Postgres => ended,
        Dialect::Mysql => Ok(()),
    }
}
