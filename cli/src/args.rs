//! The command line, as data.

use std::path::PathBuf;

use autogen::dialect::Dialect;
use autogen::host::Host;
use autogen::plan::HazardKind;
use autogen_workspace::Options;
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Writes reviewable, proven migrations for Diesel hosts whose plugins own tables.
///
/// Without a command it generates: compares table definitions in Rust source with the schema
/// that the migrations make (or a live database has), and writes the next revision.
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
    /// Only this plugin, or `core`; may be given several times.
    #[arg(long = "plugin", global = true, value_name = "NAME")]
    pub(crate) plugins: Vec<String>,
    /// The live database: `sqlite:PATH` or a plain path, `postgres://...`, `mysql://...`; an empty one is
    /// `--no-database`. A server has 10 s to answer, or `?connect_timeout=SECONDS` [default: autogen.toml, else none].
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Compare with the chains alone, whatever DATABASE_URL or autogen.toml says. Scratch databases are still
    /// made on that server.
    #[arg(long, global = true)]
    pub(crate) no_database: bool,
    /// Only this dialect.
    #[arg(long, global = true, value_name = "DIALECT")]
    pub(crate) dialect: Option<Dialect>,
    /// Fail when a dialect has no server to work on, rather than leave it out [default where CI is set].
    #[arg(long, global = true, env = "CI", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) require_verify: bool,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Say more: what lies under an error, and which objects are kept as they are; twice: what each
    /// stage has taken, and how many queries.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print results only, no remarks.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs; the object's `version` says which shape.
    Json,
    /// Only the SQL; of diff and generate.
    Sql,
    /// The tables' definitions before and after, as a unified diff; of diff and generate.
    Unified,
}

impl Format {
    /// The name that the command line takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sql => "sql",
            Self::Unified => "unified",
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the next revision of a chain (what happens without a command).
    Generate(Generate),
    /// Show what generate would write, and write nothing. Exit code 1 when there is something.
    Diff,
    /// Compare models with chains, and chains with the live database. For CI.
    Check,
    /// Prove revisions on disk again: up, down and up on a scratch database with rows.
    Verify(Verify),
    /// Apply pending revisions to the live database, in dependency order; makes the file if need be.
    Upgrade(Upgrade),
    /// Revert revisions of one plugin.
    Downgrade(Downgrade),
    /// Mark revisions as applied, or as not, without running them, after comparing the database with what they make.
    Stamp(Stamp),
    /// Define the tables that a live database has, write their baseline, and mark it as applied.
    Adopt(Adopt),
    /// Show, for every plugin, what is applied and what is pending. Exit code 1 when something is.
    Status(Status),
    /// Show the newest revision of every chain. Exit code 1 when a chain has branched.
    Heads,
    /// List the revisions of all chains, the newest first.
    History(Listing),
    /// Show a revision: its place, what it risks, what was proven, its state and its SQL.
    Show(Named),
    /// Show how a table, column or rule is declared and how the database has it, and why the two are one or
    /// not. Exit code 1 when they differ.
    Explain(Explain),
    /// Join the heads of a chain that has branched, after trying both orders.
    Merge(Merge),
    /// Put a branch that no database has applied on top of another head, after trying both orders.
    Rebase(Rebase),
    /// Draw the chains.
    Graph(Graph),
    /// Show who there is and who owns which table.
    Plugins,
    /// Make this folder a host: write its autogen.toml.
    Init,
    /// Begin a plugin: a crate that compiles, with a definition to be changed.
    New(New),
    /// Print what a shell needs to complete command lines.
    Completions(Completions),
}

