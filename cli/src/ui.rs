//! What the user sees: results on standard output, remarks and bad news on standard error.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use autogen::error::{Diagnostic, Error, Severity};

use crate::args::{Color, Format, Global};

/// Prints, in the way that the command line asks for.
#[derive(Debug)]
pub(crate) struct Ui {
    /// The host's folder, which places in source are relative to.
    root: PathBuf,
    pub(crate) format: Format,
    pub(crate) verbose: u8,
    quiet: bool,
    colored: bool,
}

impl Ui {
    pub(crate) fn new(global: &Global, root: &Path) -> Self {
        let colored = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
            }
        };
        Self { root: root.to_path_buf(), format: global.format, verbose: global.verbose, quiet: global.quiet, colored }
    }

    /// A line of the result. A reader that has gone away (`| head`) is no trouble.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
    }

    /// A line of the result in text form; other forms print one document at the end.
    pub(crate) fn text(&self, text: impl AsRef<str>) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// A remark that is no result.
    pub(crate) fn remark(&self, text: impl AsRef<str>) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
        }
    }

    /// A document for programs.
    pub(crate) fn json(&self, command: &str, mut document: serde_json::Value) {
        document["version"] = 1.into();
        document["command"] = command.into();
        self.line(format!("{document:#}"));
    }

    /// Warnings and notes.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if !self.quiet || diagnostic.severity == Severity::Error {
                self.diagnostic(diagnostic);
            }
        }
    }

    /// Why the work stopped.
    pub(crate) fn error(&self, error: &Error) {
        for diagnostic in &error.diagnostics {
            self.diagnostic(diagnostic);
        }
        if self.verbose > 0
            && let Some(cause) = &error.cause
        {
            self.remark(format!("cause: {cause}"));
        }
    }

    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let files: Vec<PathBuf> = diagnostic.labels.iter().map(|label| self.root.join(&label.place.file)).collect();
        let sources: Vec<Option<String>> = files.iter().map(|file| fs::read_to_string(file).ok()).collect();
        let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code));
        for (position, label) in diagnostic.labels.iter().enumerate() {
            let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            match &sources[position] {
                Some(source) if source.get(label.place.span.clone()).is_some() => {
                    let annotation = kind.span(label.place.span.clone()).label(&label.text);
                    group = group.element(Snippet::source(source).path(&paths[position]).annotation(annotation));
                }
                // The file has changed or gone since it was read: the place alone must do.
                Some(_) | None => group = group.element(Level::NOTE.message(format!("{} {}", label.place, label.text))),
            }
        }
        let mut report = vec![group];
        if let Some(help) = &diagnostic.help {
            report.push(Group::with_title(Level::HELP.secondary_title(help)));
        }
        let renderer = if self.colored { Renderer::styled() } else { Renderer::plain() };
        let _ = writeln!(std::io::stderr(), "{}\n", renderer.render(&report));
    }
}
