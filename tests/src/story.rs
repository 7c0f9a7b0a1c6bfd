//! A story file: sentences, then sections of input and of what is expected.
//!
//! ```
//! use autogen_tests::story::Story;
//! let story = Story::parse("# Says hello.\n-- live.sql --\nSELECT 1;\n-- models.rs --\n").unwrap();
//! assert_eq!(story.sections["live.sql"], "SELECT 1;\n");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::server::Server;

/// What is expected, in the order in which a file holds it. What is one database's bears its name:
/// `up.sqlite.sql`, `hazards.sqlite`.
pub const EXPECTED: [&str; 13] = [
    "diagnostics",
    "in sync",
    "plan",
    "likely renames",
    "hazards",
    "up.sql",
    "up fails",
    "after up",
    "down.sql",
    "proof fails",
    // Only where a story has it: what a proof says beyond that it holds.
    "proof says",
    "down fails",
    "after down",
];

/// Sections of input that don't depend on an owner.
const INPUT: [&str; 4] = ["live.sql", "rows.sql", "by hand.sql", "by hand later.sql"];

/// A story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Lines before the first section, as they are.
    pub preface: String,
    /// Directives among them: `plugin: usb`.
    pub directives: BTreeMap<String, String>,
    /// Texts by section's name.
    pub sections: BTreeMap<String, String>,
    /// Names of the sections of input, in the file's order.
    order: Vec<String>,
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut preface = String::new();
        let mut sections: BTreeMap<String, String> = BTreeMap::new();
        let mut order = Vec::new();
        let mut current: Option<String> = None;
        for line in text.split_inclusive('\n') {
            let marker = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            if let Some(name) = marker {
                let stem = without_server(name);
                let models = name.strip_prefix("models.").and_then(|rest| rest.strip_suffix(".rs"));
                let is_models = name == GENERAL || models.is_some_and(|owner| !owner.is_empty());
                let is_input = INPUT.contains(&stem.as_str()) || is_models;
                if !is_input && !EXPECTED.contains(&stem.as_str()) {
                    return Err(format!("there is no section `{name}`"));
                }
                if sections.insert(name.to_owned(), String::new()).is_some() {
                    return Err(format!("section `{name}` stands there twice"));
                }
                if is_input {
                    order.push(name.to_owned());
                }
                current = Some(name.to_owned());
                continue;
            }
            match &current {
                Some(name) => sections.entry(name.clone()).or_default().push_str(line),
                None if line.starts_with('#') || line.trim().is_empty() => preface.push_str(line),
                None => return Err(format!("`{}` stands before the first section and isn't a comment", line.trim())),
            }
        }
        if !preface.starts_with("# ") {
            return Err("a story begins with a sentence: `# ...`".to_owned());
        }
        let directives = preface.lines().filter_map(directive).collect();
        let story = Self { preface, directives, sections, order };
        if story.models(Server::Sqlite).next().is_none() {
            return Err("a story needs `models.rs`, or `models.<owner>.rs`".to_owned());
        }
        Ok(story)
    }

    /// The owners' definitions: the section's name, the owner and the source.
    pub fn models(&self, server: Server) -> impl Iterator<Item = (&str, &str, &str)> {
        let all = self.sections.iter();
        let general = all.filter_map(|(name, text)| Some((name.as_str(), owner_of_models(name)?, text)));
        general.map(move |(name, owner, text)| {
            let of = |server: &&str| self.sections.get(&format!("models.{server}.rs"));
            let own = (name == GENERAL).then(|| server.names().iter().find_map(of)).flatten();
            (name, owner, own.unwrap_or(text).as_str())
        })
    }

    /// The owner for whom a revision is generated.
    ///
    /// # Errors
    /// When several define tables and the story doesn't say which.
    pub fn asker(&self) -> Result<&str, String> {
        if let Some(plugin) = self.directives.get("plugin") {
            return Ok(plugin);
        }
        let owners: BTreeSet<&str> = self.models(Server::Sqlite).map(|(_, owner, _)| owner).collect();
        match (owners.first(), owners.len()) {
            (Some(only), 1) => Ok(only),
            (_, _) => Err("several owners: say who asks with a line `# plugin: NAME`".to_owned()),
        }
    }

    /// A list that a directive gives, such as `# owns: a, b`.
    pub fn list(&self, directive: &str) -> Option<Vec<String>> {
        let text = self.directives.get(directive)?;
        Some(text.split(',').map(|name| name.trim().to_owned()).collect())
    }

    /// A section's text for a server: its own, its dialect's, else the one for all.
    pub fn text(&self, section: &str, server: Server) -> Option<&str> {
        let own = server.names().iter().find_map(|server| self.sections.get(&named(section, server)));
        own.or_else(|| self.sections.get(section)).map(String::as_str)
    }

    /// Whether the story has a section, for whichever databases.
    pub fn has(&self, section: &str) -> bool {
        self.sections.keys().any(|name| without_server(name) == section)
    }

    /// Why the story isn't told on a server: its subject is another's.
    pub fn not_for(&self, server: Server) -> Option<&str> {
        let reason = |server: &&str| self.directives.get(&format!("not for {server}"));
        server.names().iter().find_map(reason).map(String::as_str)
    }

    /// All that the story expects on a server.
    pub fn expected(&self, server: Server) -> BTreeMap<&'static str, String> {
        EXPECTED.iter().filter_map(|section| Some((*section, self.text(section, server)?.to_owned()))).collect()
    }

    /// The story with what really came out on each server that it was told on, input left as it is.
    #[must_use]
    pub fn updated(&self, outcomes: &[(Server, &BTreeMap<&'static str, String>)]) -> Self {
        let mut updated = self.clone();
        for section in EXPECTED {
            for name in names() {
                updated.sections.remove(&named(section, name));
            }
            updated.sections.remove(section);
            let (texts, apart) = by_dialect(section, outcomes);
            updated.sections.extend(apart);
            // SQL is always one dialect's; the rest only where dialects differ.
            let is_told_by_all = texts.iter().all(|(_, text)| text.is_some()) && !section.ends_with(".sql");
            let alike = |text: &Option<&String>| texts.iter().filter(|(_, other)| other == text).count();
            let shared = texts
                .iter()
                .map(|(_, text)| *text)
                .find(|text| is_told_by_all && (alike(text) > 1 || alike(text) == texts.len()));
            for (dialect, text) in texts {
                let Some(text) = text else { continue };
                let name = if shared == Some(Some(text)) { section.to_owned() } else { named(section, dialect) };
                updated.sections.insert(name, text.clone());
            }
        }
        updated
    }
}

/// A section's texts by dialect, and what one of a dialect's servers has otherwise than the first, or alone.
#[expect(clippy::type_complexity, reason = "the two are taken apart at once")]
fn by_dialect<'a>(
    section: &str,
    outcomes: &[(Server, &'a BTreeMap<&'static str, String>)],
) -> (Vec<(&'static str, Option<&'a String>)>, Vec<(String, String)>) {
    let mut texts = Vec::new();
    let mut apart = Vec::new();
    for servers in outcomes.chunk_by(|(one, _), (other, _)| one.dialect() == other.dialect()) {
        let told: Vec<_> = servers.iter().map(|(server, texts)| (*server, texts.get(section))).collect();
        let usual = told[0].1.filter(|_| told.iter().all(|(_, text)| text.is_some()));
        let other = told.iter().filter(|(_, text)| *text != usual);
        apart.extend(other.filter_map(|(server, text)| Some((named(section, server.name()), (*text)?.clone()))));
        texts.push((told[0].0.dialect().name(), usual));
    }
    (texts, apart)
}