impl Global {
    /// Returns what to open: the host's folder is the one stated, or the nearest one upwards that has an autogen.toml.
    pub(crate) fn options(&self) -> Options {
        let here = || PathBuf::from(".");
        let root = self.root.clone().unwrap_or_else(|| match std::env::current_dir() {
            // Paths in messages are shorter, and the same on every machine, when they are relative.
            Ok(current) => Some(Host::find_root(&current)).filter(|root| *root != current).unwrap_or_else(here),
            Err(_) => here(),
        });
        Options {
            plugins: self.plugins.clone(),
            database_url: self.database_url.clone(),
            no_database: self.no_database,
            dialect: self.dialect,
            require_every_dialect: self.require_verify,
            variables: |name| std::env::var_os(name),
            ..Options::of(root)
        }
    }
}

impl Command {
    /// Whether it may be run where there is no host yet.
    pub(crate) fn begins_a_host(&self) -> bool {
        matches!(self, Self::Adopt(_) | Self::Init | Self::New(_) | Self::Completions(_))
    }

    /// The name that the command line takes.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Generate(_) => "generate",
            Self::Diff => "diff",
            Self::Check => "check",
            Self::Verify(_) => "verify",
            Self::Upgrade(_) => "upgrade",
            Self::Downgrade(_) => "downgrade",
            Self::Stamp(_) => "stamp",
            Self::Adopt(_) => "adopt",
            Self::Status(_) => "status",
            Self::Heads => "heads",
            Self::History(_) => "history",
            Self::Show(_) => "show",
            Self::Explain(_) => "explain",
            Self::Merge(_) => "merge",
            Self::Rebase(_) => "rebase",
            Self::Graph(_) => "graph",
            Self::Plugins => "plugins",
            Self::Init => "init",
            Self::New(_) => "new",
            Self::Completions(_) => "completions",
        }
    }

    /// The forms in which its results can be printed.
    pub(crate) fn formats(&self) -> &'static [Format] {
        match self {
            Self::Generate(_) | Self::Diff => &[Format::Text, Format::Json, Format::Sql, Format::Unified],
            Self::Check
            | Self::Verify(_)
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
            | Self::Graph(_)
            | Self::Plugins => &[Format::Text, Format::Json],
            Self::Upgrade(_) | Self::Downgrade(_) => &[Format::Text, Format::Json, Format::Sql],
            Self::Show(_) => &[Format::Text, Format::Json, Format::Sql],
            Self::Completions(_) => &[Format::Text],
        }
    }
}

/// Options of adopt.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// Which tables: names or patterns, separated by commas [default: what the plugin pins or
    /// defines or what bears its prefix; for core, whatever is nobody's].
    #[arg(long, value_name = "GLOB,...", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// Several plugins at once: a TOML file with a line `plugin = ["GLOB", ...]` for each.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tables", "plugins"])]
    pub(crate) mapping: Option<PathBuf>,
    /// Write `diesel::table!`, and list what it can't say.
    #[arg(long)]
    pub(crate) stock: bool,
    /// The chain is there, and the database has its tables but doesn't know: compare them, and mark the
    /// chain as applied, or write what brings the database to it.
    #[arg(long, conflicts_with_all = ["tables", "mapping", "stock"])]
    pub(crate) existing: bool,
    /// Hazards that the revision may have, where the chain is ahead of the database: names, separated by
    /// commas, or `all`.
    #[arg(long, value_name = "HAZARD,...", value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
    /// Where `--existing` writes what brings a database to the chain [default: sites].
    #[arg(long, value_name = "DIR", requires = "existing")]
    pub(crate) output: Option<PathBuf>,
    /// Show what would be written, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of generate.
#[derive(Debug, Default, Args)]
pub(crate) struct Generate {
    /// What the revision does, for its name and header [default: made from the changes].
    #[arg(short, long, value_name = "TEXT", value_parser = said)]
    pub(crate) message: Option<String>,
    /// Hazards that may be written: names, separated by commas, or `all`.
    #[arg(long, value_name = "HAZARD,...", value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
    /// Do everything but write: show the files instead.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't prove the revision; its header then says that nothing was proven.
    #[arg(long)]
    pub(crate) no_verify: bool,
}

