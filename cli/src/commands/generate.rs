//! `autogen [generate]`: writes the next revision of each selected owner's chain.

use std::collections::BTreeSet;

use autogen::error::{Error, Result};
use autogen::history::{Autogen, Metadata, RevisionFiles, Version, next_version, slug, write};
use autogen::model::Change;
use autogen_codegen::{report, revision};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Generate, Global};
use crate::draft::{Draft, Drafts, drafts};
use crate::ui::Ui;
use crate::work::{Models, Work};

pub(crate) fn run(global: &Global, args: &Generate, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let Drafts { models, owners: drafts } = drafts(&work, args.message.as_deref(), ui, |draft, models, start| {
        draft.refuse_hazards(|kind| args.allows(kind))?;
        if args.no_verify { Ok(()) } else { draft.prove(&work, models, start) }
    })?;
    // Nothing is written before all of it can be: what is refused in one chain would else leave
    // another one ahead.
    let mut revisions: Vec<(&Draft, Pending)> = Vec::new();
    for draft in drafts.iter().filter_map(|(_, draft)| draft.as_ref()) {
        let pending = Pending::new(&work, &models, draft, &revisions)?;
        revisions.push((draft, pending));
    }

    let mut revisions = revisions.into_iter();
    let mut documents = Vec::new();
    for (owner, draft) in &drafts {
        let next = draft.as_ref().and_then(|_| revisions.next());
        let Some((draft, revision)) = next else {
            ui.text(format!("{owner}: in sync"));
            documents.push(json!({ "plugin": owner, "in_sync": true }));
            continue;
        };
        let mut document = draft.json(&work);
        document["revision"] = revision.name.clone().into();
        document["written"] = Value::Null;
        show(draft, &work, ui);
        if args.dry_run {
            revision.show(&work, draft, ui);
        } else {
            let folder = revision.write(&work, draft)?;
            let folder = folder.strip_prefix(".").unwrap_or(&folder).display().to_string();
            ui.text(format!("  wrote {folder}/{{up.sql,down.sql,metadata.toml}}"));
            document["written"] = folder.into();
        }
        documents.push(document);
    }
    if ui.format == Format::Json {
        ui.json("generate", json!({ "plugins": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}

/// A revision's name and what its metadata says.
struct Pending {
    name: String,
    version: Version,
    metadata: Metadata,
}

impl Pending {
    fn new(work: &Work, models: &Models, draft: &Draft, before: &[(&Draft, Pending)]) -> Result<Self> {
        let parent = work.head(&draft.owner)?.map(|head| head.version.clone());
        let depends_on = dependencies(work, models, draft, before)?;
        let later_than: Vec<Version> = parent.iter().chain(&depends_on).cloned().collect();
        let prefix = next_version(now()?, &draft.owner, &later_than)?;
        let name = format!("{prefix}_{}", slug(&draft.title));
        let metadata = Metadata {
            run_in_transaction: draft.runs_in_transaction(),
            autogen: Some(Autogen {
                plugin: draft.owner.clone(),
                revises: parent.into_iter().collect(),
                depends_on,
                after: Vec::new(),
                takes: Vec::new(),
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                verified: draft.proven.clone(),
            }),
        };
        Ok(Self { version: Version::of(&name), name, metadata })
    }

    fn write(&self, work: &Work, draft: &Draft) -> Result<std::path::PathBuf> {
        let files = draft.files(work);
        let migrations =
            work.host.owner(&draft.owner)?.migrations_for(work.dialect, work.host.config.several_dialects());
        let files = RevisionFiles { up: files.up, down: files.down, metadata: self.metadata.clone() };
        write(&migrations, &self.name, &files)
    }

    /// The files, for a run that writes none.
    fn show(&self, work: &Work, draft: &Draft, ui: &Ui) {
        let files = draft.files(work);
        let metadata = self.metadata.to_toml();
        ui.text(format!("  would write {}", self.name));
        for (file, text) in [("up.sql", &files.up), ("down.sql", &files.down), ("metadata.toml", &metadata)] {
            ui.text(format!("\n----- {file}\n{}", text.trim_end()));
        }
    }
}

fn show(draft: &Draft, work: &Work, ui: &Ui) {
    match ui.format {
        Format::Text => {
            ui.line(format!("{}: {}", draft.owner, draft.title));
            ui.changes(&draft.changes);
            for line in revision::risks(&draft.risks) {
                ui.line(format!("  at risk: {line}"));
            }
            for line in &draft.proven {
                ui.line(format!("  proven: {line}"));
            }
        }
        Format::Sql => ui.line(draft.files(work).up.trim_end()),
        Format::Unified => ui.unified(&report::unified(&draft.start, &draft.plans.goal, work.dialect)),
        // One document at the end.
        Format::Json => {}
    }
}

/// Newest revisions of the owners that this one's new keys point at.
fn dependencies(work: &Work, models: &Models, draft: &Draft, before: &[(&Draft, Pending)]) -> Result<Vec<Version>> {
    let parents: BTreeSet<&str> = draft
        .changes
        .iter()
        .flat_map(|change| match change {
            Change::CreateTable(table) => table.foreign_keys.iter().collect(),
            Change::AddForeignKey(_, key) => vec![key],
            _ => Vec::new(),
        })
        .filter_map(|key| models.ownership.owner_of(&key.references))
        .filter(|parent| *parent != draft.owner)
        .collect();
    let mut versions = Vec::new();
    for parent in parents {
        match before.iter().find(|(draft, _)| draft.owner == parent) {
            Some((_, revision)) => versions.push(revision.version.clone()),
            None => versions.extend(work.head(parent)?.map(|head| head.version.clone())),
        }
    }
    Ok(versions)
}

/// The time that versions are made from; SOURCE_DATE_EPOCH (seconds since 1970) fixes it for
/// builds and tests that must give the same bytes twice.
fn now() -> Result<jiff::Timestamp> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(jiff::Timestamp::now()) };
    text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Error::new("bad-clock", format!("SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds since 1970"))
            .help("unset it, or set it to a whole number")
    })
}
