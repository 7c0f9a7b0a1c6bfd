//! MySQL: every object as the server shows how it was made.

use crate::database::{Database, ScratchServer};
use crate::error::{Error, Result};

pub(super) fn copy(_: &mut Database, _: &ScratchServer) -> Result<Database> {
    Err(Error::new("can't-copy", "schemas of MySQL can't be copied yet").help("use another database"))
}
