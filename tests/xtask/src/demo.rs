//! Shows the main job on a copy of a fixture: what autogen writes, and that the second run has
//! nothing left to write. The checkout stays as it is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The fixture that is copied, and the plugin whose source is ahead of its migrations.
const HOST: &str = "shopdb";
const PLUGIN: &str = "usb";

/// Every file under a folder, by its path from there.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Runs autogen twice on a copy of the fixture and shows what it wrote.
///
/// # Errors
/// When autogen can't be built, ends with another code than 0, writes nothing, writes anything
/// outside the plugin's migrations, or writes again in the second run.
pub fn run() -> Result<()> {
    let program = build()?;
    let copy = tempfile::tempdir().context("can't make a temporary folder")?;
    let host = copy.path().join(HOST);
    for (path, bytes) in &read(&crate::root().join("fixtures").join(HOST))? {
        write(&host.join(path), bytes)?;
    }

    let before = read(&host)?;
    autogen(&program, copy.path())?;
    let after = read(&host)?;
    show(&changes(&before, &after)?);

    autogen(&program, copy.path())?;
    ensure!(read(&host)? == after, "the second run changed files, although nothing was left to do");
    copy.close().context("can't remove the temporary folder")
}

/// Builds the program and says where it is.
fn build() -> Result<PathBuf> {
    let status = crate::cargo()
        .args(["build", "--package", "diesel-autogen-cli"])
        .status()
        .context("can't start cargo; is it on the PATH?")?;
    ensure!(status.success(), "`cargo build --package diesel-autogen-cli` ended with {status}; its messages are above");
    // Cargo puts it next to this program, wherever the target folder is.
    let this = std::env::current_exe().context("can't find this program's folder")?;
    Ok(this.with_file_name(format!("autogen{}", std::env::consts::EXE_SUFFIX)))
}

/// Runs the program in the folder that holds the copy, so that what it prints names no machine.
fn autogen(program: &Path, folder: &Path) -> Result<()> {
    println!("$ autogen --root {HOST} --plugin {PLUGIN} --dialect sqlite");
    let status = Command::new(program)
        .args(["--root", HOST, "--plugin", PLUGIN, "--dialect", "sqlite"])
        .current_dir(folder)
        // The demo is about the files; a database of the user's has no part in it.
        .env_remove("DATABASE_URL")
        .status()
        .with_context(|| format!("can't run `{}`", program.display()))?;
    ensure!(status.success(), "autogen ended with {status} instead of 0");
    println!();
    Ok(())
}

/// The files that were written, which must be new ones among the plugin's migrations.
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
    // `up.sql` before `metadata.toml` before `down.sql`: the order in which one reads them.
    written.sort_by_key(|(path, _)| (path.parent(), Reverse(path.file_name())));
    Ok(written)
}

/// Prints the written files, first as a tree, then whole.
fn show(written: &[(&Path, &[u8])]) {
    let mut folder = None;
    for (path, _) in written {
        if path.parent() != folder {
            folder = path.parent();
            println!("{HOST}/{}/", folder.unwrap_or(Path::new("")).display());
        }
        println!("    {}", Path::new(path.file_name().unwrap_or_default()).display());
    }
    for (path, bytes) in written {
        let name = Path::new(path.file_name().unwrap_or_default()).display();
        println!("\n----- {name}\n{}", String::from_utf8_lossy(bytes).trim_end());
    }
    println!();
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
        assert_eq!(written, [b"u", b"m", b"d"]);
    }
}
