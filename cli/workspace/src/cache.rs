//! What runs remember for later ones, in a folder that may be deleted at any time.
//!
//! An entry's name is a digest of everything that its content depends on, the program included. So nothing is ever
//! out of date: what has changed has another name. What can't be read or written isn't remembered.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::options::Options;

/// The variable that names the folder. An empty text means that nothing is remembered.
const FOLDER: &str = "AUTOGEN_CACHE_DIR";

/// How many entries are kept, and for how long since they were written.
const KEPT: usize = 200;
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A folder of entries, if there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
    program: String,
}

/// The place of one entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry(PathBuf);

impl Cache {
    /// Returns the folder that the environment names, or else the usual one of the system.
    pub(crate) fn of(options: &Options) -> Self {
        let variable = |name: &str| (options.variables)(name);
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let usual = || {
            let home = || folder("HOME").map(|home| home.join(".cache"));
            folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home)
        };
        let folder = match variable(FOLDER) {
            Some(stated) if stated.is_empty() => None,
            Some(stated) => Some(PathBuf::from(stated)),
            None => usual().map(|folder| folder.join("autogen")),
        };
        match &options.program {
            Some(program) => Self { folder, program: program.clone() },
            None => Self::default(),
        }
    }

    /// Checks whether nothing is remembered.
    pub(crate) fn is_none(&self) -> bool {
        self.folder.is_none()
    }

    /// Returns the place of an entry that depends on the program and on nothing but the given texts. Returns `None`
    /// if nothing is remembered.
    pub(crate) fn entry(&self, kind: &str, texts: &[&str]) -> Option<Entry> {
        let folder = self.folder.as_ref()?;
        let mut digest = Sha256::new();
        for text in [self.program.as_str(), kind].iter().chain(texts) {
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        Some(Entry(folder.join(format!("{kind}-{:x}", digest.finalize()))))
    }
}

impl Entry {
    /// Reads the entry, if there is one.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        postcard::from_bytes(&fs::read(&self.0).ok()?).ok()
    }

    /// Writes the entry. Readers see all of it or nothing.
    pub(crate) fn write<T: Serialize>(&self, content: &T) {
        // The next run does without.
        let _not_remembered = self.written(content);
    }

    fn written<T: Serialize>(&self, content: &T) -> Option<()> {
        let folder = self.0.parent()?;
        let bytes = postcard::to_stdvec(content).ok()?;
        fs::create_dir_all(folder).ok()?;
        clear(folder);
        let mut file = NamedTempFile::new_in(folder).ok()?;
        file.write_all(&bytes).ok()?;
        file.persist(&self.0).ok()?;
        Some(())
    }
}

/// Removes the oldest entries.
fn clear(folder: &Path) {
    let Ok(found) = fs::read_dir(folder) else { return };
    let mut entries: Vec<(Duration, PathBuf)> = found
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?.elapsed().unwrap_or_default(), entry.path())))
        .collect();
    entries.sort();
    for (position, (age, path)) in entries.into_iter().enumerate() {
        if position + 1 >= KEPT || age > AGE {
            // Another program may have removed it.
            let _gone = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder(folder: &Path) -> Cache {
        Cache { folder: Some(folder.to_owned()), program: "a".to_owned() }
    }

    #[test]
    fn an_entry_is_found_under_the_same_texts_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = in_folder(folder.path());
        let entry = |texts: &[&str]| cache.entry("numbers", texts).unwrap();
        entry(&["a", "bc"]).write(&vec![1, 2]);
        assert_eq!(entry(&["a", "bc"]).read(), Some(vec![1, 2]));
        assert_eq!(entry(&["ab", "c"]).read::<Vec<i32>>(), None);
        assert_eq!(cache.entry("others", &["a", "bc"]).unwrap().read::<Vec<i32>>(), None);
        let of_another = Cache { program: "b".to_owned(), ..cache };
        assert_eq!(of_another.entry("numbers", &["a", "bc"]).unwrap().read::<Vec<i32>>(), None);
    }

    #[test]
    fn a_torn_entry_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let entry = in_folder(folder.path()).entry("words", &[]).unwrap();
        entry.write(&vec!["a word".to_owned()]);
        let bytes = fs::read(&entry.0).unwrap();
        fs::write(&entry.0, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(entry.read::<Vec<String>>(), None);
    }

    #[test]
    fn only_the_newest_entries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = in_folder(folder.path());
        for number in 0..KEPT + 20 {
            cache.entry("numbers", &[&number.to_string()]).unwrap().write(&number);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT);
        let newest = (KEPT + 19).to_string();
        assert_eq!(cache.entry("numbers", &[&newest]).unwrap().read(), Some(KEPT + 19));
    }

    #[test]
    fn an_empty_variable_remembers_nothing() {
        let mut options = Options { program: Some("a".to_owned()), ..Options::of(".") };
        assert!(Cache::of(&options).is_none(), "an environment without variables");
        options.variables = |name| (name == "HOME").then(|| "/home/somebody".into());
        assert_eq!(Cache::of(&options).folder, Some(PathBuf::from("/home/somebody/.cache/autogen")));
        options.variables = |name| Some(if name == FOLDER { "" } else { "/home/somebody" }.into());
        assert!(Cache::of(&options).is_none());
        options.variables = |_| Some("/home/somebody".into());
        assert!(!Cache::of(&options).is_none());
        options.program = None;
        assert!(Cache::of(&options).is_none(), "a program that nobody can tell from another");
    }
}
