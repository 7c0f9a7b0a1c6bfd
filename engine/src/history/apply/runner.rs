//! What a database has to provide to run scripts.

use std::time::Duration;

use diesel::QueryResult;

use super::event::Outcome;
use super::failure::Failure;
use super::script::Script;
use super::waiting::Waiting;
use crate::history::ledger::Entry;
use crate::history::lock::Other;
use crate::link::Link;

/// Whether a program may look at the ledger, to find out whether it is its turn.
pub(super) enum Admission {
    /// It may look.
    In,
    /// It need not: another program has done the work.
    Done,
    /// Another program is at work.
    Wait(Other),
}

/// Runs scripts on one kind of database. The order of the calls is decided in `turn`, `steps` and `undo`.
pub(super) trait Runner {
    /// The program's name, and what it holds while it is at work.
    type Pass;
    /// What a script may change in its session, as it was before.
    type Session;

    /// Runs a script and its marks in one transaction, if the script runs that way. Returns `None` if it runs
    /// step by step.
    fn whole(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<Option<Outcome>, Failure>;

    /// Notes what a script may change in its session, and prepares the session for the script.
    fn open(&self, link: &mut dyn Link, script: &Script<'_>) -> Result<Self::Session, Failure>;

    /// Restores what a script has changed in its session.
    fn close(&self, link: &mut dyn Link, script: &Script<'_>, session: Self::Session) -> Result<(), Failure>;

    /// Creates a pass, which holds nothing yet.
    fn pass(&self, link: &mut dyn Link) -> Result<Self::Pass, Failure>;

    /// Returns the name of this program. It is unique on databases where the ledger tells programs apart by it.
    fn holder<'p>(&self, pass: &'p Self::Pass) -> &'p str;

    /// Checks whether this program may look at the ledger, because no other one is known to be at work. `since`
    /// tells for how long another program has shown no change.
    fn admit(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &mut Self::Pass,
        since: &dyn Fn(&Other) -> Duration,
    ) -> Result<Admission, Failure>;

    /// Returns which other program's turn it is, given what is under way. Must be called in the transaction that
    /// takes the turn.
    fn other(
        &self,
        link: &mut dyn Link,
        pass: &mut Self::Pass,
        under_way: &[&Entry],
        since: &dyn Fn(&Other) -> Duration,
    ) -> QueryResult<Option<Other>>;

    /// Records that it is this program's turn, unless another one was first. Returns whether it is.
    fn take(&self, link: &mut dyn Link, pass: &mut Self::Pass) -> QueryResult<bool>;

    /// Keeps the turn while statements run, until it is given back.
    fn keep(&self, link: &mut dyn Link, pass: &mut Self::Pass);

    /// Records that it is no longer this program's turn.
    fn give_back(&self, link: &mut dyn Link, pass: Self::Pass) -> QueryResult<()>;

    /// Returns what people call another program.
    fn name(&self, link: &mut dyn Link, other: &Other) -> String;

    /// Runs the statement of an index and records it.
    fn step(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Self::Pass, at: usize) -> Result<(), Failure>;

    /// Returns `true` if the statement with this index does everything or nothing.
    fn is_whole(&self, script: &Script<'_>, at: usize) -> bool;

    /// Returns how many statements of a script have run. `recorded` is the number that the ledger has.
    fn how_far(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &Self::Pass,
        recorded: usize,
    ) -> Result<usize, Failure>;

    /// Lets others continue a script that this program gives up. `is_whole` says that the statement at which it
    /// stopped has done nothing.
    fn release(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Self::Pass, is_whole: bool) -> QueryResult<()>;
}
