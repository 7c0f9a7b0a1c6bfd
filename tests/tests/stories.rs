//! Every story under `cases` is a test of its own; its name is its path.
//!
//! `UPDATE_EXPECT=1` writes what came out into the stories. `TELL=mysql` tells them on one database alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autogen::dialect::Dialect;
use autogen::plan::HazardKind;
use autogen_tests::coverage;
use autogen_tests::run::{Outcome, outline, tell};
use autogen_tests::story::Story;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

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
    let only = std::env::var("TELL").ok().and_then(|name| TOLD.into_iter().find(|dialect| dialect.name() == name));
    let mut trials = Vec::new();
    for path in &stories {
        let name = path.strip_prefix(&cases).unwrap_or(path).with_extension("").display().to_string();
        for (dialect, reason) in untold(path) {
            // Stands in the list, and among those that are counted as ignored.
            let kind = format!("not for {dialect}: {reason}");
            let nothing = || Ok(Completion::ignored_with("it has no such database to tell it on"));
            trials.push(Trial::ignorable_test(name.clone(), nothing).with_kind(kind).with_ignored_flag(true));
        }
        let path = path.clone();
        trials.push(Trial::test(name, move || check(&path, update, only)));
    }
    if only.is_none() {
        trials.push(Trial::test("every_change_and_every_hazard_has_a_story", move || is_complete(&stories)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Databases that stories are told on.
const TOLD: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// Dialects that a story isn't told on, and why. A file that can't be read fails as a story.
fn untold(path: &Path) -> Vec<(Dialect, String)> {
    let Some(story) = fs::read_to_string(path).ok().and_then(|text| Story::parse(&text).ok()) else {
        return Vec::new();
    };
    let reason = |dialect: Dialect| Some((dialect, story.not_for(dialect)?.to_owned()));
    TOLD.into_iter().filter_map(reason).collect()
}

/// Dialects that a story is told on.
fn told(story: &Story) -> impl Iterator<Item = Dialect> {
    TOLD.into_iter().filter(|dialect| story.not_for(*dialect).is_none())
}

fn check(path: &Path, update: bool, only: Option<Dialect>) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let story = Story::parse(&text)?;
    let mut complaints = Vec::new();
    let mut outcomes = Vec::new();
    for dialect in told(&story) {
        if only.is_some_and(|only| only != dialect) {
            let mut outcome = Outcome::default();
            outcome.sections = story.expected(dialect);
            outcomes.push((dialect, outcome));
            continue;
        }
        match tell(&story, dialect) {
            Ok(outcome) => outcomes.push((dialect, outcome)),
            Err(error) => complaints.push(format!("on {dialect}: {error}")),
        }
    }
    let told_everywhere = complaints.is_empty();
    for (dialect, outcome) in &outcomes {
        let said = if update { outcome.wrong.clone() } else { outcome.against(&story, *dialect) };
        complaints.extend(said.into_iter().map(|said| format!("on {dialect}: {said}")));
    }
    if update && told_everywhere {
        let sections: Vec<_> = outcomes.iter().map(|(dialect, outcome)| (*dialect, &outcome.sections)).collect();
        let updated = story.updated(&sections).to_string();
        if updated != text {
            fs::write(path, updated)?;
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

/// The way down is the reverse of the way up: every variant here is executed both ways.
fn is_complete(stories: &[PathBuf]) -> Result<(), Failed> {
    let mut changes: BTreeSet<_> = coverage::CHANGES.into_iter().collect();
    let mut hazards: BTreeSet<_> = HazardKind::ALL.iter().copied().collect();
    for dialect in TOLD {
        for path in stories {
            if changes.is_empty() && hazards.is_empty() {
                return Ok(());
            }
            let story = Story::parse(&fs::read_to_string(path)?)?;
            if story.not_for(dialect).is_some() {
                continue;
            }
            let outcome = outline(&story, dialect)?;
            for change in &outcome.changes {
                changes.remove(change.kind());
            }
            hazards.retain(|hazard| !outcome.hazards.contains(hazard));
        }
    }
    let missing: Vec<_> =
        changes.into_iter().map(str::to_owned).chain(hazards.iter().map(ToString::to_string)).collect();
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
