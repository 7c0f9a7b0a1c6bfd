//! The command line, as data.

mod graph;
mod options;
mod places;
mod plain;

use std::path::PathBuf;

use autogen_engine::dialect::Dialect;
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;

pub(crate) use graph::Graph;

pub(crate) use crate::allowed::{Allowed, allowed};
use crate::candidates;
pub(crate) use crate::lint_args::Lint;
pub(crate) use places::{Diff, Dump, Forget};

use crate::report::OutputsParser;
pub(crate) use crate::report::{Format, Outputs};
pub(crate) use plain::{Completions, Man, Status};

/// Writes reviewable, proven migrations for Diesel applications and their plugins.
///
/// Without a command, autogen generates: it compares table definitions in Rust source with the schema that the
/// migrations make (or that a live database has), and writes the next revision.
#[derive(Debug, Parser)]
#[command(name = "autogen", version, max_term_width = 100)]
pub(crate) struct Cli {
    // Before the global options, whose heading would otherwise hold for these too.
    #[command(flatten)]
    pub(crate) generate: Generate,
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The host's folder [default: the nearest one with an autogen.toml, else the current one].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Only this plugin, or `core`; may be repeated.
    #[arg(long = "plugin", global = true, value_name = "NAME", add = ArgValueCandidates::new(candidates::owners))]
    pub(crate) plugins: Vec<String>,
    /// The live database: `sqlite:PATH` or a path; `postgres://USER@HOST/DATABASE`; or
    /// `mysql://USER@HOST/DATABASE` for MariaDB and MySQL. An empty value means `--no-database`. A server
    /// has 10 s to answer, or `?connect_timeout=SECONDS` [default: autogen.toml, else none].
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Compare with the chains alone, even if DATABASE_URL or autogen.toml names a database. Scratch databases are
    /// still made on its server.
    #[arg(long, global = true)]
    pub(crate) no_database: bool,
    /// Only this dialect.
    #[arg(long, global = true, value_name = "DIALECT")]
    pub(crate) dialect: Option<Dialect>,
    /// Fail if a dialect has no server, instead of leaving it out [default if CI is set].
    #[arg(long, global = true, env = "CI", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) require_verify: bool,
    /// How to print results. Reports of check, diff, drift, lint, review and verify have several forms at once: `github,sarif=FILE`; one
    /// without a file goes to standard output.
    #[arg(long, global = true, value_name = "FORMAT[=FILE],...", value_parser = OutputsParser, default_value = "text")]
    pub(crate) format: Outputs,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Print more: the cause of an error, objects that are kept as they are, and how long each revision took to apply;
    /// twice: how long each stage took, and how many queries it ran.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print results only, without remarks.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR, CLICOLOR=0 or TERM=dumb is set; and wherever CLICOLOR_FORCE is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the next revision of each chain (the default).
    Generate(Generate),
    /// Show what generate would write, or with FROM..TO what lies between two places.
    ///
    /// Exit code 1 if there is something.
    Diff(Diff),
    /// Print the schema of a place or a database: as SQL, or as definitions (`--format rust`).
    Dump(Dump),
    /// Compare definitions with chains, and chains with the live database.
    ///
    /// For CI. Exit code 1 if something differs.
    Check(Check),
    /// Show what was changed in the live database by hand.
    ///
    /// Compares the database with what its applied revisions make. Reads no source. Exit code 1 if there is something.
    Drift(Drift),
    /// Prove revisions on disk again.
    ///
    /// Runs each up, down and up on a scratch database with rows.
    Verify(Verify),
    /// Review what a git branch adds to chains.
    ///
    /// Exit code 1 if something stands against merging it.
    Review(Review),
    /// Look for hazards, locks and mistakes in the SQL of revisions or of any files.
    ///
    /// Exit code 1 if a rule denies something.
    Lint(Lint),
    /// Apply pending revisions to the live database.
    ///
    /// Each comes after everything that it depends on. A SQLite file is created if needed.
    Upgrade(Upgrade),
    /// Revert revisions of one plugin.
    Downgrade(Downgrade),
    /// Have the live database forget a plugin that is gone or disabled. Its tables stay.
    Forget(Forget),
    /// Mark revisions as applied, or as not applied, without running them.
    ///
    /// Compares the database first.
    Stamp(Stamp),
    /// Write definitions and a baseline for the tables of a live database.
    ///
    /// Marks the baseline as applied.
    Adopt(Adopt),
    /// Show what is applied and what is pending, plugin by plugin.
    ///
    /// Exit code 1 if something is pending.
    Status(Status),
    /// Show the newest revision of every chain.
    ///
    /// Exit code 1 if a chain has branched.
    Heads,
    /// List the revisions of all chains, newest first.
    History(Listing),
    /// Show a revision: its parents, risks, proof, state and SQL.
    Show(Named),
    /// Show how a table, column or rule is declared, and how the database has it.
    ///
    /// Exit code 1 if they differ.
    Explain(Explain),
    /// Join the heads of a branched chain, after trying both orders.
    Merge(Merge),
    /// Put a branch that no database has applied on top of another head.
    ///
    /// Tries both orders first.
    Rebase(Rebase),
    /// Draw tables or chains: a page to look at, SVG, Graphviz or Mermaid.
    Graph(Graph),
    /// List the owners and their tables.
    Plugins,
    /// Print who reviews which owner's files, for `.github/CODEOWNERS` or GitLab's file.
    Codeowners,
    /// Begin a host: write autogen.toml in this folder.
    Init,
    /// Begin a plugin: a crate that compiles, with an example definition.
    New(New),
    /// Print completions for a shell.
    Completions(Completions),
    /// Write manual pages into a folder.
    Man(Man),
    /// Serve an editor: the language server, which speaks LSP over standard input and output.
    Lsp,
}

