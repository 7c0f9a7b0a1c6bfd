//! The forms of results, and where each of them goes: `github,sarif=out.sarif`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, ValueEnum};

/// How to print results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs; the key `version` states the shape.
    Json,
    /// The SQL alone.
    Sql,
    /// Definitions in Rust (dump).
    Rust,
    /// The tables before and after as a unified diff (diff and generate).
    Unified,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations in a GitHub workflow.
    Github,
    /// A code quality report for GitLab.
    Gitlab,
    /// A comment for a pull request.
    Markdown,
    /// JUnit's XML, for test reports.
    Junit,
    /// A picture in Mermaid, which code forges draw (graph).
    Mermaid,
    /// A picture for Graphviz (graph).
    Dot,
    /// A picture in SVG (graph).
    Svg,
    /// A page to look at, which needs no network (graph).
    Html,
}

impl Format {
    /// The forms of commands that make a report.
    pub(crate) const OF_REPORTS: &'static [Self] =
        &[Self::Text, Self::Json, Self::Sarif, Self::Github, Self::Gitlab, Self::Markdown, Self::Junit];

    /// The forms of commands whose report has a plan.
    pub(crate) const OF_PLANS: &'static [Self] = &[
        Self::Text,
        Self::Json,
        Self::Sql,
        Self::Unified,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Markdown,
        Self::Junit,
    ];

    /// The forms of pictures; as text they are Mermaid.
    pub(crate) const OF_PICTURES: &'static [Self] =
        &[Self::Text, Self::Json, Self::Mermaid, Self::Dot, Self::Svg, Self::Html];

    /// Returns the name that the command line takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sql => "sql",
            Self::Rust => "rust",
            Self::Unified => "unified",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Svg => "svg",
            Self::Html => "html",
        }
    }

    /// Returns `true` if only reports can be printed in this form.
    pub(crate) fn is_of_reports(self) -> bool {
        match self {
            Self::Text | Self::Json | Self::Sql | Self::Rust | Self::Unified => false,
            Self::Mermaid | Self::Dot | Self::Svg | Self::Html => false,
            Self::Sarif | Self::Github | Self::Gitlab | Self::Markdown | Self::Junit => true,
        }
    }
}

/// Where results go, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outputs {
    /// The form for standard output.
    pub(crate) main: Format,
    /// The forms for files.
    pub(crate) files: Vec<(Format, PathBuf)>,
}

impl Outputs {
    /// Parses the options of the command line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut main, mut files) = (None, Vec::new());
        for part in text.split(',') {
            let (name, file) = part.split_once('=').map_or((part, None), |(name, file)| (name, Some(file)));
            let format = Format::from_str(name, false).map_err(|_| format!("there is no form `{name}`"))?;
            match (file, main) {
                (Some(""), _) => return Err(format!("`{name}=` names no file")),
                (Some(file), _) => files.push((format, PathBuf::from(file))),
                (None, None) => main = Some(format),
                (None, Some(_)) => return Err(format!("one form goes to standard output; write `{name}=FILE`")),
            }
        }
        Ok(Self { main: main.unwrap_or(Format::Text), files })
    }

    /// Returns all forms that are asked for.
    pub(crate) fn formats(&self) -> impl Iterator<Item = Format> {
        std::iter::once(self.main).chain(self.files.iter().map(|(format, _)| *format))
    }
}

/// Reads [`Outputs`] from the command line, whose completions offer the forms.
#[derive(Debug, Clone)]
pub(crate) struct OutputsParser;

impl TypedValueParser for OutputsParser {
    type Value = Outputs;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Outputs, clap::Error> {
        StringValueParser::new().try_map(|text: String| Outputs::parse(&text)).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_goes_to_standard_output_and_others_to_files() {
        let outputs = Outputs::parse("sarif=a=b.sarif,github").expect("two forms");
        assert_eq!(outputs, Outputs { main: Format::Github, files: vec![(Format::Sarif, PathBuf::from("a=b.sarif"))] });
        assert_eq!(Outputs::parse("json=x").expect("a file").main, Format::Text);
        assert_eq!(
            Outputs::parse("github,json").expect_err("two"),
            "one form goes to standard output; write `json=FILE`"
        );
        assert_eq!(Outputs::parse("json=").expect_err("no file"), "`json=` names no file");
        assert_eq!(Outputs::parse("").expect_err("nothing"), "there is no form ``");
    }
}
