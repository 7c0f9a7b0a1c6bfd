//! Programs of a server that no package of this system's release holds: fetched from Debian's `sid` into a folder of
//! this user's own, with every library that they need. Nothing of the system changes, and nothing is installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::program::write;

/// What vouches for what is fetched.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What the programs name as needed and don't use: interpreters of scripts that nothing runs.
const NOT_NEEDED: [&str; 5] = ["perl", "libperl", "libgdbm", "libdb5", "openssl-provider"];

/// A folder that packages are unpacked in.
pub(crate) struct Fetched {
    root: PathBuf,
}

impl Fetched {
    /// MySQL's server: the one of an earlier run, or fetched now.
    ///
    /// # Errors
    /// When it can't be fetched; says what to do.
    pub(crate) fn mysql() -> Result<Self> {
        let packages = cache()?.join("mysql-server-core");
        let fetched = Self { root: packages };
        if fetched.path("usr/sbin/mysqld").is_file() {
            return Ok(fetched);
        }
        eprintln!("fetching MySQL's server, which the tests start privately, into `{}`", fetched.root.display());
        fetched.fetch("mysql-server-core").context(
            "there is no MySQL server: it can't be fetched from Debian's suite `sid`; \
             say AUTOGEN_TEST_WITHOUT_MYSQL9=1 to run the tests without it",
        )?;
        Ok(fetched)
    }

    /// A file that was fetched.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// How a program is called: by the loader, and with the libraries, that came with it.
    pub(crate) fn command(&self, program: &str) -> Result<Vec<OsString>> {
        let folders = self.folders_of_libraries();
        let is_loader = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux")) && path.is_file()
        };
        let of_loaders = ["usr/lib64", "lib64"].map(|folder| self.path(folder));
        let loader = folders
            .iter()
            .chain(&of_loaders)
            .flat_map(files)
            .find(is_loader)
            .context("there is no loader among what was fetched")?;
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Ok(vec![
            loader.into_os_string(),
            "--library-path".into(),
            folders.join(":").into(),
            self.path(program).into_os_string(),
        ])
    }

    /// Those of the machine's kind (`usr/lib/x86_64-linux-gnu`), and the server's own.
    fn folders_of_libraries(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = ["usr/lib", "lib"].iter().flat_map(|folder| files(self.path(folder))).collect();
        found.retain(|path| path.to_string_lossy().ends_with("-linux-gnu"));
        found.push(self.path("usr/lib/mysql/private"));
        found
    }

    /// Fetches a package and what it needs, beside the folder that it is for; that is there as a whole or not at all.
    fn fetch(&self, package: &str) -> Result<()> {
        let parent = self.root.parent().context("a folder is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("can't make `{}`", parent.display()))?;
        let work = tempfile::tempdir_in(parent)?;
        let apt = Apt::new(work.path())?;
        apt.run("apt-get", &["update", "-qq"])?;
        let named = apt.run(
            "apt-cache",
            &[
                "depends",
                "--recurse",
                "--no-recommends",
                "--no-suggests",
                "--no-conflicts",
                "--no-breaks",
                "--no-replaces",
                "--no-enhances",
                package,
            ],
        )?;
        let mut packages: Vec<&str> = named
            .lines()
            .filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()))
            .filter(|name| !NOT_NEEDED.iter().any(|not| name.starts_with(not)))
            .collect();
        packages.sort_unstable();
        packages.dedup();
        apt.run("apt-get", &[&["download", "-qq"], packages.as_slice()].concat())?;
        let root = work.path().join("root");
        for archive in files(&apt.archives) {
            run(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&root))?;
        }
        // Somebody else may have been first.
        if fs::rename(&root, &self.root).is_err() && !self.path("usr/sbin/mysqld").is_file() {
            bail!("can't move what was fetched to `{}`", self.root.display());
        }
        Ok(())
    }
}

/// The package manager with lists, a cache and a state of its own.
struct Apt {
    configuration: PathBuf,
    archives: PathBuf,
}

impl Apt {
    fn new(folder: &Path) -> Result<Self> {
        let archives = folder.join("archives");
        for inside in ["lists/partial", "cache/archives/partial", "sources", "archives"] {
            fs::create_dir_all(folder.join(inside))?;
        }
        let sources = format!("Types: deb\nURIs: {}\nSuites: sid\nComponents: main\nSigned-By: {KEYRING}\n", mirror()?);
        write(&folder.join("sources/sid.sources"), &sources)?;
        write(&folder.join("status"), "")?;
        let at = folder.display();
        let configuration = folder.join("apt.conf");
        let text = format!(
            "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{at}/sources\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
             Dir::State::lists \"{at}/lists\";\nDir::State::status \"{at}/status\";\nDir::Cache \"{at}/cache\";\n\
             Acquire::Languages \"none\";\nAPT::Sandbox::User \"\";\n"
        );
        write(&configuration, &text)?;
        Ok(Self { configuration, archives })
    }

    /// Runs one of its programs, and gives what it says.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(program);
        command.args(arguments).env("APT_CONFIG", &self.configuration).current_dir(&self.archives);
        run(&mut command)
    }
}

/// The mirror that this system's own packages come from.
fn mirror() -> Result<String> {
    if !Path::new(KEYRING).is_file() {
        bail!("this system isn't Debian: there is no `{KEYRING}`");
    }
    let listed =
        run(Command::new("apt-get").args(["indextargets", "--format", "$(SITE) $(ORIGIN)", "Created-By: Packages"]))?;
    let site = |line: &str| line.strip_suffix(" Debian").map(str::to_owned);
    let sites: Vec<String> = listed.lines().filter_map(site).collect();
    // Updates may come from a site that has no other suites.
    let usual = sites.iter().find(|site| !site.contains("security"));
    usual.cloned().context("no package of this system's comes from a Debian mirror; run `apt-get update` once")
}

/// Runs a program to its end, and gives what it says.
fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` ends with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is in a folder; nothing, where there is none.
fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The folder for what outlives a run.
fn cache() -> Result<PathBuf> {
    let stated = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let usual = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = stated.or_else(usual).context("neither XDG_CACHE_HOME nor HOME says where a cache may be")?;
    Ok(folder.join("autogen-tests"))
}