impl std::fmt::Display for Story {
    /// The file's text: the preface, input in its own order, then what is expected.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.preface)?;
        let expected = EXPECTED.iter().flat_map(|section| {
            self.sections.keys().filter(move |name| !self.order.contains(name) && without_server(name) == **section)
        });
        for name in self.order.iter().chain(expected) {
            let text = &self.sections[name];
            writeln!(f, "-- {name} --")?;
            f.write_str(text)?;
            if !text.is_empty() && !text.ends_with('\n') {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// `plugin: usb` out of `# plugin: usb`. A sentence may hold a colon too.
fn directive(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix("# ")?.split_once(": ")?;
    let known = ["plugin", "owns", "unowned", "line endings", "collation"];
    let is_for = |name: &str| names().any(|server| name == format!("not for {server}"));
    (known.contains(&name) || is_for(name)).then(|| (name.to_owned(), value.trim().to_owned()))
}

/// The definitions where one owner has them all.
const GENERAL: &str = "models.rs";

/// `usb` for `models.usb.rs`, `core` for `models.rs`; `models.postgres.rs` is a database's, not an owner's.
fn owner_of_models(section: &str) -> Option<&str> {
    if section == GENERAL {
        return Some("core");
    }
    let owner = section.strip_prefix("models.")?.strip_suffix(".rs")?;
    (!names().any(|name| name == owner)).then_some(owner)
}

/// All names that what is one database's, or one dialect's, may bear.
fn names() -> impl Iterator<Item = &'static str> {
    Server::ALL.into_iter().flat_map(|server| server.names().iter().copied())
}

fn named(section: &str, server: &str) -> String {
    match section.strip_suffix(".sql") {
        Some(stem) => format!("{stem}.{server}.sql"),
        None => format!("{section}.{server}"),
    }
}

fn without_server(name: &str) -> String {
    let sql = name.strip_suffix(".sql");
    let stem = sql.unwrap_or(name);
    let stem = names().find_map(|server| stem.strip_suffix(&format!(".{server}"))).unwrap_or(stem);
    if sql.is_some() { format!("{stem}.sql") } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Adds a column.\n# plugin: usb\n-- live.sql --\nCREATE TABLE t (id INTEGER);\n\
                        -- models.usb.rs --\n-- plan --\n+ t.a  Text\n-- up.sqlite.sql --\nALTER;\n";

    #[test]
    fn a_story_is_written_as_it_was_read() {
        assert_eq!(Story::parse(TEXT).unwrap().to_string(), TEXT);
    }

    #[test]
    fn what_came_out_replaces_what_was_expected() {
        let outcome = BTreeMap::from([("plan", "- t.a\n".to_owned()), ("down.sql", "DROP;\n".to_owned())]);
        let updated = Story::parse(TEXT).unwrap().updated(&[(Server::Sqlite, &outcome)]).to_string();
        assert_eq!(
            updated,
            "# Adds a column.\n# plugin: usb\n-- live.sql --\nCREATE TABLE t (id INTEGER);\n\
             -- models.usb.rs --\n-- plan --\n- t.a\n-- down.sqlite.sql --\nDROP;\n"
        );
    }

    #[test]
    fn what_came_out_alike_stands_there_once() {
        let sqlite = BTreeMap::from([("plan", "- t.a\n".to_owned()), ("hazards", "rebuild: t\n".to_owned())]);
        let postgres = BTreeMap::from([("plan", "- t.a\n".to_owned())]);
        let outcomes = [(Server::Sqlite, &sqlite), (Server::Postgres, &postgres)];
        let updated = Story::parse(TEXT).unwrap().updated(&outcomes).to_string();
        assert!(updated.ends_with("-- plan --\n- t.a\n-- hazards.sqlite --\nrebuild: t\n"), "{updated}");
    }

    #[test]
    fn what_one_server_of_a_dialect_says_otherwise_bears_its_name() {
        let texts = |all: &[(&'static str, &str)]| -> BTreeMap<&'static str, String> {
            all.iter().map(|(section, text)| (*section, (*text).to_owned())).collect()
        };
        let mariadb =
            texts(&[("plan", "- t.a\n"), ("up.sql", "DROP;\n"), ("down.sql", "ADD;\n"), ("up fails", "no\n")]);
        let mysql =
            texts(&[("plan", "- t.a\n"), ("up.sql", "DROP;\n"), ("down.sql", "ADD ();\n"), ("proof says", "so\n")]);
        let outcomes = [(Server::Mariadb, &mariadb), (Server::Mysql, &mysql)];
        let updated = Story::parse(TEXT).unwrap().updated(&outcomes);
        let named: Vec<&str> = updated.sections.keys().map(String::as_str).collect();
        assert_eq!(
            named,
            [
                "down.mysql.sql",
                "down.mysql9.sql",
                "live.sql",
                "models.usb.rs",
                "plan",
                "proof says.mysql9",
                "up fails.mariadb",
                "up.mysql.sql"
            ]
        );
        assert_eq!(updated.text("down.sql", Server::Mysql), Some("ADD ();\n"));
        assert_eq!(updated.expected(Server::Mariadb), mariadb);
        assert_eq!(updated.expected(Server::Mysql), mysql);
    }

    #[test]
    fn mistakes_in_a_story_are_said() {
        let error = |text: &str| Story::parse(text).unwrap_err();
        assert_eq!(error("# A.\n-- modles.rs --\n"), "there is no section `modles.rs`");
        assert_eq!(error("-- models.rs --\n"), "a story begins with a sentence: `# ...`");
        assert_eq!(error("# A.\n-- live.sql --\n"), "a story needs `models.rs`, or `models.<owner>.rs`");
        let several = Story::parse("# A.\n-- models.a.rs --\n-- models.b.rs --\n").unwrap();
        assert!(several.asker().is_err());
    }
}
