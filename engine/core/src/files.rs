//! Reading files that somebody else may have put there.
//!
//! A plugin's folder is its author's: a file in it may be a link to another file of this machine, a pipe that nobody
//! writes to, or as large as a disk. Whatever is read from it is read here.

mod folder;

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

pub(crate) use folder::{Folder, hidden_name};

use crate::error::{Code, Error, Result};

/// A source file may have this many bytes.
pub(crate) const LARGEST_SOURCE: u64 = 4 << 20;
/// A SQL file may have this many bytes.
pub(crate) const LARGEST_SQL: u64 = 32 << 20;
/// A configuration file may have this many bytes.
pub(crate) const LARGEST_SETTINGS: u64 = 1 << 20;
/// A folder of revisions or of sources may have this many entries.
pub(crate) const MOST_FILES: usize = 20_000;

/// The folders in which an owner's files must lie, as they really are; none means anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileScope {
    folders: Vec<PathBuf>,
}

impl FileScope {
    /// Creates the scope of files below some folders.
    pub fn below(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { folders: folders.into_iter().map(|folder| real(&folder)).collect() }
    }

    /// Checks whether a path is in the scope after following links. If the path doesn't exist yet, its existing part
    /// counts.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.folders.is_empty() || self.holds_real(&real(path))
    }

    /// Checks whether a path without links is in the scope.
    pub(crate) fn holds_real(&self, real: &Path) -> bool {
        self.folders.is_empty() || self.folders.iter().any(|folder| real.starts_with(folder))
    }

    /// Refuses a path that leads out of the scope.
    ///
    /// # Errors
    /// `outside-plugin`.
    pub(crate) fn require(&self, path: &Path) -> Result<()> {
        if self.holds(path) { Ok(()) } else { Err(Self::refused(path)) }
    }

    /// Makes the error about a path that leads out of the scope.
    pub(crate) fn refused(path: &Path) -> Error {
        Error::new(Code::OutsidePlugin, format!("`{}` leads out of the plugin's folder", path.display())).help(
            "put the file itself there; only autogen.toml may name a place outside, by `path`, `sources` or \
             `migrations` under [plugin.NAME]",
        )
    }

    /// Reads a source file of the scope. Returns `None` if there is none.
    ///
    /// # Errors
    /// `outside-plugin`; `can't-read` when it is unreadable, no file, or not UTF-8; `too-large`.
    pub fn read_source(&self, path: &Path) -> Result<Option<String>> {
        self.read_text(path, LARGEST_SOURCE)
    }

    /// Reads a text file of the scope with at most `most` bytes. Returns `None` if there is none.
    ///
    /// # Errors
    /// `outside-plugin`, and those of [`read_text`].
    pub(crate) fn read_text(&self, path: &Path, most: u64) -> Result<Option<String>> {
        let cant_read = |reason: String| {
            Error::new(Code::CantRead, format!("can't read `{}`: {reason}", path.display()))
                .help("check that it is a text file in UTF-8 which you may read")
        };
        let bytes = match self.read(path, most) {
            Ok(bytes) => bytes,
            Err(Unread::Missing) => return Ok(None),
            Err(Unread::Outside) => return Err(Self::refused(path)),
            Err(Unread::NoFile) => return Err(cant_read("it is no regular file".to_owned())),
            Err(Unread::TooLarge) => return Err(too_large(path, most)),
            Err(Unread::Io(cause)) => return Err(cant_read(cause.to_string()).caused_by(cause)),
        };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new(Code::CantRead, format!("`{}` is a text in UTF-16", path.display()))
                .help("save it as UTF-8"));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| cant_read("it is not UTF-8".to_owned()))
    }

    /// Reads a regular file of the scope with at most `most` bytes.
    pub(crate) fn read(&self, path: &Path, most: u64) -> std::result::Result<Vec<u8>, Unread> {
        let failed = |cause: io::Error| match cause.kind() {
            ErrorKind::NotFound => Unread::Missing,
            _ => Unread::Io(cause),
        };
        if !self.holds(path) {
            return Err(Unread::Outside);
        }
        // To open a device may do something by itself.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(Unread::NoFile);
        }
        let file = self.open(path)?;
        // What was looked at may have been put out of the way since.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Unread::NoFile);
        }
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
        // `usize` may be narrower than a file is long.
        if u64::try_from(bytes.len()).is_ok_and(|length| length > most) { Err(Unread::TooLarge) } else { Ok(bytes) }
    }

    /// Opens a file of the scope. Links are followed first, and the place where they lead is opened without following
    /// any.
    fn open(&self, path: &Path) -> std::result::Result<File, Unread> {
        let place = if self.folders.is_empty() { path.to_path_buf() } else { real(path) };
        let below = self.folders.iter().find_map(|folder| Some((folder, place.strip_prefix(folder).ok()?)));
        let opened = match below {
            Some((folder, rest)) => open::below(folder, rest),
            None if self.folders.is_empty() => open::anywhere(&place),
            None => return Err(Unread::Outside),
        };
        opened.map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => Unread::Missing,
            // A link or a file where a folder was.
            ErrorKind::NotADirectory if below.is_some() => Unread::Outside,
            _ => Unread::Io(cause),
        })
    }
}

