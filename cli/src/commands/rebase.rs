//! `autogen rebase`: puts a branch that no database has applied on top of another head.

use autogen::error::{Error, Result};
use autogen::history::{Move, Revision, applied, moved, moves, write_moves};
use serde_json::{Value, json};

use super::verify::verify;
use crate::Outcome;
use crate::args::{Format, Global, Rebase};
use crate::branches::{conflicting, first_conflict};
use crate::next::now;
use crate::ui::Ui;
use crate::work::Work;
use crate::works::Works;

pub(crate) fn run(global: &Global, args: &Rebase, ui: &Ui) -> Result<Outcome> {
    let mut works = Works::load(global, ui)?;
    let mut planned = Vec::new();
    for work in works.all() {
        let (branch, onto) = ends(work, args)?;
        // One time for all dialects, which have one version for what belongs together.
        planned.push(moves(&work.history, branch, onto, now()?)?);
    }
    for (work, moves) in works.all().zip(&planned) {
        not_applied(work, moves)?;
        let (branch, onto) = ends(work, args)?;
        let found = first_conflict(work, &[onto, branch]).map_err(|error| work.in_its_dialect(error))?;
        if let Some((left, right, found)) = found {
            let error = Error::new("heads-conflict", format!("{branch} can't be put on top of {onto}"));
            return Err(conflicting(error, &work.history, (left, right), &found));
        }
    }
    let before: Vec<_> = works.all().map(|work| work.history.clone()).collect();
    for (work, moves) in works.here.iter_mut().zip(&planned) {
        work.history = moved(&work.history, moves)?;
        for found in moves {
            verify(work, work.history.find(&found.name)?)?;
        }
    }
    for (history, moves) in before.iter().zip(&planned) {
        write_moves(history, moves)?;
    }
    let mut documents = Vec::new();
    for found in planned.iter().flatten() {
        let (old, new) = (&found.revision.dir, found.revision.dir.with_file_name(&found.name));
        let (old, new) = (ui.path(old).display().to_string(), ui.path(&new).display().to_string());
        let parents: Vec<&str> = found.revises.iter().map(|version| version.as_str()).collect();
        if old == new {
            ui.text(format!("{new} now revises {}", parents.join(", ")));
        } else {
            ui.text(format!("{old} is now {new}, and revises {}", parents.join(", ")));
        }
        documents.push(json!({ "plugin": found.revision.owner, "from": old, "to": new, "revises": parents }));
    }
    if ui.format == Format::Json {
        ui.json("rebase", json!({ "moved": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}

/// The head of the branch that is meant, and the head that it goes on top of.
fn ends<'a>(work: &'a Work, args: &Rebase) -> Result<(&'a Revision, &'a Revision)> {
    let revision = work.revision_at(&args.revision)?;
    let heads = work.history.heads(&revision.owner);
    let above = work.history.with_descendants(&[revision]);
    let (mine, others): (Vec<&Revision>, Vec<&Revision>) = heads.into_iter().partition(|head| above.contains(head));
    if mine.len() > 1 {
        return Err(Error::new("bad-target", format!("the chain branches above {revision}"))
            .help("name a revision of one branch"));
    }
    let onto = match (&args.onto, others.as_slice()) {
        (Some(onto), _) => work.revision_at(onto)?,
        (None, [only]) => only,
        (None, []) => {
            return Err(Error::new("bad-target", format!("{revision} has no other head to go on top of"))
                .help("rebase mends a chain that has branched; `autogen heads` shows where one has"));
        }
        (None, several) => {
            let names: Vec<_> = several.iter().map(|head| format!("`{}`", head.name)).collect();
            return Err(Error::new(
                "bad-target",
                format!("{revision} may go on top of any of {} heads", several.len()),
            )
            .help(format!("say which: `--onto` one of {}", names.join(", "))));
        }
    };
    match mine.as_slice() {
        [branch] if onto.owner == branch.owner && !above.contains(&onto) => Ok((branch, onto)),
        _ => Err(Error::new("bad-target", format!("{revision} can't go on top of {onto}"))
            .help("name a revision of the same chain that doesn't build on it")),
    }
}

/// A database that has a revision would run it once more under its new name.
fn not_applied(work: &Work, moves: &[Move]) -> Result<()> {
    if work.url.is_none() {
        return Ok(());
    }
    let applied = applied(&mut work.live(false)?)?;
    match moves.iter().find(|found| applied.contains(&found.revision.version)) {
        None => Ok(()),
        Some(found) => Err(Error::new("already-applied", format!("the database has applied {}", found.revision))
            .help("rebase the other branch, or join the two by `autogen merge`")),
    }
}
