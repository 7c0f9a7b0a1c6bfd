//! `[lint]` in `autogen.toml`: how much rules about SQL count, how things are to be named, and rules of the host's own.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::dialect::Dialect;
use crate::error::Diagnostic;
use crate::lint::{Custom, Level, Named, RULES, Settings};
use crate::toml_file::{Stated, TomlFile};

/// A pattern may compile to this many bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// What the host says of SQL in revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// What it says of rules.
    pub settings: Settings,
    /// The digits of the version from which on revisions are judged; all are if nothing is stated.
    pub since: Option<String>,
    /// The owners that it names, as they stand in the file.
    pub(super) owners: Vec<Stated>,
}

/// The table as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLint {
    since: Option<Spanned<String>>,
    rules: RawLevels,
    plugin: BTreeMap<Spanned<String>, RawOfOwner>,
    names: BTreeMap<Spanned<String>, Spanned<String>>,
    custom: Vec<RawCustom>,
}

type RawLevels = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOfOwner {
    rules: RawLevels,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCustom {
    name: Spanned<String>,
    pattern: Spanned<String>,
    message: String,
    level: Option<Spanned<String>>,
    #[serde(default)]
    dialects: Vec<Spanned<String>>,
}

impl RawLint {
    /// Checks what is stated, and notes mistakes.
    pub(super) fn checked(self, file: &TomlFile<'_>, mistakes: &mut Vec<Diagnostic>) -> Lint {
        let mut reading = Reading { file, mistakes };
        let mut lint = Lint::default();
        lint.settings.custom = self.custom.into_iter().filter_map(|custom| reading.custom(custom)).collect();
        lint.settings.levels = reading.levels(self.rules);
        for (name, own) in self.plugin {
            lint.settings.of_owners.insert(name.get_ref().clone(), reading.levels(own.rules));
            lint.owners.push(file.stated(name));
        }
        for (key, pattern) in self.names {
            let Some(named) = Named::ALL.into_iter().find(|named| named.word() == key.get_ref()) else {
                let known: Vec<_> = Named::ALL.iter().map(|named| format!("`{}`", named.word())).collect();
                let help = format!("known: {}", known.join(", "));
                reading.mistake(&key, format!("`{}` has no name to look at", key.get_ref()), help);
                continue;
            };
            lint.settings.names.extend(reading.pattern(&pattern).map(|pattern| (named, pattern)));
        }
        if let Some(since) = self.since {
            let digits: String = since.get_ref().chars().filter(char::is_ascii_digit).collect();
            match digits.len() >= 4 {
                true => lint.since = Some(digits),
                false => reading.mistake(
                    &since,
                    format!("`{}` is no version", since.get_ref()),
                    "write the beginning of a version: `2026-11`, or `2026-11-21-071100`".to_owned(),
                ),
            }
        }
        lint
    }
}

/// A file that is read, with the mistakes in it.
struct Reading<'a, 'f> {
    file: &'a TomlFile<'f>,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reading<'_, '_> {
    fn mistake(&mut self, at: &Spanned<String>, message: String, help: String) {
        self.mistakes.push(self.file.error(at, message).help(help));
    }

    fn levels(&mut self, raw: RawLevels) -> BTreeMap<String, Level> {
        let mut levels = BTreeMap::new();
        for (name, level) in raw {
            if !RULES.iter().any(|rule| rule.name == name.get_ref()) {
                let message = format!("there is no rule `{}`", name.get_ref());
                self.mistake(&name, message, "docs/lint.md lists the rules".to_owned());
                continue;
            }
            levels.extend(self.level(&level).map(|level| (name.into_inner(), level)));
        }
        levels
    }

    fn level(&mut self, stated: &Spanned<String>) -> Option<Level> {
        let level = stated.get_ref().parse();
        if let Err(message) = &level {
            self.mistake(stated, String::clone(message), "write `off`, `warn` or `deny`".to_owned());
        }
        level.ok()
    }

    fn pattern(&mut self, stated: &Spanned<String>) -> Option<Regex> {
        let pattern = RegexBuilder::new(stated.get_ref()).size_limit(LARGEST_PATTERN).build();
        if let Err(error) = &pattern {
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let help = "write a regular expression in the syntax of Rust's crate `regex`";
            self.mistake(stated, format!("this pattern can't be read: {why}"), help.to_owned());
        }
        pattern.ok()
    }

    fn custom(&mut self, raw: RawCustom) -> Option<Custom> {
        let RawCustom { name, pattern, message, level, dialects } = raw;
        let text = name.get_ref();
        let is_dashed = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        if !is_dashed || text == "naming" || RULES.iter().any(|rule| rule.name == text) {
            let message = format!("a rule of the host's own can't be called `{text}`");
            self.mistake(&name, message, "choose a dashed name that no other rule has".to_owned());
            return None;
        }
        let known = dialects.iter().filter_map(|dialect| match dialect.get_ref().parse::<Dialect>() {
            Ok(dialect) => Some(dialect),
            Err(message) => {
                self.mistake(dialect, message, "docs/lint.md lists what a rule can state".to_owned());
                None
            }
        });
        let dialects = known.collect();
        let level = level.and_then(|level| self.level(&level)).unwrap_or(Level::Deny);
        let pattern = self.pattern(&pattern)?;
        Some(Custom { name: name.into_inner(), pattern, message, level, dialects })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::Code;

    fn read(text: &str) -> (Lint, Vec<String>) {
        let file = TomlFile::new(Path::new("autogen.toml"), text, Code::BadConfig);
        let raw: RawLint = file.parse("correct it").expect("has the shape");
        let mut mistakes = Vec::new();
        let lint = raw.checked(&file, &mut mistakes);
        (lint, mistakes.into_iter().map(|mistake| mistake.message).collect())
    }

    #[test]
    fn levels_patterns_and_rules_are_read() {
        let (lint, mistakes) = read(
            "since = '2026-11'\nrules = { drop-column = 'warn' }\nplugin.usb.rules = { prefer-text = 'deny' }\n\
             names = { table = '^[a-z_]+$' }\ncustom = [{ name = 'no-grant', pattern = '^grant ', message = 'x' }]",
        );
        assert_eq!(mistakes, [""; 0]);
        assert_eq!(lint.since.as_deref(), Some("202611"));
        assert_eq!(lint.settings.levels["drop-column"], Level::Warn);
        assert_eq!(lint.settings.of_owners["usb"]["prefer-text"], Level::Deny);
        assert_eq!((lint.settings.names.len(), lint.settings.custom[0].level), (1, Level::Deny));
    }

    #[test]
    fn all_mistakes_are_told() {
        let (lint, mistakes) = read(
            "since = 'now'\nrules = { nope = 'warn', truncate = 'loud' }\nnames = { view = 'a', table = '(' }\n\
             custom = [{ name = 'truncate', pattern = 'a', message = 'x' }, { name = 'a', pattern = 'a{9999}{9999}', message = 'x' }]",
        );
        assert_eq!(lint, Lint::default());
        assert_eq!(mistakes.len(), 7, "{mistakes:?}");
        assert!(mistakes.contains(&"there is no rule `nope`".to_owned()), "{mistakes:?}");
        assert!(mistakes.contains(&"unknown level `loud`".to_owned()), "{mistakes:?}");
    }
}
