//! `autogen [generate]`: writes the next revision of each selected owner's chain.

use std::collections::BTreeSet;

use autogen::database::Database;
use autogen::error::{Error, Result};
use autogen::history::{Autogen, Metadata, RevisionFiles, Version, next_version, slug, write};
use autogen::introspect::introspect;
use autogen::model::Change;
use autogen_codegen::report;
use serde_json::{Value, json};

use crate::args::{Format, Generate, Global};
use crate::draft::Draft;
use crate::ui::Ui;
use crate::work::{Models, Work};
use crate::{Outcome, draft};

pub(crate) fn run(global: &Global, args: &Generate, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let models = work.models(ui)?;
    let owners = work.owners(&models);
    for owner in &owners {
        work.head(&owner.name)?;
    }
    let replayed = work.replayed()?;
    let makers = replayed.makers.clone();
    let mut live = work.url.is_some().then(|| work.live(false)).transpose()?;
    let mut database = work.start(&owners, replayed)?;
    work.report_kept(&introspect(&mut database)?, &models, &makers, ui);

    let mut documents = Vec::new();
    let mut written: Vec<(String, Version)> = Vec::new();
    for owner in owners {
        let comparison = work.compare(&owner.name, &mut database, &models, &makers)?;
        if comparison.changes.is_empty() {
            ui.text(format!("{}: in sync", owner.name));
            documents.push(json!({ "plugin": owner.name, "in_sync": true }));
            continue;
        }
        let mut draft = Draft::new(&work, &models, &owner.name, comparison, args.message.as_deref(), live.as_mut())?;
        draft.refuse_hazards(|kind| args.allows(kind))?;
        if !args.no_verify {
            draft.prove(&work, &models, &mut database)?;
        }
        let revision = Pending::new(&work, &models, &draft, &written)?;
        show(&draft, ui);
        let mut document = draft.json();
        if args.dry_run {
            revision.show(&work, &draft, ui);
        } else {
            let folder = revision.write(&work, &draft)?;
            ui.text(format!("  wrote {}/{{up.sql,down.sql,metadata.toml}}", folder.display()));
            document["written"] = folder.display().to_string().into();
        }
        document["revision"] = revision.name.clone().into();
        documents.push(document);
        // The owners that come next start from here.
        apply(&mut database, &draft, &work)?;
        written.push((owner.name.clone(), revision.version));
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
    fn new(work: &Work, models: &Models, draft: &Draft, written: &[(String, Version)]) -> Result<Self> {
        let parent = work.head(&draft.owner)?.map(|head| head.version.clone());
        let depends_on = dependencies(work, models, draft, written)?;
        let later_than: Vec<Version> = parent.iter().chain(&depends_on).cloned().collect();
        let prefix = next_version(now()?, &draft.owner, &later_than)?;
        let name = format!("{prefix}_{}", slug(&draft.title));
        let metadata = Metadata {
            run_in_transaction: draft.runs_in_transaction(),
            autogen: Some(Autogen {
                plugin: draft.owner.clone(),
                revises: parent.into_iter().collect(),
                depends_on,
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

    fn show(&self, work: &Work, draft: &Draft, ui: &Ui) {
        let files = draft.files(work);
        match ui.format {
            Format::Text => {
                ui.line(format!("  would write {}", self.name));
                for (file, text) in [("up.sql", &files.up), ("down.sql", &files.down)] {
                    ui.line(format!("\n{file}\n{text}"));
                }
            }
            Format::Sql => ui.line(files.up),
            Format::Json | Format::Unified => {}
        }
    }
}

fn show(draft: &Draft, ui: &Ui) {
    ui.text(format!("{}: {}", draft.owner, draft.title));
    for line in report::lines(&draft.changes) {
        ui.text(format!("  {line}"));
    }
    for line in autogen_codegen::revision::risks(&draft.risks) {
        ui.text(format!("  at risk: {line}"));
    }
    for line in &draft.proven {
        ui.text(format!("  proven: {line}"));
    }
}

/// Newest revisions of the owners that this one's new keys point at.
fn dependencies(work: &Work, models: &Models, draft: &Draft, written: &[(String, Version)]) -> Result<Vec<Version>> {
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
        match written.iter().find(|(owner, _)| owner == parent) {
            Some((_, version)) => versions.push(version.clone()),
            None => versions.extend(work.head(parent)?.map(|head| head.version.clone())),
        }
    }
    Ok(versions)
}

fn apply(database: &mut Database, draft: &Draft, work: &Work) -> Result<()> {
    if !draft::changes_anything(&draft.plans.up) {
        return Ok(());
    }
    database.execute(&draft.files(work).up).map_err(|cause| {
        Error::new(
            "proof-failed",
            format!("{}'s own migration doesn't run on a scratch database: {cause}", draft.owner),
        )
        .help("this is a defect of autogen: please report it with the definitions")
        .caused_by(cause)
    })
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
