//! Marking revisions as applied, or as not, without running them.

use super::apply::words;
use super::ledger::{self, DIESEL, State};
use super::link::Link;
use super::{Revision, makes};
use crate::error::{Error, Result};

/// Marks revisions as applied without running them, in Diesel's table and in the ledger, all of them
/// or none. Whether the database really is as they leave it is for the caller to know.
///
/// # Errors
/// `can't-mark` when the database refuses.
pub fn stamp(link: &mut dyn Link, revisions: &[&Revision]) -> Result<()> {
    mark(link, revisions, |link, revision| {
        unmarked(link, revision)?;
        link.change(&format!("INSERT INTO {DIESEL} (version) VALUES (?)"), &[revision.version.as_str()])?;
        let made = makes::makes(link.dialect(), &revision.up);
        ledger::write(link, revision, State::Applied, &made, None)
    })
}

/// Marks revisions as not applied without reverting them; what they made stays.
///
/// # Errors
/// `can't-mark` when the database refuses.
pub fn unstamp(link: &mut dyn Link, revisions: &[&Revision]) -> Result<()> {
    mark(link, revisions, |link, revision| {
        unmarked(link, revision)?;
        ledger::erase(link, &revision.version)
    })
}

fn unmarked(link: &mut dyn Link, revision: &Revision) -> diesel::QueryResult<()> {
    link.change(&format!("DELETE FROM {DIESEL} WHERE version = ?"), &[revision.version.as_str()])
}

fn mark(
    link: &mut dyn Link,
    revisions: &[&Revision],
    each: impl Fn(&mut dyn Link, &Revision) -> diesel::QueryResult<()>,
) -> Result<()> {
    if revisions.is_empty() {
        return Ok(());
    }
    let work = |link: &mut dyn Link| {
        ledger::setup(link)?;
        revisions.iter().try_for_each(|revision| each(link, revision))
    };
    words(link.dialect()).writing(link, work).map_err(|cause| {
        Error::new("can't-mark", format!("revisions can't be marked as applied or not: {cause}"))
            .help("connect as a user that may write to the tables __diesel_schema_migrations and __autogen_ledger")
            .caused_by(cause)
    })
}
