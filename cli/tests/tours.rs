//! The pages' tours, walked: every command in a block marked `console` is run, and prints what stands there. A comment
//! that begins with `tour` makes a new folder, one with `then` changes it, and `not run: WHY` excuses the next block.
//! `UPDATE_EXPECT=1` writes what comes out into the pages. What differs from run to run (dates, versions of databases)
//! isn't compared.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

#[test]
fn pages_show_what_the_program_prints() {
    let update = env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    let (mut run, mut wrong) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let mut walk = Walk { page: &page, tour: None, excused: false, run: 0, wrong: Vec::new() };
        let shown = walk.page(&text);
        if update && shown != text {
            fs::write(&page, shown).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        }
        run += walk.run;
        wrong.extend(walk.wrong);
    }
    assert!(run > 20, "only {run} commands were found in the pages");
    assert!(update || wrong.is_empty(), "the program prints something else:\n\n{}", wrong.join("\n\n"));
}

/// The rule is worth what its comparing is worth.
#[test]
fn only_what_differs_from_run_to_run_is_left_out() {
    let shown = "wrote migrations/2026-11-29-142535-core_x (on SQLite 3.53.2 with 6 rows; PostgreSQL 15.18; 20261129142535core)";
    assert_eq!(
        comparable(shown),
        "wrote migrations/DATE-core_x (on SQLite VERSION with 6 rows; PostgreSQL VERSION; DATEcore)"
    );
    assert_eq!(comparable("3 rows, 2 applied  \n\n"), "3 rows, 2 applied");
}

/// A page on the way from top to bottom.
struct Walk<'p> {
    page: &'p Path,
    tour: Option<Tour>,
    /// Whether the next block needn't be run.
    excused: bool,
    run: usize,
    /// What is printed otherwise.
    wrong: Vec<String>,
}

impl Walk<'_> {
    /// Returns the page with what the program prints.
    fn page(&mut self, text: &str) -> String {
        let mut shown = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            shown.push_str(line);
            shown.push('\n');
            let content = line.trim_start();
            let indent = &line[..line.len() - content.len()];
            if let Some(begun) = content.strip_prefix("<!-- ") {
                let mut comment = vec![begun.to_owned()];
                while !comment.last().is_some_and(|line| line.ends_with("-->")) {
                    let line = lines.next().unwrap_or_else(|| panic!("{}: an open comment", self.page.display()));
                    shown.push_str(line);
                    shown.push('\n');
                    comment.push(line.trim().to_owned());
                }
                self.comment(&comment);
            } else if content == "```console" {
                let block: Vec<&str> = lines
                    .by_ref()
                    .take_while(|line| line.trim_start() != "```")
                    .map(|line| own(line, indent))
                    .collect();
                for line in self.block(&block) {
                    shown.push_str(&if line.is_empty() { line } else { format!("{indent}{line}") });
                    shown.push('\n');
                }
                shown.push_str(&format!("{indent}```\n"));
            }
        }
        shown
    }

    fn comment(&mut self, lines: &[String]) {
        let mut lines = lines.iter().map(|line| line.trim_end_matches("-->").trim());
        match lines.next().unwrap_or_default() {
            "tour" => self.tour = Some(Tour::new()),
            "then" => {}
            first if first.starts_with("not run: ") => self.excused = true,
            // A table that another test writes.
            first if first.starts_with("attacks") => {}
            other => panic!("{}: a comment begins with `{other}`", self.page.display()),
        }
        for line in lines.filter(|line| !line.is_empty()) {
            let tour = self.tour.as_mut().unwrap_or_else(|| panic!("{}: no tour has begun", self.page.display()));
            tour.prepare(line);
        }
    }

    /// Returns the block's lines with what the program prints.
    fn block(&mut self, lines: &[&str]) -> Vec<String> {
        let mut shown = Vec::new();
        if std::mem::take(&mut self.excused) {
            return lines.iter().map(|line| (*line).to_owned()).collect();
        }
        let page = self.page.display();
        let tour = self.tour.as_mut().unwrap_or_else(|| panic!("{page}: no tour runs `{}`", lines.join("\n")));
        let mut lines = lines.iter().peekable();
        while let Some(line) = lines.next() {
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{page}: `{line}` isn't a command"));
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(*line);
            }
            let printed = tour.run(command);
            self.run += 1;
            shown.push((*line).to_owned());
            if comparable(&printed) == comparable(&expected.join("\n")) {
                shown.extend(expected.into_iter().map(str::to_owned));
            } else {
                self.wrong.push(format!("{page}: `{command}` prints\n{printed}"));
                shown.extend(printed.trim_end().lines().map(|line| line.trim_end().to_owned()));
            }
        }
        shown
    }
}

