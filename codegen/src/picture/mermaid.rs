//! Mermaid, which code forges draw in their pages.

use std::fmt::Write as _;

use super::{Line, Mark, Picture, Subject};

/// Draws a picture in Mermaid.
pub fn mermaid(picture: &Picture) -> String {
    let direction = match picture.subject {
        Subject::Tables => "LR",
        Subject::Chains => "BT",
    };
    let mut text = format!("flowchart {direction}\n");
    for (number, group) in picture.groups.iter().enumerate() {
        let _ = writeln!(text, "  subgraph g{number} [\"{}\"]", escaped(group));
        // Names of nodes are numbers: a name may hold what the language has a use for.
        for (at, found) in picture.of(number) {
            let mut label = escaped(&found.name);
            if picture.subject == Subject::Tables && found.mark != Mark::Same {
                label = format!("{label} ({})", found.mark.word());
            }
            let _ = writeln!(text, "    n{at}[\"{label}\"]{}", class(found.mark));
        }
        text.push_str("  end\n");
    }
    for arrow in &picture.arrows {
        let line = match arrow.line {
            Line::Solid => "-->",
            Line::Dashed => "-.->",
            Line::Dotted => "-. after .->",
        };
        let _ = writeln!(text, "  n{} {line} n{}", arrow.from, arrow.to);
    }
    if picture.boxes.iter().any(|found| found.mark != Mark::Same) {
        text.push_str(CLASSES);
    }
    text
}

/// How tables look that are new, gone or changed.
pub(super) const CLASSES: &str = "  classDef new stroke:#1a7f37,stroke-width:3px
  classDef gone stroke:#cf222e,stroke-dasharray:5
  classDef changed stroke:#9a6700,stroke-width:3px
";

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "",
        Mark::New => ":::new",
        Mark::Gone => ":::gone",
        Mark::Changed => ":::changed",
    }
}

/// Escapes what the language obeys.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;").replace('`', "#96;")
}
