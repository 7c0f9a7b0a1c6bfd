//! Which folders are plugins, and what each plugin is called.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::config::{Contents, OwnerKeys};
use super::{folders, manifest, owner};
use crate::error::{Code, Diagnostic, Error, Result};
use crate::toml_file::Stated;

/// Where plugins are looked for unless `autogen.toml` says otherwise.
const DEFAULT_PATTERN: &str = "plugins/*";

/// A plugin's folder, and what `autogen.toml` says about it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) root: PathBuf,
    pub(super) keys: OwnerKeys,
}

/// The plugins of a host.
#[derive(Debug, Default)]
pub(super) struct Plugins {
    /// By name.
    pub(super) found: BTreeMap<String, Found>,
    /// Those that are left out, by name, with their folders where they are there.
    pub(super) disabled: BTreeMap<String, Option<PathBuf>>,
}

/// Finds all plugins of a host.
pub(super) fn find(root: &Path, contents: &Contents) -> Result<Plugins> {
    let mut search = Search {
        root,
        excluded: Vec::new(),
        plugins: Plugins::default(),
        known: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    let (excluding, including): (Vec<&Stated>, Vec<&Stated>) =
        contents.plugins.iter().flatten().partition(|pattern| pattern.text.starts_with('!'));
    excluding.into_iter().for_each(|pattern| search.excluded_pattern(pattern));
    search.those_with_a_path(contents);
    let states_none = contents.plugins.as_ref().is_some_and(Vec::is_empty);
    if including.is_empty() && !states_none {
        for folder in folders::expand(root, DEFAULT_PATTERN).unwrap_or_default() {
            search.folder(folder, contents);
        }
    }
    including.into_iter().for_each(|pattern| search.stated_pattern(pattern, contents));
    search.those_without_a_folder(contents);
    Error::unless_clean(search.mistakes)?;
    Ok(search.plugins)
}

struct Search<'a> {
    root: &'a Path,
    /// Real paths of folders that are left out.
    excluded: Vec<PathBuf>,
    plugins: Plugins,
    /// Real paths of the plugins' folders.
    known: BTreeSet<PathBuf>,
    mistakes: Vec<Diagnostic>,
}

impl Search<'_> {
    fn those_with_a_path(&mut self, contents: &Contents) {
        for (name, (stated_name, keys)) in &contents.plugin {
            if let Some(problem) = problem_with_name(name) {
                self.mistakes.push(bad_name(problem).at(stated_name.place.clone(), ""));
            }
            let Some(path) = &keys.path else { continue };
            let folder = self.root.join(&path.text);
            self.known.insert(folders::real(&folder));
            if keys.is_disabled || self.excluded.contains(&folders::real(&folder)) {
                self.plugins.disabled.insert(name.clone(), folder.is_dir().then_some(folder));
            } else if folder.is_dir() {
                self.plugins.found.insert(name.clone(), Found { root: folder, keys: keys.clone() });
            } else {
                self.mistakes.push(owner::missing(path, self.root));
            }
        }
    }

    fn excluded_pattern(&mut self, pattern: &Stated) {
        match folders::expand(self.root, pattern.text.trim_start_matches('!')) {
            Ok(matched) => self.excluded.extend(matched.iter().map(|folder| folders::real(folder))),
            Err(error) => self.mistakes.push(owner::bad_pattern(pattern, &error)),
        }
    }

    fn stated_pattern(&mut self, pattern: &Stated, contents: &Contents) {
        match folders::expand(self.root, &pattern.text) {
            Ok(matched) if matched.is_empty() && !folders::fixed_part(self.root, &pattern.text).exists() => {
                self.mistakes.push(owner::missing(pattern, self.root));
            }
            Ok(matched) => matched.into_iter().for_each(|folder| self.folder(folder, contents)),
            Err(error) => self.mistakes.push(owner::bad_pattern(pattern, &error)),
        }
    }

    fn folder(&mut self, folder: PathBuf, contents: &Contents) {
        let real = folders::real(&folder);
        // A folder named by `[plugin.x] path` already has its plugin's name.
        if self.known.contains(&real) || real == folders::real(self.root) || !looks_like_a_plugin(&folder) {
            return;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self.excluded.contains(&real) || contents.plugin.get(&name).is_some_and(|(_, keys)| keys.is_disabled) {
            self.plugins.disabled.insert(name, Some(folder));
            self.known.insert(real);
            return;
        }
        if folder.is_symlink() && !real.starts_with(folders::real(self.root)) {
            let message = format!("`{}` is a link to a folder outside the host", folder.display());
            self.mistakes.push(
                Diagnostic::error(Code::OutsideHost, message)
                    .help("only autogen.toml may place a plugin outside: [plugin.NAME] path = \"...\""),
            );
            return;
        }
        if let Some(problem) = problem_with_name(&name) {
            let path = folder.strip_prefix(self.root).unwrap_or(&folder).display();
            self.mistakes.push(bad_name(problem).help(format!(
                "rename the folder, or give the plugin a name in autogen.toml: [plugin.some-name] path = \"{path}\""
            )));
            return;
        }
        if let Some((other, found)) = self.plugins.found.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            let (here, there) = (folder.display(), found.root.display());
            self.mistakes.push(
                Diagnostic::error(Code::PluginNamedTwice, format!("`{there}` and `{here}` are both plugin `{other}`"))
                    .help("rename one of the folders, or give it another name with [plugin.NAME] path = \"...\""),
            );
            return;
        }
        let keys = contents.plugin.get(&name).map(|(_, keys)| keys.clone()).unwrap_or_default();
        self.plugins.found.insert(name, Found { root: folder, keys });
        self.known.insert(real);
    }

    fn those_without_a_folder(&mut self, contents: &Contents) {
        for (name, (stated_name, keys)) in &contents.plugin {
            let is_known = self.plugins.found.contains_key(name) || self.plugins.disabled.contains_key(name);
            if keys.is_disabled && !is_known {
                self.plugins.disabled.insert(name.clone(), None);
            } else if keys.path.is_none() && !is_known && problem_with_name(name).is_none() {
                self.mistakes.push(
                    Diagnostic::error(Code::NoSuchPlugin, format!("there is no folder of a plugin `{name}`"))
                        .at(stated_name.place.clone(), "stated here")
                        .help(format!("say where it is with `path = \"...\"` under [plugin.{name}]")),
                );
            }
        }
    }
}

fn looks_like_a_plugin(folder: &Path) -> bool {
    ["Cargo.toml", "src", "migrations", manifest::PLUGIN_FILE].iter().any(|entry| folder.join(entry).exists())
}

fn bad_name(problem: String) -> Diagnostic {
    Diagnostic::error(Code::BadPluginName, problem)
}

/// Returns why a name can't be a plugin's, or `None` if it can. Underscores are fine, because crates have them. The
/// file names of migrations show them as `-`, because Diesel ends the version at the first `_`.
pub fn problem_with_name(name: &str) -> Option<String> {
    if name.eq_ignore_ascii_case(owner::CORE) {
        return Some(format!("a plugin can't be called `{name}`: that is the host's own part"));
    }
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(plain) {
        return None;
    }
    Some(format!("a plugin can't be called `{name}`: only ASCII letters, digits, `-` and `_` go into file names"))
}
