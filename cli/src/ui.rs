//! What the user sees: results on standard output, remarks and bad news on standard error.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use autogen_codegen::revision::Risk;
use autogen_engine::error::{Code, Diagnostic, Error, Severity};
use autogen_engine::history::{Event, NewRevision};
use autogen_engine::model::Change;
use autogen_workspace::{Draft, Finding, Observer, Refused, Workspace};
use serde_json::Value;

use crate::args::{Format, Global, Outputs};
use crate::color::{Tone, is_colored, toned};
use crate::document;
use crate::excerpt::Excerpts;
use crate::interrupt;
use crate::plain::{plain, printable};
use crate::report::{Paths, Report, by_sign, change_lines, render, risk_lines, warnings};
use crate::screen::Screen;
use crate::times::Times;

/// Prints, in the way that the command line asks for.
#[derive(Debug)]
pub(crate) struct Ui {
    /// What files are called.
    pub(crate) paths: Paths,
    /// How standard output is written.
    pub(crate) format: Format,
    /// What else is written, and how.
    files: Vec<(Format, PathBuf)>,
    pub(crate) verbose: u8,
    quiet: bool,
    /// Whether results go to a terminal.
    is_terminal: bool,
    /// Whether results are coloured, and whether bad news is.
    colored: (bool, bool),
    unprinted: Cell<Option<ErrorKind>>,
    /// What was said on the way.
    said: RefCell<Vec<Diagnostic>>,
    times: RefCell<Times>,
    /// What nobody has allowed, for questions.
    refused: RefCell<Vec<Refused>>,
    screen: Screen,
}

impl Ui {
    pub(crate) fn new(global: &Global, root: &Path, screen: Screen) -> Self {
        let variable = |name: &str| std::env::var_os(name);
        let colored = (
            is_colored(global.color, &std::io::stdout(), variable),
            is_colored(global.color, &std::io::stderr(), variable),
        );
        Self {
            paths: Paths::of(root),
            format: global.format.main,
            files: global.format.files.clone(),
            verbose: global.verbose,
            quiet: global.quiet,
            is_terminal: std::io::stdout().is_terminal(),
            colored,
            unprinted: Cell::new(None),
            said: RefCell::default(),
            times: RefCell::default(),
            refused: RefCell::default(),
            screen,
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

    /// Prints what another program reads, unchanged. On a terminal, it is printed like any line.
    pub(crate) fn program_text(&self, text: &str) {
        if self.is_terminal { self.line(text) } else { self.write(text) }
    }

    /// Writes a line of the result. A reader that has gone away (`| head`) is ignored. Other failures, such as a
    /// full disk, are kept for [`finish`](Self::finish).
    fn write(&self, text: &str) {
        self.screen.print(|| {
            if let Err(cause) = writeln!(std::io::stdout(), "{text}")
                && cause.kind() != ErrorKind::BrokenPipe
            {
                self.unprinted.set(Some(cause.kind()));
            }
        });
    }

    /// Returns an error if some of the result could not be printed.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.unprinted.get() {
            None => Ok(()),
            Some(kind) => {
                Err(Error::new(Code::CantPrint, format!("the result can't be written to standard output: {kind}"))
                    .help("the work itself is done; `autogen status` and `autogen diff` show how things stand"))
            }
        }
    }

    /// Prints a line of the result in text form. Other forms print one document at the end.
    pub(crate) fn text(&self, text: impl AsRef<str>) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// Prints a line of the result in text form, in the colour of what it says.
    pub(crate) fn toned(&self, text: impl AsRef<str>, tone: Tone) {
        if self.format == Format::Text {
            self.write(&toned(&printable(text.as_ref()), tone, self.colored.0));
        }
    }

    /// Prints the risks of a change in text form, one line each.
    pub(crate) fn risks(&self, risks: &[Risk]) {
        for line in risk_lines(risks, self.colored.0) {
            if self.format == Format::Text {
                self.write(&line);
            }
        }
    }

    /// Reports that a revision was written, as a line below others if it is `indented`. Returns its folder.
    pub(crate) fn wrote(&self, revision: &NewRevision, indented: bool) -> String {
        let folder = self.paths.relative(&revision.dir()).display().to_string();
        let margin = if indented { "  " } else { "" };
        self.text(format!("{margin}wrote {folder}/{{up.sql,down.sql,metadata.toml}}"));
        folder
    }

    /// Prints the tables that change hands, one line each.
    pub(crate) fn transfers(&self, draft: &Draft) {
        for line in draft.transfers() {
            if self.format == Format::Text {
                self.write(&format!("  {}", by_sign(&line, self.colored.0)));
            }
        }
    }

    /// Prints changes in text form, one line each.
    pub(crate) fn changes(&self, changes: &[Change]) {
        for line in change_lines(changes, self.colored.0) {
            if self.format == Format::Text {
                self.write(&line);
            }
        }
    }

    /// Prints SQL, with the dialect above it if the host has several.
    pub(crate) fn sql(&self, sql: &str, workspace: &Workspace) {
        if workspace.host.config.several_dialects() {
            self.line(format!("-- for {}", workspace.dialect));
        }
        self.program_text(sql);
    }

    /// Prints a drawing in text form, whose parts are printable and coloured already.
    pub(crate) fn drawing(&self, text: &str) {
        if self.format == Format::Text {
            self.write(text.trim_end());
        }
    }

