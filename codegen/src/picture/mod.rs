//! Pictures of schemas and of chains: boxes in groups, with arrows between them.
//!
//! A [`Picture`] says what there is to see; [`tables`] and [`chains`] make one. A file per form draws it. Names and texts come
//! from authors and databases: they pass through [`one_line`](crate::printable::one_line) when a picture is made, and each
//! form escapes what it obeys itself.

mod chains;
mod dot;
mod layout;
mod mermaid;
mod page;
mod svg;
mod tables;
mod touched;

use serde::Serialize;

pub use chains::chains;
pub use dot::dot;
pub use mermaid::mermaid;
pub use page::page;
pub use svg::svg;
pub use tables::tables;
pub use touched::touched;

/// What there is to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// Above everything: whose it is.
    pub title: String,
    /// What is shown, in a sentence.
    pub subtitle: String,
    /// What its boxes and their rows are.
    pub subject: Subject,
    /// Owners, in the order in which they are listed.
    pub groups: Vec<String>,
    /// Tables or revisions, by group.
    pub boxes: Vec<Box>,
    /// Keys, or what stands on what.
    pub arrows: Vec<Arrow>,
}

/// What a picture is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Tables and the keys between them.
    Tables,
    /// Revisions and what each stands on.
    Chains,
}

impl Subject {
    /// Returns what a box is, and several.
    pub fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Tables => ("table", "tables"),
            Self::Chains => ("revision", "revisions"),
        }
    }
}

/// A table, an enumerated type or a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Box {
    /// Its position among the groups.
    pub group: usize,
    /// What stands at its top.
    pub name: String,
    /// What becomes of it.
    pub mark: Mark,
    /// What it is for, and what is out of the ordinary about it.
    pub notes: Vec<String>,
    /// Its columns, values, or what there is to say of a revision; shown in the box.
    pub rows: Vec<Row>,
    /// Its rules; shown only in its definition.
    pub rules: Vec<Row>,
}

/// A line of a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What else there is to it, in few words that fit into the box.
    pub short: String,
    /// All that there is to it.
    pub text: String,
    /// What becomes of it.
    pub mark: Mark,
    /// What it was before, if it is another now.
    pub was: Option<String>,
    /// Whether it is a part of the primary key.
    pub is_key: bool,
}

/// What becomes of something between two states; `Same` where there is only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words are shown as they are")]
pub enum Mark {
    Same,
    New,
    Gone,
    Changed,
}

impl Mark {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }

    /// Returns the sign that stands before a line.
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::New => "+ ",
            Self::Gone => "- ",
            Self::Changed => "~ ",
        }
    }
}

/// An arrow between two boxes, by their positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrow {
    /// Where it begins.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// What it says.
    pub text: String,
    /// How it is drawn.
    pub line: Line,
    /// What becomes of it.
    pub mark: Mark,
}

/// How an arrow is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Line {
    Solid,
    Dashed,
    Dotted,
}

impl Picture {
    /// Returns the boxes of a group with their positions.
    fn of(&self, group: usize) -> impl Iterator<Item = (usize, &Box)> {
        self.boxes.iter().enumerate().filter(move |(_, found)| found.group == group)
    }
}

impl Box {
    /// Returns all that there is to say of it, a line each.
    fn definition(&self) -> Vec<String> {
        let line = |row: &Row| {
            let was = row.was.as_ref().map(|was| format!(" (was: {was})")).unwrap_or_default();
            format!("{}{}  {}{was}", row.mark.sign(), row.name, row.text).trim_end().to_owned()
        };
        let head = format!("{}{}", self.mark.sign(), self.name);
        let lines = self.rows.iter().chain(&self.rules).map(line);
        std::iter::once(head).chain(self.notes.iter().cloned()).chain(lines).collect()
    }
}
