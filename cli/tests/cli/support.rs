//! Hosts in temporary folders, and the program run in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use autogen_engine::dialect::Dialect;
use autogen_tests::shown;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use expect_test::Expect;
use tempfile::TempDir;

/// The time at which every test happens: 2026-11-21 07:11:00 UTC.
const NOW: &str = "1795245060";

/// Assets, which the core owns.
pub const ASSETS: &str = "autogen::table! {
    assets (id) {
        #[auto_increment]
        id -> Integer,
        tag -> Text,
    }
}
";

/// Devices, which point at assets.
pub const DEVICES: &str = "autogen::table! {
    #[index(serial)]
    devices (id) {
        #[auto_increment]
        id -> Integer,
        #[references(assets(id), on_delete = cascade)]
        asset_id -> Integer,
        serial -> Nullable<Text>,
    }
}
";

/// Ports, which stand alone.
pub const PORTS: &str = "autogen::table! {
    ports (id) {
        id -> Integer,
        speed -> Nullable<Integer>,
    }
}
";

/// A host's folder.
pub struct Host {
    folder: TempDir,
}

/// What a run of the program left behind.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Host {
    /// A host of these files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let host = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for (path, text) in files {
            host.write(path, text);
        }
        host
    }

    /// A core with assets, a plugin `usb` whose devices point at them, and a plugin `net`.
    pub fn small() -> Self {
        Self::of(&[
            ("src/schema.rs", ASSETS),
            ("plugins/net/src/schema.rs", PORTS),
            ("plugins/usb/src/schema.rs", DEVICES),
        ])
    }

    /// The small host with a baseline in every chain.
    pub fn with_baselines() -> Self {
        let host = Self::small();
        host.done("");
        host
    }

    /// The small host with a baseline in every chain, applied to `app.db`.
    pub fn with_database() -> Self {
        let host = Self::with_baselines();
        host.done("upgrade --database-url app.db");
        host
    }

    /// The same with an asset `a`, and a device `x` of it.
    pub fn with_rows() -> Self {
        let host = Self::with_database();
        host.sql("app.db", "INSERT INTO assets (tag) VALUES ('a')");
        host.sql("app.db", "INSERT INTO devices (asset_id, serial) VALUES (1, 'x')");
        host
    }

    /// A copy of a fixture.
    pub fn fixture(name: &str) -> Self {
        let host = Self::of(&[]);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name), host.root());
        host
    }

    /// A copy of `shopdb` as a host of one dialect: a core and six plugins, of which usb is ahead of its chain.
    pub fn shopdb(dialect: Dialect) -> Self {
        let host = Self::fixture("shopdb");
        host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
        let plugins = host.folders("plugins").into_iter().map(|plugin| format!("plugins/{plugin}/"));
        for owner in plugins.chain([String::new()]) {
            let (all, one) = (host.path(&format!("{owner}migrations")), host.path(&format!("{owner}{dialect}")));
            fs::rename(all.join(dialect.name()), &one).expect("a chain");
            fs::remove_dir_all(&all).expect("the others");
            fs::rename(one, all).expect("renamed");
        }
        host
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces a part of a file, which must be there.
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} doesn't hold `{old}`:\n{text}");
        self.write(path, &text.replace(old, new));
    }

    /// A revision by hand, in the core's chain unless `plugin` has a name.
    pub fn revision(&self, plugin: &str, name: &str, up: &str, down: &str) {
        let folder = match plugin {
            "" => format!("migrations/{name}"),
            plugin => format!("plugins/{plugin}/migrations/{name}"),
        };
        self.write(&format!("{folder}/up.sql"), up);
        self.write(&format!("{folder}/down.sql"), down);
    }

    /// All files by their paths, databases aside.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        gather(self.root(), self.root(), &mut files);
        files
    }

    /// The folders in a folder.
    pub fn folders(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The program in the host's folder, with arguments as a shell would split them where nothing is quoted.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
        command.args(arguments.split_whitespace()).current_dir(self.root()).env("SOURCE_DATE_EPOCH", NOW);
        for variable in ["DATABASE_URL", "CI", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(variable);
        }
        // No server unless a test gives one.
        command.env("SCRATCH_URL", "");
        command.env("AUTOGEN_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &str) -> Run {
        self.output(self.command(arguments).output().expect("the program starts"))
    }

    pub fn output(&self, output: Output) -> Run {
        let text = |bytes: Vec<u8>| self.same_everywhere(&String::from_utf8(bytes).expect("UTF-8"));
        Run {
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs the program, which must end with 0, and gives back its results.
    pub fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}{}", run.stdout, run.stderr);
        run.stdout
    }

    /// Runs the program and compares all that it says.
    #[track_caller]
    pub fn says(&self, arguments: &str, expected: Expect) {
        expected.assert_eq(&self.run(arguments).transcript());
    }

    /// Runs a command that must find nothing to do, and say no more than that.
    #[track_caller]
    pub fn in_sync(&self, arguments: &str) {
        let said = self.run(arguments).transcript();
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let is_so = lines.len() == 2 && lines[0].contains("in sync") && lines[1] == "--- exit 0";
        assert!(is_so, "autogen {arguments}\n{said}");
    }

    /// What differs from machine to machine, and from release to release, under one name.
    pub fn same_everywhere(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for root in [self.root().canonicalize().expect("the folder is there"), self.root().to_owned()] {
            text = text.replace(&*root.to_string_lossy(), "[HOST]");
        }
        text = text.replace(&format!("tool = \"{}\"", env!("CARGO_PKG_VERSION")), "tool = \"[TOOL]\"");
        text = text.split_inclusive('\n').map(certificate_line).collect();
        text = between(&text, "on SQLite ", " with ", "[VERSION]");
        text = between(&text, "on PostgreSQL ", " with ", "[VERSION]");
        text = between(&text, "[autogen.measured.\"PostgreSQL ", "\"]", "[VERSION]");
        between(&text, " with ", " rows: up.sql", "[N]")
    }

    pub fn database(&self, path: &str) -> SqliteConnection {
        let path = self.path(path);
        SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a database")
    }

    /// Runs statements on a database file, which may be made by that.
    pub fn sql(&self, path: &str, sql: &str) {
        self.database(path).batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The values of a query's column `value`.
    pub fn values(&self, path: &str, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            value: String,
        }
        let rows: Vec<Row> = diesel::sql_query(query).load(&mut self.database(path)).expect("rows");
        rows.into_iter().map(|row| row.value).collect()
    }

    /// The statements that a database file is made of, as the `.schema` of SQLite's shell shows them.
    pub fn schema(&self, path: &str) -> Vec<String> {
        let query = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS value FROM sqlite_schema \
                     WHERE tbl_name NOT IN ('__diesel_schema_migrations', '__autogen_ledger', '__autogen_lock') ORDER BY 1";
        self.values(path, query)
    }

    /// The versions that a database has applied.
    pub fn applied(&self, path: &str) -> Vec<String> {
        self.values(path, "SELECT version AS value FROM __diesel_schema_migrations ORDER BY 1")
    }
}

