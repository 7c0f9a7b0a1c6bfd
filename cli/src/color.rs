//! Whether the output is coloured, and in which colours.

use std::ffi::OsString;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use autogen_engine::plan::HazardKind;

use crate::args::Color;

/// What a line says about the state of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Something is still to be done, or may stop or block others.
    Open,
    /// Something is lost or wrong.
    Bad,
}

impl Tone {
    /// Returns how severe a hazard is: `Bad` if data is lost for good.
    pub(crate) fn of(kind: HazardKind) -> Self {
        match kind {
            HazardKind::DropTable
            | HazardKind::DropColumn
            | HazardKind::DropEnumValue
            | HazardKind::DeleteRows
            | HazardKind::Irreversible => Self::Bad,
            HazardKind::NarrowType
            | HazardKind::NotNull
            | HazardKind::NewUnique
            | HazardKind::NewCheck
            | HazardKind::NewForeignKey
            | HazardKind::Rebuild
            | HazardKind::TableRewrite => Self::Open,
        }
    }

    fn color(self) -> AnsiColor {
        match self {
            Self::Good => AnsiColor::Green,
            Self::Open => AnsiColor::Yellow,
            Self::Bad => AnsiColor::Red,
        }
    }
}

/// Colours a line by what it says, if colours are wanted.
pub(crate) fn toned(line: &str, tone: Tone, colored: bool) -> String {
    if colored { painted(line, tone.color()) } else { line.to_owned() }
}

/// Colours a line.
pub(crate) fn painted(line: &str, color: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{line}{style:#}")
}

/// Checks whether a stream gets colours. The option comes first, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR=0` and
/// `TERM=dumb`, and then whether the stream is a terminal.
pub(crate) fn is_colored(wanted: Color, stream: &impl IsTerminal, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is = |name: &str, text: &str| variable(name).is_some_and(|value| value == text);
    match wanted {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_set("NO_COLOR") => false,
        Color::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
        Color::Auto if is("CLICOLOR", "0") || is("TERM", "dumb") => false,
        Color::Auto => stream.is_terminal(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// Returns a stream that is no terminal.
    fn pipe() -> File {
        tempfile::tempfile().expect("a file")
    }

    #[test]
    fn the_option_comes_before_the_environment() {
        for (wanted, variables, expected) in [
            (Color::Auto, &[][..], false),
            (Color::Auto, &[("CLICOLOR_FORCE", "1")], true),
            (Color::Auto, &[("CLICOLOR_FORCE", "0")], false),
            (Color::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (Color::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
            (Color::Auto, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
            (Color::Always, &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
            (Color::Never, &[("CLICOLOR_FORCE", "1")], false),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(is_colored(wanted, &pipe(), variable), expected, "{wanted:?} {variables:?}");
        }
    }
}
