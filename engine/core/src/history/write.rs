//! Writing new revisions' directories, all of them or none.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{METADATA, Metadata, Revision};
use crate::error::{Code, Error, Result};
use crate::files::{FileScope, Folder, hidden_name};

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
    /// Where that folder must be: links don't lead out of it.
    pub within: FileScope,
    /// The directory's name.
    pub name: String,
    /// What will be in it.
    pub files: RevisionFiles,
}

impl NewRevision {
    /// Returns the path of the revision's directory.
    pub fn dir(&self) -> PathBuf {
        self.migrations.join(&self.name)
    }

    /// Returns the revision that this directory adds to an owner's chain.
    pub fn revision(&self, owner: &str) -> Revision {
        let RevisionFiles { up, down, metadata } = self.files.clone();
        Revision::new(owner.to_owned(), self.dir(), metadata, up, Some(down))
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
        prepared.push(Prepared::new(revision).map_err(|cause| refused(&revision.dir(), cause))?);
    }
    for at in 0..prepared.len() {
        let target = revisions[at].dir();
        if let Err(cause) = prepared[at].place() {
            // Those before it are undone. One that can't be undone is a whole revision, which the next run finds.
            drop(prepared);
            // Somebody else created it first.
            return Err(if target.is_dir() { exists(&target) } else { refused(&target, cause) });
        }
    }
    for prepared in prepared {
        // The revision is in place, even if the system can't promise to keep it there.
        let _best_effort = prepared.keep();
    }
    Ok(())
}

/// A complete directory under a hidden name, or in its place, which removes itself unless it is kept.
struct Prepared<'a> {
    /// The folder of migrations.
    folder: Folder,
    name: PathBuf,
    revision: &'a NewRevision,
    is_kept: bool,
}

/// The files of a revision.
const FILES: [&str; 3] = ["up.sql", "down.sql", METADATA];

impl<'a> Prepared<'a> {
    fn new(revision: &'a NewRevision) -> io::Result<Self> {
        let folder = revision.within.folder(&revision.migrations)?;
        let mut names = (0..100).map(|_| hidden_name());
        let name = loop {
            let Some(name) = names.next() else { return Err(io::ErrorKind::AlreadyExists.into()) };
            match folder.make_folder(&name) {
                Ok(()) => break name,
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(cause),
            }
        };
        let prepared = Self { folder, name, revision, is_kept: false };
        prepared.fill()?;
        Ok(prepared)
    }

    fn fill(&self) -> io::Result<()> {
        let RevisionFiles { up, down, metadata } = &self.revision.files;
        let inner = self.folder.enter(&self.name)?;
        for (name, text) in FILES.into_iter().zip([up, down, &metadata.to_toml()]) {
            let mut file = inner.make_file(Path::new(name))?;
            file.write_all(text.as_bytes())?;
            // A power failure after the rename could otherwise leave empty files.
            file.sync_all()?;
        }
        inner.sync()
    }

    /// Renames the directory to its final name.
    fn place(&mut self) -> io::Result<()> {
        let name = PathBuf::from(&self.revision.name);
        self.folder.rename(&self.name, &name)?;
        self.name = name;
        Ok(())
    }

    fn keep(mut self) -> io::Result<()> {
        self.is_kept = true;
        self.folder.sync()
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            let _best_effort = self.folder.remove(&self.name, &FILES);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn revision(migrations: &Path, name: &str) -> NewRevision {
        let files =
            RevisionFiles { up: "SELECT 'é🦀';\n".into(), down: "\r\n".into(), metadata: Metadata::default() };
        let within = FileScope::default();
        NewRevision { migrations: migrations.to_owned(), within, name: name.to_owned(), files }
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
    #[cfg(unix)]
    #[test]
    fn what_is_swapped_in_meanwhile_is_not_written_to() {
        use std::os::unix::fs::symlink;
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

        let root = tempfile::tempdir().expect("temporary folder");
        let (plugin, elsewhere) = (root.path().join("plugin"), root.path().join("elsewhere"));
        let (migrations, aside) = (plugin.join("src/migrations"), plugin.join("aside"));
        for place in [&migrations, &elsewhere] {
            fs::create_dir_all(place).expect("create");
        }
        let swap = || {
            fs::rename(&migrations, &aside)?;
            symlink(&elsewhere, &migrations)?;
            fs::remove_file(&migrations)?;
            fs::rename(&aside, &migrations)
        };
        let within = FileScope::below([plugin.clone()]);
        let is_over = AtomicBool::new(false);
        let mut written = 0;
        std::thread::scope(|threads| {
            let swapping = threads.spawn(|| {
                // What is made while it is aside is in the way of its return.
                while !is_over.load(Relaxed) && swap().is_ok() {
                    std::thread::yield_now();
                }
            });
            for number in 0..300 {
                let new = NewRevision { within: within.clone(), ..revision(&migrations, &format!("{number}_a")) };
                written += usize::from(write(&[new]).is_ok());
            }
            is_over.store(true, Relaxed);
            swapping.join().expect("ends");
        });
        assert!(written > 0 && listed(&elsewhere).is_empty(), "{written}: {:?}", listed(&elsewhere));

        // One that stays is refused.
        fs::remove_dir_all(&plugin).expect("remove");
        fs::create_dir_all(plugin.join("src")).expect("create");
        symlink(&elsewhere, &migrations).expect("link");
        let new = NewRevision { within, ..revision(&migrations, "1_a") };
        assert_eq!(write(&[new]).expect_err("leads out").code(), Code::CantWrite);
        assert!(listed(&elsewhere).is_empty());
    }
}
