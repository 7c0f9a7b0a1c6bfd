//! Writing new revisions' directories, all of them or none.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{METADATA, Metadata};
use crate::error::{Code, Error, Result};

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

/// A revision's directory that isn't there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevision {
    /// The folder of migrations, which is made if need be.
    pub migrations: PathBuf,
    /// The directory's name.
    pub name: String,
    /// What will be in it.
    pub files: RevisionFiles,
}

impl NewRevision {
    /// Where the directory will be.
    pub fn dir(&self) -> PathBuf {
        self.migrations.join(&self.name)
    }
}

/// Writes the directories of revisions that belong together, all or none.
///
/// Each one's files are written into a hidden folder beside it, which Diesel and this program pass
/// over. When all are complete, each is put in place by a rename; if one of these fails, those
/// before it are taken back. Nobody ever sees half a revision; a program that is killed between two
/// renames leaves whole ones, in the order given.
///
/// # Errors
/// `revision-exists` when a directory is there already, `can't-write` with the system's reason.
pub fn write(revisions: &[NewRevision]) -> Result<()> {
    let exists = |target: &Path| {
        Error::new(Code::RevisionExists, format!("`{}` is there already", target.display()))
            .help("give the revision another message with `-m`, or try again in a second")
    };
    let refused = |target: &Path, cause: io::Error| {
        Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", target.display()))
            .help("nothing was written; make the folder writable and try again")
            .caused_by(cause)
    };
    if let Some(there) = revisions.iter().map(NewRevision::dir).find(|dir| dir.symlink_metadata().is_ok()) {
        return Err(exists(&there));
    }
    let mut prepared = Vec::new();
    for revision in revisions {
        prepared.push(prepare(revision).map_err(|cause| refused(&revision.dir(), cause))?);
    }
    let mut placed: Vec<PathBuf> = Vec::new();
    for (revision, half) in revisions.iter().zip(prepared) {
        let target = revision.dir();
        if let Err(cause) = fs::rename(half.path(), &target) {
            for dir in placed {
                // What can't be taken back is a whole revision, which the next run finds.
                let _best_effort = fs::remove_dir_all(dir);
            }
            // Somebody else was faster.
            return Err(if target.is_dir() { exists(&target) } else { refused(&target, cause) });
        }
        // The folder is gone from its old place: nothing is left to remove.
        let _moved = half.keep();
        placed.push(target);
    }
    for revision in revisions {
        // The revision is in place; a system that can't promise to keep it there is no reason to say otherwise.
        let _best_effort = sync_folder(&revision.migrations);
    }
    Ok(())
}

/// A complete directory under a hidden name, which removes itself unless it is kept.
fn prepare(revision: &NewRevision) -> io::Result<TempDir> {
    let NewRevision { migrations, files, .. } = revision;
    fs::create_dir_all(migrations)?;
    let half = tempfile::Builder::new().prefix(".autogen-").tempdir_in(migrations)?;
    let metadata = files.metadata.to_toml();
    for (name, text) in [("up.sql", &files.up), ("down.sql", &files.down), (METADATA, &metadata)] {
        let mut file = File::create_new(half.path().join(name))?;
        file.write_all(text.as_bytes())?;
        // Else a power failure after the rename could leave empty files.
        file.sync_all()?;
    }
    sync_folder(half.path())?;
    Ok(half)
}

/// Makes the names in a folder last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(migrations: &Path, name: &str) -> NewRevision {
        let files =
            RevisionFiles { up: "SELECT 'é🦀';\n".into(), down: "\r\n".into(), metadata: Metadata::default() };
        NewRevision { migrations: migrations.to_owned(), name: name.to_owned(), files }
    }

    fn write_one(migrations: &Path, name: &str) -> Result<PathBuf> {
        let revision = revision(migrations, name);
        write(std::slice::from_ref(&revision)).map(|()| revision.dir())
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
        let dir = write_one(&migrations, "1_a").expect("writes");
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
        let dir = write_one(root.path(), "1_a").expect("writes");
        fs::create_dir(root.path().join("plain")).expect("create");
        let mode = |path: &Path| path.metadata().expect("is there").permissions().mode();
        assert_eq!(mode(&dir), mode(&root.path().join("plain")));
    }

    #[test]
    fn what_is_there_stays() {
        let root = tempfile::tempdir().expect("temporary folder");
        fs::create_dir(root.path().join("1_a")).expect("create");
        let both = [revision(root.path(), "0_new"), revision(root.path(), "1_a")];
        assert_eq!(write(&both).expect_err("is there").code(), Code::RevisionExists);
        assert!(listed(&root.path().join("1_a")).is_empty());
        assert_eq!(listed(root.path()), ["1_a"]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let root = tempfile::tempdir().expect("temporary folder");
        // A name that can't be renamed to: its parent isn't there. What came before it is taken back.
        let both = [revision(root.path(), "1_a"), revision(root.path(), "none/1_a")];
        assert_eq!(write(&both).expect_err("fails").code(), Code::CantWrite);
        assert!(listed(root.path()).is_empty());
        fs::write(root.path().join("file"), "").expect("write");
        assert_eq!(write_one(&root.path().join("file"), "1_a").expect_err("fails").code(), Code::CantWrite);
    }
}
