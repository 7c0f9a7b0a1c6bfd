//! What a host says of rules: how much each counts, how things are to be named, and rules of its own.

use std::collections::BTreeMap;
use std::str::FromStr;

use regex::Regex;

use super::context::Context;
use super::{Remark, RemarkKind, Rule};
use crate::dialect::Dialect;

/// How much a remark counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody looks.
    Off,
    /// Good to know.
    Note,
    /// Told, and lets pass.
    Warn,
    /// Stands in the way.
    Deny,
}

impl Level {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Off, Self::Warn, Self::Deny];
        known.into_iter().find(|level| level.name() == text).ok_or_else(|| format!("unknown level `{text}`"))
    }
}

/// What a host says of rules.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Levels that differ from the rules' own, by name.
    pub levels: BTreeMap<String, Level>,
    /// The same for single owners, whose word counts before that for all.
    pub of_owners: BTreeMap<String, BTreeMap<String, Level>>,
    /// How things are to be named.
    pub names: BTreeMap<Named, Regex>,
    /// Rules of the host's own.
    pub custom: Vec<Custom>,
}

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A table.
    Table,
    /// A column.
    Column,
    /// An index.
    Index,
    /// A rule of a table.
    Constraint,
}

/// A rule of the host's own: a pattern over statements in normal form.
#[derive(Debug, Clone)]
pub struct Custom {
    /// Its name.
    pub name: String,
    /// What it looks for.
    pub pattern: Regex,
    /// What there is to say.
    pub message: String,
    /// How much it counts.
    pub level: Level,
    /// The databases that it is about; all if none are stated.
    pub dialects: Vec<Dialect>,
}

impl Settings {
    /// Returns how much a rule counts for an owner.
    pub fn level(&self, owner: &str, rule: &Rule) -> Level {
        let own = self.of_owners.get(owner).and_then(|levels| levels.get(rule.name));
        own.or_else(|| self.levels.get(rule.name)).copied().unwrap_or(rule.level)
    }
}

impl Custom {
    pub(super) fn remarks(&self, context: &Context<'_>) -> Vec<Remark> {
        if self.level == Level::Off || !(self.dialects.is_empty() || self.dialects.contains(&context.script.dialect)) {
            return Vec::new();
        }
        let found = context.steps.iter().filter(|step| self.pattern.is_match(&step.parsed.text));
        let remark = |span| Remark {
            kind: RemarkKind::Rule(self.name.clone()),
            level: self.level,
            ..Remark::new(
                span,
                &self.message,
                format!("`[[lint.custom]]` in autogen.toml has the rule `{}`", self.name),
            )
        };
        found.map(|step| remark(step.parsed.span.clone())).collect()
    }
}

// Patterns are the same where their texts are.
impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        self.pattern.as_str() == other.pattern.as_str()
            && (&self.name, &self.message, self.level, &self.dialects)
                == (&other.name, &other.message, other.level, &other.dialects)
    }
}

impl Eq for Custom {}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        let names = |settings: &Self| -> Vec<(Named, String)> {
            settings.names.iter().map(|(named, pattern)| (*named, pattern.as_str().to_owned())).collect()
        };
        (&self.levels, &self.of_owners, &self.custom) == (&other.levels, &other.of_owners, &other.custom)
            && names(self) == names(other)
    }
}

impl Eq for Settings {}
