//! Numbers with their nouns, which more than one command needs.

/// Writes a number with its noun, such as `1 revision` or `2 revisions`. The noun's plural must only take an
/// `s`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}
