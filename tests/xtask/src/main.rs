//! `cargo xtask`: what a newcomer and CI run, as commands that need nothing but cargo.
//!
//! Nothing here knows how autogen works; it starts other programs and looks at what they did.

mod bench;
mod database;
mod demo;
mod test;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use autogen_test_servers::{Kind, MysqlKind, MysqlServer, PostgresServer, Release, is_without_mysql};
use clap::{Args, Parser};

/// Chores of the autogen repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Xtask {
    /// Runs every test, or those that `cargo test` picks by the arguments given here.
    #[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -- tidy\n  \
                            cargo xtask test -- --lib -- --nocapture\n  \
                            cargo xtask test --server postgres18 -- --test stories")]
    Test {
        #[command(flatten)]
        releases: Releases,
        /// Handed to `cargo test` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        arguments: Vec<OsString>,
    },
    /// Starts the tests' database servers and keeps them until this command's input ends or Ctrl-C:
    /// then single tests run fast.
    Servers(Releases),
    /// Shows how a plugin of a fixture gets a column: definition, migration, proof, rows and a page to look at. Leaves
    /// the copy in target/demo.
    Demo {
        /// The database.
        #[arg(long, value_enum, default_value = "sqlite", value_name = "DATABASE")]
        on: database::On,
    },
    /// Times whole commands on a host of many tables, in turns with the database's own tool and with Alembic where
    /// it is installed. Prints a table for docs/performance.md.
    Bench(bench::Bench),
}

/// Which releases of the servers the tests run on.
#[derive(Args)]
struct Releases {
    /// A release to run instead of the usual one of its kind, fetched from Debian where the system has another:
    /// `postgres17`, `postgres18`, `mariadb11.8`. May be repeated.
    #[arg(long = "server", value_name = "RELEASE", value_parser = release)]
    named: Vec<Release>,
}

impl Releases {
    fn of(&self, kind: Kind) -> Option<&Release> {
        self.named.iter().find(|release| release.kind == kind)
    }
}

fn release(name: &str) -> Result<Release> {
    Release::named(name).with_context(|| {
        let known = Release::NAMED.map(|release| release.name);
        format!("there is no such release; there are {}", known.join(", "))
    })
}

fn main() -> ExitCode {
    let done = match Xtask::parse() {
        Xtask::Test { releases, arguments } => test::run(&releases, &arguments),
        Xtask::Servers(releases) => servers(&releases),
        Xtask::Demo { on } => demo::run(on),
        Xtask::Bench(bench) => bench.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line of reasons; a backtrace would only show the way through this program.
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Starts servers and says how to use them.
fn servers(releases: &Releases) -> Result<()> {
    let servers = Servers::start(releases)?;
    for (variable, place) in servers.variables() {
        println!("export {variable}='{place}'");
    }
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).context("can't read the input")?;
    Ok(())
}

/// The servers that tests need; they end with this value.
struct Servers {
    postgres: PostgresServer,
    mysql: Vec<MysqlServer>,
}

impl Servers {
    fn start(releases: &Releases) -> Result<Self> {
        let postgres = PostgresServer::start(releases.of(Kind::Postgres))
            .context("the tests need a PostgreSQL server of their own")?;
        if is_without_mysql() {
            eprintln!("MySQL is left out, as AUTOGEN_TEST_WITHOUT_MYSQL9 says: nothing is tested there");
        }
        let start = |kind: MysqlKind| {
            let release = match kind {
                MysqlKind::Mariadb => releases.of(Kind::Mariadb),
                MysqlKind::Mysql => releases.of(Kind::Mysql),
            };
            MysqlServer::start(kind, release).with_context(|| format!("the tests need a {kind} server of their own"))
        };
        Ok(Self { postgres, mysql: MysqlKind::of_this_run().map(start).collect::<Result<_>>()? })
    }

    /// The environment variables that tell tests where they are.
    fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.postgres.variables().into_iter().chain(self.mysql.iter().map(MysqlServer::variable))
    }
}

/// The cargo that runs this program, in the workspace's root.
///
/// What that cargo says of this package is taken out of the environment: build scripts that ask for it would run
/// again, and everything that depends on them would be compiled again, each time.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| name.as_encoded_bytes().starts_with(of.as_bytes())) {
            command.env_remove(name);
        }
    }
    command
}

/// Builds the program, with more arguments for cargo, and returns where it is.
fn build(arguments: &[&str]) -> Result<PathBuf> {
    let build = ["build", "--package", "diesel-autogen-cli"];
    let shown = [&build[..], arguments].concat().join(" ");
    let status = cargo().args(build).args(arguments).status().context("can't start cargo; is it on the PATH?")?;
    ensure!(status.success(), "`cargo {shown}` ended with {status}; its messages are above");
    // Cargo puts it next to this program, wherever the target folder is, or into the profile's own folder beside.
    let this = std::env::current_exe().context("can't find this program's folder")?;
    let name = format!("autogen{}", std::env::consts::EXE_SUFFIX);
    match arguments.contains(&"--release") {
        true => Ok(this.with_file_name(format!("../release/{name}"))),
        false => Ok(this.with_file_name(name)),
    }
}

/// The workspace's root.
fn root() -> PathBuf {
    // This crate is `tests/xtask`.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