/// Reads a text file with at most `most` bytes. Returns `None` if there is none.
///
/// # Errors
/// `can't-read` when it is there but unreadable, no file, or not UTF-8; `too-large`.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<Option<String>> {
    FileScope::default().read_text(path, most)
}

/// Why a file was not read.
pub(crate) enum Unread {
    /// It isn't there.
    Missing,
    /// It isn't in the folders in which it must lie.
    Outside,
    /// It is a folder, a pipe or a device.
    NoFile,
    /// It has more bytes than it may have.
    TooLarge,
    /// The system refused.
    Io(std::io::Error),
}

/// Makes the error about a file that is too large. `most` is the limit in bytes.
pub(crate) fn too_large(path: &Path, most: u64) -> Error {
    Error::new(Code::TooLarge, format!("`{}` has more than {most} bytes, the limit", path.display()))
        .help("split the file, or leave it out")
}

/// Opening without waiting for a pipe's other end.
#[cfg(unix)]
mod open {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{CWD, Mode, OFlags, openat};
    use rustix::io::Errno;

    const READING: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// Opens a file wherever it is.
    pub(super) fn anywhere(path: &Path) -> io::Result<File> {
        Ok(openat(CWD, path, READING, Mode::empty())?.into())
    }

    /// Opens a file below a folder, name by name. A link on the way is an error: one may have been put there just now.
    pub(super) fn below(folder: &Path, rest: &Path) -> io::Result<File> {
        let names: Vec<_> = rest.components().collect();
        let Some((last, folders)) = names.split_last() else {
            return Ok(one(CWD, folder.as_os_str(), READING)?.into());
        };
        let mut at = one(CWD, folder.as_os_str(), FOLDER)?;
        for name in folders {
            at = one(at.as_fd(), name.as_os_str(), FOLDER)?;
        }
        Ok(one(at.as_fd(), last.as_os_str(), READING)?.into())
    }

    /// Opens what isn't a link.
    fn one(at: BorrowedFd<'_>, name: &OsStr, how: OFlags) -> io::Result<OwnedFd> {
        openat(at, name, how | OFlags::NOFOLLOW, Mode::empty()).map_err(|told| match told {
            // A link where a file was.
            Errno::LOOP => io::ErrorKind::NotADirectory.into(),
            told => told.into(),
        })
    }
}

/// Opening where the system knows no relative places.
#[cfg(not(unix))]
mod open {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    /// Opens a file wherever it is.
    pub(super) fn anywhere(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    /// Opens a file below a folder.
    pub(super) fn below(folder: &Path, rest: &Path) -> io::Result<File> {
        // An empty rest would add a separator, which a file can't have.
        if rest.as_os_str().is_empty() { File::open(folder) } else { File::open(folder.join(rest)) }
    }
}

/// Returns the path after following links. If the path doesn't exist yet, follows the links in its existing part.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for there in absolute.ancestors() {
        // A dangling link is there, though nothing is behind it: its target counts.
        let target = std::fs::read_link(there).ok().map(|target| there.parent().unwrap_or(there).join(target));
        let found = there.canonicalize().ok().or_else(|| target.map(|target| without_dots(&target)));
        if let (Some(found), Ok(rest)) = (found, absolute.strip_prefix(there)) {
            return without_dots(&found.join(rest));
        }
    }
    absolute
}

