//! Table definitions from Rust source, without compiling it.
//!
//! [`read`] finds every `table!` and `joinable!` of one owner and keeps what they say, with places. [`lower`] turns
//! the definitions of all owners into schemas of one dialect. Both always return a result, with what is wrong with
//! the source as diagnostics.
//!
//! This stage doesn't know what a database holds and runs nothing. It sees macros as they are written: a table that
//! some other macro would make only on expansion is reported, not guessed at.

mod cfg;
mod enums;
mod file;
mod items;
mod lower;
mod modules;
mod sources;
mod symbols;
#[cfg(test)]
mod tests;
mod wrapper;

use autogen_syntax::plain;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use autogen_syntax::Joinable;
use proc_macro2::{Span, TokenStream};

use crate::error::Diagnostic;
use crate::files::FileScope;
use crate::host::CORE;
use crate::model::{Place, TableName};

pub use autogen_syntax::{COLUMN_ATTRIBUTES, HAZARDS, Macro, TABLE_ATTRIBUTES};
pub use cfg::Cfg;
pub use enums::EnumDefinition;
pub use lower::{Lowered, lower};
pub use symbols::{Member, Reference, Symbol, SymbolKind, references_of, symbols};

/// What one owner's source defines, whatever the database.
///
/// Holds syntax trees, whose places are known only to the thread that read them.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// The plugin, or `core`.
    pub owner: String,
    /// Tables in the order of files and lines.
    pub tables: Vec<Definition>,
    /// `joinable!`s in the order of files and lines.
    pub joins: Vec<Join>,
    /// Enums whose values a database knows, in the order of files and lines.
    pub enums: Vec<EnumDefinition>,
    /// SQL types that the source derives, by Rust name: their names in the words of each database, by dialect.
    pub sql_types: BTreeMap<String, BTreeMap<&'static str, TableName>>,
    /// The same by the file that derives them: several files may each have a type of one Rust name.
    pub types_of_files: BTreeMap<(SourceFile, String), BTreeMap<&'static str, TableName>>,
    /// What is wrong with the source.
    pub diagnostics: Vec<Diagnostic>,
}

/// A `table!` in some file.
#[derive(Debug, Clone)]
pub struct Definition {
    /// What it says.
    pub table: autogen_syntax::Table,
    /// Whose macro it is, hence what it speaks for.
    pub whose: Macro,
    /// The conditions that it and everything around it stand under.
    pub cfgs: Vec<Cfg>,
    /// The file.
    pub file: SourceFile,
    /// The modules of the file that it stands in, from the outermost.
    pub modules: Vec<String>,
    /// Where its tokens stand.
    pub span: Span,
}

impl Definition {
    /// Returns the table's name in the database.
    pub fn name(&self) -> TableName {
        TableName::stated(self.table.schema.as_ref().map(plain), self.table.database_name())
    }

    /// Returns the innermost module that contains the definition, as far as its file tells.
    fn module(&self) -> Option<String> {
        let of_file = || {
            let stem = self.file.0.file_stem()?.to_str()?;
            (!matches!(stem, "lib" | "main" | "mod")).then(|| stem.to_owned())
        };
        self.modules.last().cloned().or_else(of_file)
    }

    /// Returns the place of the table's name.
    pub fn place(&self) -> Place {
        self.file.place(self.table.name.span())
    }

    /// Checks whether another definition says the same under other conditions, so that either may be read.
    fn is_same_elsewhere(&self, other: &Self) -> bool {
        self.whose == other.whose
            && !(self.cfgs.is_empty() && other.cfgs.is_empty())
            && self.text().is_some_and(|text| Some(text) == other.text())
    }

    /// Returns the definition as text, without white space and comments. Few tables are defined twice, so this isn't kept.
    fn text(&self) -> Option<String> {
        let text = self.span.source_text()?;
        let inside = text.get(1..text.len().checked_sub(1)?)?;
        Some(inside.parse::<TokenStream>().ok()?.to_string())
    }
}

/// A `joinable!` in some file.
#[derive(Debug, Clone)]
pub struct Join {
    /// What it says.
    pub join: Joinable,
    /// The conditions that it and everything around it stand under.
    pub cfgs: Vec<Cfg>,
    /// The file.
    pub file: SourceFile,
    /// The modules of the file that it stands in, from the outermost.
    pub modules: Vec<String>,
}

/// A source file, as it is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile(pub Arc<Path>);

impl SourceFile {
    /// Returns the place of a span in this file.
    pub fn place(&self, span: Span) -> Place {
        let start = span.start();
        Place { file: self.0.clone(), line: start.line, column: start.column + 1, span: span.byte_range() }
    }
}

/// Reads the tables and joins of one owner.
///
/// A source is a file, or a folder that is searched for `*.rs` (hidden folders and Cargo's target folders aside).
/// Places name files relative to `root` where that is possible. What is compiled for tests only, or never, is left
/// out. What depends on other conditions is kept until [`lower`] knows the dialect.
///
/// Files that contain neither `table!`, `joinable!` or `table as` nor anything that derives SQL types are not parsed
/// for definitions. Among those, only the ones that put a module file under a `#[cfg]` are looked at, and what is
/// wrong in them is not reported.
///
/// # Diagnostics
/// * `no-such-source`: a source isn't there or can't be read
/// * `outside-plugin`: a plugin's source is a link to a file elsewhere
/// * `too-large`, `too-many-files`: more than anybody writes
/// * `source-too-deep`: parsing a file could exhaust the stack
/// * `not-utf8`, `rust-syntax`: a file isn't Rust; the others are still read
/// * `table-syntax`: a `table!` or `joinable!` breaks the grammar of [`autogen_syntax`]
/// * `enum-syntax`: an enum that a database knows breaks that grammar
/// * `attribute-not-read` (warning): a `diesel::table!` carries autogen's attributes openly
/// * `wrapped-table` (warning): a macro makes tables that can't be seen
pub fn read(owner: &str, sources: &[PathBuf], root: &Path) -> Definitions {
    read_edited(owner, sources, root, &BTreeMap::new())
}

/// Returns what [`read`] would return if some files had another text, or more files existed. A program can check
/// source this way before writing it. A new file counts if it is a source or is inside one.
pub fn read_edited(owner: &str, sources: &[PathBuf], root: &Path, edits: &BTreeMap<PathBuf, String>) -> Definitions {
    let mut definitions = Definitions { owner: owner.to_owned(), ..Definitions::default() };
    // The host's author wrote the core too. A plugin's sources contain everything that is read for it.
    let scope = if owner == CORE { FileScope::default() } else { FileScope::below(sources.iter().cloned()) };
    let texts = sources::read(sources, &scope, root, edits, &mut definitions.diagnostics);
    let gates = modules::gates(&texts);
    let mut reader = file::Reader::new(&mut definitions);
    for text in texts.iter().filter(|text| text.may_define) {
        reader.read(text, gates.of(&text.path));
    }
    reader.finish();
    definitions
}
