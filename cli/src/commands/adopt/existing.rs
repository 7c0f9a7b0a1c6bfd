//! Sites whose tables were made without the chain: which state of it they have, or what brings them to one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use autogen::database::Database;
use autogen::diff::diff;
use autogen::error::Result;
use autogen::history::{Metadata, NewRevision, Revision, RevisionFiles, applied, slug, stamp, write};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, Schema, TableName};
use autogen::scratch::{beside, copy, replay_only};
use autogen_codegen::report;
use serde_json::json;

use crate::Outcome;
use crate::args::{Adopt, Format};
use crate::document;
use crate::draft::Draft;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::{Comparison, Models, Work};

/// A state of an owner's chain, and what a site lacks of it.
struct State<'a> {
    /// The owner's revisions up to here.
    revisions: Vec<&'a Revision>,
    /// All that this stands on, itself included.
    all: Vec<&'a Revision>,
    /// All that the site has.
    site: Schema,
    /// The owner's tables in this state.
    wanted: Schema,
    changes: Vec<Change>,
}

pub(super) fn run(work: &Work, models: &Models, args: &Adopt, ui: &Ui) -> Result<Outcome> {
    let owner = work.one_selected("adopt --existing")?.name.clone();
    work.head(&owner)?;
    let mut live = work.live(false)?;
    let there = applied(&mut live)?;
    let chain: Vec<&Revision> = work.history.of(&owner).collect();
    if chain.iter().all(|revision| there.contains(&revision.version)) {
        ui.text(format!("{owner}: the database knows the whole chain"));
        if ui.format == Format::Json {
            ui.json("adopt", json!({ "plugin": owner, "marked": [], "tables": [], "changes": [], "written": null }));
        }
        return Ok(Outcome::Clean);
    }
    let start = introspect(&mut live)?;
    let state = nearest(work, models, &owner, &chain, &start)?;
    let tables: Vec<(String, usize)> = state
        .wanted
        .tables
        .keys()
        .map(|table| {
            (table.to_string(), state.changes.iter().filter(|change| change.subject().table == *table).count())
        })
        .collect();
    let reached = state.revisions.last().map(ToString::to_string).unwrap_or_default();
    ui.text(format!("{owner}: compared with the chain up to {reached}"));
    for (table, differences) in &tables {
        ui.text(match differences {
            0 => format!("  = {table}"),
            number => format!("  ~ {table}: {}", counted(*number, "difference")),
        });
    }

    let mut marked: Vec<String> = Vec::new();
    let mut folder = None;
    let clean = state.changes.is_empty();
    if clean {
        let missing: Vec<&Revision> =
            state.all.iter().copied().filter(|revision| !there.contains(&revision.version)).collect();
        let foreign: Vec<String> =
            missing.iter().filter(|revision| revision.owner != owner).map(ToString::to_string).collect();
        if !foreign.is_empty() {
            ui.text(format!(
                "not marked: the chain stands on what the database has not applied: {}",
                foreign.join(", ")
            ));
            return Ok(Outcome::Findings);
        }
        if !args.dry_run {
            stamp(&mut live, &missing, &[], &[])?;
        }
        marked.extend(missing.iter().map(|revision| revision.name.clone()));
        let done = if args.dry_run { "would mark" } else { "marked" };
        ui.text(format!("{done} as applied: {}", marked.join(", ")));
    } else {
        ui.changes(&state.changes);
        folder = Some(bring(work, models, &owner, &state, &mut live, args, ui)?);
    }
    if ui.format == Format::Json {
        ui.json(
            "adopt",
            json!({
                "plugin": owner,
                "tables": tables.iter().map(|(table, differences)| json!({ "table": table, "differences": differences })).collect::<Vec<_>>(),
                "changes": document::changes(&state.changes),
                "marked": marked,
                "written": folder.map(|folder| folder.display().to_string()),
            }),
        );
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

/// The newest state that the site is equal to, else the one with the fewest differences.
fn nearest<'a>(
    work: &'a Work,
    models: &Models,
    owner: &str,
    chain: &[&'a Revision],
    start: &Schema,
) -> Result<State<'a>> {
    let mut nearest: Option<State<'a>> = None;
    for length in (1..=chain.len()).rev() {
        let revisions = chain[..length].to_vec();
        let all = work.history.with_ancestors(&revisions);
        let mut replayed = replay_only(&work.history, &all, &work.scratch_server()?)?;
        let made = introspect(&mut replayed.database)?;
        let both = beside(start.clone(), made, &mut replayed.database)?;
        let owns = |table: &TableName| {
            replayed.makers.get(table).map(String::as_str).or(models.ownership.owner_of(table)) == Some(owner)
        };
        // What the site has beyond this state is a later one's, or nobody's.
        let wanted = both.to.restricted(owns);
        let existing = both.from.restricted(|table| wanted.tables.contains_key(table));
        let pair = Pair::new(existing, wanted);
        let changes = diff(&pair, work.dialect);
        let is_nearer = nearest.as_ref().is_none_or(|nearest| changes.len() < nearest.changes.len());
        if is_nearer {
            let is_equal = changes.is_empty();
            nearest = Some(State { revisions, all, site: both.from, wanted: pair.to, changes });
            if is_equal {
                break;
            }
        }
    }
    Ok(nearest.expect("a chain with something pending has a revision"))
}

/// Writes what brings the site to a state, proven on a copy of it. It is the site's own: other
/// databases have no use for it, so it goes beside the chain and not into it.
fn bring(
    work: &Work,
    models: &Models,
    owner: &str,
    state: &State<'_>,
    live: &mut Database,
    args: &Adopt,
    ui: &Ui,
) -> Result<PathBuf> {
    let mut start = copy(live, &work.scratch_server()?)?;
    let comparison =
        Comparison { start: state.site.clone(), models: state.wanted.clone(), changes: state.changes.clone() };
    let title = format!("bring a site to {}", report::title(&[], true));
    let mut draft = Draft::new(work, models, owner, comparison, &BTreeSet::new(), title, Some(live))?;
    draft.refuse_hazards(|kind| args.allow.iter().any(|allowed| allowed.allows(kind)))?;
    draft.prove(work, models, &mut start)?;
    let files = draft.files(work);
    let new = NewRevision {
        migrations: args
            .output
            .clone()
            .unwrap_or_else(|| work.host.root.strip_prefix(".").unwrap_or(&work.host.root).join("sites")),
        name: format!("{owner}_{}", slug(&draft.title)),
        files: RevisionFiles {
            up: files.up,
            down: files.down,
            metadata: Metadata { run_in_transaction: draft.runs_in_transaction(), autogen: None },
        },
    };
    if args.dry_run {
        ui.text(format!("would write {}\n{}", new.dir().display(), new.files.up.trim_end()));
    } else {
        write(std::slice::from_ref(&new))?;
        for line in &draft.proven {
            ui.text(format!("  proven: {line}"));
        }
        ui.text(format!("wrote {}/up.sql: run it on this database, then the same command again", new.dir().display()));
    }
    Ok(new.dir())
}
