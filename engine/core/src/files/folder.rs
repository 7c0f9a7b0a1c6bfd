//! Writing into folders that somebody else may change meanwhile.
//!
//! A plugin's author may put a link where a folder was, between the check of a path and its use. So the folder is
//! opened once, name by name and without following links. Files are then written into the open folder, wherever its
//! path leads by then.

use std::io;
use std::path::Path;

use super::{FileScope, real};

impl FileScope {
    /// Opens a folder of the scope, and creates whatever is missing of its path. Links are followed first, and the
    /// place where they lead is opened without following any.
    pub(crate) fn folder(&self, path: &Path) -> io::Result<Folder> {
        if self.folders.is_empty() {
            std::fs::create_dir_all(path)?;
            return Folder::open(path);
        }
        let place = real(path);
        let below = self.folders.iter().find_map(|folder| Some((folder, place.strip_prefix(folder).ok()?)));
        let Some((folder, rest)) = below else {
            return Err(io::Error::other("it leads out of the plugin's folder"));
        };
        // The host has said where it is; nobody has made it yet.
        std::fs::create_dir_all(folder)?;
        Folder::make(folder, rest)
    }
}

pub(crate) use system::Folder;

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, fsync, mkdirat, openat, renameat, unlinkat};
    use rustix::io::Errno;

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

    /// A folder that is open.
    #[derive(Debug)]
    pub(crate) struct Folder(OwnedFd);

    impl Folder {
        /// Opens a folder wherever it is.
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(openat(CWD, path, FOLDER, Mode::empty())?))
        }

        /// Opens a folder below another one, and creates whatever is missing of its path. A link on the way is an
        /// error.
        pub(super) fn make(folder: &Path, rest: &Path) -> io::Result<Self> {
            let mut at = Self(openat(CWD, folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?);
            for name in rest.components() {
                let name = Path::new(name.as_os_str());
                match at.make_folder(name) {
                    Ok(()) => {}
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(cause) => return Err(cause),
                }
                at = at.enter(name)?;
            }
            Ok(at)
        }

        /// Opens a folder in this one. A link is an error.
        pub(crate) fn enter(&self, name: &Path) -> io::Result<Self> {
            Ok(Self(openat(self.0.as_fd(), name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
        }

        /// Creates a folder in this one.
        pub(crate) fn make_folder(&self, name: &Path) -> io::Result<()> {
            Ok(mkdirat(self.0.as_fd(), name, Mode::from_raw_mode(0o777))?)
        }

        /// Creates a file in this folder.
        pub(crate) fn make_file(&self, name: &Path) -> io::Result<File> {
            Ok(openat(self.0.as_fd(), name, NEW, Mode::from_raw_mode(0o666))?.into())
        }

        /// Renames an entry of this folder.
        pub(crate) fn rename(&self, old: &Path, new: &Path) -> io::Result<()> {
            Ok(renameat(self.0.as_fd(), old, self.0.as_fd(), new)?)
        }

        /// Removes a folder in this one, and the files with these names in it.
        pub(crate) fn remove(&self, name: &Path, files: &[&str]) -> io::Result<()> {
            let inner = self.enter(name)?;
            for file in files {
                match unlinkat(inner.0.as_fd(), *file, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(cause) => return Err(cause.into()),
                }
            }
            Ok(unlinkat(self.0.as_fd(), name, AtFlags::REMOVEDIR)?)
        }

        /// Flushes the folder's entries to disk.
        pub(crate) fn sync(&self) -> io::Result<()> {
            Ok(fsync(self.0.as_fd())?)
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    /// A folder, where the system knows no relative places.
    #[derive(Debug)]
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        /// Names a folder.
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(path.to_owned()))
        }

        /// Names a folder below another one, and creates whatever is missing of its path.
        pub(super) fn make(folder: &Path, rest: &Path) -> io::Result<Self> {
            fs::create_dir_all(folder.join(rest))?;
            Ok(Self(folder.join(rest)))
        }

        /// Names a folder in this one.
        pub(crate) fn enter(&self, name: &Path) -> io::Result<Self> {
            Ok(Self(self.0.join(name)))
        }

        /// Creates a folder in this one.
        pub(crate) fn make_folder(&self, name: &Path) -> io::Result<()> {
            fs::create_dir(self.0.join(name))
        }

        /// Creates a file in this folder.
        pub(crate) fn make_file(&self, name: &Path) -> io::Result<File> {
            File::create_new(self.0.join(name))
        }

        /// Renames an entry of this folder.
        pub(crate) fn rename(&self, old: &Path, new: &Path) -> io::Result<()> {
            fs::rename(self.0.join(old), self.0.join(new))
        }

        /// Removes a folder in this one, and the files with these names in it.
        pub(crate) fn remove(&self, name: &Path, files: &[&str]) -> io::Result<()> {
            let folder = self.0.join(name);
            files.iter().for_each(|file| drop(fs::remove_file(folder.join(file))));
            fs::remove_dir(folder)
        }

        /// Does nothing: the system keeps names by itself.
        pub(crate) fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
