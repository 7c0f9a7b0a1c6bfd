//! Numbers with their nouns, which more than one command needs.

/// `1 revision`, `2 revisions`; for nouns that only take an `s`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}
