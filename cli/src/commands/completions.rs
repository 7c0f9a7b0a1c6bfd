//! `autogen completions`: what a shell needs to complete command lines.

use autogen_engine::error::{Code, Error, Result};
use clap_complete::env::Shells;

use crate::Outcome;
use crate::args::Completions;
use crate::candidates::VARIABLE;
use crate::ui::Ui;

pub(crate) fn run(args: &Completions, ui: &Ui) -> Result<Outcome> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let shell = args.shell.to_string();
    let Some(completer) = shells.completer(&shell) else {
        return Err(
            Error::new(Code::BadUsage, format!("completions for {shell} can't be printed")).help("name another shell")
        );
    };
    // The script asks this program, which knows the host's plugins and revisions.
    completer
        .write_registration(VARIABLE, "autogen", "autogen", "autogen", &mut script)
        .map_err(|cause| Error::new(Code::CantWrite, "completions can't be printed").caused_by(cause))?;
    ui.text(String::from_utf8_lossy(&script).trim_end());
    Ok(Outcome::Clean)
}
