//! `.pgpass`: lines of `host:port:database:user:password`, of which the first that fits counts.

use std::path::Path;

/// Returns the password for a host, port, database and user. Ignores a file that others may read, as every program of
/// PostgreSQL's does.
pub(super) fn find(file: &Path, wanted: [&str; 4]) -> Option<String> {
    if is_open_to_others(file) {
        return None;
    }
    matching(&std::fs::read_to_string(file).ok()?, wanted)
}

fn matching(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, places) = fields.split_last().filter(|(_, places)| places.len() == wanted.len())?;
        places.iter().zip(wanted).all(|(place, wanted)| place == "*" || place == wanted).then(|| password.clone())
    })
}

/// Splits a line into its fields. A backslash keeps the colon or backslash that follows it.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, fields.last_mut()) {
            (':', Some(_)) => fields.push(String::new()),
            ('\\', Some(field)) => field.extend(letters.next()),
            (letter, Some(field)) => field.push(letter),
            (_, None) => {}
        }
    }
    fields
}

#[cfg(unix)]
fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# comment\r\nshort:line\ndb:5432:shop:ann:one\n*:*:*:b\\:ob:t\\\\wo\\:2\n*:*:*:*:\n";

    #[test]
    fn the_first_line_that_fits_counts() {
        let find = |host, user| matching(FILE, [host, "5432", "shop", user]);
        assert_eq!(find("db", "ann").as_deref(), Some("one"));
        assert_eq!(find("other", "b:ob").as_deref(), Some("t\\wo:2"));
        assert_eq!(find("other", "eve").as_deref(), Some(""));
        assert_eq!(matching("db:1:shop:ann:one", ["db", "2", "shop", "ann"]), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_no_password_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("pgpass");
        std::fs::write(&file, FILE).expect("write");
        let with = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("chmod");
            find(&file, ["db", "5432", "shop", "ann"])
        };
        assert_eq!(with(0o600).as_deref(), Some("one"));
        assert_eq!(with(0o644), None);
    }
}