impl Command {
    /// Returns `true` if the command may run where there is no host yet.
    pub(crate) fn begins_a_host(&self) -> bool {
        self.row().1
    }

    /// Returns the name that the command line takes.
    pub(crate) fn name(&self) -> &'static str {
        self.row().0
    }

    /// Returns the command's name, and whether it may run where there is no host yet.
    fn row(&self) -> (&'static str, bool) {
        match self {
            Self::Generate(_) => ("generate", false),
            Self::Diff(args) => ("diff", args.places.is_some()),
            Self::Dump(_) => ("dump", true),
            Self::Check(_) => ("check", false),
            Self::Drift(_) => ("drift", false),
            Self::Verify(_) => ("verify", false),
            Self::Review(_) => ("review", false),
            Self::Lint(args) => ("lint", args.is_of_files()),
            Self::Upgrade(_) => ("upgrade", false),
            Self::Downgrade(_) => ("downgrade", false),
            Self::Forget(_) => ("forget", false),
            Self::Stamp(_) => ("stamp", false),
            Self::Adopt(_) => ("adopt", true),
            Self::Status(_) => ("status", false),
            Self::Heads => ("heads", false),
            Self::History(_) => ("history", false),
            Self::Show(_) => ("show", false),
            Self::Explain(_) => ("explain", false),
            Self::Merge(_) => ("merge", false),
            Self::Rebase(_) => ("rebase", false),
            Self::Graph(_) => ("graph", false),
            Self::Plugins => ("plugins", false),
            Self::Codeowners => ("codeowners", false),
            Self::Init => ("init", true),
            Self::New(_) => ("new", true),
            Self::Completions(_) => ("completions", true),
            Self::Man(_) => ("man", true),
            Self::Lsp => ("lsp", true),
        }
    }

    /// Tells whether its results, a report or a picture, can also be written to files.
    pub(crate) fn writes_files(&self) -> bool {
        self.formats().contains(&Format::Sarif) || self.formats().contains(&Format::Svg)
    }

    /// Returns the forms in which the command's results can be printed.
    pub(crate) fn formats(&self) -> &'static [Format] {
        match self {
            Self::Generate(_) => &[Format::Text, Format::Json, Format::Sql, Format::Unified],
            Self::Diff(_) | Self::Review(_) => Format::OF_PLANS,
            Self::Dump(_) => &[Format::Text, Format::Json, Format::Sql, Format::Rust],
            Self::Check(_) | Self::Drift(_) | Self::Verify(_) | Self::Lint(_) => Format::OF_REPORTS,
            Self::Forget(_)
            | Self::Stamp(_)
            | Self::Init
            | Self::New(_)
            | Self::Adopt(_)
            | Self::Status(_)
            | Self::Heads
            | Self::History(_)
            | Self::Explain(_)
            | Self::Merge(_)
            | Self::Rebase(_)
            | Self::Codeowners
            | Self::Plugins => &[Format::Text, Format::Json],
            Self::Graph(_) => Format::OF_PICTURES,
            Self::Upgrade(_) | Self::Downgrade(_) => &[Format::Text, Format::Json, Format::Sql],
            Self::Show(_) => &[Format::Text, Format::Json, Format::Sql],
            Self::Completions(_) | Self::Man(_) | Self::Lsp => &[Format::Text],
        }
    }
}

