//! Lists who reviews which owner's files, for a forge's file of code owners.

use std::path::{Component, Path};

use autogen_engine::error::{Code, Error, Result};

use crate::review::Checkout;
use crate::workspace::Workspace;

/// Files, and who reviews changes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeOwners {
    /// The core or the plugin that they belong to.
    pub plugin: String,
    /// A folder or file, from the repository's own folder on: `/plugins/usb/`.
    pub pattern: String,
    /// Users, teams and addresses.
    pub reviewers: Vec<String>,
}

impl Workspace {
    /// Returns who reviews which files, the core first. If several patterns match a file, the last one counts.
    ///
    /// # Errors
    /// `no-reviewers` if the host states none.
    pub fn code_owners(&self) -> Result<Vec<CodeOwners>> {
        // Outside any repository, the host's folder is used instead.
        let prefix = Checkout::of(&self.host.root).map(|checkout| checkout.host).unwrap_or_default();
        let mut lines = Vec::new();
        for owner in self.host.owners.iter().filter(|owner| !owner.reviewers.is_empty()) {
            let config = self.host.root.join(autogen_engine::host::FILE_NAME);
            let mut paths: Vec<&Path> = match owner.is_core() {
                true => vec![&config, &owner.migrations],
                false => vec![&owner.root, &owner.migrations],
            };
            paths.extend(owner.sources.iter().map(std::path::PathBuf::as_path));
            let outer: Vec<&Path> = paths.clone();
            let is_inside = |path: &Path| outer.iter().any(|other| path != *other && path.starts_with(other));
            let patterns = paths.iter().filter(|path| !is_inside(path)).filter_map(|path| self.pattern(path, &prefix));
            lines.extend(patterns.map(|pattern| CodeOwners {
                plugin: owner.name.clone(),
                pattern,
                reviewers: owner.reviewers.clone(),
            }));
        }
        if lines.is_empty() {
            return Err(Error::new(Code::NoReviewers, "autogen.toml states no reviewers")
                .help("add `reviewers = [\"@organisation/team\"]` under `[core]` or `[plugin.NAME]`"));
        }
        Ok(lines)
    }

    /// Returns the pattern of a path in the repository, or `None` for a path outside it or one that no pattern
    /// can match.
    fn pattern(&self, path: &Path, prefix: &Path) -> Option<String> {
        let below = prefix.join(path.strip_prefix(&self.host.root).ok()?);
        let mut pattern = String::new();
        for part in below.components() {
            match part {
                Component::Normal(name) => {
                    let name = name.to_str().filter(|name| !name.contains(char::is_control))?;
                    pattern.push('/');
                    for letter in name.chars() {
                        if " *?[]!#\\".contains(letter) {
                            pattern.push('\\');
                        }
                        pattern.push(letter);
                    }
                }
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
            }
        }
        let is_file = path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        Some(if is_file { pattern } else { format!("{pattern}/") })
    }
}
