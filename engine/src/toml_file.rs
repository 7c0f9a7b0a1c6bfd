//! TOML files with typed contents, whose mistakes are reported with file, line and column.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::Place;

/// The next step for a file that isn't TOML, or lacks something.
pub const CORRECT_IT: &str = "correct the file; https://toml.io shows every form";

/// The text of a TOML file, for turning byte ranges into places.
pub struct TomlFile<'a> {
    path: &'a Path,
    text: &'a str,
    /// The code of every error about this file.
    code: Code,
}

/// A word of a configuration file, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl<'a> TomlFile<'a> {
    pub fn new(path: &'a Path, text: &'a str, code: Code) -> Self {
        Self { path, text, code }
    }

    /// Parses the contents as a type. `help` is the next step if the mistake doesn't suggest one.
    pub fn parse<T: DeserializeOwned>(&self, help: &str) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let (message, expected) = in_plain_words(error.message());
            let diagnostic = Diagnostic::error(self.code, message).at(self.place(error.span().unwrap_or(0..0)), "");
            Error::from(diagnostic.help(expected.unwrap_or_else(|| help.to_owned())))
        })
    }

    /// Creates an error about a word of this file.
    pub fn error<T>(&self, word: &Spanned<T>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.code, message).at(self.place(word.span()), "")
    }

    pub fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::in_text(self.path, self.text, span)
    }

    pub fn stated(&self, word: Spanned<String>) -> Stated {
        let place = self.place(word.span());
        Stated { text: word.into_inner(), place }
    }
}

/// Splits the parser's message into what is wrong and what is expected instead. The value itself is left out,
/// because it may hold a password.
fn in_plain_words(message: &str) -> (String, Option<String>) {
    if let Some((key, known)) = message.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", ")) {
        let known = known.trim_start_matches("expected one of ").trim_start_matches("expected ");
        return (format!("unknown key {key}"), Some(format!("known here: {known}")));
    }
    let wrong = message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected "));
    if let Some((found, expected)) = wrong {
        let found = found.split_whitespace().next().unwrap_or(found);
        return (format!("wrong kind of value: {found}"), Some(format!("expected {expected}")));
    }
    (message.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[derive(Default)]
    struct Contents {
        first: Vec<String>,
        second: std::collections::BTreeMap<String, String>,
    }

    fn mistake(text: &str) -> (String, String, Option<String>) {
        let path = Path::new("some.toml");
        let error = TomlFile::new(path, text, Code::BadConfig).parse::<Contents>("").expect_err("must not parse");
        let diagnostic = &error.diagnostics[0];
        (diagnostic.labels[0].place.to_string(), diagnostic.message.clone(), diagnostic.help.clone())
    }

    #[test]
    fn an_unknown_key_is_shown_with_the_known_ones() {
        let (place, message, help) = mistake("\u{feff}first = ['é']\r\n  thrid = 1\r\n");
        assert_eq!(place, "some.toml:2:3");
        assert_eq!(message, "unknown key `thrid`");
        assert_eq!(help.as_deref(), Some("known here: `first` or `second`"));
    }

    #[test]
    fn a_wrong_value_is_never_repeated() {
        let (place, message, help) = mistake("second = 'postgres://u:secret, expected@h'");
        assert_eq!(place, "some.toml:1:10");
        assert_eq!(message, "wrong kind of value: string");
        assert_eq!(help.as_deref(), Some("expected a map"));
    }

    #[test]
    fn columns_count_characters() {
        let text = "a\nüé = 1";
        let at = text.find('=').expect("there is one");
        assert_eq!(Place::in_text(Path::new("x"), text, at..at + 1).to_string(), "x:2:4");
    }
}
