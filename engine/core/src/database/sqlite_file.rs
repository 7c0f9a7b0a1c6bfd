//! SQLite files with a write-ahead log that nobody has open: they can be read where no file may be made beside them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Checks whether a file's write-ahead log is empty or gone, so that all data is in the file itself. SQLite removes
/// the log when the last program closes the file.
pub(super) fn is_at_rest(path: &Path) -> bool {
    let mut header = [0; 20];
    let is_read = File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok();
    let log = path.with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().to_string_lossy()));
    // The version that a program needs to read it: 2 with a log.
    is_read && header[19] == 2 && log.metadata().map_or(true, |log| log.len() == 0)
}

/// Returns the name under which SQLite reads a file that nobody changes, without looking for a log.
pub(super) fn at_rest(path: &str) -> String {
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_what_ends_a_path() {
        assert_eq!(at_rest("a?b#100%.db"), "file:a%3fb%23100%25.db?immutable=1");
    }
}
