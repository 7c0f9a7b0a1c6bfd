//! Builds the pages as a book with mdBook, and follows every link in what it writes.
//!
//! `docs.rs` reads the same links in the Markdown: there they lead somewhere on a forge, here they lead somewhere on
//! the site.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use mdbook_driver::MDBook;

#[test]
fn every_link_of_the_book_leads_to_a_page_and_a_heading() {
    let site = tempfile::tempdir().expect("a folder");
    let pages = build(site.path());
    assert!(pages.len() > 20, "the book has {} pages only", pages.len());

    let mut broken = BTreeSet::new();
    for (page, html) in &pages {
        for link in attributes(html, "href").chain(attributes(html, "src")) {
            if !leads_somewhere(&pages, site.path(), page, link) {
                broken.insert(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere on the site:\n{broken:#?}");
}

#[test]
fn links_into_the_void_are_seen() {
    let site = Path::new("/no/such/folder");
    let pages = BTreeMap::from([(PathBuf::from("how-to/a.html"), "<h1 id=\"top\">A</h1>".to_owned())]);
    let leads = |link| leads_somewhere(&pages, site, Path::new("how-to/a.html"), link);
    assert!(leads("#top") && leads("a.html") && leads("../how-to/a.html#top") && leads("https://a.b/c"));
    assert!(!leads("#bottom") && !leads("b.html") && !leads("../a.html") && !leads("a.html#bottom"));
}

/// Builds the book into a folder and returns its pages by their paths in it.
fn build(site: &Path) -> BTreeMap<PathBuf, String> {
    let mut book = MDBook::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")).expect("docs/ is a book");
    site.clone_into(&mut book.config.build.build_dir);
    book.build().expect("the book is built");

    let mut pages = BTreeMap::new();
    let mut folders = vec![site.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let name = path.strip_prefix(site).expect("a path of the site").to_owned();
                pages.insert(name, fs::read_to_string(&path).expect("a page"));
            }
        }
    }
    // The page for addresses that don't exist links from the site's root.
    pages.remove(Path::new("404.html"));
    pages
}

/// Returns the values of an attribute, in order.
fn attributes<'html>(html: &'html str, name: &str) -> impl Iterator<Item = &'html str> {
    let opening = format!(" {name}=\"");
    let mut rest = html;
    std::iter::from_fn(move || {
        rest = rest.split_once(&opening)?.1;
        rest.split_once('"').map(|(value, _)| value)
    })
}

/// Checks whether a link of a page leads to another site, or to a file of this one and an element that it has.
fn leads_somewhere(pages: &BTreeMap<PathBuf, String>, site: &Path, page: &Path, link: &str) -> bool {
    if link.contains(':') {
        return true;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let Some(target) = beside(page, file) else { return false };
    match pages.get(&target) {
        Some(html) => anchor.is_empty() || html.contains(&format!("id=\"{anchor}\"")),
        None => site.join(target).is_file(),
    }
}

/// Returns the path that a link names, from the site's root; nothing if it leaves the site.
fn beside(page: &Path, link: &str) -> Option<PathBuf> {
    if link.is_empty() {
        return Some(page.to_owned());
    }
    let mut target = page.parent()?.to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::Normal(name) => target.push(name),
            Component::ParentDir => {
                if !target.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(target)
}
