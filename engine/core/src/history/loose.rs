//! SQL that belongs to no chain: a file or folder that somebody names.

use std::path::{Path, PathBuf};

use super::Revision;
use super::read::read_migration;
use crate::error::{Code, Error, Result};
use crate::files::{FileScope, LARGEST_SQL, MOST_FILES};

/// SQL that belongs to no chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loose {
    /// A folder with an `up.sql`.
    Revision(Box<Revision>),
    /// Any other file.
    Script {
        /// Its path.
        file: PathBuf,
        /// Its text.
        sql: String,
    },
}

impl Loose {
    /// Returns what it runs; of a migration, the way up.
    pub fn sql(&self) -> &str {
        match self {
            Self::Revision(revision) => &revision.up,
            Self::Script { sql, .. } => sql,
        }
    }
}

/// Reads a file, or all migrations and SQL files in a folder and those below it, in the order of their names. Links to
/// folders aren't followed, and hidden ones don't count.
///
/// # Errors
/// `can't-read`, `too-large`, `too-many-files`, `bad-metadata`.
pub fn loose(path: &Path) -> Result<Vec<Loose>> {
    let mut found = Vec::new();
    let is_of_migration = path.file_name().is_some_and(|name| name == "up.sql" || name == "down.sql");
    let folder = path.parent().filter(|folder| is_of_migration && folder.join("up.sql").is_file());
    if path.is_dir() {
        walk(path, &mut found)?;
    } else if let Some(folder) = folder {
        found.push(migration(folder)?);
    } else {
        found.push(script(path)?);
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<Loose>) -> Result<()> {
    if folder.join("up.sql").is_file() {
        found.push(migration(folder)?);
        return Ok(());
    }
    let cant_read = |cause: std::io::Error| {
        Error::new(Code::CantRead, format!("can't read `{}`: {cause}", folder.display()))
            .help("it must be a folder that you may read")
            .caused_by(cause)
    };
    let mut entries = Vec::new();
    for entry in folder.read_dir().map_err(cant_read)? {
        let entry = entry.map_err(cant_read)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let kind = entry.file_type().map_err(cant_read)?;
        let path = entry.path();
        let is_sql = !kind.is_dir() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
        if !is_hidden && (kind.is_dir() || is_sql) {
            entries.push((path, kind.is_dir()));
        }
        if entries.len() + found.len() > MOST_FILES {
            let message = format!("`{}` holds more than {MOST_FILES} files", folder.display());
            return Err(Error::new(Code::TooManyFiles, message).help("name the folders that count"));
        }
    }
    entries.sort();
    for (path, is_folder) in entries {
        match is_folder {
            true => walk(&path, found)?,
            false => found.push(script(&path)?),
        }
    }
    Ok(())
}

fn migration(folder: &Path) -> Result<Loose> {
    let revision = read_migration(&FileScope::default(), "", folder.to_path_buf())?;
    Ok(Loose::Revision(Box::new(revision)))
}

fn script(file: &Path) -> Result<Loose> {
    let missing = || {
        let message = format!("there is no file `{}`", file.display());
        Error::new(Code::CantRead, message).help("name a revision, or a file or folder of SQL")
    };
    let sql = FileScope::default().read_text(file, LARGEST_SQL)?.ok_or_else(missing)?;
    Ok(Loose::Script { file: file.to_path_buf(), sql })
}
