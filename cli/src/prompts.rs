//! Questions on a terminal: what a drop that looks like a rename is, and whether a hazard is meant.
//!
//! Nobody is asked without a terminal. The answers are those that attributes and `--allow` give as well.

use std::collections::BTreeSet;

use autogen_engine::error::Result;
use autogen_engine::plan::HazardKind;
use autogen_workspace::{PossibleRename, Refused, Workspace, Workspaces};
use dialoguer::console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Select};

use crate::interrupt;
use crate::plain::plain;
use crate::report::risk_lines;
use crate::ui::Ui;

/// What somebody at a terminal has said so far.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Hazards that are meant.
    pub(crate) allowed: Vec<HazardKind>,
    /// Renames that aren't any.
    refused: Vec<PossibleRename>,
}

/// What follows from the answers to a round of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The work begins again, with what the answers have changed.
    Again,
    /// The refusal stands.
    Stop,
}

impl Answers {
    /// Asks about everything that stands in the way. Writes renames into the sources. A run that writes nothing can't
    /// go on from a rename, so its refusal stands.
    pub(crate) fn ask(&mut self, refused: &[Refused], workspaces: &Workspaces, dry_run: bool, ui: &Ui) -> Result<Next> {
        if dry_run && refused.iter().any(|refused| !refused.renames.is_empty()) {
            return Ok(Next::Stop);
        }
        let terminal = Term::stderr();
        let asked = self.asked(refused, workspaces, ui, &terminal);
        // A question that is broken off leaves it hidden.
        let _shown = terminal.show_cursor();
        asked
    }

    fn asked(&mut self, refused: &[Refused], workspaces: &Workspaces, ui: &Ui, terminal: &Term) -> Result<Next> {
        let Some(workspace) = workspaces.here.first() else { return Ok(Next::Stop) };
        let theme = theme(ui);
        let mut has_written = false;
        let mut done: Vec<&PossibleRename> = Vec::new();
        for possible in refused.iter().flat_map(|refused| &refused.renames) {
            if possible.place.is_none() || self.refused.contains(possible) || done.contains(&possible) {
                continue;
            }
            done.push(possible);
            match is_renamed(possible, &*theme, terminal) {
                Ok(Some(Half::Renamed)) => {
                    write(possible, workspace, ui)?;
                    has_written = true;
                }
                Ok(Some(Half::Dropped)) => self.refused.push(possible.clone()),
                broken_off @ (Ok(None) | Err(_)) => return stopped(broken_off.map(drop)),
            }
        }
        if has_written {
            return Ok(Next::Again);
        }
        let kinds: BTreeSet<&str> = refused.iter().flat_map(Refused::kinds).map(HazardKind::name).collect();
        for kind in HazardKind::ALL.iter().filter(|kind| kinds.contains(kind.name())) {
            let risks: Vec<_> =
                refused.iter().flat_map(|refused| &refused.risks).filter(|risk| risk.hazard.kind == *kind).collect();
            let mut lines: Vec<String> = Vec::new();
            for line in risks.into_iter().flat_map(|risk| risk_lines(std::slice::from_ref(risk), ui.is_colored())) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
            lines.iter().for_each(|line| ui.colored_remark(line));
            let question = format!("Is {} meant?", kind.name());
            let answer = Confirm::with_theme(&*theme).with_prompt(question).default(false).interact_on_opt(terminal);
            match answer {
                Ok(Some(true)) => self.allowed.push(*kind),
                broken_off => return stopped(broken_off.map(drop)),
            }
        }
        Ok(Next::Again)
    }
}

/// Ends the questions: by an error if it was Ctrl-C, as everywhere.
fn stopped(answer: dialoguer::Result<()>) -> Result<Next> {
    match answer {
        Err(dialoguer::Error::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
            interrupt::note_ctrl_c();
            interrupt::refuse("generate").map(|()| Next::Stop)
        }
        Ok(()) | Err(_) => Ok(Next::Stop),
    }
}

/// What a drop and an add are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Renamed,
    Dropped,
}

/// Asks whether something is renamed. Returns `None` if nobody wants to say.
fn is_renamed(possible: &PossibleRename, theme: &dyn Theme, terminal: &Term) -> dialoguer::Result<Option<Half>> {
    let (old, new) = (plain(&possible.rename.names.from), plain(&possible.rename.names.to));
    let (what, where_) = match possible.table() {
        Some(table) => ("column", format!(" in {}", plain(&table.to_string()))),
        None => ("table", String::new()),
    };
    let answers = [
        format!("{old} is renamed to {new}, and keeps its rows"),
        format!("{old} is dropped, and {new} is new"),
        "stop here".to_owned(),
    ];
    let question = format!("The {what} {old} goes{where_}, and {new} comes. What is meant?");
    let chosen = Select::with_theme(theme).with_prompt(question).items(&answers).default(0).interact_on_opt(terminal);
    Ok(match chosen? {
        Some(0) => Some(Half::Renamed),
        Some(1) => Some(Half::Dropped),
        Some(_) | None => None,
    })
}

/// Writes a rename into the source, and says so.
fn write(possible: &PossibleRename, workspace: &Workspace, ui: &Ui) -> Result<()> {
    let attribute = possible.write(workspace)?;
    if let Some(place) = &possible.place {
        ui.remark(format!("wrote {attribute} into {}, line {}", place.file.display(), place.line));
    }
    Ok(())
}

fn theme(ui: &Ui) -> Box<dyn Theme> {
    if ui.is_colored() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
}
