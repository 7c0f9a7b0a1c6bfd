//! `autogen merge`: a revision that joins the heads of a chain.

use autogen::error::{Error, Result};
use autogen::history::{Autogen, Metadata, NewRevision, Revision, RevisionFiles, Version, next_version, slug, write};
use autogen_codegen::revision::merge;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Merge};
use crate::branches::{branched, conflicting, first_conflict};
use crate::next::now;
use crate::ui::Ui;
use crate::work::Work;
use crate::works::Works;

pub(crate) fn run(global: &Global, args: &Merge, ui: &Ui) -> Result<Outcome> {
    let works = Works::load(global, ui)?;
    let mut new = Vec::new();
    for work in works.all() {
        for owner in branched(work) {
            let joined = joined(work, owner, args.message.as_deref());
            new.push(joined.map_err(|error| work.in_its_dialect(error))?);
        }
    }
    write(&new)?;
    let mut documents = Vec::new();
    for revision in &new {
        let folder = ui.path(&revision.dir()).display().to_string();
        ui.text(format!("wrote {folder}/{{up.sql,down.sql,metadata.toml}}"));
        let plugin = revision.files.metadata.autogen.as_ref().map(|autogen| autogen.plugin.clone());
        documents.push(json!({ "plugin": plugin, "revision": revision.name, "written": folder }));
    }
    if new.is_empty() {
        ui.text("nothing to merge: no chain has several heads");
    }
    if ui.format == Format::Json {
        ui.json("merge", json!({ "revisions": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}

/// A merge that nobody has tried would let one branch undo the other, so a dialect without a server has none.
fn joined(work: &Work, owner: &str, message: Option<&str>) -> Result<NewRevision> {
    let heads = work.history.heads(owner);
    if let Some((left, right, found)) = first_conflict(work, &heads)? {
        let error = Error::new("heads-conflict", format!("the heads of {owner}'s chain can't be merged"));
        return Err(conflicting(error, &work.history, (left, right), &found));
    }
    let proven =
        vec![format!("on {}, the heads make the same schema in whichever order they are applied", work.dialect)];
    let versions: Vec<Version> = heads.iter().map(|head| head.version.clone()).collect();
    let title = message.unwrap_or("merge");
    let names: Vec<&str> = heads.iter().map(|head: &&Revision| head.name.as_str()).collect();
    let files = merge(owner, title, &names, &proven);
    Ok(NewRevision {
        migrations: work.migrations(owner)?,
        name: format!("{}_{}", next_version(now()?, owner, &versions)?, slug(title)),
        files: RevisionFiles {
            up: files.up,
            down: files.down,
            metadata: Metadata {
                run_in_transaction: true,
                autogen: Some(Autogen {
                    plugin: owner.to_owned(),
                    revises: versions,
                    depends_on: Vec::new(),
                    after: Vec::new(),
                    takes: Vec::new(),
                    gives: Vec::new(),
                    renamed_values: Vec::new(),
                    tool: env!("CARGO_PKG_VERSION").to_owned(),
                    verified: proven,
                }),
            },
        },
    })
}
