//! `autogen downgrade`: reverts revisions of one plugin on the live database.

use autogen::error::Result;
use autogen::history::{Revision, applied, downgrade_script, downgrade_undoing, half_run, ledger, to_revert};
use autogen::scratch::{HalfRun, retreat};
use autogen_codegen::sql;
use serde_json::json;

use crate::Outcome;
use crate::args::{Downgrade, Format, Global};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Downgrade, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let owner = &work.one_selected("downgrade")?.name;
    let mut database = work.live(false)?;
    let applied = applied(&mut database)?;
    let mut there = applied.clone();
    // What stopped on its way is the last one, and goes first.
    let half = half_run(&mut database, &work.history)?;
    there.extend(half.iter().cloned());
    let mut revisions = to_revert(&work.history, owner, &args.target, &there)?;
    if args.cascade {
        revisions = work.history.with_descendants(&revisions);
    }
    if args.sql {
        let entries = ledger(&mut database)?;
        ui.script(&downgrade_script(&work.history, &revisions, &applied, &entries, work.dialect)?, "nothing to revert");
        return Ok(Outcome::Clean);
    }
    let mut undo = |revision: &Revision, ran: usize| {
        let script = |plan: &_| sql::script(&sql::statements(plan, work.dialect));
        let half = HalfRun { history: &work.history, applied: &applied, revision, ran, script: &script };
        let retreat = retreat(&half, &mut work.live(false)?, &work.scratch_server()?)?;
        retreat.notes.iter().for_each(|note| ui.remark(note));
        Ok(retreat.sql)
    };
    let done = downgrade_undoing(&mut database, &work.history, &revisions, &mut undo, &mut |event| {
        ui.remark(event.to_string());
    })?;
    if done.is_empty() {
        ui.text("nothing to revert");
    } else {
        ui.text(format!("reverted {}", counted(done.len(), "revision")));
    }
    if ui.format == Format::Json {
        ui.json("downgrade", json!({ "reverted": document::revisions(&done, &work.history) }));
    }
    Ok(Outcome::Clean)
}
