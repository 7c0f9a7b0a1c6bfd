//! The chains of a host as a picture: an owner's revisions in a box, arrows from what must come first.

use std::fmt::Write as _;

use autogen_engine::history::{History, Revision};

/// Graphviz.
pub fn dot(history: &History, owners: &[&str]) -> String {
    let mut text = "digraph revisions {\n  rankdir=BT;\n  node [shape=box];\n".to_owned();
    for (number, owner) in owners.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(owner));
        for revision in history.of(owner) {
            let _ = writeln!(text, "    {} [label={}];", quoted(revision.version.as_str()), quoted(&revision.name));
        }
        text.push_str("  }\n");
    }
    for Arrow { from, to, kind } in arrows(history, owners) {
        let style = match kind {
            Kind::Revises => "",
            Kind::DependsOn => " [style=dashed]",
            Kind::After => " [style=dotted]",
        };
        let _ = writeln!(text, "  {} -> {}{style};", quoted(from), quoted(to));
    }
    text + "}\n"
}

/// Mermaid, which code forges draw in their pages.
pub fn mermaid(history: &History, owners: &[&str]) -> String {
    let mut text = "flowchart BT\n".to_owned();
    let shown = |revision: &&Revision| owners.contains(&revision.owner.as_str());
    let nodes: Vec<&Revision> = history.revisions().iter().filter(shown).collect();
    // Names of nodes are numbers: a version may hold what the language has a use for.
    let node = |version: &str| {
        format!("r{}", nodes.iter().position(|found| found.version.as_str() == version).unwrap_or_default())
    };
    for (number, owner) in owners.iter().enumerate() {
        let _ = writeln!(text, "  subgraph o{number} [\"{}\"]", escaped(owner));
        for revision in history.of(owner) {
            let _ = writeln!(text, "    {}[\"{}\"]", node(revision.version.as_str()), escaped(&revision.name));
        }
        text.push_str("  end\n");
    }
    for Arrow { from, to, kind } in arrows(history, owners) {
        let line = match kind {
            Kind::Revises => "-->",
            Kind::DependsOn => "-.->",
            Kind::After => "-. after .->",
        };
        let _ = writeln!(text, "  {} {line} {}", node(from), node(to));
    }
    text
}

struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    kind: Kind,
}

enum Kind {
    Revises,
    DependsOn,
    After,
}

/// Arrows between the revisions shown.
fn arrows<'a>(history: &'a History, owners: &[&str]) -> Vec<Arrow<'a>> {
    let shown = |revision: &&Revision| owners.contains(&revision.owner.as_str());
    let mut arrows = Vec::new();
    for revision in history.revisions().iter().filter(shown) {
        let parents = revision.revises.iter().map(|version| (version, Kind::Revises));
        let needed = revision.depends_on.iter().map(|version| (version, Kind::DependsOn));
        let earlier = revision.after.iter().map(|version| (version, Kind::After));
        for (version, kind) in parents.chain(needed).chain(earlier) {
            if let Some(from) = history.get(version).filter(shown) {
                arrows.push(Arrow { from: from.version.as_str(), to: revision.version.as_str(), kind });
            }
        }
    }
    arrows
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;")
}
