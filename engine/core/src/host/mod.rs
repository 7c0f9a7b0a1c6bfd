//! The host, its plugins, and which of them owns what.
//!
//! Reads `autogen.toml`, the plugins' manifests, Diesel's `diesel.toml` and the names of folders. It opens no Rust
//! source and no migration, and knows no database.

mod config;
mod diesel_toml;
mod folders;
mod ignored;
mod lint;
mod manifest;
mod owner;
mod ownership;
mod plugins;
mod policy;
mod stats;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Code, Diagnostic, Error, Result};

pub use crate::files::FileScope;
pub use crate::toml_file::Stated;
pub use config::{Config, FILE_NAME, Setting};
pub use ignored::{Ignored, Unprinted};
pub use lint::Lint;
pub use owner::{CORE, Owner, Prefix};
pub use ownership::Ownership;
pub use plugins::problem_with_name;
pub use policy::{Budget, Leave, Policy};
pub use stats::Stats;

/// An application with its plugins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its folder.
    pub root: PathBuf,
    /// What `autogen.toml` says about the whole.
    pub config: Config,
    /// The core first, then the plugins by name.
    pub owners: Vec<Owner>,
    /// Plugins that are left out, by name: `enabled = false`, or a pattern with `!` in front.
    pub disabled: Vec<String>,
}

impl Host {
    /// Reads the host in a folder. A host without `autogen.toml` has all the defaults.
    ///
    /// ```
    /// # let root = tempfile::tempdir().unwrap();
    /// # std::fs::create_dir_all(root.path().join("plugins/usb/src")).unwrap();
    /// let host = autogen_engine::host::Host::load(root.path()).unwrap();
    /// let names: Vec<_> = host.owners.iter().map(|owner| owner.name.as_str()).collect();
    /// assert_eq!(names, ["core", "usb"]);
    /// ```
    ///
    /// # Errors
    /// `bad-config`, `bad-manifest` and `two-manifests` for mistakes in the files;
    /// `missing-folder` for a stated path that isn't there; `bad-plugin-name`,
    /// `plugin-named-twice`, `no-such-plugin` and `migrations-shared` for plugins that can't be
    /// told apart or found; `outside-host`, `outside-plugin` and `leave-of-the-host` for plugins that overreach;
    /// `can't-read`, `too-large`.
    pub fn load(root: &Path) -> Result<Self> {
        if !root.is_dir() {
            return Err(Error::new(Code::MissingFolder, format!("there is no folder `{}`", root.display()))
                .help("give the host's folder with `--root`"));
        }
        let contents = config::Contents::read(root)?;
        let plugins::Plugins { found: plugins, disabled } = plugins::find(root, &contents)?;

        let mut stated = vec![(CORE.to_owned(), root.to_path_buf(), contents.core)];
        stated.extend(plugins.into_iter().map(|(name, found)| (name, found.root, found.keys)));
        let left_out = disabled.values().flatten();
        let roots: Vec<_> =
            stated.iter().map(|(_, root, _)| root).chain(left_out).map(|root| folders::real(root)).collect();
        let mut owners = Vec::new();
        let mut mistakes = Vec::new();
        for (index, (name, root, keys)) in stated.into_iter().enumerate() {
            let inside = |other: &&PathBuf| **other != roots[index] && other.starts_with(&roots[index]);
            let inner: Vec<_> = roots.iter().filter(inside).cloned().collect();
            let is_core = name == CORE;
            // The host's author wrote the core too.
            let scope = if is_core {
                FileScope::default()
            } else {
                FileScope::below(keys.folders(&root).chain([root.clone()]))
            };
            let owner = manifest::read(&root, &scope).and_then(|keys_there| {
                let own = keys_there.or(diesel_toml::read(&root, &scope)?);
                if !is_core {
                    Error::unless_clean(own.overreaching())?;
                }
                Owner::new(name, root, keys.or(own), &inner, scope)
            });
            match owner {
                Ok(owner) => owners.push(owner),
                Err(error) => mistakes.extend(error.diagnostics),
            }
        }
        mistakes.extend(shared_migrations(&owners));
        mistakes.extend(contents.config.policy.owners.iter().chain(&contents.config.lint.owners).filter_map(|name| {
            let is_known = owners.iter().any(|owner| owner.name == name.text) || disabled.contains_key(&name.text);
            let unknown = || Diagnostic::error(Code::NoSuchPlugin, format!("there is no plugin `{}`", name.text));
            (!is_known).then(|| unknown().at(name.place.clone(), "").help("name a plugin of the host, or `core`"))
        }));
        Error::unless_clean(mistakes)?;
        let disabled = disabled.into_keys().collect();
        Ok(Self { root: root.to_path_buf(), config: contents.config, owners, disabled })
    }

