//! Renders plans: steps as SQL, revisions as files, changes as reports. Rendering happens in
//! memory and returns text; it can't fail and touches neither files nor databases.

pub mod picture;
pub mod printable;
pub mod report;
pub mod revision;
pub mod source;
pub mod sql;
