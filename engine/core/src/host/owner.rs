//! One owner of tables: the core or a plugin.

use std::path::{Path, PathBuf};

use super::config::OwnerKeys;
use super::folders;
use super::ignored::Ignored;
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::files::FileScope;
use crate::model::Permissions;
use crate::toml_file::Stated;

/// The name of the host's own part.
pub const CORE: &str = "core";

/// The core or a plugin: who it is, where its definitions and its migrations are, and what it
/// says about its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `core`, or the plugin's name.
    pub name: String,
    /// Its folder.
    pub root: PathBuf,
    /// Where its definitions are: files, and folders to be searched. All exist, and none holds
    /// another owner's folder.
    pub sources: Vec<PathBuf>,
    /// Where its migrations are; the first one written makes the folder. See
    /// [`Owner::migrations_for`].
    pub migrations: PathBuf,
    /// The tables that its manifest pins; `None` when it owns whatever its source defines.
    pub pins: Option<Vec<Stated>>,
    /// How its tables' names must begin.
    pub prefix: Option<Prefix>,
    /// What is left as it is, whatever the source says.
    pub ignored: Ignored,
    /// What the host lets its migrations do beyond its own tables.
    pub permissions: Permissions,
    /// Who reviews it: users, teams and addresses, as a file of code owners names them.
    pub reviewers: Vec<String>,
    /// Where its files must lie.
    pub scope: FileScope,
}

/// How an owner's tables' names must begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The beginning.
    pub prefix: Stated,
    /// Tables that need not keep to it.
    pub exceptions: Vec<Stated>,
}

impl Owner {
    /// Checks whether this is the host's own part.
    pub fn is_core(&self) -> bool {
        self.name == CORE
    }

    /// Returns the folder of the migrations for one dialect. `several` says whether the host has several dialects,
    /// each with a folder of its own.
    ///
    /// ```
    /// # use std::path::Path;
    /// # use autogen_engine::{dialect::Dialect, host::Host};
    /// # let root = tempfile::tempdir().unwrap();
    /// let host = Host::load(root.path()).unwrap();
    /// let core = host.owner("core").unwrap();
    /// assert!(core.migrations_for(Dialect::Sqlite, false).ends_with("migrations"));
    /// assert!(core.migrations_for(Dialect::Sqlite, true).ends_with("migrations/sqlite"));
    /// ```
    pub fn migrations_for(&self, dialect: Dialect, several: bool) -> PathBuf {
        if several { self.migrations.join(dialect.name()) } else { self.migrations.clone() }
    }

    /// Creates an owner in a folder, from what is stated about it. `others` are the canonical folders of all other
    /// owners.
    pub(super) fn new(
        name: String,
        root: PathBuf,
        keys: OwnerKeys,
        others: &[PathBuf],
        scope: FileScope,
    ) -> Result<Self> {
        let sources = match &keys.sources {
            None => Some(root.join("src")).filter(|path| path.exists()).into_iter().collect(),
            Some(patterns) => stated_sources(&root, patterns)?,
        };
        let sources: Vec<_> = sources.iter().flat_map(|source| folders::without(source, others)).collect();
        let migrations = root.join(keys.migrations.as_ref().map_or("migrations", |stated| stated.text.as_str()));
        sources.iter().chain([&migrations]).try_for_each(|path: &PathBuf| scope.require(path))?;
        let exceptions = keys.prefix_exceptions.unwrap_or_default();
        let prefix = keys.prefix.map(|prefix| Prefix { prefix, exceptions });
        let ignored = Ignored::new(keys.ignore.unwrap_or_default(), keys.unprinted)?.printing(keys.printed);
        let reviewers = keys.reviewers.unwrap_or_default();
        let strange = reviewers.iter().filter(|stated| !is_reviewer(&stated.text)).map(|stated| {
            Diagnostic::error(Code::BadConfig, format!("`{}` is no reviewer", stated.text))
                .at(stated.place.clone(), "stated here")
                .help("write `@user`, `@organisation/team`, or an address")
        });
        Error::unless_clean(strange.collect())?;
        let reviewers = reviewers.into_iter().map(|stated| stated.text).collect();
        let permissions = Permissions {
            may_alter: keys.may_alter.unwrap_or_default().into_iter().map(|stated| stated.text).collect(),
            trust: keys.trust.is_some_and(|stated| stated.text == "true"),
        };
        Ok(Self { name, root, sources, migrations, pins: keys.tables, prefix, ignored, permissions, reviewers, scope })
    }
}

/// Checks whether a text is one word that names somebody.
fn is_reviewer(text: &str) -> bool {
    let is_of_word = |letter: char| letter.is_alphanumeric() || "@/-_.+".contains(letter);
    text.len() > 1 && text.contains('@') && text.chars().all(is_of_word)
}

fn stated_sources(root: &Path, patterns: &[Stated]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut mistakes = Vec::new();
    for stated in patterns {
        match folders::expand(root, &stated.text) {
            Ok(paths) if paths.is_empty() => mistakes.push(missing(stated, root)),
            Ok(paths) => found.extend(paths),
            Err(error) => mistakes.push(bad_pattern(stated, &error)),
        }
    }
    Error::unless_clean(mistakes)?;
    // Patterns may overlap, and a file read twice would define its tables twice.
    found.sort();
    found.dedup();
    let inside = |path: &PathBuf| found.iter().any(|other| other != path && path.starts_with(other));
    Ok(found.iter().filter(|path| !inside(path)).cloned().collect())
}

pub(super) fn missing(stated: &Stated, root: &Path) -> Diagnostic {
    Diagnostic::error(Code::MissingFolder, format!("there is no `{}` in `{}`", stated.text, root.display()))
        .at(stated.place.clone(), "stated here")
        .help("make it, fix the path, or leave the key out for the default")
}

pub(super) fn bad_pattern(stated: &Stated, error: &globset::Error) -> Diagnostic {
    Diagnostic::error(Code::BadConfig, format!("`{}` is not a pattern: {}", stated.text, error.kind()))
        .at(stated.place.clone(), "")
        .help("wildcards are `*`, `?`, `**`, `[abc]` and `{a,b}`")
}
