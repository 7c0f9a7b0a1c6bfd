//! Reading files that somebody else may have put there.
//!
//! A plugin's folder is its author's: a file in it may be a link to another file of this machine, a pipe that nobody
//! writes to, or as large as a disk. Whatever is read from it is read here.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

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
    /// The scope of files below some folders.
    pub(crate) fn below(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { folders: folders.into_iter().map(|folder| real(&folder)).collect() }
    }

    /// Whether a path lies in the scope once links are followed. Of one that isn't there yet, what is there counts.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.folders.is_empty() || self.holds_real(&real(path))
    }

    /// The same of a path that has no links.
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

    /// The error about a path that leads out of the scope.
    pub(crate) fn refused(path: &Path) -> Error {
        Error::new("outside-plugin", format!("`{}` leads out of the plugin's folder", path.display())).help(
            "put the file itself there; only autogen.toml may name a place outside, by `path`, `sources` or \
             `migrations` under [plugin.NAME]",
        )
    }

    /// Reads a text file of the scope; `None` when there is none.
    ///
    /// # Errors
    /// `outside-plugin`, and those of [`read_text`].
    pub(crate) fn read_text(&self, path: &Path, most: u64) -> Result<Option<String>> {
        self.require(path)?;
        read_text(path, most)
    }
}

/// Reads a text file of at most so many bytes; `None` when there is none.
///
/// # Errors
/// `can't-read` when it is there but unreadable, no file, or not UTF-8; `too-large`.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<Option<String>> {
    let cant_read = |reason: String| {
        Error::new("can't-read", format!("can't read `{}`: {reason}", path.display()))
            .help("check that it is a text file in UTF-8 which you may read")
    };
    let bytes = match read(path, most) {
        Ok(bytes) => bytes,
        Err(Unread::Missing) => return Ok(None),
        Err(Unread::NoFile) => return Err(cant_read("it is no regular file".to_owned())),
        Err(Unread::TooLarge) => return Err(too_large(path, most)),
        Err(Unread::Io(cause)) => return Err(cant_read(cause.to_string()).caused_by(cause)),
    };
    String::from_utf8(bytes).map(Some).map_err(|_| cant_read("it is not UTF-8".to_owned()))
}

/// Why a file was not read.
pub(crate) enum Unread {
    /// It isn't there.
    Missing,
    /// It is a folder, a pipe or a device.
    NoFile,
    /// It has more bytes than it may have.
    TooLarge,
    /// The system refused.
    Io(std::io::Error),
}

/// Reads a regular file of at most so many bytes.
pub(crate) fn read(path: &Path, most: u64) -> std::result::Result<Vec<u8>, Unread> {
    let failed = |cause: std::io::Error| match cause.kind() {
        ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Io(cause),
    };
    // Opening a pipe waits for its other end, so look before.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(Unread::NoFile);
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    // `usize` may be narrower than a file is long.
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) { Err(Unread::TooLarge) } else { Ok(bytes) }
}

/// The error about a file that is larger than it may be.
pub(crate) fn too_large(path: &Path, most: u64) -> Error {
    Error::new("too-large", format!("`{}` has more than {most} bytes, which is the most that is read", path.display()))
        .help("split the file, or leave it out")
}

/// Where a path leads; of one that isn't there yet, where what is there of it leads.
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

/// A path with `..` worked out as text, for what isn't there and so can't be a link.
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
        assert_eq!(read_text(folder.path(), 9).expect_err("is a folder").code(), "can't-read");
        std::fs::write(&path, "0123456789").expect("write");
        assert_eq!(read_text(&path, 9).expect_err("is too large").code(), "too-large");
        assert_eq!(read_text(&path, 10).expect("fits").as_deref(), Some("0123456789"));
        std::fs::write(&path, [0xff]).expect("write");
        assert_eq!(read_text(&path, 9).expect_err("is no text").code(), "can't-read");
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
}
