//! Finds a server's programs, and installs them where the machine lets us.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

/// The folder that holds `program`: the newest of those that packages install to, else one on the
/// PATH. Installs the package if there is none.
pub(crate) fn find_or_install(program: &str, folders: &dyn Fn() -> Vec<PathBuf>, package: &str) -> Result<PathBuf> {
    let find = || {
        let mut found: Vec<PathBuf> = folders().into_iter().filter(|folder| folder.join(program).is_file()).collect();
        found.sort_by_key(|folder| version(folder));
        found.pop().or_else(|| on_path(program))
    };
    if let Some(folder) = find() {
        return Ok(folder);
    }
    // Several tests of a program may miss the same one, and two installations get in each other's way.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folder) = find() {
        return Ok(folder);
    }
    install(package)?;
    find().with_context(|| format!("the package `{package}` is installed, but it brought no `{program}`"))
}

/// A program that tests run, such as `sqlite3`, installed by its package if it is missing.
///
/// # Panics
/// When it isn't there and can't be installed.
pub fn client(program: &str, package: &str) -> PathBuf {
    match find_or_install(program, &Vec::new, package) {
        Ok(folder) => folder.join(program),
        Err(error) => panic!("{error:#}"),
    }
}

/// The number in a path such as `/usr/lib/postgresql/15/bin`.
fn version(folder: &Path) -> u32 {
    let numbers = folder.components().filter_map(|part| {
        let digits: String = part.as_os_str().to_string_lossy().chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.max().unwrap_or_default()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(program).is_file())
}

fn install(package: &str) -> Result<()> {
    if on_path("apt-get").is_none() {
        bail!("install the package `{package}`, and run this again");
    }
    eprintln!("installing `{package}`, whose programs the tests start");
    let install = ["install", "--yes", "--no-install-recommends", package];
    // A fresh machine has no lists of packages yet.
    if apt_get(&install) || (apt_get(&["update"]) && apt_get(&install)) {
        return Ok(());
    }
    bail!("run `sudo apt-get install {package}`, and then this again")
}

/// Runs the package manager and says whether it did what it was told.
fn apt_get(arguments: &[&str]) -> bool {
    let mut command = if is_root() { Command::new("env") } else { Command::new("sudo") };
    if !is_root() {
        // Asks nobody: where it would have to, the user is told what to run.
        command.args(["-n", "env"]);
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Whether this process may become any user.
pub(crate) fn is_root() -> bool {
    id("-u", None) == Some(0)
}

/// A number that `id` knows: `-u` for the user, `-g` for its group.
fn id(which: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(which).args(user).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A user other than root that every machine has.
pub(crate) fn other_user(server: &str) -> Result<(u32, u32)> {
    [server, "nobody"]
        .into_iter()
        .find_map(|user| Some((id("-u", Some(user))?, id("-g", Some(user))?)))
        .with_context(|| format!("the server doesn't run as root, and there is neither a user `{server}` nor `nobody`"))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("can't write `{}`", path.display()))
}
