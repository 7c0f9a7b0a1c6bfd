//! Which files there are to read, and which of them are worth parsing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder};
use memchr::memmem;

use super::{SourceFile, items};
use crate::error::{Code, Diagnostic};
use crate::files::{self, FileScope, Unread};
use crate::model::Place;

/// A file that may matter.
pub(super) struct Text {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How it is shown.
    pub(super) file: SourceFile,
    /// What it holds.
    pub(super) text: String,
    /// Whether it may define tables or joins.
    pub(super) may_define: bool,
    /// Whether it may put a module file under a condition.
    pub(super) may_gate: bool,
}

/// Reads all files that may matter, each once, in the order of their paths. The text in `edits` counts instead of a
/// file on disk.
pub(super) fn read(
    sources: &[PathBuf],
    scope: &FileScope,
    root: &Path,
    edits: &BTreeMap<PathBuf, String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Text> {
    let mut texts = Vec::new();
    let (new, there): (Vec<_>, Vec<_>) = sources.iter().cloned().partition(|source| edits.contains_key(source));
    let below = |path: &&PathBuf| sources.iter().any(|source| path.starts_with(source));
    // An edited file may be known by another name, because links lead to it.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let by_real_name: BTreeMap<PathBuf, &String> = edits.iter().map(|(path, text)| (real(path), text)).collect();
    let found = find(&there, scope, root, diagnostics);
    let is_found = |path: &&PathBuf| !edits.is_empty() && found.values().any(|found| *found == real(path));
    let unfound = edits.keys().filter(below).filter(|path| !is_found(path)).cloned();
    let mut paths: BTreeMap<PathBuf, PathBuf> = unfound.chain(new).map(|path| (path.clone(), path)).collect();
    paths.extend(found);
    for (path, identity) in paths {
        let file = SourceFile(shown(&path, root).into());
        let start = || Place { file: file.0.clone(), line: 1, column: 1, span: 0..0 };
        let bytes = match edits.get(&path).or_else(|| by_real_name.get(&identity).copied()) {
            Some(text) if u64::try_from(text.len()).is_ok_and(|length| length > files::LARGEST_SOURCE) => {
                Err(Unread::TooLarge)
            }
            Some(text) => Ok(text.clone().into_bytes()),
            None => scope.read(&path, files::LARGEST_SOURCE),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(reason) => {
                diagnostics.extend(unread(&path, root, reason));
                continue;
            }
        };
        let may_define = may_define(&bytes);
        let may_gate = memmem::find(&bytes, b"cfg").is_some() && declares_module_file(&bytes);
        if !may_define && !may_gate {
            continue;
        }
        match String::from_utf8(bytes) {
            Ok(text) => match items::prepare(&without_shebang(&text)) {
                Ok(text) => texts.push(Text { path, file, text, may_define, may_gate }),
                Err(too_deep) => diagnostics.push(too_deep.at(&file.0, &text)),
            },
            Err(_) if !may_define => {}
            Err(_) => diagnostics.push(
                Diagnostic::error(
                    Code::NotUtf8,
                    format!("`{}` is not UTF-8, which Rust source has to be", file.0.display()),
                )
                .at(start(), "")
                .help("save the file as UTF-8"),
            ),
        }
    }
    texts
}

/// Turns `#!/usr/bin/env ...` into a comment of the same length, so that places stay right.
fn without_shebang(text: &str) -> Cow<'_, str> {
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => Cow::Owned(format!("//{rest}")),
        _ => Cow::Borrowed(text),
    }
}

/// Checks whether a file may define something and has to be parsed. Parsing costs far more than searching, and most
/// files of a host define no table.
fn may_define(bytes: &[u8]) -> bool {
    // `table as` is `use diesel::table as t`, after which calls are spelled `t!`.
    let has = |needle: &[u8]| memmem::find(bytes, needle).is_some();
    let types: [&[u8]; 3] = [b"SqlType", b"DbEnum", b"sql_enum!"];
    [&b"table!"[..], b"joinable!", b"table as "].into_iter().chain(types).any(has) || (has(b"Enum") && has(b"sql_type"))
}

/// Checks whether `mod name;` occurs.
fn declares_module_file(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"mod ").any(|start| {
        let rest = &bytes[start + 4..];
        let name =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | 128..)).count();
        let after = rest[name..].iter().find(|byte| !byte.is_ascii_whitespace());
        name > 0 && after == Some(&b';')
    })
}

