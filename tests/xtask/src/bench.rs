//! Times whole commands on a host of many tables. They take turns, so that a machine that is busy for a while slows all
//! of them.

mod host;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::database::{Database, On};

/// What is measured.
#[derive(Args)]
pub struct Bench {
    /// How many tables the host has: ten columns, two indexes and a foreign key each.
    #[arg(long, default_value_t = 1_000)]
    tables: usize,
    /// How many plugins share them.
    #[arg(long, default_value_t = 10)]
    plugins: usize,
    /// How often each command runs; the table shows medians.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The databases; may be repeated.
    #[arg(long, value_enum, value_name = "DATABASE", default_values = ["sqlite", "postgres", "mariadb"])]
    on: Vec<On>,
}

/// A command that is measured.
struct Measured {
    name: String,
    command: Command,
    times: Vec<Duration>,
}

impl Measured {
    fn new(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { name: name.to_owned(), command, times: Vec::new() }
    }

    fn run(&mut self) -> Result<Duration> {
        let start = Instant::now();
        let status = self.command.status().with_context(|| format!("can't run {}", self.name))?;
        let took = start.elapsed();
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(took)
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

impl Bench {
    /// Measures on each database, and prints a table of medians.
    ///
    /// # Errors
    /// When the program can't be built, when a server can't be started, or when a command fails.
    pub fn run(&self) -> Result<()> {
        ensure!(self.tables >= self.plugins && self.plugins > 0 && self.runs > 0, "there is nothing to measure");
        let program = crate::build(&["--release"])?.canonicalize().context("the program isn't where cargo puts it")?;
        let mut rows: Vec<(String, Vec<Duration>)> = Vec::new();
        for on in &self.on {
            for found in self.on(*on, &program)? {
                let median = found.median();
                match rows.iter_mut().find(|(name, _)| *name == found.name) {
                    Some((_, medians)) => medians.push(median),
                    None => rows.push((found.name, vec![median])),
                }
            }
        }
        self.print(&rows);
        Ok(())
    }

    /// Measures on one database.
    fn on(&self, on: On, program: &Path) -> Result<Vec<Measured>> {
        let folder = tempfile::tempdir().context("can't make a temporary folder")?;
        let database = Database::start(on, folder.path())?;
        host::write(folder.path(), &database, self.tables, self.plugins)?;
        let autogen = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(folder.path()).env("DATABASE_URL", database.url()).env_remove("CI");
            command.env("AUTOGEN_CACHE_DIR", folder.path().join("cache"));
            command
        };
        for arguments in [&["generate", "--no-database", "--no-verify", "--quiet"][..], &["upgrade", "--quiet"]] {
            let status = autogen(arguments).status().context("can't run the program")?;
            ensure!(status.success(), "`autogen {}` ended with {status}", arguments.join(" "));
        }
        let mut measured = vec![
            Measured::new("`autogen check`, models, chains and live database", autogen(&["check"])),
            Measured::new(
                "`autogen check --no-database`, what chains make being remembered",
                autogen(&["check", "--no-database"]),
            ),
            Measured::new("`autogen check --plugin p0`", autogen(&["check", "--plugin", "p0"])),
            Measured::new("the database's own tool prints the schema", database.printing_schema()?),
        ];
        if let Some(alembic) = host::alembic(folder.path(), &database, self.tables, self.plugins)? {
            measured.push(Measured::new("Alembic's `check`, the same tables in SQLAlchemy", alembic));
        }
        for round in 0..=self.runs {
            for command in &mut measured {
                let took = command.run()?;
                // The first round fills caches.
                if round > 0 {
                    command.times.push(took);
                }
            }
        }
        Ok(measured)
    }

    fn print(&self, rows: &[(String, Vec<Duration>)]) {
        let names: Vec<&str> = self.on.iter().map(|on| on.name()).collect();
        let plugins = self.plugins;
        println!("{} tables in {plugins} plugins; medians of {} runs in turns\n", self.tables, self.runs);
        println!("| | {} |", names.join(" | "));
        println!("|---|{}", "---|".repeat(names.len()));
        for (name, medians) in rows {
            let shown: Vec<String> = medians.iter().map(|median| format!("{:.2} s", median.as_secs_f64())).collect();
            println!("| {name} | {} |", shown.join(" | "));
        }
    }
}

/// Writes a file below a folder.
fn write_file(folder: &Path, path: &str, text: &str) -> Result<()> {
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).with_context(|| format!("can't make `{}`", parent.display()))?;
    }
    fs::write(&file, text).with_context(|| format!("can't write `{}`", file.display()))
}
