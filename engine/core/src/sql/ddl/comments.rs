//! The comments of a script, and what MariaDB and MySQL execute in them.

use std::borrow::Cow;
use std::ops::Range;

use crate::dialect::Dialect;

/// Returns the comments of a script: their bytes, in order.
pub fn comments(dialect: Dialect, sql: &str) -> Vec<Range<usize>> {
    let Some(tokens) = dialect.tokens(sql) else { return Vec::new() };
    let starts = std::iter::once(0).chain(tokens.iter().map(|token| token.span.end));
    let ends = tokens.iter().map(|token| token.span.start).chain([sql.len()]);
    let gaps = starts.zip(ends).filter(|(start, end)| start < end);
    let mut found = Vec::new();
    for (start, end) in gaps {
        let mut at = start;
        while let Some(next) = sql[at..end].find(|letter: char| !letter.is_whitespace() && letter != '\u{feff}') {
            let begin = at + next;
            let rest = &sql[begin..end];
            let length = match rest.starts_with("/*") {
                true => rest.find("*/").map_or(rest.len(), |end| end + 2),
                false => rest.find('\n').unwrap_or(rest.len()),
            };
            found.push(begin..begin + length);
            at = begin + length;
        }
    }
    found
}

/// Returns a script with blanks in place of the marks of comments that are executed: `/*!40101 ... */`, `/*M!100100 ... */`.
/// Everything keeps its place.
pub(super) fn executed(dialect: Dialect, sql: &str) -> Cow<'_, str> {
    if dialect != Dialect::Mysql || !(sql.contains("/*!") || sql.contains("/*M!")) {
        return Cow::Borrowed(sql);
    }
    let mut text = sql.as_bytes().to_vec();
    let mut at = 0;
    let mut is_open = false;
    while at < text.len() {
        let rest = &sql.as_bytes()[at..];
        let length = if rest.starts_with(b"/*!") || rest.starts_with(b"/*M!") {
            let mark = if rest[2] == b'!' { 3 } else { 4 };
            let digits = rest[mark..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            is_open = true;
            text[at..at + mark + digits].fill(b' ');
            mark + digits
        } else if is_open && rest.starts_with(b"*/") {
            is_open = false;
            text[at..at + 2].fill(b' ');
            2
        } else {
            passed(rest)
        };
        at += length;
    }
    String::from_utf8(text).map_or(Cow::Borrowed(sql), Cow::Owned)
}

/// Returns how many bytes a quoted text or an ordinary comment takes; one for anything else.
fn passed(rest: &[u8]) -> usize {
    let until = |end: &[u8], from: usize| {
        let found = rest[from..].windows(end.len()).position(|window| window == end);
        found.map_or(rest.len(), |position| from + position + end.len())
    };
    match rest {
        [b'/', b'*', ..] => until(b"*/", 2),
        [b'#', ..] | [b'-', b'-', b' ' | b'\t' | b'\n', ..] => until(b"\n", 1),
        [quote @ (b'\'' | b'"' | b'`'), ..] => {
            let mut at = 1;
            while at < rest.len() && rest[at] != *quote {
                at += if rest[at] == b'\\' && *quote != b'`' { 2 } else { 1 };
            }
            (at + 1).min(rest.len())
        }
        _ => 1,
    }
}
