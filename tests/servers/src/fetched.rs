//! Programs of servers that no package of this system's release holds: fetched from a newer suite of Debian into a
//! folder of this user's own, with every library that they need. Nothing of the system changes, and nothing is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::program::{is_root, write};
use crate::release::{Kind, Release};

/// What vouches for what is fetched.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What the packages name as needed and no server uses here: what runs scripts and what manages a system. By how
/// their names begin.
const NOT_NEEDED: [&str; 27] = [
    "adduser",
    "busybox",
    "cdebconf",
    "debconf",
    "galera",
    "init-",
    "libdb5",
    "libgdbm",
    "libperl",
    "lsb",
    "lsof",
    "mawk",
    "netbase",
    "openssl-provider",
    "original-awk",
    "passwd",
    "perl",
    "postgresql-common",
    "procps",
    "python",
    "rsync",
    "socat",
    "ssl-cert",
    "systemd",
    "sysvinit",
    "ucf",
    "util-linux",
];

/// A folder that a server's packages are unpacked in.
pub(crate) struct Fetched {
    root: PathBuf,
}

impl Fetched {
    /// Returns the programs of a release: those of an earlier run, or fetched now.
    ///
    /// # Errors
    /// When they can't be fetched; says what to do.
    pub(crate) fn of(release: &Release) -> Result<Self> {
        let fetched = Self { root: cache()?.join(release.name) };
        if fetched.root.is_dir() {
            return Ok(fetched);
        }
        eprintln!("fetching {release}, which the tests start privately, into `{}`", fetched.root.display());
        fetched.fetch(release).with_context(|| {
            let without = match release.kind {
                Kind::Mysql => "; say AUTOGEN_TEST_WITHOUT_MYSQL9=1 to run the tests without it",
                Kind::Postgres | Kind::Mariadb => "",
            };
            format!("there is no {release}: it can't be fetched from Debian's suite `{}`{without}", release.suite)
        })?;
        Ok(fetched)
    }

    /// Returns the path of a file that was fetched.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Fetches packages and what they need, beside the folder that they are for; that is there as a whole or not at
    /// all.
    fn fetch(&self, release: &Release) -> Result<()> {
        let parent = self.root.parent().context("a folder is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("can't make `{}`", parent.display()))?;
        let work = tempfile::tempdir_in(parent)?;
        let apt = Apt::new(work.path(), release.suite)?;
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
                release.package,
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
        for folder in release.programs {
            self.wrap_programs(&root, folder)?;
        }
        // Somebody else may have been first.
        if fs::rename(&root, &self.root).is_err() && !self.root.is_dir() {
            bail!("can't move what was fetched to `{}`", self.root.display());
        }
        Ok(())
    }

    /// Puts a script in the place of each program of a folder, which calls it by the loader, and with the libraries,
    /// that came with it. `root` is where the files are until they are moved.
    fn wrap_programs(&self, root: &Path, folder: &str) -> Result<()> {
        let libraries = folders_of_libraries(root);
        let moved = |path: &Path| Ok::<_, anyhow::Error>(self.root.join(path.strip_prefix(root)?));
        let loader = libraries
            .iter()
            .chain(&[root.join("usr/lib64"), root.join("lib64")])
            .flat_map(files)
            .find(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux")) && path.is_file()
            })
            .context("there is no loader among what was fetched")?;
        let libraries: Vec<String> =
            libraries.iter().map(|path| Ok(moved(path)?.display().to_string())).collect::<Result<_>>()?;
        for program in files(root.join(folder)) {
            let is_program = fs::symlink_metadata(&program)?.is_file() && fs::read(&program)?.starts_with(b"\x7fELF");
            if !is_program {
                continue;
            }
            let real = program.with_extension("elf");
            fs::rename(&program, &real)?;
            let script = format!(
                "#!/bin/sh\nexec '{}' --library-path '{}' --argv0 \"$0\" '{}' \"$@\"\n",
                moved(&loader)?.display(),
                libraries.join(":"),
                moved(&real)?.display()
            );
            write(&program, &script)?;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

/// Returns the folders of libraries: those of the machine's kind (`usr/lib/x86_64-linux-gnu`), and the servers' own.
fn folders_of_libraries(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["usr/lib", "lib"].iter().flat_map(|folder| files(root.join(folder))).collect();
    found.retain(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    found.push(root.join("usr/lib/mysql/private"));
    found
}

/// The package manager with lists, a cache and a state of its own.
struct Apt {
    configuration: PathBuf,
    archives: PathBuf,
}

impl Apt {
    fn new(folder: &Path, suite: &str) -> Result<Self> {
        let archives = folder.join("archives");
        for inside in ["lists/partial", "cache/archives/partial", "sources", "archives"] {
            fs::create_dir_all(folder.join(inside))?;
        }
        let sources =
            format!("Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n", mirror()?);
        write(&folder.join("sources/suite.sources"), &sources)?;
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

/// Returns the folder for what outlives a run. Servers that root starts run as other users, who see nothing of root's
/// home.
fn cache() -> Result<PathBuf> {
    let stated = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let usual = || match is_root() {
        true => Some(PathBuf::from("/var/cache")),
        false => std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")),
    };
    let folder = stated.or_else(usual).context("neither XDG_CACHE_HOME nor HOME says where a cache may be")?;
    Ok(folder.join("autogen-tests"))
}
