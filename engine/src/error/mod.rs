//! Bad news. Three kinds, never mixed: an [`Error`] stops the work; a [`Diagnostic`] is about the
//! user's source and comes in a list; a hazard sits on a step and must
//! be allowed by name.

#[macro_use]
mod table;

mod code;

use std::fmt;

pub use code::Code;

use crate::model::Place;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Work stops once all diagnostics are collected.
    Error,
    /// Work goes on.
    Warning,
    /// Good to know.
    Note,
}

/// Something to say about the user's files, with a code to look up, the places, and a next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error, warning or note.
    pub severity: Severity,
    /// What it is about.
    pub code: Code,
    /// One sentence, no final stop.
    pub message: String,
    /// Where; the first is the main place.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
}

/// A place with what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// Creates an error without place or help.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Creates a warning without place or help.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Creates a note without place or help.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, message) }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// States the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why the work stopped: one or more diagnostics, and the failure underneath if there is one.
pub struct Error {
    /// What to tell the user; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// The failure underneath, for `-v`.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of fallible functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error with a code and one sentence.
    ///
    /// ```
    /// use autogen::error::{Code, Error};
    /// let error = Error::new(Code::NoSuchPlugin, "there is no plugin `ubs`").help("did you mean `usb`?");
    /// assert_eq!(error.to_string(), "there is no plugin `ubs`");
    /// ```
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic::error(code, message).into()
    }

    /// States the next step on the main diagnostic.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostics[0].help = Some(help.into());
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Returns an error if any diagnostic is one. Otherwise hands the diagnostics back.
    pub fn unless_clean(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>> {
        if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Self { diagnostics, cause: None });
        }
        Ok(diagnostics)
    }

    /// Returns the code of the main diagnostic.
    pub fn code(&self) -> Code {
        self.diagnostics[0].code
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], cause: None }
    }
}

/// The main diagnostic's sentence; all diagnostics with their codes and next steps as `{:#}`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return f.write_str(&self.diagnostics[0].message);
        }
        for (at, diagnostic) in self.diagnostics.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{diagnostic}")?;
        }
        Ok(())
    }
}

/// What `{:#}` writes, and the failures underneath: a `main` that returns the error prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(found) = cause {
            write!(f, "\ncause: {found}")?;
            cause = found.source();
        }
        Ok(())
    }
}

/// The sentence with its code, and the next step on a line of its own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)?;
        self.help.iter().try_for_each(|help| write!(f, "\nhelp: {help}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
