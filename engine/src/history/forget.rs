//! Taking revisions whose chain is gone out of what a database remembers.

use super::ledger::{self, DIESEL};
use super::{Link, Version};
use crate::error::{Code, Result};
use crate::link::refused;

/// Takes revisions out of Diesel's table and the ledger: all of them or none. What they have made stays.
///
/// # Errors
/// `can't-mark` when the database refuses.
pub fn forget(link: &mut dyn Link, versions: &[Version]) -> Result<()> {
    let work = |link: &mut dyn Link| {
        ledger::setup(link)?;
        versions.iter().try_for_each(|version| {
            link.change(&format!("DELETE FROM {DIESEL} WHERE version = ?"), &[version.as_str()])?;
            ledger::erase(link, version)
        })
    };
    ledger::writing(link, work).map_err(|cause| {
        let help = "connect as a user that may write to the tables __diesel_schema_migrations and __autogen_ledger";
        refused(Code::CantMark, format!("revisions can't be forgotten: {cause}"), help, cause)
    })
}
