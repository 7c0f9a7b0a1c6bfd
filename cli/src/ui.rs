//! What the user sees: results on standard output, remarks and bad news on standard error.

use std::cell::Cell;
use std::fs;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use autogen_codegen::report;
use autogen_engine::error::{Code, Diagnostic, Error, Severity};
use autogen_engine::model::{Change, Edit, Rule};
use autogen_workspace::{Draft, Observer, Workspace};
use serde_json::{Value, json};

use crate::args::{Color, Format, Global};
use crate::document;
use crate::plain::{in_place, plain, printable, printable_json};

/// Prints, in the way that the command line asks for.
#[derive(Debug)]
pub(crate) struct Ui {
    /// The host's folder, which places in source are relative to.
    root: PathBuf,
    pub(crate) format: Format,
    pub(crate) verbose: u8,
    quiet: bool,
    /// Whether results go to a terminal.
    is_terminal: bool,
    /// Whether results are coloured, and whether bad news is.
    colored: (bool, bool),
    unprinted: Cell<Option<ErrorKind>>,
}

impl Ui {
    pub(crate) fn new(global: &Global, root: &Path) -> Self {
        let colored = match global.color {
            Color::Always => (true, true),
            Color::Never => (false, false),
            Color::Auto => {
                let wanted = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
                (wanted && std::io::stdout().is_terminal(), wanted && std::io::stderr().is_terminal())
            }
        };
        Self {
            root: root.to_path_buf(),
            format: global.format,
            verbose: global.verbose,
            quiet: global.quiet,
            is_terminal: std::io::stdout().is_terminal(),
            colored,
            unprinted: Cell::new(None),
        }
    }

    /// Prints a script, or says that there is none.
    pub(crate) fn script(&self, script: &str, none: &str) {
        if script.is_empty() { self.remark(none) } else { self.program_text(script.trim_end()) }
    }

