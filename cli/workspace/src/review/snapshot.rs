//! A host at a commit: its files in a private temporary folder, which are read like those on disk.

use std::path::{Path, PathBuf};

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{History, Revision, load};
use autogen_engine::host::Host;
use tempfile::TempDir;

use super::git::{Checkout, Commit};

/// A host at a commit.
pub(super) struct Snapshot {
    /// How the commit was named.
    pub(super) name: String,
    /// The host there, unless there was none yet.
    pub(super) host: Option<Host>,
    /// Its folder.
    root: PathBuf,
    /// Removes the files in the end.
    _folder: TempDir,
}

impl Snapshot {
    /// Checks out the host's files at a commit.
    pub(super) fn take(checkout: &Checkout, commit: &Commit) -> Result<Self> {
        let cant_write = |cause: std::io::Error| {
            Error::new(Code::CantWrite, format!("can't make a temporary folder: {cause}"))
                .help("make room where temporary files go")
                .caused_by(cause)
        };
        let folder = tempfile::tempdir().map_err(cant_write)?;
        let root = folder.path().canonicalize().map_err(cant_write)?;
        checkout.write(commit.id, &root)?;
        let mut snapshot =
            Self { name: commit.name.clone(), host: None, root: root.join(&checkout.host), _folder: folder };
        if snapshot.root.is_dir() {
            let host = Host::load(&snapshot.root).map_err(|error| snapshot.named(error))?;
            snapshot.host = Some(host).filter(|host| !host.is_bare());
        }
        Ok(snapshot)
    }

    /// Reads the commit's chains for a dialect. `usual` is the dialect of a host that states none.
    pub(super) fn history(&self, dialect: Dialect, usual: Dialect) -> Result<History> {
        let Some(host) = &self.host else { return Ok(History::default()) };
        let stated = &host.config.stated_dialects;
        if !(stated.contains(&dialect) || (stated.is_empty() && dialect == usual)) {
            return Ok(History::default());
        }
        load(host, dialect).map_err(|error| self.named(error))
    }

    /// Returns a revision with its folder in the host itself, as messages name it.
    pub(super) fn at_home(&self, revision: &Revision) -> Revision {
        let dir = revision.dir.strip_prefix(&self.root).unwrap_or(&revision.dir).to_path_buf();
        Revision { dir, ..revision.clone() }
    }

    /// Names files as they are called at the commit: `origin/main:autogen.toml`.
    pub(super) fn named(&self, mut error: Error) -> Error {
        let root = format!("{}/", self.root.display());
        let prefix = format!("{}:", self.name);
        for diagnostic in &mut error.diagnostics {
            diagnostic.message = diagnostic.message.replace(&root, &prefix);
            if let Some(help) = &mut diagnostic.help {
                *help = help.replace(&root, &prefix);
            }
            for label in &mut diagnostic.labels {
                let file = label.place.file.strip_prefix(&self.root).unwrap_or(&label.place.file);
                label.place.file = Path::new(&format!("{prefix}{}", file.display())).into();
            }
        }
        error
    }
}
