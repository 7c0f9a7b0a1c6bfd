//! A host's working copy, as one person has it on disk, and the program run in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use autogen_engine::dialect::Dialect;

use super::edits::Edit;
use super::models::{Models, Table};
use super::source;

/// The time of the first revision: 2026-11-21 07:11:00 UTC.
const START: u64 = 1_795_245_060;
/// No run of the program takes longer.
const PATIENCE: Duration = Duration::from_secs(180);

/// What all working copies of a world share: the clock, and what has been done, as a script.
#[derive(Debug, Clone)]
pub struct Diary {
    pub clock: u64,
    pub lines: Vec<String>,
    /// What stands in the script for paths and servers.
    pub names: Vec<(String, String)>,
    pub runs: usize,
}

impl Diary {
    pub fn new() -> Self {
        Self { clock: START, lines: Vec::new(), names: Vec::new(), runs: 0 }
    }

    pub fn note(&mut self, line: impl Into<String>) {
        let mut line: String = line.into();
        for (text, name) in &self.names {
            line = line.replace(text, name);
        }
        self.lines.push(line);
    }
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    /// All that it has said.
    pub text: String,
}

impl Run {
    /// The codes of all errors.
    pub fn errors(&self) -> Vec<String> {
        let rest = self.text.split("error[").skip(1);
        rest.filter_map(|rest| rest.split_once(']').map(|(code, _)| code.to_owned())).collect()
    }

    pub fn has(&self, code: &str) -> bool {
        self.errors().iter().any(|error| error == code)
    }
}

#[derive(Debug, Clone)]
pub struct Tree {
    pub root: PathBuf,
    owners: usize,
    pub models: Models,
    /// What the chains in it make.
    pub generated: Models,
    /// What was changed since.
    pub pending: Vec<Edit>,
    /// The source as it stands on disk.
    written: Vec<String>,
}

/// The folder of an owner; the last one is the core.
pub fn owner_name(owner: usize) -> String {
    if owner == 0 { "core".to_owned() } else { format!("p{owner}") }
}

impl Tree {
    /// Whether a new table has the name of one that another owner's chain still has.
    pub fn takes_anothers_name(&self) -> bool {
        let written = &self.generated.tables;
        let new = self.models.tables.iter().filter(|table| written.iter().all(|old| old.id != table.id));
        new.into_iter().any(|table| written.iter().any(|old| old.name == table.name && old.owner != table.owner))
    }

    /// Whether tables of two owners go that point at each other: neither can be dropped first.
    pub fn drops_a_circle(&self) -> bool {
        let stays = |id| self.models.tables.iter().any(|table| table.id == id);
        let gone: Vec<_> = self.generated.tables.iter().filter(|table| !stays(table.id)).collect();
        let points = |from: &Table, to: &Table| {
            from.columns.iter().any(|column| column.parent.as_ref().is_some_and(|parent| parent.table == to.id))
        };
        gone.iter()
            .any(|one| gone.iter().any(|other| one.owner != other.owner && points(one, other) && points(other, one)))
    }

    pub fn new(root: PathBuf, dialect: Dialect, owners: usize, scratch: &str, diary: &mut Diary) -> Self {
        let config = match scratch {
            "" => format!("dialects = [\"{dialect}\"]\n"),
            url => format!("dialects = [\"{dialect}\"]\n[database]\nscratch = {{ {dialect} = \"{url}\" }}\n"),
        };
        let tree = Self {
            root,
            owners,
            models: Models::default(),
            generated: Models::default(),
            pending: Vec::new(),
            written: vec![String::new(); owners],
        };
        tree.write("autogen.toml", &config, diary);
        for owner in 1..owners {
            let manifest = format!("[package]\nname = \"p{owner}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
            tree.write(&format!("plugins/p{owner}/Cargo.toml"), &manifest, diary);
        }
        tree
    }

    fn write(&self, path: &str, text: &str, diary: &mut Diary) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        diary.note(format!("mkdir -p {}", path.parent().expect("a folder").display()));
        diary.note(format!("cat > {} <<'R'\n{}R", path.display(), text));
    }

    fn folder(&self, owner: usize) -> String {
        if owner == 0 { String::new() } else { format!("plugins/p{owner}/") }
    }

    /// Writes the definitions down where they have changed.
    pub fn save(&mut self, diary: &mut Diary) {
        for owner in 0..self.owners {
            let text = source::text(&self.models, owner);
            if self.written[owner] != text {
                self.write(&format!("{}src/lib.rs", self.folder(owner)), &text, diary);
                self.written[owner] = text;
            }
        }
    }

