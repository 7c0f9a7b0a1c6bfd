//! How reports name files: from the current folder for people, and from the root of the repository for forges. No
//! name reveals where on a machine a host is.

use std::path::{Component, Path, PathBuf};

use autogen_engine::model::Place;

/// The place of the host.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// The host's folder, as the command line has it.
    root: PathBuf,
    /// The folder from which forges name files, as a full path.
    repository: Option<PathBuf>,
}

impl Paths {
    /// Finds the repository that contains a host. A host outside any repository counts as its own.
    pub(crate) fn of(root: &Path) -> Self {
        let full = std::path::absolute(root).ok().map(|full| straightened(&full));
        let repository = full.map(|full| {
            let found = full.ancestors().find(|folder| folder.join(".git").exists());
            found.map(Path::to_path_buf).unwrap_or(full)
        });
        Self { root: root.to_path_buf(), repository }
    }

    /// Returns a file's path from the current folder. Places in source are relative to the host's folder. Places
    /// in configuration and in migrations already include it.
    pub(crate) fn relative(&self, file: &Path) -> PathBuf {
        let below = self.root.join(file);
        let path = if below.exists() { below } else { file.to_path_buf() };
        path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path)
    }

    /// Returns a file's path as a forge writes it: with `/`, from the repository's root.
    pub(crate) fn in_repository(&self, file: &Path) -> String {
        let here = self.relative(file);
        let full = std::path::absolute(&here).map(|full| straightened(&full)).unwrap_or(here);
        let Some(root) = &self.repository else { return slashed(&full) };
        let above = root.ancestors().position(|folder| full.starts_with(folder));
        match above.and_then(|above| Some((above, full.strip_prefix(root.ancestors().nth(above)?).ok()?))) {
            Some((above, rest)) => format!("{}{}", "../".repeat(above), slashed(rest)),
            None => slashed(&full),
        }
    }

    /// Writes a place as `file:line:column`, with the file's path as a forge writes it.
    pub(crate) fn place(&self, place: &Place) -> String {
        format!("{}:{}:{}", self.in_repository(&place.file), place.line, place.column)
    }
}

/// Removes `.` and `..` from a path.
pub(crate) fn straightened(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(straight.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => straight.push(part),
        }
    }
    straight
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replace("//", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_repository() {
        let folder = tempfile::tempdir().expect("a folder");
        let host = folder.path().join("services/shop");
        std::fs::create_dir_all(host.join("src")).expect("folders");
        std::fs::write(host.join("src/schema.rs"), "").expect("a file");
        let alone = Paths::of(&host);
        assert_eq!(alone.in_repository(Path::new("src/schema.rs")), "src/schema.rs");
        assert_eq!(alone.in_repository(&host.join("migrations/../x/up.sql")), "x/up.sql");
        assert_eq!(alone.in_repository(&folder.path().join("plugins/usb")), "../../plugins/usb");
        std::fs::create_dir(folder.path().join(".git")).expect("a folder");
        let paths = Paths::of(&host);
        assert_eq!(paths.in_repository(Path::new("src/schema.rs")), "services/shop/src/schema.rs");
    }
}
