//! The fingerprint in the ledger of the schema that a revision left, so that nobody has to replay the chain.

use super::{Version, ledger};
use crate::error::{Code, Error, Result};
use crate::link::{Link, refused};

/// Returns the fingerprint of the schema that was noted beside a revision, or `None` if there is none.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn noted_fingerprint(link: &mut dyn Link, version: &Version) -> Result<Option<String>> {
    ledger::reading(link, |link| ledger::fingerprint(link, version)).map_err(cant_query)
}

/// Notes a fingerprint of the schema beside a revision. It may be any text of letters and digits.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn note_fingerprint(link: &mut dyn Link, version: &Version, fingerprint: &str) -> Result<()> {
    let work = |link: &mut dyn Link| ledger::set_fingerprint(link, version, Some(fingerprint));
    ledger::writing(link, work).map_err(cant_query)
}

fn cant_query(cause: diesel::result::Error) -> Error {
    let message = format!("can't read the ledger of migrations: {cause}");
    refused(Code::CantQuery, message, "check that you may read the table __autogen_ledger", cause)
}
