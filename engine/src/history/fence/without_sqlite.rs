//! Stands for `sqlite` in a program without SQLite: there is no connection to look at.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::Review;
use crate::link::Link;
use crate::sql::triggers::OwnTriggers;

/// A database that can't be had.
#[derive(Debug)]
pub(in crate::history) enum Mirror {}

impl Mirror {
    pub(super) fn empty() -> Result<Self, String> {
        Err("this program is built without SQLite".to_owned())
    }

    pub(super) fn of(_link: &mut dyn Link, _kept: Option<Box<Self>>) -> QueryResult<Self> {
        Self::empty().map_err(|why| diesel::result::Error::QueryBuilderError(why.into()))
    }

    pub(super) fn drop_temporary(&self, _before: &BTreeSet<String>) {
        match *self {}
    }

    pub(super) fn follow(&mut self, _sql: &str) {
        match *self {}
    }

    pub(super) fn review(
        &mut self,
        _sql: &str,
        _first: usize,
        _own: BTreeSet<String>,
        _own_triggers: OwnTriggers,
    ) -> Review {
        match *self {}
    }

    pub(super) fn goes_on(&mut self) -> bool {
        match *self {}
    }

    pub(super) fn shows(&mut self, _link: &mut dyn Link) -> QueryResult<bool> {
        match *self {}
    }
}