/// Options of adopt.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The tables to adopt: names or patterns, separated by commas [default: those that the plugin pins or defines or
    /// that bear its prefix; for core, those that nobody owns].
    #[arg(long, value_name = "GLOB,...", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// Adopt for several plugins at once: a TOML file with a line `plugin = ["GLOB", ...]` for each.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tables", "plugins"])]
    pub(crate) mapping: Option<PathBuf>,
    /// Write `diesel::table!`, and list what it can't state.
    #[arg(long)]
    pub(crate) stock: bool,
    /// For a database that was made without the chain: compare the two, and mark the chain as applied, or write a
    /// script that brings the database to it.
    #[arg(long, conflicts_with_all = ["tables", "mapping", "stock"])]
    pub(crate) existing: bool,
    /// Hazards to allow if the chain is ahead of the database: names separated by commas, or `all`.
    #[arg(long, value_name = "HAZARD,...", value_delimiter = ',', add = ArgValueCandidates::new(candidates::hazards))]
    pub(crate) allow: Vec<Allowed>,
    /// Where `--existing` writes its script [default: sites].
    #[arg(long, value_name = "DIR", requires = "existing")]
    pub(crate) output: Option<PathBuf>,
    /// Show the files, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of generate.
#[derive(Debug, Default, Args)]
pub(crate) struct Generate {
    /// What the revision does; becomes its name and header [default: made from the changes].
    #[arg(short, long, value_name = "TEXT", value_parser = said)]
    pub(crate) message: Option<String>,
    /// Hazards to allow: names separated by commas, or `all`.
    #[arg(long, value_name = "HAZARD,...", value_delimiter = ',', add = ArgValueCandidates::new(candidates::hazards))]
    pub(crate) allow: Vec<Allowed>,
    /// Show the files, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Skip the proof; the header then says that nothing was proven.
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Write a revision without statements, for SQL of your own: new contents of rows, views, triggers.
    #[arg(long, requires = "message", conflicts_with_all = ["allow", "no_verify"])]
    pub(crate) empty: bool,
}

impl Generate {
    /// Returns `true` if no option was given.
    pub(crate) fn is_default(&self) -> bool {
        self.message.is_none() && self.allow.is_empty() && !self.dry_run && !self.no_verify && !self.empty
    }
}

/// Parses a message, which must not be blank.
fn said(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say something, or leave the option out".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// Options of check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Also list what the policy in autogen.toml says against the changes that the definitions want, of all plugins at
    /// once: hazards that nobody has allowed, what is over budget; and permissions in source that nothing needs.
    #[arg(long)]
    pub(crate) deny: bool,
}

/// Options of drift.
#[derive(Debug, Args)]
pub(crate) struct Drift {
    /// Also write how many rows each table has into this file, which `[policy] stats` in autogen.toml names.
    #[arg(long, value_name = "FILE")]
    pub(crate) export_stats: Option<PathBuf>,
}

