//! The options for opening a workspace: which host, which owners, which database.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::host::Host;
use jiff::Timestamp;

/// What to open, and how.
///
/// ```
/// use autogen_workspace::Options;
///
/// let options = Options { plugins: vec!["usb".to_owned()], ..Options::of("fixtures/shopdb") };
/// assert!(!options.is_without_database());
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// The host's folder.
    pub root: PathBuf,
    /// The selected owners. If there are none, all of them.
    pub plugins: Vec<String>,
    /// The live database, instead of the one that autogen.toml states. An empty text means none.
    pub database_url: Option<String>,
    /// Compares with the chains alone, whatever else is stated. Scratch databases are still made on that server.
    pub no_database: bool,
    /// The selected dialect. If there is none, all that the host has.
    pub dialect: Option<Dialect>,
    /// Refuses to leave out a dialect that has no server here.
    pub require_every_dialect: bool,
    /// Texts that count instead of source files, by path, such as those in an editor's windows.
    pub edits: BTreeMap<PathBuf, String>,
    /// Reads a variable of the environment, which autogen.toml may name.
    pub variables: fn(&str) -> Option<OsString>,
    /// A text that tells the program from any other that may remember other things of the same chains, such as its
    /// version and the time of its file. `None`: nothing is remembered from run to run.
    pub program: Option<String>,
}

impl Options {
    /// Creates the options for a host with all its owners and dialects, in an environment without variables.
    pub fn of(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            plugins: Vec::new(),
            database_url: None,
            no_database: false,
            dialect: None,
            require_every_dialect: false,
            edits: BTreeMap::new(),
            variables: |_| None,
            program: None,
        }
    }

    /// Returns `true` if the live database, if there is one, is not to be used.
    pub fn is_without_database(&self) -> bool {
        self.no_database || self.database_url.as_ref().is_some_and(String::is_empty)
    }

    /// Refuses a folder that contains no part of a host. Otherwise every check of it would succeed.
    ///
    /// # Errors
    /// `no-host`, or when the configuration can't be read.
    pub fn refuse_bare(&self) -> Result<()> {
        let host = Host::load(&self.root)?;
        if !host.is_bare() {
            return Ok(());
        }
        let message = format!(
            "there is no host in `{}`: no autogen.toml, no plugin, no source and no migrations",
            host.root.display()
        );
        Err(Error::new(Code::NoHost, message).help(
            "run it in the host's folder or give `--root`; `autogen init` begins a host, and `autogen adopt` takes over \
             a database",
        ))
    }

    /// Reads a variable that holds text. Returns `None` if it isn't set or isn't UTF-8.
    pub(crate) fn text_variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)?.into_string().ok()
    }

    /// Returns the time that versions are made from. SOURCE_DATE_EPOCH (seconds since 1970) fixes it for builds
    /// and tests that must give the same bytes twice.
    ///
    /// # Errors
    /// `bad-clock` if that variable isn't a number of seconds.
    pub fn now(&self) -> Result<Timestamp> {
        let Some(text) = self.text_variable("SOURCE_DATE_EPOCH") else { return Ok(Timestamp::now()) };
        text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
            Error::new(
                Code::BadClock,
                format!("SOURCE_DATE_EPOCH is `{text}`, which isn't a number of seconds since 1970"),
            )
            .help("unset it, or set it to a whole number")
        })
    }
}
