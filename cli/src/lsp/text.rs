//! Places in texts, as editors count them: in lines, and in UTF-16 units within a line.

use std::ops::Range;

use autogen_engine::model::Place;
use lsp_types::{Position, TextDocumentContentChangeEvent};

/// Returns the byte at a position. A position beyond a line's end, or inside a character, counts as the nearest one
/// before it.
pub(super) fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match line_end(&text[start..]) {
            Some((_, next)) => start += next,
            None => return text.len(),
        }
    }
    let line = &text[start..];
    let line = &line[..line_end(line).map_or(line.len(), |(end, _)| end)];
    let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
    let mut units = 0;
    for (at, letter) in line.char_indices() {
        units += letter.len_utf16();
        if units > wanted {
            return start + at;
        }
    }
    start + line.len()
}

/// Returns the position of a byte.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let (mut line, mut start) = (0, 0);
    while let Some((_, next)) = line_end(&text[start..]).filter(|(_, next)| start + next <= offset) {
        line += 1;
        start += next;
    }
    let character = text[start..offset].chars().map(char::len_utf16).sum::<usize>();
    Position { line, character: u32::try_from(character).unwrap_or(u32::MAX) }
}

/// Returns the range of some bytes.
pub(super) fn range(text: &str, span: Range<usize>) -> lsp_types::Range {
    lsp_types::Range { start: position(text, span.start), end: position(text, span.end.max(span.start)) }
}

/// Returns the bytes at a place. Its line and column count, because an editor's text lacks the byte order mark that the
/// file may begin with. An empty place is widened to the word that begins there.
pub(super) fn span(text: &str, place: &Place) -> Range<usize> {
    let lines = text.split_inclusive('\n').take(place.line.saturating_sub(1));
    let line = lines.map(str::len).sum::<usize>();
    let rest = &text[line..];
    let rest_of_line = rest.split('\n').next().unwrap_or_default();
    let mark = rest_of_line.chars().next().filter(|letter| *letter == '\u{feff}').map_or(0, char::len_utf8);
    let column = rest_of_line[mark..].char_indices().nth(place.column.saturating_sub(1)).map(|(at, _)| mark + at);
    let start = line + column.unwrap_or(rest_of_line.len());
    let mut end = start.saturating_add(place.span.len()).min(text.len());
    if end == start {
        let is_word = |letter: &char| letter.is_alphanumeric() || *letter == '_';
        end += text[start..].chars().take_while(is_word).map(char::len_utf8).sum::<usize>();
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    start..end
}

/// Changes a text as an editor has changed its own.
pub(super) fn apply(text: &mut String, change: TextDocumentContentChangeEvent) {
    match change.range {
        None => *text = change.text,
        Some(range) => {
            let (start, end) = (offset(text, range.start), offset(text, range.end));
            text.replace_range(start..end.max(start), &change.text);
        }
    }
}

/// Returns where the first line ends, and where the next one begins. `None` for the last line.
fn line_end(text: &str) -> Option<(usize, usize)> {
    let end = text.find(['\n', '\r'])?;
    Some((end, end + if text[end..].starts_with("\r\n") { 2 } else { 1 }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn positions_count_utf16_units() {
        let text = "é😀x\r\nab\rc\n";
        for (line, character, byte) in
            [(0, 0, 0), (0, 1, 2), (0, 3, 6), (0, 4, 7), (1, 0, 9), (1, 2, 11), (2, 0, 12), (2, 1, 13), (3, 0, 14)]
        {
            let place = Position { line, character };
            assert_eq!(offset(text, place), byte, "{line}:{character}");
            assert_eq!(position(text, byte), place, "{byte}");
        }
        // Inside a character, behind a line and behind the text.
        for (line, character, byte) in [(0, 2, 2), (0, 99, 7), (9, 9, 14)] {
            assert_eq!(offset(text, Position { line, character }), byte, "{line}:{character}");
        }
        assert_eq!(position(text, 4), Position { line: 0, character: 1 });
    }

    #[test]
    fn places_are_found_in_a_text_without_its_byte_order_mark() {
        let file = Path::new("schema.rs");
        let with_mark = "\u{feff}é 😀 name\nid";
        let start = with_mark.find("name").expect("is there");
        let place = Place::in_text(file, with_mark, start..start + 4);
        for text in [with_mark, &with_mark[3..]] {
            assert_eq!(&text[span(text, &place)], "name");
        }
        assert_eq!(&"a\nid -> x"[span("a\nid -> x", &Place { line: 2, column: 1, span: 2..2, ..place.clone() })], "id");
        assert_eq!(span("", &place), 0..0);
    }

    #[test]
    fn changes_are_applied_one_after_another() {
        let mut text = "a😀b\nc".to_owned();
        let change =
            |range, text: &str| TextDocumentContentChangeEvent { range, range_length: None, text: text.into() };
        let at =
            |line, from, to| Some(lsp_types::Range { start: Position::new(line, from), end: Position::new(line, to) });
        apply(&mut text, change(at(0, 1, 3), "é"));
        apply(&mut text, change(at(1, 1, 9), "d"));
        assert_eq!(text, "aéb\ncd");
        apply(&mut text, change(at(1, 9, 0), "!"));
        assert_eq!(text, "aéb\ncd!");
        apply(&mut text, change(None, ""));
        assert_eq!(text, "");
    }
}
