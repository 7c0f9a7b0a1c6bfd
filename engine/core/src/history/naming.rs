//! The names of new revisions' directories.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use super::DIGITS;
use super::Version;
use crate::error::{Code, Error, Result};

/// How long a version may be: the width of Diesel's column.
const MAX_LENGTH: usize = 50;
/// The longest text of a message that goes into a directory's name.
const MAX_SLUG: usize = 48;

/// Returns the beginning of a new revision's directory name, up to the `_`: the time in UTC and the owner.
///
/// It is later than every one of `parents`, for two reasons. The clock may be behind whoever wrote those, and
/// programs that know no graph run migrations in the order of their versions.
///
/// ```
/// use autogen_engine::history::{Version, next_version};
/// let now = "2026-11-21T07:11:00Z".parse().unwrap();
/// assert_eq!(next_version(now, "usb", &[]).unwrap(), "2026-11-21-071100-usb");
/// let parent = Version::of("2026-11-21-071100-usb_baseline");
/// assert_eq!(next_version(now, "usb", &[parent]).unwrap(), "2026-11-21-071101-usb");
/// ```
///
/// # Errors
/// Returns `version-order` when no time comes after a parent's name, such as `v2`.
pub fn next_version(now: Timestamp, owner: &str, parents: &[Version]) -> Result<String> {
    let owner = owner_part(owner);
    let mut time = now.to_zoned(TimeZone::UTC).datetime();
    let mut prefix = prefix(time, &owner);
    if let Some(latest) = parents.iter().max().filter(|latest| Version::of(&prefix) <= **latest) {
        let later = time_of(latest).and_then(|latest| latest.checked_add(1.second()).ok());
        time = later.unwrap_or(time).max(time);
        prefix = self::prefix(time, &owner);
        if Version::of(&prefix) <= *latest {
            return Err(Error::new(
                Code::VersionOrder,
                format!("no date comes after version `{latest}`, so a program that runs migrations in the order of their names would run the new revision first"),
            )
            .help("rename that migration's directory so that it begins with a date, such as 2026-01-31-120000_name, and its version in __diesel_schema_migrations with it"));
        }
    }
    Ok(prefix)
}

/// Returns a message as the rest of a directory's name: letters and digits, words joined by `_`.
///
/// ```
/// use autogen_engine::history::slug;
/// assert_eq!(slug("Add serial, and its index"), "add_serial_and_its_index");
/// assert_eq!(slug("Größe"), "größe");
/// assert_eq!(slug("?!"), "change");
/// ```
pub fn slug(message: &str) -> String {
    let lower = message.to_lowercase();
    let mut slug = String::new();
    let mut length = 0;
    for word in lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let more = word.chars().count() + usize::from(length > 0);
        if length > 0 && length + more > MAX_SLUG {
            break;
        }
        if length > 0 {
            slug.push('_');
        }
        slug.extend(word.chars().take(MAX_SLUG));
        length += more;
    }
    if slug.is_empty() { "change".to_owned() } else { slug }
}

/// Returns the time at the beginning of a version, where there is one.
fn time_of(version: &Version) -> Option<DateTime> {
    DateTime::strptime("%Y%m%d%H%M%S", version.as_str().get(..DIGITS)?).ok()
}

fn prefix(time: DateTime, owner: &str) -> String {
    format!("{}-{owner}", time.strftime("%Y-%m-%d-%H%M%S"))
}

/// Returns an owner's name for use in a version: without `_`, which would end the version, and not too long.
fn owner_part(owner: &str) -> String {
    let name = owner.replace('_', "-");
    let room = MAX_LENGTH - DIGITS;
    if name.replace('-', "").len() <= room {
        return name;
    }
    // Two long names may begin alike; the hash keeps them apart.
    let hash: String = Sha256::digest(owner).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut cut = String::new();
    for character in name.chars() {
        if cut.replace('-', "").len() + hash.len() == room {
            break;
        }
        cut.push(character);
    }
    format!("{cut}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T07:11:00.5Z".parse().expect("is a time")
    }

    fn next(owner: &str, parents: &[&str]) -> String {
        let parents: Vec<_> = parents.iter().map(|name| Version::of(name)).collect();
        let prefix = next_version(now(), owner, &parents).expect("has a successor");
        for parent in &parents {
            assert!(Version::of(&prefix) > *parent, "{prefix} must come after {parent}");
        }
        assert!(Version::of(&prefix).as_str().len() <= MAX_LENGTH);
        prefix
    }

    #[test]
    fn a_new_version_comes_after_its_parents() {
        assert_eq!(
            next("usb", &["2020-01-01-000000_old", "00000000000000_diesel_initial_setup"]),
            "2026-11-21-071100-usb"
        );
        assert_eq!(next("net", &["2026-11-21-071100-usb"]), "2026-11-21-071101-net");
        assert_eq!(next("usb", &["2026-12-31-235959-usb_ahead_of_the_clock"]), "2027-01-01-000000-usb");
        assert_eq!(next("usb", &["2026-11-21-071100-0000_by_diesel"]), "2026-11-21-071100-usb");
        assert_eq!(next("usb", &["0001_init", "0002_more"]), "2026-11-21-071100-usb");
    }

    #[test]
    fn a_parent_that_no_date_follows_is_refused() {
        for parent in ["v2_more", "2099-99-99-000000_typo", "9999-12-31-235959_end"] {
            let error = next_version(now(), "usb", &[Version::of(parent)]).expect_err("nothing comes after");
            assert_eq!(error.code(), Code::VersionOrder);
        }
    }

    #[test]
    fn long_names_are_cut_but_stay_apart() {
        let long = "a-plugin-whose-name-goes-on-and-on-and-on-and-on";
        let (one, two) = (next(&format!("{long}-one"), &[]), next(&format!("{long}-two"), &[]));
        assert_ne!(one, two);
        assert_eq!(Version::of(&one).as_str().len(), MAX_LENGTH);
        assert_eq!(next("asset_tags", &[]), "2026-11-21-071100-asset-tags");
        assert_eq!(next(&"x".repeat(36), &[]).len(), "2026-11-21-071100-".len() + 36);
    }

    #[test]
    fn slugs_are_cut_between_words() {
        let message = "word ".repeat(20);
        assert_eq!(slug(&message), "word_word_word_word_word_word_word_word_word");
        assert_eq!(slug(&"x".repeat(200)).len(), MAX_SLUG);
        assert_eq!(slug("-- a/b\\c:\0d ../e\r\n"), "a_b_c_d_e");
    }
}