    /// Tells whether results are coloured.
    pub(crate) fn is_colored(&self) -> bool {
        self.colored.0
    }

    /// Prints a unified diff.
    pub(crate) fn unified(&self, diff: &str) {
        for line in diff.lines() {
            self.write(&by_sign(line, self.colored.0));
        }
    }

    /// Prints a remark, which isn't part of the result.
    pub(crate) fn remark(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.bad_news(&plain(text.as_ref()));
        }
    }

    /// Prints a remark whose text is printable already, and may be colored.
    pub(crate) fn colored_remark(&self, line: &str) {
        if !self.quiet {
            self.bad_news(line);
        }
    }

    /// Returns what nobody has allowed, if somebody can be asked about it: at a terminal, and not for a program. Begins
    /// anew.
    pub(crate) fn open_questions(&self) -> Vec<Refused> {
        let refused = self.refused.take();
        let is_for_people = self.format == Format::Text && self.files.is_empty() && !self.quiet;
        let has_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        if !is_for_people || !has_terminal || is_dumb || std::env::var_os("CI").is_some() {
            return Vec::new();
        }
        self.screen.clear();
        refused
    }

    /// Prints how long each revision took, to users who ask for it.
    pub(crate) fn times(&self) {
        for line in self.times.borrow_mut().lines().iter().filter(|_| self.verbose > 0) {
            self.remark(line);
        }
    }

    /// Prints a document for programs, which begins with its version and command.
    pub(crate) fn json(&self, command: &str, contents: Value) {
        self.write(document::text(command, contents).trim_end());
    }

    /// Writes a report in all forms that are asked for.
    ///
    /// # Errors
    /// `can't-write`
    pub(crate) fn report(&self, report: &Report) -> Result<(), Error> {
        interrupt::refuse(report.command)?;
        self.write_files(report)?;
        let text = render(report, &warnings(&self.said.borrow()), self.format, &self.excerpts(self.colored.0));
        if !text.is_empty() {
            if self.format == Format::Sql { self.program_text(text.trim_end()) } else { self.write(text.trim_end()) }
        }
        Ok(())
    }

    fn write_files(&self, report: &Report) -> Result<(), Error> {
        let warnings = warnings(&self.said.borrow());
        for (format, file) in &self.files {
            let text = render(report, &warnings, *format, &self.excerpts(false));
            write_file(file, &text)?;
        }
        Ok(())
    }

    /// Reports why a command stopped, in every form that is asked for.
    pub(crate) fn failed(&self, command: &'static str, error: &Error) {
        self.error(error);
        let report = Report::of_error(command, error, &self.paths);
        // A file that couldn't be written can't be written now either.
        if error.code() != Code::CantWrite
            && let Err(unwritten) = self.write_files(&report)
        {
            self.error(&unwritten);
        }
        if self.format == Format::Json || self.format.is_of_reports() {
            let text = render(&report, &warnings(&self.said.borrow()), self.format, &self.excerpts(false));
            self.write(text.trim_end());
        }
    }

    /// Prints why the work stopped.
    pub(crate) fn error(&self, error: &Error) {
        for finding in Finding::of_error(error) {
            self.finding(&finding);
        }
        let mut cause = std::error::Error::source(error).filter(|_| self.verbose > 0);
        while let Some(found) = cause {
            self.bad_news(&format!("cause: {}", plain(&found.to_string())));
            cause = found.source();
        }
    }

    fn finding(&self, finding: &Finding) {
        self.bad_news(&format!("{}\n", self.excerpts(self.colored.1).finding(finding)));
    }

    fn excerpts(&self, colored: bool) -> Excerpts<'_> {
        Excerpts { paths: &self.paths, colored }
    }

    /// Prints to standard error. A failure is ignored, because nothing is left to tell it by.
    fn bad_news(&self, text: &str) {
        self.screen.print(|| _ = writeln!(std::io::stderr(), "{text}"));
    }
}

impl Observer for Ui {
    fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if !self.quiet || diagnostic.severity == Severity::Error {
                Finding::of_diagnostics(std::slice::from_ref(diagnostic)).iter().for_each(|found| self.finding(found));
            }
        }
        self.said.borrow_mut().extend_from_slice(diagnostics);
    }

    fn remark(&self, text: &str) {
        Self::remark(self, text);
    }

    fn event(&self, event: &Event<'_>) {
        self.times.borrow_mut().note(event);
        Self::remark(self, event.to_string());
    }

    fn refused(&self, refused: &Refused) {
        self.refused.borrow_mut().push(refused.clone());
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            Self::remark(self, text);
        }
    }
}

/// Reports that a command line can't be understood, in every form that it asks for. People have already read it.
pub(crate) fn not_understood(outputs: &Outputs, error: &Error) {
    let paths = Paths::of(Path::new("."));
    let report = Report::of_error("", error, &paths);
    let excerpts = Excerpts { paths: &paths, colored: false };
    for (format, file) in &outputs.files {
        let _untold = write_file(file, &render(&report, &[], *format, &excerpts));
    }
    if outputs.main == Format::Json || outputs.main.is_of_reports() {
        let text = render(&report, &[], outputs.main, &excerpts);
        let _untold = write!(std::io::stdout(), "{text}");
    }
}

/// Writes a file that the command line names.
///
/// # Errors
/// `can't-write`
pub(crate) fn write_file(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(|cause| {
        Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", file.display()))
            .help("name a file in a folder that is there and that you may write to")
    })
}