/// A folder, and a shell in it.
struct Tour {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    /// How the last command ended.
    status: i32,
}

impl Tour {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), variables: Vec::new(), status: 0 }
    }

    /// Does what a line of a comment says.
    fn prepare(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let place = self.folder.path().join(name);
        match verb {
            "copy" => copy(&root().join(name), self.folder.path()),
            "migrate" => {
                let chain = FileBasedMigrations::from_path(self.folder.path().join("migrations")).expect("a chain");
                database(&place).run_pending_migrations(chain).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            "sql" => database(&place).batch_execute(more).unwrap_or_else(|error| panic!("{line}: {error}")),
            "run" => {
                let script =
                    fs::read_to_string(self.folder.path().join(more)).unwrap_or_else(|error| panic!("{line}: {error}"));
                database(&place).batch_execute(&script).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            "autogen" => {
                let printed = self.run(line);
                assert_eq!(self.status, 0, "`{line}` prints\n{printed}");
            }
            "scratch" => {
                let server = autogen_test_servers::postgres_url("postgres");
                self.variables.push((name.to_owned(), server));
            }
            "write" | "append" => {
                let before =
                    if verb == "write" { String::new() } else { fs::read_to_string(&place).unwrap_or_default() };
                fs::write(&place, format!("{before}{more}\n")).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            "replace" => {
                let (old, new) = more.split_once(" =>").unwrap_or_else(|| panic!("`{line}` says no =>"));
                let text = fs::read_to_string(&place).unwrap_or_else(|error| panic!("{line}: {error}"));
                assert!(text.contains(old), "{line}: `{old}` isn't there");
                fs::write(&place, text.replace(old, new.trim_start()))
                    .unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            "remove" => fs::remove_dir_all(&place).unwrap_or_else(|error| panic!("{line}: {error}")),
            other => panic!("`{other}` is nothing that a tour does"),
        }
    }

    /// Returns what a command prints, on both outputs in order.
    fn run(&mut self, command: &str) -> String {
        if let Some((name, value)) = command.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            self.variables.push((name.to_owned(), value.to_owned()));
            return String::new();
        }
        let programs = Path::new(env!("CARGO_BIN_EXE_autogen")).parent().expect("a program is in a folder");
        let path = env::join_paths(
            std::iter::once(programs.to_owned()).chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
        );
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; (exit {}); {command}", self.status)])
            .current_dir(self.folder.path())
            .env("PATH", path.expect("a list of folders"))
            .env_remove("CI")
            .env_remove("DATABASE_URL")
            .env_remove("SOURCE_DATE_EPOCH")
            .env("AUTOGEN_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap_or_else(|error| panic!("can't run `{command}`: {error}"));
        self.status = output.status.code().unwrap_or(-1);
        String::from_utf8(output.stdout).expect("the program prints UTF-8")
    }
}

/// Returns a text without what differs from run to run.
fn comparable(text: &str) -> String {
    let mut words = String::new();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut rest = lines.join("\n");
    for name in ["SQLite ", "PostgreSQL "] {
        rest = without_versions(&rest, name);
    }
    let mut rest = rest.as_str();
    while !rest.is_empty() {
        let length = ["0000-00-00-000000", "00000000000000"].into_iter().find(|form| is_date(rest, form)).map(str::len);
        let (word, step) = match length {
            Some(length) => ("DATE", length),
            None => {
                let step = rest.chars().next().map_or(1, char::len_utf8);
                (&rest[..step], step)
            }
        };
        words.push_str(word);
        rest = &rest[step..];
    }
    words.trim_end().to_owned()
}

/// Returns whether a text begins with digits and dashes where the form has them.
fn is_date(text: &str, form: &str) -> bool {
    text.len() >= form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(found, form)| if form == b'0' { found.is_ascii_digit() } else { found == form })
}

/// Returns a text with `VERSION` for the number after a name.
fn without_versions(text: &str, name: &str) -> String {
    let mut parts = text.split(name);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        kept.push_str(name);
        kept.push_str(if after.len() < part.len() { "VERSION" } else { "" });
        kept.push_str(after);
    }
    kept
}

/// Returns a line of a block without the block's own indentation.
fn own<'l>(line: &'l str, indent: &str) -> &'l str {
    line.strip_prefix(indent).unwrap_or_else(|| line.trim_start())
}

fn database(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().expect("a path in UTF-8")).expect("a database")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Returns the README and all pages of `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/how-to"] {
        let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let files = entries.map(|entry| entry.expect("an entry").path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages.sort();
    pages
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`cli` is in the workspace")
}
