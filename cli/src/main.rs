//! The `autogen` program: reads the command line, calls the library, prints, and sets the exit
//! code. Nothing else in the workspace prints, reads the environment or exits.
//!
//! Exit codes, as diff(1): 0 in sync or done, 1 differences or findings, 2 trouble.

mod allowed;
mod args;
mod candidates;
mod color;
mod commands;
mod document;
mod excerpt;
mod help;
mod interrupt;
mod lint_args;
mod lsp;
mod plain;
mod prompts;
mod report;
mod screen;
mod stages;
mod times;
mod ui;
mod words;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use clap_complete::CompleteEnv;

use args::{Cli, Command, Format, Global, Outputs};
use autogen_engine::error::{Code, Error, Result};
use plain::plain;
use screen::Screen;
use ui::Ui;

/// A check makes and frees millions of small values, for which the system's allocator takes a fifth longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended, when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// In sync, or done: exit code 0.
    Clean,
    /// Differences or findings: exit code 1.
    Findings,
}

/// Trouble.
const TROUBLE: u8 = 2;

/// The stack for parsing, which recurses as deeply as sources are nested. The scanner refuses excessive nesting.
/// Anything that it accepts fits into this many bytes, of which only those that are used are ever allocated.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    match std::thread::Builder::new().name("main".to_owned()).stack_size(STACK).spawn(started) {
        // A panic has already printed its message.
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(TROUBLE)),
        Err(_) => started(),
    }
}

fn started() -> ExitCode {
    // Answers a shell that completes a line, and exits.
    CompleteEnv::with_factory(Cli::command).var(candidates::VARIABLE).complete();
    let mut command_line = help::command();
    let parsed = command_line
        .try_get_matches_from_mut(std::env::args_os())
        .and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command_line)));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let Cli { generate, global, command } = cli;
    if global.verbose > 1 {
        stages::tell();
    }
    let screen = Screen::default();
    interrupt::listen(&screen);
    screen.watch(&global);
    let ui = Ui::new(&global, &global.options().root, screen);
    let is_named = command.is_some();
    let misplaced = is_named && !generate.is_default();
    let command = command.unwrap_or(Command::Generate(generate));
    let outcome = if misplaced { Err(misplaced_option()) } else { run(&command, &global, &ui) };
    match outcome.and_then(|outcome| ui.finish().map(|()| outcome)) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) => {
            // Whatever else went wrong came of the interruption.
            let interrupted = interrupt::refuse(command.name()).err().filter(|_| error.code() != Code::Interrupted);
            ui.failed(command.name(), &interrupted.unwrap_or(error));
            interrupt::code().map_or(ExitCode::from(TROUBLE), ExitCode::from)
        }
    }
}

fn run(command: &Command, global: &Global, ui: &Ui) -> Result<Outcome> {
    refuse_other_forms(command, &global.format)?;
    if !command.begins_a_host() {
        global.options().refuse_bare()?;
    }
    match command {
        Command::Generate(args) => commands::generate::run(global, args, ui),
        Command::Diff(args) => commands::diff::run(global, args, ui),
        Command::Dump(args) => commands::dump::run(global, args, ui),
        Command::Check(args) => commands::check::run(global, args, ui),
        Command::Drift(args) => commands::drift::run(global, args, ui),
        Command::Verify(args) => commands::verify::run(global, args, ui),
        Command::Review(args) => commands::review::run(global, args, ui),
        Command::Lint(args) => commands::lint::run(global, args, ui),
        Command::Upgrade(args) => commands::upgrade::run(global, args, ui),
        Command::Downgrade(args) => commands::downgrade::run(global, args, ui),
        Command::Forget(args) => commands::forget::run(global, args, ui),
        Command::Stamp(args) => commands::stamp::run(global, args, ui),
        Command::Init => commands::new::init(global, ui),
        Command::New(args) => commands::new::run(global, args, ui),
        Command::Adopt(args) => commands::adopt::run(global, args, ui),
        Command::Status(args) => commands::status::run(global, args, ui),
        Command::Heads => commands::heads::run(global, ui),
        Command::History(args) => commands::history::run(global, args, ui),
        Command::Show(args) => commands::show::run(global, args, ui),
        Command::Explain(args) => commands::explain::run(global, args, ui),
        Command::Merge(args) => commands::merge::run(global, args, ui),
        Command::Rebase(args) => commands::rebase::run(global, args, ui),
        Command::Graph(args) => commands::graph::run(global, args, ui),
        Command::Codeowners => commands::codeowners::run(global, ui),
        Command::Plugins => commands::plugins::run(global, ui),
        Command::Completions(args) => commands::completions::run(args, ui),
        Command::Man(args) => commands::man::run(args, ui),
        Command::Lsp => lsp::run(global),
    }
}

