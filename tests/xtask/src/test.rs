//! Runs the tests and adds them up at the end, because cargo ends with the last program's sum.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{Releases, Servers};

/// Runs `cargo test` over the whole workspace with every feature, and prints a summary.
///
/// # Errors
/// When a test fails, or when cargo can't build or run the tests.
pub(crate) fn run(releases: &Releases, arguments: &[OsString]) -> Result<()> {
    let started = Instant::now();
    // Servers that tests need are found by them through the environment. Embedded SQLite needs none.
    let servers = Servers::start(releases)?;
    let mut tests = crate::cargo()
        .envs(servers.variables())
        .args(["test", "--workspace", "--all-features", "--no-fail-fast"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .context("can't start cargo; is it on the PATH?")?;

    let mut summary = Summary::default();
    let mut output = BufReader::new(tests.stdout.take().context("cargo's output wasn't captured")?);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).context("can't read what the tests print")? > 0 {
        std::io::stdout().write_all(&line).context("can't print")?;
        summary.read(&String::from_utf8_lossy(&line));
        line.clear();
    }

    let status = tests.wait().context("can't wait for cargo")?;
    println!("\n{summary}, {:.0} s", started.elapsed().as_secs_f64());
    match (status.success(), summary.failures.is_empty()) {
        (true, _) => Ok(()),
        (false, false) => bail!("these tests failed:\n  {}", summary.failures.join("\n  ")),
        (false, true) => bail!("`cargo test` ended with {status}, but no test is to blame; its messages are above"),
    }
}

/// What the test programs said, added up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    programs: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
    failures: Vec<String>,
}

impl Summary {
    /// Takes in a line of a test program's output.
    fn read(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
        // `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|line| line.split_once(". ")) else {
            return;
        };
        self.programs += 1;
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { programs, passed, failed, ignored, failures: _ } = self;
        write!(f, "{passed} passed, {failed} failed, {ignored} ignored in {programs} test programs")
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn programs_are_added_up_and_failures_named() {
        let mut summary = Summary::default();
        for line in [
            "running 3 tests\n",
            "test model::tests::reverses ... ok\n",
            "test plan::tests::orders ... FAILED\n",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s\n",
            "test src/lib.rs - table (line 3) ... ok\n",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\r\n",
        ] {
            summary.read(line);
        }
        assert_eq!(summary.to_string(), "2 passed, 1 failed, 1 ignored in 2 test programs");
        assert_eq!(summary.failures, ["plan::tests::orders"]);
    }
}