/// Finds the source files, each with its real path.
fn find(
    sources: &[PathBuf],
    scope: &FileScope,
    root: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<PathBuf, PathBuf> {
    // Two sources may overlap, and links may lead to one file twice.
    let mut seen = BTreeSet::new();
    let mut files = BTreeMap::new();
    for source in sources {
        // Every standard filter is off, because what Git ignores may still be compiled.
        let refused: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let (noted, held) = (Arc::clone(&refused), scope.clone());
        let walk = WalkBuilder::new(source)
            .standard_filters(false)
            .hidden(true)
            .follow_links(true)
            .filter_entry(move |entry| {
                // What a link to a folder elsewhere leads to may be endless.
                let leads_out = entry.path_is_symlink() && entry.path().is_dir() && !held.holds(entry.path());
                if leads_out && let Ok(mut refused) = noted.lock() {
                    refused.push(entry.path().to_owned());
                }
                !leads_out && !is_target_folder(entry)
            })
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    diagnostics.push(unreadable(source, root, &error.to_string()));
                    continue;
                }
            };
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            // A file that is named outright is read whatever it is called.
            let is_rust = entry.depth() == 0 || entry.path().extension().is_some_and(|extension| extension == "rs");
            let identity = entry.path().canonicalize().unwrap_or_else(|_| entry.path().to_owned());
            if !is_file || !is_rust {
                continue;
            }
            if !scope.holds_real(&identity) {
                diagnostics.extend(outside(entry.path(), root));
                continue;
            }
            if seen.len() == files::MOST_FILES {
                diagnostics.push(too_many(source, root));
                return BTreeMap::new();
            }
            if seen.insert(identity.clone()) {
                files.insert(entry.into_path(), identity);
            }
        }
        let refused = refused.lock().map(|mut refused| std::mem::take(&mut *refused)).unwrap_or_default();
        diagnostics.extend(refused.iter().flat_map(|folder| outside(folder, root)));
    }
    files
}

/// Checks whether a folder is one of cargo's target folders, which cargo marks. A module may well be called `target`.
fn is_target_folder(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name() == "target" && entry.path().join("CACHEDIR.TAG").exists()
}

fn outside(file: &Path, root: &Path) -> Vec<Diagnostic> {
    let refused = FileScope::refused(&shown(file, root));
    refused.diagnostics
}

fn too_many(source: &Path, root: &Path) -> Diagnostic {
    let message = format!("`{}` holds more than {} source files", shown(source, root).display(), files::MOST_FILES);
    Diagnostic::error(Code::TooManyFiles, message).help("state in `sources` which folders define tables")
}

fn unread(source: &Path, root: &Path, reason: Unread) -> Vec<Diagnostic> {
    let told = match reason {
        Unread::Outside => return outside(source, root),
        Unread::Missing => unreadable(source, root, "it is gone"),
        Unread::NoFile => unreadable(source, root, "it is no regular file"),
        Unread::Io(cause) => unreadable(source, root, &cause.to_string()),
        Unread::TooLarge => {
            let (shown, most) = (shown(source, root), files::LARGEST_SOURCE);
            let message = format!("`{}` has more than {most} bytes, the limit", shown.display());
            Diagnostic::error(Code::TooLarge, message)
                .at(Place { file: shown.into(), line: 1, column: 1, span: 0..0 }, "")
                .help("split the file, or leave it out of `sources`")
        }
    };
    vec![told]
}

fn unreadable(source: &Path, root: &Path, error: &str) -> Diagnostic {
    let shown = shown(source, root);
    Diagnostic::error(Code::NoSuchSource, format!("can't read the source `{}`: {error}", shown.display()))
        .help("check `sources` in autogen.toml; without it a plugin's source is its folder `src`")
}

fn shown(path: &Path, root: &Path) -> PathBuf {
    if let Ok(relative) = path.strip_prefix(root)
        && relative.components().next().is_some()
    {
        return relative.to_owned();
    }
    let relative = || Some(path.canonicalize().ok()?.strip_prefix(root.canonicalize().ok()?).ok()?.to_owned());
    relative().filter(|relative| relative.components().next().is_some()).unwrap_or_else(|| path.to_owned())
}
