//! Files and folders that patterns name. Nothing here reads a file's contents.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

/// Returns the paths that a pattern names below `root`, sorted. A path without wildcards names itself if it exists.
/// `**` skips hidden folders and cargo's `target`.
///
/// The pattern is matched part by part and not by walking everything, because `plugins/*` in a large checkout mustn't
/// cost more than reading one folder. Ignore files don't count: a plugin that git ignores is still a plugin of this
/// host.
pub(super) fn expand(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, globset::Error> {
    let literal = root.join(pattern);
    if literal.exists() {
        return Ok(vec![literal]);
    }
    let mut found = vec![if pattern.starts_with('/') { PathBuf::from("/") } else { root.to_path_buf() }];
    for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
        found = if part == "**" {
            found.iter().flat_map(|folder| with_folders_below(folder)).collect()
        } else if is_pattern(part) {
            let glob = GlobBuilder::new(part).build()?.compile_matcher();
            let hidden = part.starts_with('.');
            let wanted = |name: &str| glob.is_match(name) && (hidden || !name.starts_with('.'));
            found.iter().flat_map(|folder| entries(folder)).filter(|path| name(path).is_some_and(wanted)).collect()
        } else {
            found.iter().map(|folder| folder.join(part)).filter(|path| path.exists()).collect()
        };
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Returns the part of a pattern before its first wildcard.
pub(super) fn fixed_part(root: &Path, pattern: &str) -> PathBuf {
    let parts = pattern.split('/').take_while(|part| !is_pattern(part));
    root.join(parts.collect::<Vec<_>>().join("/"))
}

/// Returns `folder`, or the parts of it that leave out the `excluded` folders. A host whose sources are `.` doesn't
/// define its plugins' tables.
pub(super) fn without(folder: &Path, excluded: &[PathBuf]) -> Vec<PathBuf> {
    let real = real(folder);
    if excluded.contains(&real) {
        return Vec::new();
    }
    if !excluded.iter().any(|other| other.starts_with(&real)) {
        return vec![folder.to_path_buf()];
    }
    let source = |path: &PathBuf| {
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        (path.is_dir() && name(path).is_some_and(is_searched)) || (path.is_file() && rust)
    };
    entries(folder).into_iter().filter(source).flat_map(|entry| without(&entry, excluded)).collect()
}

/// Returns the canonical path, for comparing two of them.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Returns the last part of a path, where it is UTF-8.
pub(super) fn name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '[', '{'])
}

fn is_searched(name: &str) -> bool {
    !name.starts_with('.') && name != "target"
}

fn with_folders_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    for entry in entries(folder) {
        // Links are not followed: they may lead in circles.
        if entry.is_dir() && !entry.is_symlink() && name(&entry).is_some_and(is_searched) {
            found.extend(with_folders_below(&entry));
        }
    }
    found
}

/// Returns what is in a folder, sorted. Returns nothing for a folder that can't be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(folders: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("temporary folder");
        for folder in folders {
            std::fs::create_dir_all(root.path().join(folder)).expect("create");
        }
        root
    }

    fn expanded(root: &tempfile::TempDir, pattern: &str) -> Vec<String> {
        let found = expand(root.path(), pattern).expect("is a pattern");
        let below = |path: &PathBuf| path.strip_prefix(root.path()).expect("below").to_string_lossy().into_owned();
        found.iter().map(below).collect()
    }

    #[test]
    fn patterns_match_part_by_part() {
        let root = tree(&["plugins/usb", "plugins/net work", "plugins/.git", "more/a/src", "more/target/src", "p[1]"]);
        assert_eq!(expanded(&root, "plugins/*"), ["plugins/net work", "plugins/usb"]);
        assert_eq!(expanded(&root, "./plugins/u?b/"), ["plugins/usb"]);
        assert_eq!(expanded(&root, "{plugins,more}/*/src"), ["more/a/src", "more/target/src"]);
        assert_eq!(expanded(&root, "more/**/src"), ["more/a/src"]);
        assert_eq!(expanded(&root, "p[1]"), ["p[1]"], "a folder that is there beats the pattern");
        assert!(expanded(&root, "none/*").is_empty());
        assert!(expand(root.path(), "plugins/[").is_err());
    }

    #[test]
    fn a_source_folder_leaves_other_owners_out() {
        let root = tree(&["src/deep", "plugins/usb/src", "target/x", "tools"]);
        std::fs::write(root.path().join("build.rs"), "").expect("write");
        let usb = real(&root.path().join("plugins/usb"));
        let found = without(root.path(), &[usb]);
        let found: Vec<_> = found.iter().filter_map(|path| name(path)).collect();
        assert_eq!(found, ["build.rs", "src", "tools"]);
        assert_eq!(without(&root.path().join("src"), &[]), [root.path().join("src")]);
    }
}
