//! Names of tables, and places in source files.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Returns a name in the possessive form that sentences need.
///
/// ```
/// use autogen::model::whose;
/// assert_eq!([whose("usb"), whose("printers")], ["usb's", "printers'"]);
/// ```
pub fn whose(name: &str) -> String {
    if name.ends_with('s') { format!("{name}'") } else { format!("{name}'s") }
}

/// Tables that hold the state of migrations: Diesel's, the ledger, and the lock. They belong to no plugin.
pub const STATE_TABLES: [&str; 3] = ["__diesel_schema_migrations", "__autogen_ledger", "__autogen_lock"];

/// A table's name as the database knows it, with its schema where one was stated.
///
/// ```
/// use autogen::model::TableName;
/// assert_eq!(TableName::new("usbdevices").to_string(), "usbdevices");
/// assert_eq!(TableName::in_schema("audit", "log").to_string(), "audit.log");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TableName {
    /// The schema, when it is not the connection's default one.
    pub schema: Option<String>,
    /// The bare name, unquoted.
    pub name: String,
}

impl TableName {
    /// Creates the name of a table in the connection's default schema.
    pub fn new(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// Creates a table's name as people state it. The schema `public` is left out, because tables are in it by default.
    pub fn stated(schema: Option<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.filter(|schema| schema != "public"), name: name.into() }
    }

    /// Creates the name of a table in a named schema.
    pub fn in_schema(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// A place in the user's source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// The file, as it was opened.
    pub file: Arc<Path>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The bytes of the file that it covers.
    pub span: Range<usize>,
}

impl Place {
    /// Returns the place of a byte range in a file's text.
    pub fn in_text(file: &Path, text: &str, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: Arc::from(file),
            line: before.matches('\n').count() + 1,
            // A byte order mark isn't a visible character.
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
            span,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}
