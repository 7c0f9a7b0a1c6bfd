//! Removes characters that a terminal obeys from texts.
//!
//! Names, expressions and messages of servers come from authors and databases that nobody has reviewed yet.

use std::borrow::Cow;

/// Returns `true` if a terminal or a renderer obeys a character instead of showing it, or shows text in
/// another order because of it. Line breaks and tabs aren't among these characters.
pub fn is_obeyed(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{2028}' | '\u{2029}' => true,
        // Nobody sees these, and so two names may look alike.
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' => true,
        letter => letter.is_control(),
    }
}

/// Replaces each character that a terminal obeys with an escape such as `\u{1b}`. The carriage return of a
/// line's end stays. What GitHub's runners would take for a command (`::` at the beginning of a line, `##[`) is spelled
/// out too.
///
/// Every text that people see passes through here, unless it is a document or a script for a program.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) && !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_line = letter == '\r' && letters.peek() == Some(&'\n');
        let is_command = match letter {
            ':' => letters.peek() == Some(&':') && shown.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()),
            '[' => shown.ends_with("##"),
            _ => false,
        };
        if is_command || is_obeyed(letter) && !ends_line {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Puts a text into one line, for a comment that nothing in the text may end.
pub fn one_line(text: &str) -> String {
    printable(&text.replace(['\r', '\n'], " ").replace('\t', "\\u{9}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(printable("é\t🦀\nb\r\n"), "é\t🦀\nb\r\n");
        assert_eq!(printable("a\u{1b}]0;x\u{7}b\rc\u{9b}1m"), "a\\u{1b}]0;x\\u{7}b\\u{d}c\\u{9b}1m");
        assert_eq!(printable("\u{202e}evil\u{2066}\u{61c}"), "\\u{202e}evil\\u{2066}\\u{61c}");
        assert_eq!(printable("a::b\n  ::error::x\n## [c] ##[d]"), "a::b\n  \\u{3a}:error::x\n## [c] ##\\u{5b}d]");
        assert_eq!(one_line("a\r\n\tb\u{61c}"), "a  \\u{9}b\\u{61c}");
    }
}
