//! Which folders are plugins, and what each plugin is called.

use std::collections::BTreeMap;
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

/// Finds all plugins of a host, by name.
pub(super) fn find(root: &Path, contents: &Contents) -> Result<BTreeMap<String, Found>> {
    let mut search = Search { root, found: BTreeMap::new(), mistakes: Vec::new() };
    search.those_with_a_path(contents);
    match &contents.plugins {
        Some(patterns) => patterns.iter().for_each(|pattern| search.stated_pattern(pattern, contents)),
        None => {
            for folder in folders::expand(root, DEFAULT_PATTERN).unwrap_or_default() {
                search.folder(folder, contents);
            }
        }
    }
    search.those_without_a_folder(contents);
    Error::unless_clean(search.mistakes)?;
    Ok(search.found)
}

struct Search<'a> {
    root: &'a Path,
    found: BTreeMap<String, Found>,
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
            if folder.is_dir() {
                self.found.insert(name.clone(), Found { root: folder, keys: keys.clone() });
            } else {
                self.mistakes.push(owner::missing(path, self.root));
            }
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
        let known = self.found.values().any(|found| folders::real(&found.root) == real);
        if known || real == folders::real(self.root) || !looks_like_a_plugin(&folder) {
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
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(problem) = problem_with_name(&name) {
            let path = folder.strip_prefix(self.root).unwrap_or(&folder).display();
            self.mistakes.push(bad_name(problem).help(format!(
                "rename the folder, or give the plugin a name in autogen.toml: [plugin.some-name] path = \"{path}\""
            )));
            return;
        }
        if let Some((other, found)) = self.found.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            let (here, there) = (folder.display(), found.root.display());
            self.mistakes.push(
                Diagnostic::error(Code::PluginNamedTwice, format!("`{there}` and `{here}` are both plugin `{other}`"))
                    .help("rename one of the folders, or give it another name with [plugin.NAME] path = \"...\""),
            );
            return;
        }
        let keys = contents.plugin.get(&name).map(|(_, keys)| keys.clone()).unwrap_or_default();
        self.found.insert(name, Found { root: folder, keys });
    }

    fn those_without_a_folder(&mut self, contents: &Contents) {
        for (name, (stated_name, keys)) in &contents.plugin {
            if keys.path.is_none() && !self.found.contains_key(name) && problem_with_name(name).is_none() {
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
