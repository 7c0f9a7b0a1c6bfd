//! Where a server's files are: in memory, where there is room, for making a database copies files.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// What the servers of a whole test run may come to, and some more.
const ROOM: u64 = 4 << 30;

/// A new folder for one server.
pub(crate) fn new(prefix: &str) -> Result<PathBuf> {
    let memory = Path::new("/dev/shm");
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix(prefix);
    let found = match has_room(memory) {
        true => folder.tempdir_in(memory).or_else(|_| folder.tempdir())?,
        false => folder.tempdir()?,
    };
    Ok(found.keep())
}

/// Containers often have next to nothing there.
fn has_room(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) >= ROOM)
}
