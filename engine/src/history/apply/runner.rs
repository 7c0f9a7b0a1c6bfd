//! What a database's runner brings to the running of scripts.

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
    /// It may.
    In,
    /// It needn't: another program has done it.
    Done,
    /// Another program is at work.
    Wait(Other),
}

/// Runs scripts on one kind of database. What comes when is the business of `turn`, `steps` and `undo`.
pub(super) trait Runner {
    /// What lets a program in: its name, and what it holds while it is at work.
    type Pass;
    /// What a script may change of its session, as it was before.
    type Session;

    /// Runs a script and its marks in one transaction, where it is run so. `None` where it goes step by step.
    fn whole(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<Option<Outcome>, Failure>;

    /// Notes what a script may change of its session, and makes the session ready for it.
    fn open(&self, link: &mut dyn Link, script: &Script<'_>) -> Result<Self::Session, Failure>;

    /// Puts back what a script has changed of its session.
    fn close(&self, link: &mut dyn Link, script: &Script<'_>, session: Self::Session) -> Result<(), Failure>;

    /// Makes a pass, which holds nothing yet.
    fn pass(&self, link: &mut dyn Link) -> Result<Self::Pass, Failure>;

    /// Returns the name of this program, which no other one has where the ledger tells programs by it.
    fn holder<'p>(&self, pass: &'p Self::Pass) -> &'p str;

    /// Lets this program look at the ledger, unless another one is known to be at work. `since` tells how long another
    /// program is known to have been as it is.
    fn admit(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &mut Self::Pass,
        since: &dyn Fn(&Other) -> Duration,
    ) -> Result<Admission, Failure>;

    /// Returns which other program's turn it is, given what is under way. In the transaction in which the turn is taken.
    fn other(
        &self,
        link: &mut dyn Link,
        pass: &mut Self::Pass,
        under_way: &[&Entry],
        since: &dyn Fn(&Other) -> Duration,
    ) -> QueryResult<Option<Other>>;

    /// Says that it is this program's turn, unless another one was first. Returns whether it is.
    fn take(&self, link: &mut dyn Link, pass: &mut Self::Pass) -> QueryResult<bool>;

    /// Keeps the turn while statements run, until it is given back.
    fn keep(&self, link: &mut dyn Link, pass: &mut Self::Pass);

    /// Says that it isn't this program's turn any more.
    fn give_back(&self, link: &mut dyn Link, pass: Self::Pass) -> QueryResult<()>;

    /// Returns what people call another program.
    fn name(&self, link: &mut dyn Link, other: &Other) -> String;

    /// Runs the statement of an index and records it.
    fn step(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Self::Pass, at: usize) -> Result<(), Failure>;

    /// Returns whether the statement of an index does all that it says or nothing.
    fn is_whole(&self, script: &Script<'_>, at: usize) -> bool;

    /// Returns how many statements of a script have run, where so many are recorded.
    fn how_far(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &Self::Pass,
        recorded: usize,
    ) -> Result<usize, Failure>;

    /// Lets others go on with a script that this program gives up. `is_whole`: the statement at which it stopped has done
    /// nothing.
    fn release(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Self::Pass, is_whole: bool) -> QueryResult<()>;
}