    /// Checks whether the folder contains nothing of a host: no `autogen.toml`, no plugin, no source and no
    /// migrations.
    pub fn is_bare(&self) -> bool {
        let core = self.core();
        let is_core_alone = self.plugins().is_empty() && core.sources.is_empty() && !core.migrations.exists();
        is_core_alone && !self.root.join(FILE_NAME).exists()
    }

    /// Returns the nearest folder from `start` upwards with an `autogen.toml`, else with a `diesel.toml`, or `start`
    /// itself if there is none.
    pub fn find_root(start: &Path) -> PathBuf {
        // A relative path runs out of parents at the current folder.
        let full = std::path::absolute(start).unwrap_or_else(|_| start.to_path_buf());
        let nearest = |name: &str| full.ancestors().find(|folder| folder.join(name).is_file());
        match nearest(FILE_NAME).or_else(|| nearest(diesel_toml::FILE_NAME)) {
            Some(root) if root != full => root.to_path_buf(),
            Some(_) | None => start.to_path_buf(),
        }
    }

    /// Returns the owner with a name: `core`, or a plugin.
    ///
    /// # Errors
    /// Returns `no-such-plugin`, with the nearest names.
    pub fn owner(&self, name: &str) -> Result<&Owner> {
        self.owners.iter().find(|owner| owner.name == name).ok_or_else(|| {
            if self.disabled.iter().any(|disabled| disabled == name) {
                return Error::new(Code::NoSuchPlugin, format!("the plugin `{name}` is disabled")).help(format!(
                    "take `enabled = false` of [plugin.{name}], or the `!` pattern of `plugins`, out of autogen.toml"
                ));
            }
            let near = nearest(name, self.owners.iter().map(|owner| owner.name.as_str()));
            let help = match near.is_empty() {
                false => format!("did you mean `{}`?", near.join("` or `")),
                true => {
                    let all: Vec<_> = self.owners.iter().map(|owner| owner.name.as_str()).collect();
                    format!("there are: {}", all.join(", "))
                }
            };
            Error::new(Code::NoSuchPlugin, format!("there is no plugin `{name}`")).help(help)
        })
    }

    /// Returns the core.
    pub fn core(&self) -> &Owner {
        // `load` puts it first, and a host is made by nothing else.
        &self.owners[0]
    }

    /// Returns all plugins, by name.
    pub fn plugins(&self) -> &[Owner] {
        &self.owners[1..]
    }
}

/// Reports owners that share a migrations folder. Two chains in one folder couldn't be told apart.
fn shared_migrations(owners: &[Owner]) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    let mut known: BTreeMap<PathBuf, Vec<&Owner>> = BTreeMap::new();
    for owner in owners {
        let folder = folders::real(&owner.migrations);
        let others = known.entry(folder.clone()).or_default();
        for other in others.iter() {
            let message =
                format!("`{}` and `{}` both keep their migrations in `{}`", other.name, owner.name, folder.display());
            mistakes.push(
                Diagnostic::error(Code::MigrationsShared, message).help("give each a `migrations` folder of its own"),
            );
        }
        others.push(owner);
    }
    mistakes
}

#[cfg(test)]
mod tests;

/// Returns those of the known names that somebody may have meant.
///
/// ```
/// use autogen_engine::host::nearest;
/// assert_eq!(nearest("seriall", ["id", "serial"].into_iter()), ["serial"]);
/// ```
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    known.filter(|known| strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()) > 0.5).collect()
}
