//! `autogen check`: for CI. Models against what the chains make, and chains against the live
//! database where there is one.

use autogen::dialect::Dialect;
use autogen::error::{Error, Result};
use autogen::history::{OwnerStatus, Status, Told, status, trespasses};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, Schema};
use autogen::normalize::comparable_asking;
use autogen::scratch::{Replayed, spelled};
use serde_json::{Value, json};
use tracing::debug_span;

use crate::Outcome;
use crate::args::{Format, Global};
use crate::branches::two_heads;
use crate::concern::Concern;
use crate::document;
use crate::drift::{self, Drift};
use crate::plain::plain;
use crate::ui::Ui;
use crate::work::{Makers, Models, Work};
use crate::works::Works;

/// Why a live database can't be compared with.
const DRIFTED: &str = "the live database has drifted";

/// Something that keeps a host from being in sync.
struct Finding {
    /// The dialect of the chain.
    dialect: Dialect,
    /// Whose chain or tables it is about, where that can be told.
    plugin: Option<String>,
    code: &'static str,
    message: String,
    changes: Vec<Change>,
    help: String,
}

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let works = Works::load(global, ui)?;
    let models = works.models(ui)?;
    works.refuse_empty(&models)?;
    let mut findings = Vec::new();
    for (work, models) in works.here.iter().zip(&models) {
        check(work, models, &mut findings, ui).map_err(|error| work.in_its_dialect(error))?;
    }
    in_step(&works, &mut findings);
    report(&works, &findings, ui);
    Ok(if findings.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// The models against the chains of one dialect.
fn check(work: &Work, models: &Models, findings: &mut Vec<Finding>, ui: &Ui) -> Result<()> {
    let mut is_torn = false;
    let owners: Vec<&str> = work.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
    for owner in &owners {
        is_torn |= branched(work, owner, findings);
    }
    strangers(work, findings)?;
    if !is_torn && as_made(work, models, findings, ui)? {
        return Ok(());
    }
    if work.is_about_some() && !is_torn {
        let told = work.told(&owners, models, true);
        let mut found = Vec::new();
        // A part may show that all is well, never that it isn't.
        if told.is_some() && replaying(work, models, told.as_ref(), &mut found, ui).is_ok() && found.is_empty() {
            return Ok(());
        }
    }
    match replaying(work, models, None, findings, ui) {
        // That branches don't go together has been said.
        Err(_) if is_torn => Ok(()),
        done => done,
    }
}

/// The models against the chains, or what some owners need of them, and these against the live database.
fn replaying(
    work: &Work,
    models: &Models,
    told: Option<&Told<'_>>,
    findings: &mut Vec<Finding>,
    ui: &Ui,
) -> Result<()> {
    let mut replayed = work.replayed_as(told)?;
    let mut there = introspect(&mut replayed.database)?;
    if let Some(told) = told {
        there.note_unread(&told.unread);
    }
    let both = work.both_of(there, &mut replayed.database, models)?;
    let owners: Vec<&str> = work.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
    if let Some(table) = Concern::of(&owners, models, &replayed.makers).unread(&both.from) {
        return Err(Error::new("can't-introspect", format!("{table} wasn't read")));
    }
    compare(work, models, &both, &replayed.makers, findings);
    if work.url.is_none() || (told.is_some() && !findings.is_empty()) {
        return Ok(());
    }
    live(work, models, replayed, told, findings, ui)
}

/// The models against a live database that is known to be what the chains make, all of them: then nothing
/// needs replaying, unless there is something to ask of a database that may be written to. Says whether it is so.
fn as_made(work: &Work, models: &Models, findings: &mut Vec<Finding>, ui: &Ui) -> Result<bool> {
    if work.url.is_none() || work.history.revisions().is_empty() {
        return Ok(false);
    }
    let mut live = work.live(false)?;
    let Some((schema, makers)) = drift::as_made(work, models, &mut live)? else { return Ok(false) };
    let pair = Pair::new(schema, models.schema.clone());
    let mut replayed = None;
    let span = debug_span!("normalize").entered();
    let both = comparable_asking(pair, work.dialect, |questions| {
        let Replayed { database, .. } = match &mut replayed {
            Some(replayed) => replayed,
            None => replayed.insert(work.replayed()?),
        };
        spelled(database, questions)
    })?;
    drop(span);
    work.report_kept(&both.from, models, &makers, ui);
    compare(work, models, &both, &makers, findings);
    Ok(true)
}

/// The models against what the chains make.
fn compare(work: &Work, models: &Models, both: &Pair<Schema>, makers: &Makers, findings: &mut Vec<Finding>) {
    for owner in work.owners(models) {
        let comparison = work.compare(&owner.name, both, models, makers);
        if !comparison.changes.is_empty() {
            findings.push(Finding {
                dialect: work.dialect,
                plugin: Some(owner.name.clone()),
                code: "models-ahead",
                message: "the models are ahead of the chain".to_owned(),
                changes: comparison.changes,
                help: "run `autogen` to write the next revision".to_owned(),
            });
        }
    }
}

/// Revisions of plugins that say that they change what others own.
fn strangers(work: &Work, findings: &mut Vec<Finding>) -> Result<()> {
    let found = trespasses(&work.history, work.dialect)?;
    let selected = found.into_iter().filter(|(revision, _)| work.is_selected(&revision.owner));
    findings.extend(selected.map(|(revision, found)| Finding {
        dialect: work.dialect,
        plugin: Some(revision.owner.clone()),
        code: found.code,
        message: plain(&found.message),
        changes: Vec::new(),
        help: plain(&found.help.unwrap_or_default()),
    }));
    Ok(())
}

/// Whether a chain has branched, which is a finding.
fn branched(work: &Work, owner: &str, findings: &mut Vec<Finding>) -> bool {
    if work.history.heads(owner).len() < 2 {
        return false;
    }
    let mut told = two_heads(work, owner).diagnostics.into_iter();
    let main = told.next();
    let notes: String = told.map(|note| format!("; {}", note.message)).collect();
    let message = main.as_ref().map_or("", |main| main.message.as_str());
    findings.push(Finding {
        dialect: work.dialect,
        plugin: Some(owner.to_owned()),
        code: "two-heads",
        message: plain(&format!("{message}{notes}")),
        changes: Vec::new(),
        help: plain(&main.and_then(|main| main.help).unwrap_or_default()),
    });
    true
}

/// The chains of one owner in all dialects: each must end with the same version.
fn in_step(works: &Works, findings: &mut Vec<Finding>) {
    let work = &works.here[0];
    for owner in work.host.owners.iter().filter(|owner| work.is_selected(&owner.name)) {
        let Some(newest) = works.newest(&owner.name) else { continue };
        for dialect in works.lacking(newest) {
            findings.push(Finding {
                dialect,
                plugin: Some(owner.name.clone()),
                code: "dialects-out-of-step",
                message: plain(&format!("`{}` has no part for {dialect}", newest.dir.display())),
                changes: Vec::new(),
                help: format!("run `autogen` where a server for {dialect} is: it writes that part, and proves it"),
            });
        }
    }
}

/// The chains against the live database: what is pending, and what somebody changed by hand.
/// `replayed` is what all chains make, or those parts of them that some owners need.
fn live(
    work: &Work,
    models: &Models,
    replayed: Replayed,
    told: Option<&Told<'_>>,
    findings: &mut Vec<Finding>,
    ui: &Ui,
) -> Result<()> {
    let mut database = work.live(false)?;
    let status = status(&mut database, &work.history)?;
    for OwnerStatus { owner, pending, heads, .. } in &status.owners {
        if !pending.is_empty() && work.is_selected(owner) {
            let names: Vec<_> = pending.iter().map(|revision| revision.name.as_str()).collect();
            findings.push(Finding {
                dialect: work.dialect,
                plugin: Some((*owner).to_owned()),
                code: "database-behind",
                message: format!("the database has not applied {}", names.join(", ")),
                changes: Vec::new(),
                help: match heads.len() {
                    0 | 1 => "run `autogen upgrade`".to_owned(),
                    _ => "join the heads first; then run `autogen upgrade`".to_owned(),
                },
            });
        }
    }
    for OwnerStatus { owner, edited, .. } in &status.owners {
        if !edited.is_empty() && work.is_selected(owner) {
            let names: Vec<_> = edited.iter().map(|revision| revision.name.as_str()).collect();
            findings.push(Finding {
                dialect: work.dialect,
                plugin: Some((*owner).to_owned()),
                code: "edited-revision",
                message: format!("edited since the database has applied it: {}", names.join(", ")),
                changes: Vec::new(),
                help: "put the file back and write a new revision, or accept it by `autogen status --repair`"
                    .to_owned(),
            });
        }
    }
    for entry in status.half_done.iter().filter(|entry| work.is_selected(&entry.plugin)) {
        findings.push(Finding {
            dialect: work.dialect,
            plugin: Some(entry.plugin.clone()),
            code: "half-done",
            message: format!("{} is {}", entry.name, entry.state),
            changes: Vec::new(),
            help: Status::way_out(entry, &work.history),
        });
    }
    for version in &status.unknown {
        let plugin = status.owner_of(version);
        if !work.is_selected(plugin.unwrap_or_default()) {
            continue;
        }
        findings.push(Finding {
            dialect: work.dialect,
            plugin: plugin.map(str::to_owned),
            code: "unknown-revision",
            message: format!("the database has applied {}, which no chain holds", version.as_str()),
            changes: Vec::new(),
            help: "bring back the plugin's migrations, or leave it: nothing else is kept from running".to_owned(),
        });
    }

    if told.is_some() && !findings.is_empty() {
        return Ok(());
    }
    let compared = drift::compare(work, models, &mut database, replayed, told)?;
    for Drift { owner, changes, lacks_marks } in compared.drifts {
        let of_owner = |code: &str, finding: &Finding| {
            finding.code == code && finding.dialect == work.dialect && finding.plugin.as_deref() == Some(&owner)
        };
        let behind = findings.iter_mut().find(|finding| of_owner("database-behind", finding));
        if let Some(behind) = behind.filter(|_| lacks_marks) {
            behind.help = format!("it has what they make: mark them as applied by `autogen stamp {owner}@head`");
            continue;
        }
        for ahead in findings.iter_mut().filter(|finding| of_owner("models-ahead", finding)) {
            ahead.help = format!("run `autogen --no-database --plugin {owner}` to write the next revision: {DRIFTED}");
        }
        findings.push(Finding {
            dialect: work.dialect,
            message: "the database is not what its applied revisions make; to mend it:".to_owned(),
            changes,
            help: drift::ways_out(work, &owner),
            plugin: Some(owner),
            code: "database-drifted",
        });
    }
    if told.is_none() || findings.is_empty() {
        work.report_kept(&compared.there, models, &compared.makers, ui);
    }
    Ok(())
}

fn report(works: &Works, findings: &[Finding], ui: &Ui) {
    let several = works.here[0].host.config.several_dialects();
    let url = works.here.iter().find_map(|work| work.url.as_ref());
    for finding in findings {
        let plugin = finding.plugin.as_deref().unwrap_or("nobody");
        let dialect = if several { format!(" ({})", finding.dialect) } else { String::new() };
        ui.text(format!("{plugin}{dialect}: {} [{}]", finding.message, finding.code));
        ui.changes(&finding.changes);
        ui.text(format!("  help: {}", finding.help));
    }
    if findings.is_empty() {
        let names: Vec<_> = works.here.iter().map(|work| work.dialect.name()).collect();
        let on = if several { format!(" of {}", names.join(" and ")) } else { String::new() };
        match url {
            Some(url) => ui.text(format!("in sync: models, chains{on} and {url}")),
            None => ui.text(format!("in sync: models and chains{on}")),
        }
    }
    if ui.format == Format::Json {
        let findings: Vec<Value> = findings
            .iter()
            .map(|finding| {
                json!({
                    "plugin": finding.plugin,
                    "dialect": finding.dialect.name(),
                    "code": finding.code,
                    "message": finding.message,
                    "changes": document::changes(&finding.changes),
                    "help": finding.help,
                })
            })
            .collect();
        let (database, left_out) = (url.map(ToString::to_string), works.left_out());
        ui.json(
            "check",
            json!({ "in_sync": findings.is_empty(), "database": database, "findings": findings, "left_out": left_out }),
        );
    }
}
