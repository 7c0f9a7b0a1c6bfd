//! Every story under `cases` is a test of its own; its name is its path.
//!
//! `UPDATE_EXPECT=1` writes what came out into the stories.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autogen::dialect::Dialect;
use autogen::plan::HazardKind;
use autogen_tests::coverage;
use autogen_tests::run::{outline, tell};
use autogen_tests::story::Story;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let stories = match found(&cases) {
        Ok(stories) => stories,
        Err(error) => {
            eprintln!("can't read {}: {error}", cases.display());
            return ExitCode::from(2);
        }
    };
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    let mut trials = Vec::new();
    for path in &stories {
        let relative = path.strip_prefix(&cases).unwrap_or(path).with_extension("");
        let path = path.clone();
        trials.push(Trial::test(relative.display().to_string(), move || check(&path, update)));
    }
    trials.push(Trial::test("every_change_and_every_hazard_has_a_story", move || is_complete(&stories)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Databases that stories are told on. PostgreSQL's leaves have tests of their own until it has a judge.
const TOLD: &[Dialect] = &[Dialect::Sqlite];

fn check(path: &Path, update: bool) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let mut story = Story::parse(&text)?;
    let mut complaints = Vec::new();
    for dialect in TOLD {
        let outcome = tell(&story, *dialect)?;
        if update {
            story = story.updated(*dialect, &outcome.sections);
            complaints.extend(outcome.wrong);
        } else {
            complaints.extend(outcome.against(&story, *dialect));
        }
    }
    if update && story.to_string() != text {
        fs::write(path, story.to_string())?;
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

fn is_complete(stories: &[PathBuf]) -> Result<(), Failed> {
    let mut changes = BTreeSet::new();
    let mut hazards = BTreeSet::new();
    for path in stories {
        let story = Story::parse(&fs::read_to_string(path)?)?;
        for dialect in TOLD {
            let outcome = outline(&story, *dialect)?;
            // The way down is the reverse of the way up: every variant here is executed both ways.
            changes.extend(outcome.changes.iter().map(coverage::name));
            hazards.extend(outcome.hazards);
        }
    }
    // SQLite holds neither; the code generator's tests execute them on PostgreSQL.
    let not_there = ["CommentTable", "Enum"];
    let is_missing = |name: &&str| !changes.contains(name) && !not_there.contains(name);
    let missing: Vec<_> = coverage::CHANGES.into_iter().filter(is_missing).map(str::to_owned).collect();
    // SQLite has no name for it: a table that is made anew is a `rebuild` there.
    let elsewhere = [HazardKind::TableRewrite, HazardKind::DropEnumValue];
    let unnamed = HazardKind::ALL
        .iter()
        .filter(|kind| !hazards.contains(kind) && !elsewhere.contains(kind))
        .map(ToString::to_string);
    let missing: Vec<_> = missing.into_iter().chain(unnamed).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no story about: {}", missing.join(", ")).into()) }
}

/// All stories, in order of their paths.
fn found(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut stories = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            stories.extend(found(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            stories.push(path);
        }
    }
    stories.sort();
    Ok(stories)
}
