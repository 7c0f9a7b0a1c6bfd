//! Which host a file belongs to.

use std::path::{Path, PathBuf};

/// Folders that are known besides the files themselves.
#[derive(Debug, Default)]
pub(super) struct Folders {
    /// The host that the command line names. Files elsewhere belong to none.
    pub(super) stated: Option<PathBuf>,
    /// The folders that the editor has open.
    pub(super) open: Vec<PathBuf>,
}

impl Folders {
    /// Returns the folder of a file's host: the nearest one with an autogen.toml, else with a diesel.toml, else the
    /// innermost folder that the editor has open.
    pub(super) fn host_of(&self, file: &Path) -> Option<PathBuf> {
        if let Some(stated) = &self.stated {
            return is_below(file, stated).then(|| stated.clone());
        }
        let nearest = |name: &str| file.ancestors().skip(1).find(|folder| folder.join(name).is_file());
        let open =
            || self.open.iter().filter(|folder| file.starts_with(folder)).max_by_key(|folder| folder.as_os_str().len());
        let found = nearest("autogen.toml").or_else(|| nearest("diesel.toml"));
        found.map(Path::to_path_buf).or_else(|| open().cloned())
    }
}

fn is_below(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    file.starts_with(folder) || real(file).starts_with(real(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_host_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for (path, file) in [("a/b", "autogen.toml"), ("c", "diesel.toml"), ("a", "diesel.toml")] {
            std::fs::create_dir_all(at(path)).expect("a folder");
            std::fs::write(at(path).join(file), "").expect("a file");
        }
        let mut folders = Folders { stated: None, open: vec![at(""), at("d")] };
        for (file, host) in [
            ("a/b/src/x.rs", "a/b"),
            ("a/b/plugins/p/src/x.rs", "a/b"),
            ("a/src/x.rs", "a"),
            ("c/x.rs", "c"),
            ("d/x.rs", "d"),
            ("e/x.rs", ""),
        ] {
            assert_eq!(folders.host_of(&at(file)), Some(at(host)), "{file}");
        }
        folders.open.clear();
        assert_eq!(folders.host_of(&at("e/x.rs")), None);
        folders.stated = Some(at("c"));
        assert_eq!(folders.host_of(&at("a/b/x.rs")), None);
        assert_eq!(folders.host_of(&at("c/x.rs")), Some(at("c")));
    }
}
