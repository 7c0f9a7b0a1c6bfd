//! `[policy]` in `autogen.toml`: which hazards changes may have without being allowed each time, and what they may
//! cost.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::error::Diagnostic;
use crate::plan::{Blocked, HazardKind};
use crate::toml_file::{Stated, TomlFile};

/// What the host lets changes risk and cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// For all owners.
    allowed: BTreeMap<HazardKind, Leave>,
    /// For single owners, by name. These count before the ones for all.
    of_owners: BTreeMap<String, BTreeMap<HazardKind, Leave>>,
    /// Those names, as they stand in the file.
    pub(super) owners: Vec<Stated>,
    /// What a change of a large table may cost.
    pub budget: Budget,
    /// A file with the numbers of rows, where no live database tells them; relative to the host's folder.
    pub stats: Option<PathBuf>,
}

/// Whether a hazard may pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Leave {
    /// Only if somebody allows it each time.
    #[default]
    Never,
    /// If it concerns at most so many rows.
    UpTo(u64),
    /// Always.
    Always,
}

/// What a change of a large table may cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// The number of rows from which a table is large. No table is large if nothing is stated.
    pub large: Option<u64>,
    /// Whether it may not be copied or rewritten.
    pub no_rewrite: bool,
    /// The most that may be blocked of it.
    pub blocks: Blocked,
}

impl Policy {
    /// Returns whether a hazard of an owner's may pass.
    pub fn leave(&self, owner: &str, hazard: HazardKind) -> Leave {
        let own = self.of_owners.get(owner).and_then(|allowed| allowed.get(&hazard));
        own.or_else(|| self.allowed.get(&hazard)).copied().unwrap_or_default()
    }
}

/// The table as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPolicy {
    pub(super) online: bool,
    allow: RawAllowed,
    plugin: BTreeMap<Spanned<String>, RawOfOwner>,
    budget: RawBudget,
    stats: Option<PathBuf>,
}

type RawAllowed = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOfOwner {
    allow: RawAllowed,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawBudget {
    large: Option<u64>,
    no_rewrite: bool,
    blocks: Option<Spanned<String>>,
}

impl RawPolicy {
    /// Checks what is stated, and notes mistakes.
    pub(super) fn checked(self, file: &TomlFile<'_>, mistakes: &mut Vec<Diagnostic>) -> Policy {
        let mut policy = Policy { stats: self.stats, ..Policy::default() };
        policy.allowed = allowed(self.allow, file, mistakes);
        for (name, own) in self.plugin {
            policy.of_owners.insert(name.get_ref().clone(), allowed(own.allow, file, mistakes));
            policy.owners.push(file.stated(name));
        }
        policy.budget = Budget { large: self.budget.large, no_rewrite: self.budget.no_rewrite, ..Budget::default() };
        if let Some(word) = self.budget.blocks {
            match word.get_ref().parse() {
                Ok(blocks) => policy.budget.blocks = blocks,
                Err(message) => mistakes.push(
                    file.error(&word, message)
                        .help("write the most that may wait: `nothing`, `writes` or `everything`"),
                ),
            }
        }
        policy
    }
}

fn allowed(raw: RawAllowed, file: &TomlFile<'_>, mistakes: &mut Vec<Diagnostic>) -> BTreeMap<HazardKind, Leave> {
    let mut allowed = BTreeMap::new();
    for (name, value) in raw {
        let kind = match name.get_ref().parse::<HazardKind>() {
            Ok(kind) => kind,
            Err(message) => {
                mistakes.push(file.error(&name, message).help("name a hazard; docs/hazards.md lists them"));
                continue;
            }
        };
        match leave(value.get_ref()) {
            Some(leave) => drop(allowed.insert(kind, leave)),
            None => mistakes.push(
                file.error(&value, format!("`{kind}` is allowed in a way that isn't known"))
                    .help("write `true`, `false`, or `{ rows = N }` for at most so many rows"),
            ),
        }
    }
    allowed
}

fn leave(value: &Value) -> Option<Leave> {
    if let Some(always) = value.as_bool() {
        return Some(if always { Leave::Always } else { Leave::Never });
    }
    let table = value.as_table().filter(|table| table.len() == 1)?;
    let rows = table.get("rows").and_then(Value::as_integer)?;
    u64::try_from(rows).ok().map(Leave::UpTo)
}
