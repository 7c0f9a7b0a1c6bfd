//! Findings and hazards as diagnostics of the protocol, file by file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use autogen_engine::error::{Label, Severity};
use autogen_engine::model::Place;
use autogen_engine::plan::HazardKind;
use autogen_workspace::{Concern, Finding};
use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range, Url};

use super::text;
use crate::plain::plain;
use crate::report::straightened;

/// Diagnostics by file.
pub(super) type ByFile = BTreeMap<Url, Vec<Diagnostic>>;

/// The files of a host, as its places name them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    /// The host's folder.
    pub(super) root: &'a Path,
    /// Texts that were read instead of files.
    pub(super) texts: &'a BTreeMap<PathBuf, String>,
    /// What the editor calls its open files, by their real paths.
    pub(super) names: &'a BTreeMap<PathBuf, Url>,
}

impl Files<'_> {
    /// Checks whether a place is in a file that the editor has open.
    pub(super) fn is_in(&self, place: &Place, uri: &Url) -> bool {
        let Ok(path) = uri.to_file_path() else { return false };
        // Most places are elsewhere, and the system need not be asked about those.
        let own = straightened(&self.root.join(&place.file));
        let is_same = || own.canonicalize().is_ok_and(|own| path.canonicalize().is_ok_and(|path| own == path));
        own == path || (own.file_name() == path.file_name() && is_same())
    }

    /// Returns the text and the name of a place's file.
    pub(super) fn file(&self, file: &Path) -> Option<(String, Url)> {
        let path = straightened(&self.root.join(file));
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = self.names.get(&real).cloned().or_else(|| Url::from_file_path(&path).ok())?;
        let edited = self.texts.get(&path).or_else(|| {
            let opened = name.to_file_path().ok()?;
            self.texts.get(&opened)
        });
        let text = edited.cloned().or_else(|| std::fs::read_to_string(&path).ok()).unwrap_or_default();
        Some((text, name))
    }

    /// Returns a place as the protocol has it.
    pub(super) fn location(&self, place: &Place) -> Option<Location> {
        let (text, uri) = self.file(&place.file)?;
        Some(Location { uri, range: text::range(&text, text::span(&text, place)) })
    }

    /// Returns where something is shown that has no place: at the top of autogen.toml, or of the first open file.
    fn anywhere(&self) -> Option<Location> {
        let config = self.root.join("autogen.toml");
        let uri = match config.is_file() {
            true => self.file(&config).map(|(_, uri)| uri),
            false => self.texts.keys().next().and_then(|path| Some(self.file(path)?.1)),
        };
        uri.map(|uri| Location { uri, range: Range::default() })
    }

    /// Adds findings.
    pub(super) fn add_findings(&self, findings: &[Finding], shown: &mut ByFile) {
        for finding in findings {
            let at = finding.place().and_then(|place| self.location(place)).or_else(|| self.anywhere());
            // A remark without a place is about no line of anything.
            let Some(at) = at.filter(|_| finding.place().is_some() || finding.severity == Severity::Error) else {
                continue;
            };
            let mut message = plain(&finding.message);
            let notes = finding.notes.iter().map(|note| format!("\n{}", plain(note)));
            message.extend(notes);
            if !finding.help.is_empty() {
                message.push_str(&format!("\nhelp: {}", plain(&finding.help)));
            }
            let severity = match finding.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Note => DiagnosticSeverity::INFORMATION,
            };
            let others = finding.labels.iter().skip(1).filter_map(|label| self.related(label)).collect();
            self.add(at, finding.id(), (severity, message, others), shown);
        }
    }

    /// Adds hazards of what would be written next.
    pub(super) fn add_concerns(&self, concerns: &[Concern], shown: &mut ByFile) {
        for concern in concerns {
            let Some(at) = concern.place.as_ref().and_then(|place| self.location(place)).or_else(|| self.anywhere())
            else {
                continue;
            };
            self.add(
                at,
                concern.hazard.kind.name(),
                (severity(concern.hazard.kind), message(concern), Vec::new()),
                shown,
            );
        }
    }

    fn related(&self, label: &Label) -> Option<DiagnosticRelatedInformation> {
        let message = if label.text.is_empty() { "here".to_owned() } else { plain(&label.text) };
        Some(DiagnosticRelatedInformation { location: self.location(&label.place)?, message })
    }

    fn add(
        &self,
        at: Location,
        code: &str,
        (severity, message, others): (DiagnosticSeverity, String, Vec<DiagnosticRelatedInformation>),
        shown: &mut ByFile,
    ) {
        let diagnostic = Diagnostic {
            range: at.range,
            severity: Some(severity),
            code: Some(NumberOrString::String(code.to_owned())),
            source: Some("autogen".to_owned()),
            message,
            related_information: Some(others).filter(|others| !others.is_empty()),
            ..Diagnostic::default()
        };
        let of_file = shown.entry(at.uri).or_default();
        if !of_file.contains(&diagnostic) {
            of_file.push(diagnostic);
        }
    }
}

/// Returns what a hazard says to whoever writes the definition.
fn message(concern: &Concern) -> String {
    let on = match concern.dialects.as_slice() {
        [] => String::new(),
        dialects => format!(" ({})", dialects.iter().map(|dialect| dialect.name()).collect::<Vec<_>>().join(", ")),
    };
    let kind = concern.hazard.kind.name().replace('-', "_");
    format!(
        "{}{on}\nhelp: if that is meant, write `#[allow({kind})]`, or generate with `--allow`",
        plain(&concern.hazard.detail)
    )
}

/// Returns how bad a hazard is: a warning if something is lost or stops a migration, else good to know.
fn severity(kind: HazardKind) -> DiagnosticSeverity {
    match kind {
        HazardKind::Rebuild | HazardKind::TableRewrite | HazardKind::Irreversible => DiagnosticSeverity::INFORMATION,
        HazardKind::DropTable
        | HazardKind::DropColumn
        | HazardKind::DeleteRows
        | HazardKind::DropEnumValue
        | HazardKind::NarrowType
        | HazardKind::NotNull
        | HazardKind::NewUnique
        | HazardKind::NewCheck
        | HazardKind::NewForeignKey => DiagnosticSeverity::WARNING,
    }
}
