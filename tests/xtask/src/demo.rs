//! Shows the main job on a copy of a fixture: a definition gets a column, and autogen writes the migration, proves and
//! applies it. The checkout stays as it is; the copy stays for whoever wants to go on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::database::{Database, On};

/// The fixture that is copied, and the plugin whose source is ahead of its migrations.
const HOST: &str = "shopdb";
const PLUGIN: &str = "usb";

/// The lines of the plugin's definition that its migrations don't have yet.
const NEW_LINES: [&str; 2] = [
    "    #[index(hardwareid, name = \"ix_usbdevices_hardwareid\")]\n",
    "        /// Vendor and product as the device reports them: `0781:5583`.
        #[max_length = 9]
        hardwareid -> Nullable<Varchar>,\n",
];

/// Rows of the time before the change.
const ROWS: &str = "INSERT INTO assets (assetid, assetnumber) VALUES (1, 'A-100');
INSERT INTO usbdevices (usbdeviceid, assetid, capacitygb) VALUES (1, 1, 64);";

/// What is shown of them.
const SHOWN: &str = "SELECT * FROM usbdevices";

/// Every file under a folder, by its path from there.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Shows the definition before and after, the revision, the row before and after, and the page, on a copy that stays.
///
/// # Errors
/// When autogen can't be built, ends with another code than 0, writes nothing, writes anything
/// outside the plugin's migrations, or writes again in the second run.
pub fn run(on: On) -> Result<()> {
    let demo = Demo::new(on)?;
    let (schema, after) = demo.definition()?;
    let before = without_new_lines(&after)?;
    write(&schema, before.as_bytes())?;

    println!("A host with plugins, and a database with a row of before:\n");
    demo.autogen(&["upgrade", "--quiet"])?;
    demo.database.run(ROWS)?;
    demo.query()?;

    println!("Its plugin `{PLUGIN}` gets a column:\n");
    write(&schema, after.as_bytes())?;
    show_difference(&before, &after);
    let files = read(&demo.host)?;
    demo.autogen(&["--plugin", PLUGIN])?;
    show(&changes(&files, &read(&demo.host)?)?);

    println!("It is applied, the row is still there, and nothing is left to do:\n");
    demo.autogen(&["upgrade"])?;
    demo.query()?;
    let files = read(&demo.host)?;
    demo.autogen(&["--plugin", PLUGIN])?;
    ensure!(read(&demo.host)? == files, "the second run changed files, although nothing was left to do");

    println!("What the revision changes, to look at:\n");
    demo.autogen(&["graph", "--tables", "--revision", "usb@head", "--output", "shopdb.html"])?;
    demo.go_on()
}

/// A copy of the fixture, and its database.
struct Demo {
    program: PathBuf,
    host: PathBuf,
    database: Database,
}

impl Demo {
    fn new(on: On) -> Result<Self> {
        let program = crate::build(&[])?;
        let host = crate::root().canonicalize()?.join("target/demo").join(HOST);
        if host.exists() {
            fs::remove_dir_all(&host).with_context(|| format!("can't remove `{}`", host.display()))?;
        }
        for (path, bytes) in &read(&crate::root().join("fixtures").join(HOST))? {
            write(&host.join(path), bytes)?;
        }
        let database = Database::start(on, &host)?;
        Ok(Self { program, host, database })
    }

    /// Returns the file with the plugin's definitions, and its text.
    fn definition(&self) -> Result<(PathBuf, String)> {
        let file = self.host.join("plugins").join(PLUGIN).join("src/schema.rs");
        let text = fs::read_to_string(&file).with_context(|| format!("can't read `{}`", file.display()))?;
        Ok((file, text))
    }

    /// Runs the program in the copy, on its database.
    fn autogen(&self, arguments: &[&str]) -> Result<()> {
        println!("$ autogen {}", arguments.join(" "));
        let status = Command::new(&self.program)
            .args(arguments)
            .args(["--dialect", self.database.dialect()])
            .current_dir(&self.host)
            .env("DATABASE_URL", self.database.url())
            .env_remove("CI")
            .status()
            .with_context(|| format!("can't run `{}`", self.program.display()))?;
        ensure!(status.success(), "autogen ended with {status} instead of 0");
        println!();
        Ok(())
    }

    /// Shows the row.
    fn query(&self) -> Result<()> {
        println!("$ {} \"{SHOWN}\"", self.database.shown());
        print!("{}", self.database.run(SHOWN)?);
        println!();
        Ok(())
    }

