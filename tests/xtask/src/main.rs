//! `cargo xtask`: what a newcomer and CI run, as commands that need nothing but cargo.
//!
//! Nothing here knows how autogen works; it starts other programs and looks at what they did.

mod demo;
mod test;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use autogen_test_servers::{MysqlKind, MysqlServer, PostgresServer, is_without_mysql};
use clap::Parser;

/// Chores of the autogen repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Xtask {
    /// Runs every test, or those that `cargo test` picks by the arguments given here.
    #[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -- tidy\n  \
                            cargo xtask test -- --lib -- --nocapture")]
    Test {
        /// Handed to `cargo test` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        arguments: Vec<OsString>,
    },
    /// Starts the tests' database servers and keeps them until this command's input ends or Ctrl-C:
    /// then single tests run fast.
    Servers,
    /// Lets autogen write the next migration of a fixture's plugin, on a copy that is then removed.
    Demo,
}

fn main() -> ExitCode {
    let done = match Xtask::parse() {
        Xtask::Test { arguments } => test::run(&arguments),
        Xtask::Servers => servers(),
        Xtask::Demo => demo::run(),
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
fn servers() -> Result<()> {
    let servers = Servers::start()?;
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
    fn start() -> Result<Self> {
        let postgres = PostgresServer::start().context("the tests need a PostgreSQL server of their own")?;
        if is_without_mysql() {
            eprintln!("MySQL is left out, as AUTOGEN_TEST_WITHOUT_MYSQL9 says: nothing is tested there");
        }
        let start = |kind: MysqlKind| {
            MysqlServer::start(kind).with_context(|| format!("the tests need a {kind} server of their own"))
        };
        Ok(Self { postgres, mysql: MysqlKind::of_this_run().map(start).collect::<Result<_>>()? })
    }

    /// The environment variables that tell tests where they are.
    fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        std::iter::once(self.postgres.variable()).chain(self.mysql.iter().map(MysqlServer::variable))
    }
}

/// The cargo that runs this program, in the workspace's root.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The workspace's root.
fn root() -> PathBuf {
    // This crate is `tests/xtask`.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
