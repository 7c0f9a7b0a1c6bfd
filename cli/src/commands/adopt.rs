//! `autogen adopt`: from a live database to definitions, a frozen baseline, and a database that knows it.

mod select;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use autogen::error::{Diagnostic, Error, Result};
use autogen::history::applied;
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, Schema};
use serde_json::json;
use similar::TextDiff;

use self::select::{Selection, selections};
use self::source::Edits;
use super::generate::{Written, write_all};
use super::stamp::stamp;
use crate::Outcome;
use crate::args::{Adopt, Format, Global};
use crate::draft::drafts;
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Adopt, ui: &Ui) -> Result<Outcome> {
    let mut work = Work::load(global)?;
    let models = work.models(ui)?;
    let mut live = work.live(false)?;
    let schema = introspect(&mut live)?;
    let selected = selections(&work, args, &schema, &models)?;

    let edits = source::edits(&work, &selected, &schema, &mut live, args.stock)?;
    show(&edits, &work, ui);
    work.edit(edits.texts.clone());
    Ok(Outcome::Clean)
}
