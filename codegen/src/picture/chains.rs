//! Revisions, an owner's in a group, with arrows from what must come first.

use autogen_engine::history::{History, Revision, Version};

use super::{Arrow, Box, Line, Mark, Picture, Row, Subject};
use crate::printable::one_line;
use crate::revision::title_of;

/// Makes a picture of the chains of some owners.
pub fn chains(history: &History, owners: &[&str]) -> Picture {
    let shown: Vec<&Revision> = owners.iter().flat_map(|owner| history.of(owner)).collect();
    let position = |version: &Version| shown.iter().position(|found| found.version == *version);
    let mut arrows = Vec::new();
    for (to, revision) in shown.iter().enumerate() {
        let parents = revision.revises.iter().map(|version| (version, Line::Solid, "revises"));
        let needed = revision.depends_on.iter().map(|version| (version, Line::Dashed, "depends on"));
        let earlier = revision.after.iter().map(|version| (version, Line::Dotted, "after, if present,"));
        for (version, line, verb) in parents.chain(needed).chain(earlier) {
            if let Some(from) = position(version) {
                let text = format!("{} {verb} {}", revision.name, shown[from].name);
                arrows.push(Arrow { from, to, text: one_line(&text), line, mark: Mark::Same });
            }
        }
    }
    let boxes = owners
        .iter()
        .enumerate()
        .flat_map(|(group, owner)| history.of(owner).map(move |revision| of_revision(revision, group, history)));
    let boxes = boxes.collect();
    let groups = owners.iter().map(|owner| one_line(owner)).collect();
    Picture { title: String::new(), subtitle: String::new(), subject: Subject::Chains, groups, boxes, arrows }
}

fn of_revision(revision: &Revision, group: usize, history: &History) -> Box {
    let row = |name: &str, text: &str| Row {
        name: one_line(name),
        short: String::new(),
        text: one_line(text),
        mark: Mark::Same,
        was: None,
        is_key: false,
    };
    let mut words = Vec::new();
    if revision.revises.is_empty() {
        words.push("base");
    }
    if history.heads(&revision.owner).iter().any(|head| head.version == revision.version) {
        words.push("head");
    }
    let rows = if words.is_empty() { Vec::new() } else { vec![row(&words.join(", "), "")] };
    let notes = title_of(&revision.owner, &revision.up).map(one_line).into_iter().collect();
    let mut rules: Vec<Row> = revision.takes.iter().map(|table| row("takes over", table)).collect();
    rules.extend(revision.gives.iter().map(|(table, to)| row("gives", &format!("{table} to {to}"))));
    rules.extend(revision.verified.iter().map(|sentence| row("proven", sentence)));
    Box { group, name: one_line(&revision.name), mark: Mark::Same, notes, rows, rules }
}
