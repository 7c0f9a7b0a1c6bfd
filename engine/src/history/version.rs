//! Versions: what Diesel calls migrations.

use std::fmt;

/// The number of digits in a version's time, such as `20261121071100`.
pub const DIGITS: usize = 14;

/// What Diesel calls a migration in `__diesel_schema_migrations`: its directory's name up to the
/// first `_`, without the `-`. Versions order as text.
///
/// ```
/// use autogen::history::Version;
/// assert_eq!(Version::of("2026-11-21-071100-usb_add_serial").as_str(), "20261121071100usb");
/// assert_eq!(Version::of("20261121071100usb").as_str(), "20261121071100usb");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(from = "String")]
pub struct Version(String);

impl Version {
    /// Creates the version from a directory's name. A text that already is a version stays as it is.
    pub fn of(name: &str) -> Self {
        Self(name.split('_').next().unwrap_or_default().replace('-', ""))
    }

    /// Wraps a version from Diesel's table unchanged.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text that Diesel stores.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the owner that the version names, as far as it can be told. For revisions of a plugin that is
    /// gone, only the database still knows about them. Dashes are lost, and a long name is cut.
    ///
    /// ```
    /// use autogen::history::Version;
    /// assert_eq!(Version::of("2026-11-21-071100-usb").owner_hint(), Some("usb"));
    /// assert_eq!(Version::of("2026-11-21-071100-0000").owner_hint(), None);
    /// ```
    pub fn owner_hint(&self) -> Option<&str> {
        let (digits, rest) = self.0.split_at_checked(DIGITS)?;
        let named = digits.bytes().all(|byte| byte.is_ascii_digit())
            && rest.contains(|character: char| character.is_ascii_alphabetic());
        named.then_some(rest)
    }

    /// Returns the leading digits of the time, which sort as times do. Returns the whole version if there are
    /// none.
    pub(super) fn written(&self) -> &str {
        self.0.get(..DIGITS).filter(|time| time.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(&self.0)
    }
}

impl From<String> for Version {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