/// Refuses an output form that the command doesn't have.
fn refuse_other_forms(command: &Command, outputs: &Outputs) -> Result<()> {
    let name = command.name();
    let known: Vec<_> = command.formats().iter().map(|form| form.name()).collect();
    if let Some(form) = outputs.formats().find(|form| !command.formats().contains(form)) {
        return Err(Error::new(Code::NoSuchForm, format!("`{name}` can't print its results as `{}`", form.name()))
            .help(format!("its forms: {}", known.join(", "))));
    }
    if !outputs.files.is_empty() && !command.writes_files() {
        return Err(Error::new(Code::NoSuchForm, format!("`{name}` writes its results to standard output only"))
            .help("leave `=FILE` out, and redirect the output"));
    }
    Ok(())
}

fn misplaced_option() -> Error {
    Error::new(Code::MisplacedOption, "options of `generate` come before another command").help(
        "put them after it, as in `autogen generate -m TEXT`, or leave the command out; no other command has them",
    )
}

/// Prints the help page or version that was asked for, or what is wrong with the command line.
fn not_understood(error: &clap::Error) -> ExitCode {
    // If even this can't be printed, nothing is left to do.
    let text = error.render().to_string();
    let _untold = match (plain(&text) == text, color_of(std::env::args_os())) {
        (true, None) => error.print(),
        (true, Some(true)) if error.use_stderr() => write!(std::io::stderr(), "{}", error.render().ansi()),
        (true, Some(true)) => write!(std::io::stdout(), "{}", error.render().ansi()),
        (true, Some(false)) if !error.use_stderr() => write!(std::io::stdout(), "{text}"),
        (true, Some(false)) | (false, _) => write!(std::io::stderr(), "{}", plain(&text)),
    };
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if let Some(outputs) = outputs_of(std::env::args_os()) {
        let text = plain(&text);
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let error = Error::new(Code::BadUsage, message).help("`autogen --help` lists all options");
        ui::not_understood(&outputs, &error);
    }
    ExitCode::from(TROUBLE)
}

/// Returns whether a command line that can't be understood, or that asks for help, states colours.
fn color_of(args: impl Iterator<Item = OsString>) -> Option<bool> {
    let args: Vec<OsString> = args.collect();
    let joined = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix("--color="));
    let apart = args.windows(2).filter(|pair| pair[0] == "--color").filter_map(|pair| pair[1].to_str());
    joined.chain(apart).find_map(|when| match when {
        "always" => Some(true),
        "never" => Some(false),
        _ => None,
    })
}

/// Returns where results are to go for a command line that can't be understood.
fn outputs_of(args: impl Iterator<Item = OsString>) -> Option<Outputs> {
    let args: Vec<OsString> = args.collect();
    let joined = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix("--format="));
    let apart = args.windows(2).filter(|pair| pair[0] == "--format").filter_map(|pair| pair[1].to_str());
    let forms: Vec<&str> = joined.chain(apart).collect();
    let is_json = |forms: &&str| forms.split(',').any(|form| form == "json");
    let json = || forms.iter().any(is_json).then(|| Outputs { main: Format::Json, files: Vec::new() });
    forms.iter().find_map(|forms| Outputs::parse(forms).ok()).or_else(json)
}
