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
    name == other || plain(name) == plain(other)
}
