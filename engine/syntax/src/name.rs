//! Identifiers without the prefix of raw ones.

use syn::Ident;

/// Returns an identifier's text, without the prefix `r#` if it has one.
///
/// ```
/// let name = autogen_syntax::plain(&syn::parse_str("r#type").unwrap());
/// assert_eq!(name, "type");
/// ```
pub fn plain(name: &Ident) -> String {
    let text = name.to_string();
    match text.strip_prefix("r#") {
        Some(plain) => plain.to_owned(),
        None => text,
    }
}

/// Checks whether two identifiers are the same, raw or not.
///
/// ```
/// let name = |text| syn::parse_str(text).unwrap();
/// assert!(autogen_syntax::same_name(&name("r#owner"), &name("owner")));
/// assert!(!autogen_syntax::same_name(&name("owner"), &name("Owner")));
/// ```
pub fn same_name(name: &Ident, other: &Ident) -> bool {
    name == other || Spellings::of(name).has(other)
}

/// Both spellings of a name, to be compared with many others.
pub(crate) struct Spellings {
    plain: String,
    raw: String,
}

impl Spellings {
    pub(crate) fn of(name: &Ident) -> Self {
        let plain = plain(name);
        Self { raw: format!("r#{plain}"), plain }
    }

    /// Checks whether an identifier is this name.
    pub(crate) fn has(&self, name: &Ident) -> bool {
        *name == self.plain || *name == self.raw
    }
}
