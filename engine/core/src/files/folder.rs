//! Writing into folders that somebody else may change meanwhile.
//!
//! A plugin's author may put a link where a folder was, between the check of a path and its use. So the folder is
//! opened once, name by name and without following links. Files are then written into the open folder, wherever its
//! path leads by then.

use std::ffi::OsStr;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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

    /// Makes a file of the scope that isn't there yet, and what is missing of its folder.
    ///
    /// # Errors
    /// Whatever the system says; what is there stays as it is.
    pub fn create(&self, path: &Path, text: &str) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        folder.make_file(Path::new(&name))?.write_all(text.as_bytes())
    }

    /// Puts a text in the place of a file of the scope, or makes the file. Nobody sees it half written.
    ///
    /// # Errors
    /// Whatever the system says; the file is as it was then.
    pub fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        folder.replace(Path::new(&name), text)
    }

    /// Gives a folder of the scope another name beside it.
    pub(crate) fn rename(&self, path: &Path, name: &str) -> io::Result<()> {
        // The folder itself may be a link; its name is what changes.
        let folder = self.folder(path.parent().unwrap_or(Path::new(".")))?;
        folder.rename(Path::new(path.file_name().unwrap_or_default()), Path::new(name))
    }

    /// Opens the folder that a file of the scope is in, once links are followed.
    fn place(&self, path: &Path) -> io::Result<(Folder, std::ffi::OsString)> {
        let place = if self.folders.is_empty() { path.to_path_buf() } else { real(path) };
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent,
            Some(_) | None => Path::new("."),
        };
        // A file may be all that there is of a scope.
        let is_all = self.folders.contains(&place);
        let folder = if is_all { Folder::make(parent, Path::new(""))? } else { self.folder(parent)? };
        Ok((folder, place.file_name().map(OsStr::to_owned).unwrap_or_default()))
    }
}

/// Returns a random hidden name, because a killed run may have left one.
pub(crate) fn hidden_name() -> PathBuf {
    format!(".autogen-{:016x}", RandomState::new().build_hasher().finish()).into()
}

impl Folder {
    /// Puts a text in a file's place.
    fn replace(&self, name: &Path, text: &str) -> io::Result<()> {
        let new = hidden_name();
        let written = self.make_file(&new).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            // Whoever may read the old file may read the new one.
            if let Some(permissions) = self.permissions(name) {
                file.set_permissions(permissions)?;
            }
            file.sync_all()
        });
        let placed = written.and_then(|()| self.rename(&new, name));
        if placed.is_err() {
            let _unless_missing = self.remove_file(&new);
        }
        placed
    }
}

pub(crate) use system::Folder;

#[cfg(unix)]
mod system {
    use std::fs::{File, Permissions};
    use std::io;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fsync, mkdirat, openat, renameat, statat, unlinkat};
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

        /// Returns the permissions of a file in this folder. Returns `None` if it is no regular file.
        pub(super) fn permissions(&self, name: &Path) -> Option<Permissions> {
            let found = statat(self.0.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
            is_file.then(|| Permissions::from_mode(found.st_mode & 0o7777))
        }

        /// Removes a file in this folder.
        pub(super) fn remove_file(&self, name: &Path) -> io::Result<()> {
            Ok(unlinkat(self.0.as_fd(), name, AtFlags::empty())?)
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
    use std::fs::{self, File, Permissions};
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

        /// Returns the permissions of a file in this folder. Returns `None` if it is no regular file.
        pub(super) fn permissions(&self, name: &Path) -> Option<Permissions> {
            let found = fs::symlink_metadata(self.0.join(name)).ok()?;
            found.is_file().then(|| found.permissions())
        }

        /// Removes a file in this folder.
        pub(super) fn remove_file(&self, name: &Path) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_is_written_stays_below_its_folder() {
        let root = tempfile::tempdir().expect("temporary folder");
        let (plugin, elsewhere) = (root.path().join("plugin"), root.path().join("elsewhere"));
        fs::create_dir_all(&plugin).expect("create");
        fs::create_dir_all(&elsewhere).expect("create");
        fs::write(elsewhere.join("a"), "theirs").expect("write");
        symlink(&elsewhere, plugin.join("out")).expect("link");
        symlink(elsewhere.join("a"), plugin.join("a")).expect("link");
        symlink("real", plugin.join("alias")).expect("link");
        let scope = FileScope::below([plugin.clone()]);
        for path in ["out/a", "out/new", "a"] {
            assert!(scope.replace(&plugin.join(path), "x").is_err(), "{path}");
            assert!(scope.create(&plugin.join(path), "x").is_err(), "{path}");
        }
        assert!(scope.rename(&plugin.join("out/a"), "b").is_err());
        assert_eq!(fs::read_dir(&elsewhere).expect("is there").count(), 1);
        assert_eq!(fs::read_to_string(elsewhere.join("a")).expect("is there"), "theirs");

        scope.create(&plugin.join("real/one"), "x").expect("makes folder and file");
        assert!(scope.create(&plugin.join("real/one"), "y").is_err(), "it is there");
        fs::set_permissions(plugin.join("real/one"), fs::Permissions::from_mode(0o640)).expect("changes");
        scope.replace(&plugin.join("alias/one"), "z").expect("leads nowhere else");
        assert_eq!(fs::read_to_string(plugin.join("real/one")).expect("is there"), "z");
        let mode = plugin.join("real/one").metadata().expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        scope.rename(&plugin.join("real"), "moved").expect("renames");
        assert_eq!(fs::read_dir(plugin.join("moved")).expect("is there").count(), 1, "nothing hidden is left");
        let one = FileScope::below([plugin.join("moved/one")]);
        one.replace(&plugin.join("moved/one"), "only").expect("a file may be all there is");
        assert_eq!(fs::read_to_string(plugin.join("moved/one")).expect("is there"), "only");
    }

    #[test]
    fn a_folder_that_becomes_a_link_meanwhile_is_not_followed() {
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

        let root = tempfile::tempdir().expect("temporary folder");
        let (plugin, elsewhere) = (root.path().join("plugin"), root.path().join("elsewhere"));
        let (src, aside) = (plugin.join("src"), plugin.join("aside"));
        fs::create_dir_all(&src).expect("create");
        fs::create_dir_all(&elsewhere).expect("create");
        let swap = || {
            fs::rename(&src, &aside)?;
            symlink(&elsewhere, &src)?;
            fs::remove_file(&src)?;
            fs::rename(&aside, &src)
        };
        let scope = FileScope::below([plugin.clone()]);
        let is_over = AtomicBool::new(false);
        // While the folder is swapped, a slow machine may find it away each time.
        let mut written = usize::from(scope.replace(&src.join("schema.rs"), "first").is_ok());
        std::thread::scope(|threads| {
            // What is made while it is aside is in the way of its return.
            let swapping = threads.spawn(|| {
                while !is_over.load(Relaxed) && swap().is_ok() {
                    std::hint::spin_loop()
                }
            });
            for number in 0..300 {
                written += usize::from(scope.replace(&src.join("schema.rs"), &number.to_string()).is_ok());
            }
            is_over.store(true, Relaxed);
            swapping.join().expect("ends");
        });
        assert!(written > 0, "none was written");
        assert_eq!(fs::read_dir(&elsewhere).expect("is there").count(), 0);
    }
}
