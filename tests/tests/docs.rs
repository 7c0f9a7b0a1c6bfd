//! What the pages promise about themselves: links lead somewhere, lists are whole, sections and records are short.
//! Whether a page is right isn't told here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use autogen_engine::plan::HazardKind;
use autogen_syntax::{COLUMN_ATTRIBUTES, TABLE_ATTRIBUTES};

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = without_code(&read(&page));
        for link in links(&text) {
            let (place, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if place.is_empty() { page.clone() } else { beside(&page, place) };
            let is_there = root().join(&target).exists();
            let has_heading = heading.is_empty() || is_there && headings(&read(&target)).contains(heading);
            if !is_there || !has_heading {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n  {}", broken.join("\n  "));
}

#[test]
fn the_reference_shows_every_attribute() {
    let reference = read(Path::new("docs/reference.md"));
    let all: BTreeSet<&str> = TABLE_ATTRIBUTES.iter().chain(COLUMN_ATTRIBUTES).copied().collect();
    let is_missing = |name: &&str| ["]", "(", " ="].iter().all(|end| !reference.contains(&format!("`#[{name}{end}")));
    let missing: Vec<_> = all.into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "add a row to docs/reference.md for {missing:?}");
}

#[test]
fn the_page_of_hazards_shows_every_hazard() {
    let page = read(Path::new("docs/hazards.md"));
    let missing: Vec<_> =
        HazardKind::ALL.iter().filter(|kind| !page.contains(&format!("\n| `{}` |", kind.name()))).collect();
    assert!(missing.is_empty(), "add a row to docs/hazards.md for {missing:?}");
}

/// Records of decisions point into the source, so they are read beside it and aren't part of the book.
#[test]
fn every_page_is_in_the_summary() {
    let summary = read(Path::new("docs/SUMMARY.md"));
    let listed: BTreeSet<PathBuf> =
        links(&summary).into_iter().map(|link| beside(Path::new("docs/SUMMARY.md"), link)).collect();
    let is_listed = |page: &PathBuf| {
        let is_elsewhere = !page.starts_with("docs") || page.starts_with("docs/decisions");
        is_elsewhere || page.ends_with("SUMMARY.md") || listed.contains(page)
    };
    let missing: Vec<_> = pages().into_iter().filter(|page| !is_listed(page)).collect();
    assert!(missing.is_empty(), "add these to docs/SUMMARY.md: {missing:?}");
}

#[test]
fn sections_of_the_architecture_are_short() {
    const WORDS: usize = 80;
    let text = without_code(&read(Path::new("ARCHITECTURE.md")));
    for section in text.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap_or((section, ""));
        let prose = body.lines().filter(|line| !line.starts_with('|'));
        let words = prose.flat_map(str::split_whitespace).count();
        assert!(words <= WORDS, "`{title}` has {words} words; use a table, a list or a picture, or record a decision");
    }
}

#[test]
fn decisions_are_short_and_listed() {
    const LINES: usize = 25;
    let index = read(Path::new("docs/decisions/README.md"));
    for record in pages().into_iter().filter(|page| is_record(page)) {
        let text = read(&record);
        let name = record.file_name().and_then(|name| name.to_str()).expect("a record has a name").to_owned();
        assert!(text.lines().count() <= LINES, "{name} has more than {LINES} lines");
        for part in ["**What.**", "**Why.**", "**Instead of.**"] {
            assert!(text.contains(part), "{name} doesn't say {part}");
        }
        assert!(index.contains(&format!("]({name})")), "add {name} to docs/decisions/README.md");
    }
}

/// The rules above are worth what their reading of Markdown is worth.
#[test]
fn markdown_is_read_as_it_shows() {
    let text = "# A `b` page: c\n[one](x.md#d) ![two](y.png)\n```text\n# no heading [three](z.md)\n```\n[four](https://host)\n";
    assert_eq!(links(&without_code(text)), ["x.md#d", "y.png"]);
    assert_eq!(headings(text), BTreeSet::from(["a-b-page-c".to_owned()]));
    assert_eq!(beside(Path::new("docs/how-to/ci.md"), "../../README.md"), Path::new("README.md"));
}

/// Returns all Markdown files, from the workspace's root.
fn pages() -> Vec<PathBuf> {
    let entries = ignore::WalkBuilder::new(root()).require_git(false).build();
    let paths = entries.map(|entry| entry.expect("the workspace can be listed").into_path());
    let mut pages: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.strip_prefix(root()).expect("the walk stays inside").to_owned())
        .collect();
    assert!(pages.len() > 20, "only {pages:?} were found");
    pages.sort();
    pages
}

/// Returns whether a page is the record of a decision.
fn is_record(page: &Path) -> bool {
    page.starts_with("docs/decisions") && !page.ends_with("README.md")
}

/// Returns what links and pictures lead to, but for places on the web.
fn links(text: &str) -> Vec<&str> {
    let ends = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
    let targets = ends.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).collect()
}

/// Returns the headings as the names that links call them by.
fn headings(text: &str) -> BTreeSet<String> {
    let text = without_code(text);
    let titles = text.lines().filter_map(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept = title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

/// Returns a text without its blocks of code.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Returns the place that a link of a page means, from the workspace's root.
fn beside(page: &Path, link: &str) -> PathBuf {
    let mut place = page.parent().expect("a page is a file").to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            Component::Normal(name) => place.push(name),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => panic!("{}: `{link}` isn't relative", page.display()),
        }
    }
    place
}

fn read(page: &Path) -> String {
    fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("can't read {}: {error}", page.display()))
}

/// Returns the workspace's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` is in the workspace")
}