/// Resolves `..` in a path as text. That is right for a path that doesn't exist, because it can't be a link.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_none_are_not_read() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("a");
        assert_eq!(read_text(&path, 9).expect("nothing is there"), None);
        assert_eq!(read_text(folder.path(), 9).expect_err("is a folder").code(), Code::CantRead);
        std::fs::write(&path, "0123456789").expect("write");
        assert_eq!(read_text(&path, 9).expect_err("is too large").code(), Code::TooLarge);
        assert_eq!(read_text(&path, 10).expect("fits").as_deref(), Some("0123456789"));
        std::fs::write(&path, [0xff]).expect("write");
        assert_eq!(read_text(&path, 9).expect_err("is no text").code(), Code::CantRead);
    }

    #[cfg(unix)]
    #[test]
    fn links_count_by_where_they_lead() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let inside = folder.path().join("plugin");
        std::fs::create_dir(&inside).expect("create");
        std::fs::write(folder.path().join("secret"), "").expect("write");
        let scope = FileScope::below([inside.clone()]);
        for (name, target, holds) in
            [("out", "../secret", false), ("in", "b", true), ("dangling", "../nothing", false), ("up", "..", false)]
        {
            std::os::unix::fs::symlink(target, inside.join(name)).expect("link");
            assert_eq!(scope.holds(&inside.join(name)), holds, "{name}");
        }
        assert!(scope.holds(&inside.join("new/file")) && !scope.holds(&inside.join("up/new")));
        assert!(!scope.holds(&inside.join("new/../../secret")));
        assert!(FileScope::default().holds(Path::new("/")));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_swapped_after_the_look_is_not_followed() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().expect("temporary folder");
        let inside = folder.path().join("plugin");
        for name in ["plugin/real", "elsewhere"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("create");
            std::fs::write(folder.path().join(name).join("up.sql"), name).expect("write");
        }
        symlink("../elsewhere", inside.join("swapped")).expect("link");
        symlink("../elsewhere/up.sql", inside.join("file")).expect("link");
        symlink("plugin", folder.path().join("alias")).expect("link");
        let read = |rest: &str| open::below(&inside, Path::new(rest)).map(|_| ());
        read("real/up.sql").expect("is a file");
        for rest in ["swapped/up.sql", "file", "real/up.sql/more", "real/missing"] {
            assert!(read(rest).is_err(), "{rest}");
        }
        assert!(open::below(&folder.path().join("alias"), Path::new("real/up.sql")).is_err());
        assert!(open::below(&inside.join("file"), Path::new("")).is_err());
        // Nobody writes to it, and nobody waits.
        let pipe = inside.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
        let opened = open::below(&inside, Path::new("pipe")).expect("opens at once");
        assert!(!opened.metadata().expect("is open").is_file());
        let scope = FileScope::below([inside.clone()]);
        for (path, is_read) in [(inside.join("real/up.sql"), true), (pipe, false), (inside.join("file"), false)] {
            assert_eq!(scope.read(&path, 99).is_ok(), is_read, "{}", path.display());
        }
        symlink("real/up.sql", inside.join("link")).expect("link");
        assert_eq!(
            scope.read_text(&inside.join("link"), 99).expect("leads nowhere else").as_deref(),
            Some("plugin/real")
        );
        let own = FileScope::below([inside.join("real/up.sql")]);
        assert!(own.read(&inside.join("link"), 99).is_ok(), "a file may be all there is");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_swapped_while_it_is_read_leads_nowhere() {
        use std::fs::{create_dir_all, hard_link, remove_file, rename, write};
        use std::os::unix::fs::symlink;
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

        let folder = tempfile::tempdir().expect("temporary folder");
        let (inside, elsewhere) = (folder.path().join("plugin"), folder.path().join("elsewhere"));
        let (chain, aside) = (inside.join("chain"), inside.join("aside"));
        for place in [&chain, &elsewhere] {
            create_dir_all(place).expect("create");
        }
        write(elsewhere.join("up.sql"), "secret").expect("write");
        for name in ["own", "chain/up.sql"] {
            write(inside.join(name), "own").expect("write");
        }
        let pipe = inside.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
        let (new, file) = (inside.join("new"), inside.join("file"));
        let swap = || {
            for target in ["../elsewhere/up.sql", "/dev/zero", "own"] {
                symlink(target, &new)?;
                rename(&new, &file)?;
            }
            for kept in [&pipe, &inside.join("own")] {
                hard_link(kept, &new)?;
                rename(&new, &file)?;
            }
            rename(&chain, &aside)?;
            symlink(&elsewhere, &chain)?;
            remove_file(&chain)?;
            rename(&aside, &chain)
        };
        let scope = FileScope::below([inside.clone()]);
        let is_over = AtomicBool::new(false);
        let mut read = Vec::new();
        std::thread::scope(|threads| {
            let swapping = threads.spawn(|| {
                while !is_over.load(Relaxed) {
                    swap()?;
                }
                io::Result::Ok(())
            });
            for _ in 0..3000 {
                read.extend([&file, &chain.join("up.sql")].into_iter().filter_map(|path| scope.read(path, 99).ok()));
            }
            is_over.store(true, Relaxed);
            swapping.join().expect("ends").expect("swaps");
        });
        assert!(!read.is_empty() && read.iter().all(|bytes| bytes == b"own"));
    }
}