/// Options of verify.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A version, a folder's name, the unique beginning of one, or `usb@head` [default: all revisions].
    #[arg(add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revision: Option<String>,
    /// Prove every revision.
    #[arg(long, conflicts_with = "revision")]
    pub(crate) all: bool,
    /// Certify what is proven, in metadata.toml and in the header of up.sql, where no certificate holds.
    #[arg(long)]
    pub(crate) record: bool,
    /// Prove nothing: tell which revisions are proven as they are, which are stale and which unproven, by the
    /// certificates in metadata.toml. Needs no server. Exit code 1 unless all are proven.
    #[arg(long, conflicts_with = "record")]
    pub(crate) certificates: bool,
}

/// Options of review.
#[derive(Debug, Args)]
pub(crate) struct Review {
    /// What the branch is to be merged into, as git names it: a branch, tag or commit of this clone [default:
    /// origin/HEAD, origin/main, origin/master, main or master].
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// Check that the definitions of this commit still work on the new schema: those of the release that runs while
    /// the new one is rolled out.
    #[arg(long, value_name = "REF")]
    pub(crate) compatible_with: Option<String>,
    /// Also list what the policy in autogen.toml says against it: hazards that it doesn't allow, and what is over budget.
    #[arg(long)]
    pub(crate) deny: bool,
}

/// Options of upgrade.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Stop after this revision and its dependencies; `head`, `usb@head`, or `+N` for the next N [default: everything
    /// pending].
    #[arg(value_name = "REVISION|head|+N", add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revision: Option<String>,
    /// Stop before anything runs if somebody has changed the database by hand.
    #[arg(long)]
    pub(crate) check_drift: bool,
    /// Print a script for sqlite3, psql or mariadb that does the same, and change nothing. Without a database, the
    /// script begins with an empty one.
    #[arg(long)]
    pub(crate) sql: bool,
}

/// Options of downgrade.
#[derive(Debug, Args)]
pub(crate) struct Downgrade {
    /// Revert what comes after this revision; `-N` for the last N, `base` for everything. `usb@base` names the plugin too.
    #[arg(value_name = "REVISION|-N|base", allow_hyphen_values = true)]
    pub(crate) target: String,
    /// Also revert revisions of other chains that depend on these.
    #[arg(long)]
    pub(crate) cascade: bool,
    /// What may be lost, by the hazards' names, separated by commas: drop-table, drop-column, delete-rows; or `all`.
    #[arg(long, value_name = "HAZARD,...", value_delimiter = ',', add = ArgValueCandidates::new(candidates::hazards))]
    pub(crate) allow: Vec<Allowed>,
    /// Print a script for sqlite3, psql or mariadb that does the same, and change nothing.
    #[arg(long)]
    pub(crate) sql: bool,
}

/// Options of stamp.
#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// How far each chain counts as applied from now on: a revision, `head` or `HEAD`, `usb@head`, `base`.
    #[arg(required = true, value_name = "REVISION|head|base", add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revisions: Vec<String>,
    /// Mark without comparing.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Options of new.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The plugin's name, which is also the name of its folder in `plugins`.
    pub(crate) name: String,
}

/// Options of history.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only this range, both ends included; either end may be left out. An end is a revision, `base`, `head` or
    /// `usb@head-2`.
    #[arg(value_name = "FROM:TO", allow_hyphen_values = true)]
    pub(crate) range: Option<String>,
    /// Draw each chain as a graph.
    #[arg(long)]
    pub(crate) graph: bool,
}

/// One revision.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// A version, a folder's name, the unique beginning of one, `usb@head`, `usb@head-1`.
    #[arg(add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revision: String,
}

/// What is explained.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// `PLUGIN.TABLE`, or `PLUGIN.TABLE.OBJECT` with a column's or a rule's name; a table's own name is enough too.
    pub(crate) subject: String,
}

/// Options of merge.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The revision's name [default: merge].
    #[arg(short, long, value_name = "TEXT", value_parser = said)]
    pub(crate) message: Option<String>,
}

/// Options of rebase.
#[derive(Debug, Args)]
pub(crate) struct Rebase {
    /// A revision of the branch to move.
    #[arg(add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revision: String,
    /// The revision to put it on top of [default: the other head].
    #[arg(long, value_name = "REVISION")]
    pub(crate) onto: Option<String>,
}