    /// Says where the copy is and how to go on with it.
    fn go_on(&self) -> Result<()> {
        let folder = format!("target/demo/{HOST}");
        println!("Go on in {folder}:\n");
        println!("$ cd {folder}");
        println!("$ export PATH=\"$PWD/../../debug:$PATH\" DATABASE_URL='{}'", self.database.url());
        println!("$ autogen history --graph --plugin {PLUGIN} --dialect {}\n", self.database.dialect());
        self.database.keep()?;
        println!("Open {folder}/shopdb.html in a browser: what is new is green.");
        Ok(())
    }
}

/// Returns the files that were written, which must be new ones among the plugin's migrations.
fn changes<'a>(before: &Files, after: &'a Files) -> Result<Vec<(&'a Path, &'a [u8])>> {
    if let Some(gone) = before.keys().find(|path| !after.contains_key(*path)) {
        bail!("autogen removed `{}`", gone.display());
    }
    let mut written = Vec::new();
    for (path, bytes) in after {
        match before.get(path) {
            Some(old) if old == bytes => continue,
            Some(_) => bail!("autogen changed `{}`, which was there before", path.display()),
            None => written.push((path.as_path(), bytes.as_slice())),
        }
    }
    ensure!(!written.is_empty(), "autogen wrote nothing, although the plugin is ahead of its migrations");
    let own = Path::new("plugins").join(PLUGIN).join("migrations");
    if let Some((path, _)) = written.iter().find(|(path, _)| !path.starts_with(&own)) {
        bail!("autogen wrote `{}`, outside `{}`", path.display(), own.display());
    }
    Ok(written)
}

/// Returns a definition as it was before its plugin got the new column.
fn without_new_lines(text: &str) -> Result<String> {
    let mut before = text.to_owned();
    for lines in NEW_LINES {
        ensure!(before.matches(lines).count() == 1, "the definition doesn't have `{}` once", lines.trim());
        before = before.replacen(lines, "", 1);
    }
    Ok(before)
}

/// Prints the lines that are new, with one line on either side.
fn show_difference(before: &str, after: &str) {
    let old: Vec<&str> = before.lines().collect();
    let lines: Vec<&str> = after.lines().collect();
    let mut next = 0;
    let is_new: Vec<bool> = lines
        .iter()
        .map(|line| {
            let is_old = old.get(next) == Some(line);
            next += usize::from(is_old);
            !is_old
        })
        .collect();
    for (at, line) in lines.iter().enumerate() {
        let is_near = [at.wrapping_sub(1), at + 1].iter().any(|near| is_new.get(*near) == Some(&true));
        match (is_new[at], is_near) {
            (true, _) => println!("+ {line}"),
            (false, true) => println!("  {line}"),
            (false, false) => {}
        }
    }
    println!();
}

/// Prints the SQL of a revision that was written.
fn show(written: &[(&Path, &[u8])]) {
    let is_up = |(path, _): &&(&Path, &[u8])| path.ends_with("up.sql");
    for (path, bytes) in written.iter().filter(is_up) {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default();
        println!("$ cat .../{}/up.sql\n{}\n", Path::new(name).display(), String::from_utf8_lossy(bytes).trim_end());
    }
}

/// Reads every file under a folder, hidden and ignored ones too.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in ignore::WalkBuilder::new(folder).standard_filters(false).build() {
        let path = entry.with_context(|| format!("can't list `{}`", folder.display()))?.into_path();
        if path.is_file() {
            let bytes = fs::read(&path).with_context(|| format!("can't read `{}`", path.display()))?;
            files.insert(path.strip_prefix(folder)?.to_owned(), bytes);
        }
    }
    Ok(files)
}

/// Writes a file and the folders that it needs.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("can't make `{}`", folder.display()))?;
    fs::write(path, bytes).with_context(|| format!("can't write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Files, changes};

    fn files(paths: &[(&str, &str)]) -> Files {
        paths.iter().map(|(path, text)| (path.into(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn only_new_files_of_the_plugins_migrations_will_do() {
        let before = files(&[("autogen.toml", "a")]);
        let refused = |after: &[(&str, &str)]| changes(&before, &files(after)).unwrap_err().to_string();
        assert!(refused(&[("autogen.toml", "a")]).starts_with("autogen wrote nothing"));
        assert!(refused(&[("autogen.toml", "b")]).starts_with("autogen changed `autogen.toml`"));
        assert!(refused(&[]).starts_with("autogen removed `autogen.toml`"));
        assert!(refused(&[("autogen.toml", "a"), ("src/x.rs", "")]).starts_with("autogen wrote `src/x.rs`, outside"));

        let folder = "plugins/usb/migrations/1-usb_x";
        let after = files(&[
            ("autogen.toml", "a"),
            (&format!("{folder}/down.sql"), "d"),
            (&format!("{folder}/metadata.toml"), "m"),
            (&format!("{folder}/up.sql"), "u"),
        ]);
        let written: Vec<_> = changes(&before, &after).unwrap().into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(written, [b"d", b"m", b"u"]);
    }
}