impl Run {
    /// Results, remarks and bad news, and the exit code. What every look at tables has stands there as `...`.
    pub fn transcript(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(self.stderr.trim_end());
            text.push('\n');
        }
        text.push_str(&format!("--- exit {}\n", self.code));
        // Help pages indent their empty lines, which nobody sees.
        let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        shown::without_looks(&text)
    }

    /// The document on standard output, of which there must be exactly one.
    #[track_caller]
    pub fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}{}", self.stdout, self.stderr))
    }
}

/// A line of a certificate without the sum or the release that it states.
fn certificate_line(line: &str) -> String {
    for before in [": proven, on ", "certificate: proven, on ", "\"server\": \""] {
        if let Some((head, server)) = line.split_once(before) {
            let kind = server.split(' ').next().unwrap_or_default();
            let end = if server.trim_end().ends_with('"') { "\"" } else { "" };
            return format!("{head}{before}{kind} [VERSION]{end}\n");
        }
    }
    let Some((key, value)) = line.trim_end().split_once(" = \"") else { return line.to_owned() };
    match (key, value.trim_end_matches('"').len()) {
        ("up" | "down" | "below", 64) => format!("{key} = \"[SUM]\"\n"),
        ("server", _) => format!("server = \"{} [VERSION]\"\n", value.split(' ').next().unwrap_or_default()),
        (_, _) => line.to_owned(),
    }
}

/// The text with what stands between two others replaced.
fn between(text: &str, before: &str, after: &str, replacement: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once(before) {
        let (line, _) = tail.split_once('\n').unwrap_or((tail, ""));
        result.push_str(head);
        result.push_str(before);
        match line.find(after).filter(|&end| !line[..end].contains(' ')) {
            Some(end) => {
                result.push_str(replacement);
                rest = &tail[end..];
            }
            None => rest = tail,
        }
    }
    result + rest
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.insert(path.strip_prefix(root).expect("below").display().to_string(), text);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the fixture") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { drop(fs::copy(entry.path(), target)) }
    }
}
