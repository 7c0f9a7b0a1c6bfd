//! Writing a new revision's directory, all of it or nothing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{METADATA, Metadata};
use crate::error::{Error, Result};

/// The contents of a revision's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionFiles {
    /// `up.sql`.
    pub up: String,
    /// `down.sql`.
    pub down: String,
    /// `metadata.toml`.
    pub metadata: Metadata,
}

/// Writes a revision's directory into a folder of migrations, which is made if need be, and
/// returns the directory's path.
///
/// The files are written into a hidden folder beside it, which Diesel and this program pass over,
/// and put in place by one rename: whatever happens, nobody ever sees half a revision.
///
/// # Errors
/// `revision-exists` when the directory is there already, `can't-write` with the system's reason.
pub fn write(migrations: &Path, dir_name: &str, files: &RevisionFiles) -> Result<PathBuf> {
    let target = migrations.join(dir_name);
    let exists = || {
        Error::new("revision-exists", format!("`{}` is there already", target.display()))
            .help("give the revision another message with `-m`, or try again in a second")
    };
    if target.symlink_metadata().is_ok() {
        return Err(exists());
    }
    match write_and_rename(migrations, &target, files) {
        Ok(()) => Ok(target),
        // Somebody else was faster.
        Err(_) if target.is_dir() => Err(exists()),
        Err(cause) => Err(Error::new("can't-write", format!("can't write `{}`: {cause}", target.display()))
            .help("nothing was written; make the folder writable and try again")
            .caused_by(cause)),
    }
}

fn write_and_rename(migrations: &Path, target: &Path, files: &RevisionFiles) -> io::Result<()> {
    fs::create_dir_all(migrations)?;
    // Removes itself on the way out, but for the rename.
    let half = tempfile::Builder::new().prefix(".autogen-").tempdir_in(migrations)?;
    let metadata = files.metadata.to_toml();
    for (name, text) in [("up.sql", &files.up), ("down.sql", &files.down), (METADATA, &metadata)] {
        let mut file = File::create_new(half.path().join(name))?;
        file.write_all(text.as_bytes())?;
        // Else a power failure after the rename could leave empty files.
        file.sync_all()?;
    }
    sync_folder(half.path())?;
    fs::rename(half.path(), target)?;
    // The folder is gone from its old place: nothing is left to remove.
    let _moved = half.keep();
    // The revision is in place; a system that can't promise to keep it there is no reason to say otherwise.
    let _best_effort = sync_folder(migrations);
    Ok(())
}

/// Makes the names in a folder last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> RevisionFiles {
        RevisionFiles { up: "SELECT 'é🦀';\n".into(), down: "\r\n".into(), metadata: Metadata::default() }
    }

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .expect("is there")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_files_arrive_and_nothing_else() {
        let root = tempfile::tempdir().expect("temporary folder");
        let migrations = root.path().join("new/migrations");
        let dir = write(&migrations, "1_a", &files()).expect("writes");
        assert_eq!(listed(&migrations), ["1_a"]);
        assert_eq!(listed(&dir), ["down.sql", "metadata.toml", "up.sql"]);
        assert_eq!(fs::read_to_string(dir.join("up.sql")).expect("readable"), "SELECT 'é🦀';\n");
        assert_eq!(fs::read_to_string(dir.join("down.sql")).expect("readable"), "\r\n");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_they_may_read_any_folder() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("temporary folder");
        let dir = write(root.path(), "1_a", &files()).expect("writes");
        fs::create_dir(root.path().join("plain")).expect("create");
        let mode = |path: &Path| path.metadata().expect("is there").permissions().mode();
        assert_eq!(mode(&dir), mode(&root.path().join("plain")));
    }

    #[test]
    fn what_is_there_stays() {
        let root = tempfile::tempdir().expect("temporary folder");
        fs::create_dir(root.path().join("1_a")).expect("create");
        assert_eq!(write(root.path(), "1_a", &files()).expect_err("is there").code(), "revision-exists");
        assert!(listed(&root.path().join("1_a")).is_empty());
        assert_eq!(listed(root.path()), ["1_a"]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let root = tempfile::tempdir().expect("temporary folder");
        // A name that can't be renamed to: its parent isn't there.
        assert_eq!(write(root.path(), "none/1_a", &files()).expect_err("fails").code(), "can't-write");
        assert!(listed(root.path()).is_empty());
        fs::write(root.path().join("file"), "").expect("write");
        assert_eq!(write(&root.path().join("file"), "1_a", &files()).expect_err("fails").code(), "can't-write");
    }
}
