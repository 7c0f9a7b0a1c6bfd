//! Applying and reverting on PostgreSQL.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Direction, Failure, Outcome};
use crate::database::PostgresConnection;
use crate::history::{Revision, Version};

/// The versions in Diesel's table, if it is there.
pub(super) fn applied(_: &mut PostgresConnection) -> QueryResult<BTreeSet<Version>> {
    Ok(BTreeSet::new())
}

/// Runs one file of a revision and keeps Diesel's table in step.
pub(super) fn run(_: &mut PostgresConnection, _: &Revision, _: Direction) -> Result<Outcome, Failure> {
    let message = "this version can't run migrations on PostgreSQL".to_owned();
    Err(Failure { message, at: None, busy: false, half_done: false })
}