    /// Removes all sources, whoever has written them.
    pub fn forget_source(&mut self, diary: &mut Diary) {
        for owner in 0..self.owners {
            let folder = self.root.join(self.folder(owner)).join("src");
            let _there = fs::remove_dir_all(&folder);
            diary.note(format!("rm -rf {}", folder.display()));
        }
        self.written = vec!["?".to_owned(); self.owners];
    }

    pub fn migrations(&self, owner: usize) -> PathBuf {
        self.root.join(self.folder(owner)).join("migrations")
    }

    /// The folders of all revisions, with their owners.
    pub fn revisions(&self) -> BTreeSet<(usize, String)> {
        let mut found = BTreeSet::new();
        for owner in 0..self.owners {
            let Ok(entries) = fs::read_dir(self.migrations(owner)) else { continue };
            for entry in entries.flatten() {
                found.insert((owner, entry.file_name().to_string_lossy().into_owned()));
            }
        }
        found
    }

    /// The same in the order of their versions.
    pub fn in_order(&self) -> Vec<(usize, String)> {
        let mut revisions: Vec<(usize, String)> = self.revisions().into_iter().collect();
        revisions.sort_by_key(|(_, revision)| version(revision));
        revisions
    }

    /// Whether the text of a revision's `metadata.toml` names a version.
    pub fn names(&self, owner: usize, revision: &str, other: &str) -> bool {
        let path = self.migrations(owner).join(revision).join("metadata.toml");
        fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("\"{other}\"")))
    }

    pub fn remove(&self, owner: usize, revision: &str, diary: &mut Diary) {
        let folder = self.migrations(owner).join(revision);
        fs::remove_dir_all(&folder).expect("a revision");
        diary.note(format!("rm -r {}", folder.display()));
    }

    /// States that a revision comes after another owner's version.
    pub fn put_after(&self, first: &str, then: &str, diary: &mut Diary) {
        let revisions = self.revisions();
        let (owner, folder) = revisions.iter().find(|(_, revision)| revision == then).expect("a revision");
        let path = self.migrations(*owner).join(folder).join("metadata.toml");
        let text = fs::read_to_string(&path).expect("metadata");
        let text = match text.contains("\nafter = [") {
            true => text.replace("\nafter = [", &format!("\nafter = [\"{first}\", ")),
            false => text.replace("[autogen]\n", &format!("[autogen]\nafter = [\"{first}\"]\n")),
        };
        fs::write(&path, &text).expect("metadata");
        diary.note(format!("cat > {} <<'R'\n{text}R", path.display()));
    }

    /// Runs the program here.
    pub fn run(&mut self, arguments: &[&str], diary: &mut Diary) -> Run {
        self.save(diary);
        diary.clock += 10;
        diary.runs += 1;
        let shown: Vec<String> = arguments
            .iter()
            .map(|word| if word.contains(['?', ' ']) { format!("'{word}'") } else { (*word).to_owned() })
            .collect();
        diary.note(format!(
            "SOURCE_DATE_EPOCH={} autogen --root {} {}",
            diary.clock,
            self.root.display(),
            shown.join(" ")
        ));
        let files = tempfile::tempdir().expect("a folder");
        let path = |name: &str| files.path().join(name);
        let file = |name: &str| Stdio::from(fs::File::create(path(name)).expect("a file"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogen"));
        command.arg("--root").arg(&self.root).args(arguments).env("SOURCE_DATE_EPOCH", diary.clock.to_string());
        for variable in ["DATABASE_URL", "CI", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(variable);
        }
        command.env("AUTOGEN_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        let mut child =
            command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().expect("the program starts");
        let started = Instant::now();
        let code = loop {
            match child.try_wait().expect("a program that was started") {
                Some(status) => break status.code().unwrap_or(-1),
                None if started.elapsed() > PATIENCE => {
                    let _ended = child.kill();
                    break -2;
                }
                None => thread::sleep(Duration::from_millis(3)),
            }
        };
        let read = |name: &str| fs::read_to_string(path(name)).unwrap_or_default();
        let stdout = read("out");
        let text = stdout.clone() + &read("err");
        diary.note(format!("#   exit {code}"));
        text.lines().for_each(|line| diary.note(format!("#   {line}")));
        Run { code, stdout, text }
    }

    /// A copy of everything, as another person has it.
    pub fn copy(&self, root: PathBuf, diary: &mut Diary) -> Self {
        copy(&self.root, &root);
        diary.note(format!("cp -r {} {}", self.root.display(), root.display()));
        Self { root, ..self.clone() }
    }

    pub fn owners(&self) -> usize {
        self.owners
    }
}

/// Diesel's version of a revision.
pub fn version(revision: &str) -> String {
    revision.split('_').next().unwrap_or_default().replace('-', "")
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder that is there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { drop(fs::copy(entry.path(), target)) }
    }
}
