//! Draws pictures as text for Graphviz, whose programs lay them out.

use std::fmt::Write as _;

use super::{Box, Line, Mark, Picture, Row, Subject};

/// Draws a picture for Graphviz.
pub fn dot(picture: &Picture) -> String {
    let mut text = match picture.subject {
        Subject::Tables => "digraph tables {\n  rankdir=BT;\n  node [shape=box, fontname=\"monospace\"];\n",
        Subject::Chains => "digraph revisions {\n  rankdir=BT;\n  node [shape=box];\n",
    }
    .to_owned();
    for (number, group) in picture.groups.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(group));
        for (at, found) in picture.of(number) {
            let label = match picture.subject {
                Subject::Tables => lines(found),
                Subject::Chains => quoted_part(&found.name),
            };
            let _ = writeln!(text, "    n{at} [label=\"{label}\"{}];", look(found.mark));
        }
        text.push_str("  }\n");
    }
    for arrow in &picture.arrows {
        let style = match arrow.line {
            Line::Solid => "",
            Line::Dashed => " [style=dashed]",
            Line::Dotted => " [style=dotted]",
        };
        let _ = writeln!(text, "  n{} -> n{}{style};", arrow.from, arrow.to);
    }
    text + "}\n"
}

/// Writes a table's name, and its columns to the left below it.
fn lines(found: &Box) -> String {
    let row = |row: &Row| format!("{}{} {}", row.mark.sign(), row.name, row.short).trim_end().to_owned();
    let lines = [found.name.clone(), String::new()].into_iter().chain(found.rows.iter().map(row));
    lines.map(|line| quoted_part(&line) + "\\l").collect()
}

fn look(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "",
        Mark::New => ", color=\"#1a7f37\", penwidth=3",
        Mark::Gone => ", color=\"#cf222e\", style=dashed",
        Mark::Changed => ", color=\"#9a6700\", penwidth=3",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", quoted_part(text))
}

fn quoted_part(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
