//! `autogen history --graph`: each chain as a drawing, as `git log --graph` draws commits.

mod lanes;

use std::collections::BTreeSet;

use anstyle::AnsiColor;
use autogen_codegen::revision::title_of;
use autogen_engine::history::{Revision, Version};

use lanes::{Lanes, Rows};

use crate::color::painted;
use crate::plain::printable;

/// What is known of revisions beside what they say themselves.
pub(super) struct Facts<'a> {
    /// What no other revision builds on.
    pub(super) heads: &'a BTreeSet<&'a Version>,
    /// What a database has applied, where one was asked.
    pub(super) applied: Option<&'a BTreeSet<Version>>,
    pub(super) colored: bool,
}

/// Draws revisions, given the oldest first, one chain below the other.
pub(super) fn draw(revisions: &[&Revision], remarks: &dyn Fn(&Revision) -> String, facts: &Facts<'_>) -> String {
    let mut owners: Vec<&str> = Vec::new();
    for revision in revisions {
        if !owners.contains(&revision.owner.as_str()) {
            owners.push(&revision.owner);
        }
    }
    let mut parts = Vec::new();
    for owner in owners {
        let chain: Vec<&Revision> = revisions.iter().copied().filter(|revision| revision.owner == owner).collect();
        parts.push(format!("{}\n{}", paint(owner, AnsiColor::Cyan, facts), draw_chain(&chain, remarks, facts)));
    }
    parts.join("\n")
}

fn draw_chain(chain: &[&Revision], remarks: &dyn Fn(&Revision) -> String, facts: &Facts<'_>) -> String {
    let mut text = String::new();
    let mut lanes = Lanes::default();
    for revision in chain.iter().rev() {
        // A parent outside the range is none to draw.
        let is_shown = |version: &&Version| chain.iter().any(|other| other.version == **version);
        let parents: Vec<&Version> = revision.revises.iter().filter(is_shown).collect();
        let glyph = match facts.applied {
            Some(applied) if !applied.contains(&revision.version) => "○".to_owned(),
            Some(_) => paint("●", AnsiColor::Green, facts),
            None => "○".to_owned(),
        };
        let mut message = message(revision, remarks, facts).into_iter();
        let Rows { above, own, below } = lanes.rows(&revision.version, &parents, &glyph);
        let mut add = |row: &str, words: &str| {
            text.push_str(format!("{row}  {words}").trim_end());
            text.push('\n');
        };
        if let Some(above) = above {
            add(&above, "");
        }
        add(&own, &message.next().unwrap_or_default());
        if let Some(below) = below {
            add(&below, &message.next().unwrap_or_default());
        }
        for line in message {
            // Below a base no line goes on.
            add(&format!("{:1}", lanes.between()), &line);
        }
    }
    text
}

/// Describes a revision: its name and where it stands, and below what it does.
fn message(revision: &Revision, remarks: &dyn Fn(&Revision) -> String, facts: &Facts<'_>) -> Vec<String> {
    let is_head = facts.heads.contains(&revision.version);
    let name = if is_head { paint(&revision.name, AnsiColor::Yellow, facts) } else { plainly(&revision.name) };
    let title = title_of(&revision.owner, &revision.up).map(plainly);
    std::iter::once(format!("{name}{}", plainly(&remarks(revision)))).chain(title).collect()
}

fn plainly(text: &str) -> String {
    printable(text).into_owned()
}

fn paint(text: &str, color: AnsiColor, facts: &Facts<'_>) -> String {
    if facts.colored { painted(&printable(text), color) } else { plainly(text) }
}
