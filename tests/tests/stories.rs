//! Every story under `cases` is a test of its own; its name is its path.
//!
//! `UPDATE_EXPECT=1` writes what came out into the stories. `TELL=postgres` tells them on one database alone,
//! `TELL=mysql` on MariaDB and MySQL.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autogen_engine::plan::HazardKind;
use autogen_tests::coverage;
use autogen_tests::run::{Outcome, outline, tell};
use autogen_tests::server::Server;
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
    let told: Vec<Server> = match std::env::var("TELL") {
        Ok(name) => Server::present().filter(|server| server.names().contains(&name.as_str())).collect(),
        Err(_) => Server::present().collect(),
    };
    let is_whole = told.len() == Server::present().count();
    let mut trials = Vec::new();
    for path in &stories {
        let name = path.strip_prefix(&cases).unwrap_or(path).with_extension("").display().to_string();
        for (server, reason) in untold(path) {
            // Stands in the list, and among those that are counted as ignored.
            let kind = format!("not for {server}: {reason}");
            let nothing = || Ok(Completion::ignored_with("it has no such database to tell it on"));
            trials.push(Trial::ignorable_test(name.clone(), nothing).with_kind(kind).with_ignored_flag(true));
        }
        let (path, told) = (path.clone(), told.clone());
        trials.push(Trial::test(name, move || check(&path, update, &told)));
    }
    if is_whole {
        trials.push(Trial::test("every_change_and_every_hazard_has_a_story", move || is_complete(&stories)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Servers that a story isn't told on, and why. A file that can't be read fails as a story.
fn untold(path: &Path) -> Vec<(Server, String)> {
    let Some(story) = fs::read_to_string(path).ok().and_then(|text| Story::parse(&text).ok()) else {
        return Vec::new();
    };
    let left_out = "AUTOGEN_TEST_WITHOUT_MYSQL9 says to leave it out".to_owned();
    let reason = |server: Server| match story.not_for(server) {
        Some(reason) => Some((server, reason.to_owned())),
        None => Server::present().all(|present| present != server).then(|| (server, left_out.clone())),
    };
    Server::ALL.into_iter().filter_map(reason).collect()
}

fn check(path: &Path, update: bool, told: &[Server]) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let story = Story::parse(&text)?;
    let mut complaints = Vec::new();
    let mut outcomes = Vec::new();
    for server in Server::ALL.into_iter().filter(|server| story.not_for(*server).is_none()) {
        if !told.contains(&server) {
            let mut outcome = Outcome::default();
            outcome.sections = story.expected(server);
            outcomes.push((server, outcome));
            continue;
        }
        match tell(&story, server) {
            Ok(outcome) => outcomes.push((server, outcome)),
            Err(error) => complaints.push(format!("on {server}: {error}")),
        }
    }
    let told_everywhere = complaints.is_empty();
    for (server, outcome) in &outcomes {
        let said = if update { outcome.wrong.clone() } else { outcome.against(&story, *server) };
        complaints.extend(said.into_iter().map(|said| format!("on {server}: {said}")));
    }
    if update && told_everywhere {
        let sections: Vec<_> = outcomes.iter().map(|(server, outcome)| (*server, &outcome.sections)).collect();
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
    // Only scripts that people write delete rows: see the tests of `downgrade`.
    hazards.remove(&HazardKind::DeleteRows);
    for server in Server::present() {
        for path in stories {
            if changes.is_empty() && hazards.is_empty() {
                return Ok(());
            }
            let story = Story::parse(&fs::read_to_string(path)?)?;
            if story.not_for(server).is_some() {
                continue;
            }
            let outcome = outline(&story, server)?;
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