impl Generate {
    /// Whether nothing was said.
    pub(crate) fn is_default(&self) -> bool {
        self.message.is_none() && self.allow.is_empty() && !self.dry_run && !self.no_verify
    }
}

/// A message that says something.
fn said(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say something, or leave the option out".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// A value of `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Every hazard.
    All,
    /// One kind.
    Kind(HazardKind),
}

/// Returns the hazards that the command line allows.
pub(crate) fn allowed(values: &[Allowed]) -> Vec<HazardKind> {
    let kinds = values.iter().flat_map(|value| match value {
        Allowed::All => HazardKind::ALL,
        Allowed::Kind(kind) => std::slice::from_ref(kind),
    });
    kinds.copied().collect()
}

impl std::str::FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::Kind) }
    }
}

/// Options of verify.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A version, a folder's name or the unique beginning of one [default: all revisions].
    pub(crate) revision: Option<String>,
    /// Prove every revision.
    #[arg(long, conflicts_with = "revision")]
    pub(crate) all: bool,
}

/// Options of upgrade.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Stop after this revision and what it depends on; `head`, `usb@head`, or `+N` for the next N
    /// [default: everything pending].
    #[arg(value_name = "REVISION|head|+N")]
    pub(crate) revision: Option<String>,
    /// Print a script for sqlite3, psql or mariadb that does the same, and do nothing. Without a database it begins with
    /// an empty one.
    #[arg(long)]
    pub(crate) sql: bool,
}

/// Options of downgrade.
#[derive(Debug, Args)]
pub(crate) struct Downgrade {
    /// Revert what comes after this revision; `-N` for the last N, `base` for everything.
    #[arg(value_name = "REVISION|-N|base", allow_hyphen_values = true)]
    pub(crate) target: String,
    /// Revert what depends on it in other chains too.
    #[arg(long)]
    pub(crate) cascade: bool,
    /// Print a script for sqlite3, psql or mariadb that does the same, and do nothing.
    #[arg(long)]
    pub(crate) sql: bool,
}

/// Options of stamp.
#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// How far chains count as applied from now on, and no further: revisions, `head` or `HEAD`, `usb@head`, `base`.
    #[arg(required = true, value_name = "REVISION|head|base")]
    pub(crate) revisions: Vec<String>,
    /// Mark without comparing.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Options of new.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The plugin's name, and its folder's in `plugins`.
    pub(crate) name: String,
}

/// Options of history.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only these, both ends included; either may be left out. `base`, `head`, a revision, `usb@head-2`.
    #[arg(value_name = "FROM:TO", allow_hyphen_values = true)]
    pub(crate) range: Option<String>,
}

/// One revision.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// A version, a folder's name, the unique beginning of one, `usb@head`, `usb@head-1`.
    pub(crate) revision: String,
}

/// What is explained.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// `PLUGIN.TABLE`, or `PLUGIN.TABLE.OBJECT` with a column's or a rule's name.
    pub(crate) subject: String,
}

/// Options of merge.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// What the revision is called [default: merge].
    #[arg(short, long, value_name = "TEXT", value_parser = said)]
    pub(crate) message: Option<String>,
}

/// Options of rebase.
#[derive(Debug, Args)]
pub(crate) struct Rebase {
    /// A revision of the branch that moves.
    pub(crate) revision: String,
    /// The revision that it goes on top of [default: the other head].
    #[arg(long, value_name = "REVISION")]
    pub(crate) onto: Option<String>,
}

/// Options of graph.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The language of the picture.
    #[arg(long = "as", value_enum, default_value_t = Picture::Mermaid, value_name = "LANGUAGE")]
    pub(crate) picture: Picture,
}

/// Languages for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// Graphviz.
    Dot,
    /// Mermaid, which code forges draw.
    Mermaid,
}

/// Options of completions.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Options of status.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Makes the ledger agree with Diesel's table and with the files as they are now.
    #[arg(long)]
    pub(crate) repair: bool,
}
