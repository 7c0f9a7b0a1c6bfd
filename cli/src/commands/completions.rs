//! `autogen completions`: what a shell needs to complete command lines.

use autogen_engine::error::Result;
use clap::CommandFactory as _;

use crate::Outcome;
use crate::args::{Cli, Completions};
use crate::ui::Ui;

pub(crate) fn run(args: &Completions, ui: &Ui) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "autogen", &mut script);
    ui.text(String::from_utf8_lossy(&script).trim_end());
    Ok(Outcome::Clean)
}