    /// Prints a line of the result, without anything that a terminal obeys.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        self.write(&printable(text.as_ref()));
    }

    /// Prints what another program reads, as it is; on a terminal, which is no such program, like a line.
    fn program_text(&self, text: &str) {
        if self.is_terminal { self.line(text) } else { self.write(text) }
    }

    /// Writes a line of the result. A reader that has gone away (`| head`) is no trouble, a full disk is.
    fn write(&self, text: &str) {
        if let Err(cause) = writeln!(std::io::stdout(), "{text}")
            && cause.kind() != ErrorKind::BrokenPipe
        {
            self.unprinted.set(Some(cause.kind()));
        }
    }

    /// Stops if some of the result could not be printed.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.unprinted.get() {
            None => Ok(()),
            Some(kind) => {
                Err(Error::new(Code::CantPrint, format!("the result can't be written to standard output: {kind}"))
                    .help("the work itself is done; `autogen status` and `autogen diff` show how things stand"))
            }
        }
    }

    /// A line of the result in text form; other forms print one document at the end.
    pub(crate) fn text(&self, text: impl AsRef<str>) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// Tables that change hands, a line each.
    pub(crate) fn transfers(&self, draft: &Draft) {
        for line in draft.transfers() {
            if self.format == Format::Text {
                self.write(&format!("  {}", self.sign_colored(&line)));
            }
        }
    }

    /// Changes in text form, a line each. A key that only a `joinable!` wants may be none that is meant.
    pub(crate) fn changes(&self, changes: &[Change]) {
        let joins = |change: &Change| match change {
            Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) if key.is_of_join() => key.hints.place.clone(),
            _ => None,
        };
        for change in changes {
            let by = joins(change).map(|place| format!("  by joinable! at {place}")).unwrap_or_default();
            for line in report::lines(std::slice::from_ref(change)) {
                if self.format == Format::Text {
                    self.write(&format!("  {}{}", self.sign_colored(&line), printable(&by)));
                }
            }
        }
        if changes.iter().any(|change| joins(change).is_some()) {
            self.text("  if a joinable! needs no key, put #[cfg_attr(any(), autogen(no_key))] above it");
        }
    }

    /// SQL, with the dialect above it where the host has several.
    pub(crate) fn sql(&self, sql: &str, workspace: &Workspace) {
        if workspace.host.config.several_dialects() {
            self.line(format!("-- for {}", workspace.dialect));
        }
        self.program_text(sql);
    }

    /// A unified diff.
    pub(crate) fn unified(&self, diff: &str) {
        for line in diff.lines() {
            self.write(&self.sign_colored(line));
        }
    }

    /// A printable line in the colour of its first character: `+` new, `-` gone, `~` different, `>` renamed.
    fn sign_colored(&self, line: &str) -> String {
        let line = printable(line);
        let color = match line.chars().next() {
            Some('+') => AnsiColor::Green,
            Some('-') => AnsiColor::Red,
            Some('~') => AnsiColor::Yellow,
            Some('>' | '@') => AnsiColor::Cyan,
            Some(_) | None => return line.into_owned(),
        };
        if !self.colored.0 {
            return line.into_owned();
        }
        let style = Style::new().fg_color(Some(color.into()));
        format!("{style}{line}{style:#}")
    }

    /// A remark that is no result.
    pub(crate) fn remark(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.bad_news(&plain(text.as_ref()));
        }
    }

    /// A document for programs, which begins with what tells its shape.
    pub(crate) fn json(&self, command: &str, contents: Value) {
        let mut document = json!({ "version": document::VERSION, "command": command });
        if let (Value::Object(document), Value::Object(contents)) = (&mut document, contents) {
            document.extend(contents);
        }
        self.write(&printable_json(&format!("{document:#}")));
    }

    /// Why the work stopped.
    pub(crate) fn error(&self, error: &Error) {
        let mut rest = error.diagnostics.as_slice();
        while let Some((diagnostic, others)) = rest.split_first() {
            // Notes of the same code say what exactly: they stand with it rather than for themselves.
            let says_more = |note: &&Diagnostic| {
                note.severity == Severity::Note && note.code == diagnostic.code && note.labels.is_empty()
            };
            let details = others.iter().take_while(says_more).count();
            self.diagnostic(diagnostic, &others[..details]);
            rest = &others[details..];
        }
        let mut cause = std::error::Error::source(error).filter(|_| self.verbose > 0);
        while let Some(found) = cause {
            self.bad_news(&format!("cause: {}", plain(&found.to_string())));
            cause = found.source();
        }
    }

    /// Where a file is, from the current folder. Places in source are relative to the host's folder,
    /// places in configuration and in migrations hold it already.
    pub(crate) fn path(&self, file: &Path) -> PathBuf {
        let below = self.root.join(file);
        let path = if below.exists() { below } else { file.to_path_buf() };
        path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path)
    }

    fn diagnostic(&self, diagnostic: &Diagnostic, details: &[Diagnostic]) {
        let files: Vec<PathBuf> = diagnostic.labels.iter().map(|label| self.path(&label.place.file)).collect();
        let text = |file: &PathBuf| file.is_file().then(|| fs::read_to_string(file).ok()).flatten();
        let sources: Vec<Option<String>> = files.iter().map(|file| text(file).map(|text| in_place(&text))).collect();
        let paths: Vec<String> = files.iter().map(|file| plain(&file.display().to_string())).collect();
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let message = plain(&diagnostic.message);
        let mut group = Group::with_title(level.primary_title(&message).id(diagnostic.code.as_str()));
        for (position, label) in diagnostic.labels.iter().enumerate() {
            let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            match &sources[position] {
                Some(source) if source.get(label.place.span.clone()).is_some() => {
                    let annotation = kind.span(label.place.span.clone()).label(printable(&label.text).into_owned());
                    group = group.element(Snippet::source(source).path(&paths[position]).annotation(annotation));
                }
                // The file has changed or gone since it was read, or is no text: the place alone must do.
                Some(_) | None => {
                    let place = plain(&format!("{} {}", label.place, label.text));
                    group = group.element(Level::NOTE.message(place.trim_end().to_owned()));
                }
            }
        }
        let renderer = if self.colored.1 { Renderer::styled() } else { Renderer::plain() };
        // Each for itself: in one report empty margins would stand between the lines.
        let mut rendered = vec![renderer.render(&[group])];
        for detail in details {
            rendered.push(renderer.render(&[Group::with_title(Level::NOTE.secondary_title(plain(&detail.message)))]));
        }
        if let Some(help) = &diagnostic.help {
            rendered.push(renderer.render(&[Group::with_title(Level::HELP.secondary_title(plain(help)))]));
        }
        self.bad_news(&format!("{}\n", rendered.join("\n")));
    }

    /// Nothing is left to do when not even bad news can be told.
    fn bad_news(&self, text: &str) {
        let _untold = writeln!(std::io::stderr(), "{text}");
    }
}

impl Observer for Ui {
    fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if !self.quiet || diagnostic.severity == Severity::Error {
                self.diagnostic(diagnostic, &[]);
            }
        }
    }

    fn remark(&self, text: &str) {
        Self::remark(self, text);
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            Self::remark(self, text);
        }
    }
}
