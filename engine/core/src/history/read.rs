//! Reading the chains of all owners from their folders.

use std::path::{Path, PathBuf};

use super::{History, METADATA, Metadata, Revision};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::files::{FileScope, LARGEST_SETTINGS, LARGEST_SQL, MOST_FILES};
use crate::host::{Host, Owner};

/// Reads the chains of all owners of a host, for one dialect. An owner without a folder of
/// migrations has an empty chain. As with Diesel, hidden folders and plain files between the
/// migrations don't count.
///
/// # Errors
/// `no-up-sql` for a directory that is no migration, `bad-metadata`, `can't-read`,
/// `migrations-not-per-dialect`, and those of [`History::from_revisions`].
pub fn load(host: &Host, dialect: Dialect) -> Result<History> {
    let several = host.config.several_dialects();
    let mut revisions = Vec::new();
    let mut mistakes = Vec::new();
    for owner in &host.owners {
        match read_chain(owner, dialect, several) {
            Ok(chain) => revisions.extend(chain),
            Err(error) => mistakes.extend(error.diagnostics),
        }
    }
    Error::unless_clean(mistakes)?;
    let owners = host.owners.iter().map(|owner| owner.name.clone()).collect();
    let permissions = host.owners.iter().map(|owner| (owner.name.clone(), owner.permissions.clone()));
    Ok(History::new(owners, revisions)?.allowing(permissions.collect()))
}
fn read_chain(owner: &Owner, dialect: Dialect, several: bool) -> Result<Vec<Revision>> {
    if several {
        none_outside_dialects(owner, dialect)?;
    }
    let mut revisions = Vec::new();
    let mut mistakes = Vec::new();
    let folder = owner.migrations_for(dialect, several);
    owner.scope.require(&folder)?;
    for dir in directories(&folder)? {
        match read_migration(&owner.scope, &owner.name, dir) {
            Ok(revision) => revisions.push(revision),
            Err(error) => mistakes.extend(error.diagnostics),
        }
    }
    Error::unless_clean(mistakes)?;
    Ok(revisions)
}

/// Refuses migrations outside the dialects' folders. A host that goes from one dialect to several must move its
/// chains. Overlooking them would mean to write them anew.
fn none_outside_dialects(owner: &Owner, dialect: Dialect) -> Result<()> {
    let Some(stray) = directories(&owner.migrations)?.into_iter().find(|dir| dir.join("up.sql").exists()) else {
        return Ok(());
    };
    let folder = owner.migrations.display();
    Err(Error::new(
        Code::MigrationsNotPerDialect,
        format!("`{}` lies in no dialect's folder, but autogen.toml states several dialects", stray.display()),
    )
    .help(format!(
        "move the migrations of `{}` to `{folder}/{dialect}`, or to whichever dialect they are for",
        owner.name
    )))
}

/// Reads a migration from its folder.
pub(super) fn read_migration(scope: &FileScope, owner: &str, dir: PathBuf) -> Result<Revision> {
    let Some(up) = scope.read_text(&dir.join("up.sql"), LARGEST_SQL)? else {
        let known = Dialect::ALL.iter().any(|dialect| dir.ends_with(dialect.name()));
        let help = match known {
            true => "folders per dialect need `dialects` in autogen.toml to name several",
            false => "add the file, or remove the folder; Diesel refuses to run any migration beside it",
        };
        return Err(Error::new(Code::NoUpSql, format!("`{}` holds no up.sql", dir.display())).help(help));
    };
    // Without the file, Diesel's default.
    let metadata = match scope.read_text(&dir.join(METADATA), LARGEST_SETTINGS)? {
        Some(text) => Metadata::parse(&dir, &text)?,
        None => Metadata::default(),
    };
    let down = scope.read_text(&dir.join("down.sql"), LARGEST_SQL)?;
    Ok(Revision::new(owner.to_owned(), dir, metadata, up, down))
}

/// Returns the folders in a folder that Diesel takes for migrations, by name.
fn directories(folder: &Path) -> Result<Vec<PathBuf>> {
    let cant_read = |cause: std::io::Error| {
        Error::from(
            Diagnostic::error(Code::CantRead, format!("can't read `{}`: {cause}", folder.display()))
                .help("it must be a folder that you may read"),
        )
        .caused_by(cause)
    };
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cant_read(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(cant_read)?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with('.') && entry.path().is_dir() {
            if name.to_string_lossy().contains(['\n', '\r']) {
                let message = format!("the name of the folder {name:?} holds a line end");
                return Err(Error::new(Code::NotAName, message).help("rename the folder"));
            }
            found.push(entry.path());
        }
        if found.len() > MOST_FILES {
            let message = format!("`{}` holds more than {MOST_FILES} folders", folder.display());
            return Err(
                Error::new(Code::TooManyFiles, message).help("no chain is that long; move the folders elsewhere")
            );
        }
    }
    found.sort();
    Ok(found)
}
