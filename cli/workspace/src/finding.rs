//! The findings of a command: the data that every report is made of.

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error, Label, Severity};
use autogen_engine::history::Revision;
use autogen_engine::model::{Change, Place, Rename, Schema, TableName};

/// Something that keeps a host from being as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its code, as listed in docs/errors.md.
    pub code: Code,
    /// The rule about SQL that has found it, where one has.
    pub rule: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The dialect of the chain, if it concerns one.
    pub dialect: Option<Dialect>,
    /// The owner of the chain or tables that it concerns, if there is one.
    pub plugin: Option<String>,
    /// The name of the revision that it concerns, if there is one.
    pub revision: Option<String>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The details, in further sentences.
    pub notes: Vec<String>,
    /// The parts of files that it concerns. The first is the main one.
    pub labels: Vec<Label>,
    /// Where it is shown if it concerns no part of a file.
    pub anchor: Option<Place>,
    /// The changes that would mend it, if there are such changes.
    pub changes: Vec<Change>,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Finding {
    /// Creates an error without owner or place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            rule: None,
            severity: Severity::Error,
            dialect: None,
            plugin: None,
            revision: None,
            message: message.into(),
            notes: Vec::new(),
            labels: Vec::new(),
            anchor: None,
            changes: Vec::new(),
            help: String::new(),
        }
    }

    /// States the finding's owner and dialect.
    #[must_use]
    pub fn of(mut self, plugin: &str, dialect: Dialect) -> Self {
        self.plugin = Some(plugin.to_owned());
        self.dialect = Some(dialect);
        self
    }

    /// Returns the name under which reports group the finding: the rule's, or else the code.
    pub fn id(&self) -> &str {
        self.rule.as_deref().unwrap_or(self.code.as_str())
    }

    /// Returns the main place, or else the place that shows the finding.
    pub fn place(&self) -> Option<&Place> {
        self.labels.first().map(|label| &label.place).or(self.anchor.as_ref())
    }

    /// Adds a part of a file that the finding is about.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.labels.push(Label { place, text: String::new() });
        self
    }

    /// States which revision the finding is about. The finding is shown in its `up.sql` if it has no other place.
    #[must_use]
    pub fn in_revision(mut self, revision: &Revision) -> Self {
        self.revision = Some(revision.name.clone());
        self.or_shown_in(beginning(revision))
    }

    /// Shows the finding at a place if it has no other.
    #[must_use]
    pub fn or_shown_in(mut self, place: Place) -> Self {
        self.anchor = self.anchor.or(Some(place));
        self
    }

    /// Shows the finding in the newest revision of its chain if it has no other place.
    #[must_use]
    pub(crate) fn or_at_end_of<'a>(self, chain: impl Iterator<Item = &'a Revision>) -> Self {
        chain.last().map(beginning).into_iter().fold(self, Self::or_shown_in)
    }

    /// States the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// States the changes that would mend the finding, and where their subject is defined.
    #[must_use]
    pub fn mended_by(mut self, changes: Vec<Change>, models: &Schema) -> Self {
        for change in &changes {
            let Some(place) = place_of(change, models) else { continue };
            let label = Label { place: place.clone(), text: String::new() };
            if !self.labels.contains(&label) {
                self.labels.push(label);
            }
        }
        self.changes = changes;
        self
    }

    /// Converts diagnostics to findings. A note with the same code and without a place becomes a part of the
    /// finding before it.
    pub fn of_diagnostics(diagnostics: &[Diagnostic]) -> Vec<Self> {
        let mut findings: Vec<Self> = Vec::new();
        for Diagnostic { severity, code, message, labels, help } in diagnostics {
            if let Some(last) = findings.last_mut()
                && *severity == Severity::Note
                && *code == last.code
                && labels.is_empty()
            {
                last.notes.push(message.clone());
                if last.help.is_empty() {
                    last.help.push_str(help.as_deref().unwrap_or_default());
                }
                continue;
            }
            let (labels, help) = (labels.clone(), help.clone().unwrap_or_default());
            findings.push(Self { severity: *severity, labels, help, ..Self::new(*code, message) });
        }
        findings
    }

    /// Converts an error to findings, the main one first.
    pub fn of_error(error: &Error) -> Vec<Self> {
        Self::of_diagnostics(&error.diagnostics)
    }
}

fn beginning(revision: &Revision) -> Place {
    Place::in_text(&revision.dir.join("up.sql"), &revision.up, 0..0)
}

/// Returns where the subject of a change is defined: the column or rule, or else the table.
pub(crate) fn place_of<'a>(change: &'a Change, models: &'a Schema) -> Option<&'a Place> {
    let own = change.hints().and_then(|hints| hints.place.as_ref());
    own.or_else(|| match change {
        Change::Rename(Rename::Table(names) | Rename::Enum(names)) => definition(&names.to, models),
        Change::Rename(Rename::Column(table, names)) => column(table, &names.to, models),
        Change::Column(table, edit) => column(table, &edit.first().name, models),
        Change::Rename(Rename::EnumValue(..)) | Change::Table(_) | Change::Rule(..) | Change::Enum(_) => {
            definition(&change.subject().table, models)
        }
    })
}

fn definition<'a>(name: &TableName, models: &'a Schema) -> Option<&'a Place> {
    let of_enum = || models.enums.get(name).map(|found| &found.hints);
    models.tables.get(name).map(|table| &table.hints).or_else(of_enum).and_then(|hints| hints.place.as_ref())
}

fn column<'a>(table: &TableName, name: &str, models: &'a Schema) -> Option<&'a Place> {
    let found = models.tables.get(table).and_then(|table| table.column(name));
    found.and_then(|column| column.hints.place.as_ref()).or_else(|| definition(table, models))
}
