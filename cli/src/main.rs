//! The `autogen` program: reads the command line, calls the library, prints, and sets the exit
//! code. Nothing else in the workspace prints, reads the environment or exits.
//!
//! Exit codes, as diff(1): 0 in sync or done, 1 differences or findings, 2 trouble.

mod args;
mod commands;
mod draft;
mod ui;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use autogen::error::{Error, Result};
use ui::Ui;

/// How a command ended, when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// In sync, or done: exit code 0.
    Clean,
    /// Differences or findings: exit code 1.
    Findings,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let root = work::root(&cli.global);
    let ui = Ui::new(&cli.global, &root);
    match run(&cli, &ui) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli, ui: &Ui) -> Result<Outcome> {
    let global = &cli.global;
    let Some(command) = &cli.command else {
        return commands::generate::run(global, &cli.generate, ui);
    };
    if !cli.generate.is_default() {
        return Err(Error::new("misplaced-option", "options of `generate` stand before another command")
            .help("put them after the command: `autogen generate -m TEXT`"));
    }
    match command {
        Command::Generate(args) => commands::generate::run(global, args, ui),
        Command::Diff => commands::diff::run(global, ui),
        Command::Check => commands::check::run(global, ui),
        Command::Verify(args) => commands::verify::run(global, args, ui),
        Command::Upgrade(args) => commands::upgrade::run(global, args, ui),
        Command::Downgrade(args) => commands::downgrade::run(global, args, ui),
        Command::Status => commands::status::run(global, ui),
    }
}
