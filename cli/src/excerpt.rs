//! Renders findings with the lines of the files that they concern.

use std::fs;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use autogen_engine::error::{Label, Severity};
use autogen_workspace::Finding;

use crate::plain::{in_place, plain, printable};
use crate::report::Paths;

/// How many places of one finding are quoted.
const QUOTED: usize = 3;

/// How excerpts are made.
#[derive(Debug)]
pub(crate) struct Excerpts<'a> {
    pub(crate) paths: &'a Paths,
    pub(crate) colored: bool,
}

impl Excerpts<'_> {
    /// Renders a finding as a compiler would.
    pub(crate) fn finding(&self, finding: &Finding) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let message = plain(&finding.message);
        let files: Vec<File> = finding.labels.iter().map(|label| self.file(label)).collect();
        let mut group = Group::with_title(level.primary_title(&message).id(finding.code.as_str()));
        for (position, (label, file)) in finding.labels.iter().zip(&files).enumerate() {
            let kind = if position == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            match &file.source {
                Some(source) if source.get(label.place.span.clone()).is_some() => {
                    let annotation = kind.span(label.place.span.clone()).label(printable(&label.text).into_owned());
                    group = group.element(Snippet::source(source).path(&file.path).annotation(annotation));
                }
                // The file has changed or gone since it was read, or isn't text, so only the place is shown.
                Some(_) | None => {
                    let place = plain(&format!("{} {}", label.place, label.text));
                    group = group.element(Level::NOTE.message(place.trim_end().to_owned()));
                }
            }
        }
        let renderer = self.renderer();
        // Each is rendered by itself, because in one report there would be empty margins between the lines.
        let mut rendered = vec![renderer.render(&[group])];
        for note in &finding.notes {
            rendered.push(renderer.render(&[Group::with_title(Level::NOTE.secondary_title(plain(note)))]));
        }
        if !finding.help.is_empty() {
            rendered.push(renderer.render(&[Group::with_title(Level::HELP.secondary_title(plain(&finding.help)))]));
        }
        rendered.join("\n")
    }

    /// Renders the first few places alone, as far as they can be quoted.
    pub(crate) fn places(&self, labels: &[Label]) -> Vec<String> {
        let mut quoted: Vec<(File, Vec<&Label>)> = Vec::new();
        for label in labels.iter().take(QUOTED) {
            let file = self.file(label);
            let part = file.source.as_ref().and_then(|source| source.get(label.place.span.clone()));
            if part.is_none() {
                continue;
            }
            match quoted.iter_mut().find(|(known, _)| known.path == file.path) {
                Some((_, labels)) => labels.push(label),
                None => quoted.push((file, vec![label])),
            }
        }
        let mut rendered = Vec::new();
        for (file, labels) in &quoted {
            let annotations = labels.iter().map(|label| AnnotationKind::Primary.span(label.place.span.clone()));
            let source = file.source.as_deref().unwrap_or_default();
            let snippet = Snippet::source(source).path(&file.path).annotations(annotations);
            rendered.push(self.renderer().render(&[Group::with_level(Level::NOTE).element(snippet)]));
        }
        let more = labels.len().saturating_sub(QUOTED);
        rendered.extend((more > 0).then(|| format!("  and {more} more in the source")));
        rendered
    }

    fn file(&self, label: &Label) -> File {
        let path = self.paths.relative(&label.place.file);
        let source = text(&path).map(|text| in_place(&text));
        File { path: plain(&path.display().to_string()), source }
    }

    fn renderer(&self) -> Renderer {
        if self.colored { Renderer::styled() } else { Renderer::plain() }
    }
}

/// A file that is quoted.
struct File {
    path: String,
    source: Option<String>,
}

/// Reads a file whose lines can be shown. What is too large to be read as source is none.
fn text(path: &Path) -> Option<String> {
    const LARGEST: u64 = 16 << 20;
    let is_readable = path.metadata().is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
    is_readable.then(|| fs::read_to_string(path).ok()).flatten()
}
