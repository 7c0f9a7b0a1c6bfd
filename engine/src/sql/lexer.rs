//! Splits a text into tokens. There is one lexer, and the peculiarities of each database's own lexer are a row of
//! data.
//!
//! Nothing here knows the grammar, and nothing here needs a parser, so hosts that only run migrations do without
//! one. Ledgers hold checksums over tokens, so the tokens of a text must never change.

use std::ops::Range;

/// The kind of a token, as far as it can be told without the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Quoted,
    /// A string, in any quotes that the database has for it.
    Text,
    /// A number.
    Number,
    /// A semicolon, a comma, a bracket or a dot.
    Mark,
    /// Anything else: operators, casts, parameters.
    Operator,
}

impl Kind {
    /// Returns `true` if the token may be a name.
    pub fn is_name(self) -> bool {
        match self {
            Self::Word | Self::Quoted => true,
            Self::Text | Self::Number | Self::Mark | Self::Operator => false,
        }
    }

    /// Returns `true` if the token is a mark or an operator.
    pub fn is_sign(self) -> bool {
        match self {
            Self::Mark | Self::Operator => true,
            Self::Word | Self::Quoted | Self::Text | Self::Number => false,
        }
    }
}

/// A token and the bytes that it covers; white space and comments are between tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub span: Range<usize>,
}

impl Token {
    /// Returns a word in lower case, or `None` if the token isn't a word.
    pub(super) fn word(&self, sql: &str) -> Option<String> {
        (self.kind == Kind::Word).then(|| sql[self.span.clone()].to_ascii_lowercase())
    }
}

/// How a database's own lexer reads.
#[derive(Debug)]
pub(super) struct LexicalRules {
    /// The quotes that open and close a name.
    pub(super) names: &'static [(u8, u8)],
    /// The quotes that open and close a text.
    pub(super) texts: &'static [u8],
    /// Whether a backslash escapes in a text.
    pub(super) escapes: bool,
    /// Letters before `'` that belong to the text, in lower case, and whether a backslash then escapes.
    pub(super) prefixes: &'static [(u8, bool)],
    /// Whether `U&` may come before a text or a name.
    pub(super) unicode_prefix: bool,
    /// Whether texts may be quoted by `$tag$`, and `$1` is a parameter.
    pub(super) dollar_quotes: bool,
    /// Whether comments may hold comments.
    pub(super) nested_comments: bool,
    /// Whether a comment that never closes ends with the text.
    pub(super) open_comment_ends: bool,
    /// Whether the server executes the contents of `/*!`, which others read as a comment.
    pub(super) version_comments: bool,
    /// Whether `#` begins a comment, and `--` does only before white space.
    pub(super) hash_comments: bool,
    /// What ends a comment of one line.
    pub(super) line_ends: &'static [char],
    /// Whether a vertical tab is white space.
    pub(super) vertical_tab: bool,
    /// Whether a byte order mark is white space everywhere, and not only at the start.
    pub(super) byte_order_marks: bool,
    /// Whether `[`, `]` and `..` are marks.
    pub(super) arrays: bool,
    /// Returns the length of the number that a text begins with.
    pub(super) number: fn(&str) -> usize,
    /// Operators of more than one character.
    pub(super) operators: &'static [&'static str],
    /// Characters from which operators may be made freely.
    pub(super) operator_letters: &'static [u8],
    /// Whether a line `DELIMITER $$` tells the client where statements end.
    pub(super) client_delimiters: bool,
}

/// The result of reading a text.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) tokens: Vec<Token>,
    /// Places where statements end without a `;`: a client's own delimiter, which the server doesn't know. While
    /// there is one, a `;` is an operator.
    pub(super) delimiters: Vec<Range<usize>>,
    /// The byte at which reading ended: the text's end, or the beginning of something that never closes.
    pub(super) end: usize,
}

/// Reads tokens from the start.
pub(super) fn read(sql: &str, rules: &LexicalRules) -> Read {
    let mut delimiter = ";";
    // A byte order mark isn't part of a word, whatever a server makes of it: editors write it.
    let mut read = Read { end: sql.len() - sql.trim_start_matches('\u{feff}').len(), ..Read::default() };
    while read.end < sql.len() {
        let at = read.end;
        let rest = &sql[at..];
        if delimiter != ";" && rest.starts_with(delimiter) {
            let span = at..at + delimiter.len();
            read.end = span.end;
            read.delimiters.push(span.clone());
            read.tokens.push(Token { kind: Kind::Mark, span });
            continue;
        }
        if rules.client_delimiters
            && let Some(stated) = stated_delimiter(sql, at, read.tokens.last())
        {
            delimiter = stated;
            read.end += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        match rules.blank(rest) {
            Blank::Of(length) => {
                read.end += length;
                continue;
            }
            Blank::Open => return read,
            Blank::No => {}
        }
        let (kind, length) = match rest.as_bytes()[0] {
            b';' if delimiter != ";" => (Kind::Operator, Some(1)),
            _ => rules.token(rest, delimiter),
        };
        let Some(length) = length else { return read };
        read.tokens.push(Token { kind, span: at..at + length });
        read.end += length;
    }
    read
}

/// Whether a text begins with white space or a comment.
enum Blank {
    No,
    /// It does, with this many bytes.
    Of(usize),
    /// It begins with a comment that never closes.
    Open,
}

impl LexicalRules {
    /// Splits a text into tokens. Returns `None` if it can't be split, for example at an open string.
    pub(super) fn tokens(&self, sql: &str) -> Option<Vec<Token>> {
        let read = read(sql, self);
        (read.end == sql.len()).then_some(read.tokens)
    }

    fn blank(&self, rest: &str) -> Blank {
        let bytes = rest.as_bytes();
        let line = || Blank::Of(rest.find(self.line_ends).unwrap_or(rest.len()));
        match bytes[0] {
            byte if byte.is_ascii_whitespace() || (byte == 0x0b && self.vertical_tab) => Blank::Of(1),
            b'#' if self.hash_comments => line(),
            b'-' if rest.starts_with("--") => {
                // On other databases, `--` always begins a comment.
                let is_comment = !self.hash_comments || bytes.get(2).is_none_or(|byte| *byte <= b' ' || *byte == 0x7f);
                if is_comment { line() } else { Blank::No }
            }
            b'/' if rest.starts_with("/*") => match self.comment(rest) {
                Some(_) if self.runs_comment(rest) => Blank::No,
                Some(length) => Blank::Of(length),
                None if self.open_comment_ends => Blank::Of(rest.len()),
                None => Blank::Open,
            },
            _ if self.byte_order_marks && rest.starts_with('\u{feff}') => Blank::Of('\u{feff}'.len_utf8()),
            _ => Blank::No,
        }
    }

    fn runs_comment(&self, rest: &str) -> bool {
        self.version_comments && (rest.starts_with("/*!") || rest.starts_with("/*M!"))
    }

    /// Returns the length of the comment that a text begins with, or `None` if it never closes.
    fn comment(&self, text: &str) -> Option<usize> {
        if !self.nested_comments {
            return text[2..].find("*/").map(|end| end + 4);
        }
        let (mut depth, mut at) = (0_usize, 0);
        while at < text.len() {
            match &text.as_bytes()[at..] {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => {
                    (depth, at) = (depth - 1, at + 2);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => at += 1,
            }
        }
        None
    }

    /// Returns the kind and the length of the token that a text begins with. The length is `None` if the
    /// token never closes.
    fn token(&self, rest: &str, delimiter: &str) -> (Kind, Option<usize>) {
        let (first, second) = (rest.as_bytes()[0], rest.as_bytes().get(1));
        if self.runs_comment(rest) {
            return (Kind::Operator, self.comment(rest));
        }
        if let Some(&(_, close)) = self.names.iter().find(|(open, _)| *open == first) {
            // A quote that closes with another character can't contain that character.
            let length = if close == first {
                closed(rest, 0, close, false)
            } else {
                rest.find(char::from(close)).map(|end| end + 1)
            };
            return (Kind::Quoted, length);
        }
        if self.texts.contains(&first) {
            return (Kind::Text, closed(rest, 0, first, self.escapes));
        }
        let prefix = || self.prefixes.iter().find(|(letter, _)| *letter == first.to_ascii_lowercase());
        if second == Some(&b'\'')
            && let Some(&(_, escapes)) = prefix()
        {
            return (Kind::Text, closed(rest, 1, b'\'', escapes));
        }
        if self.unicode_prefix && first.eq_ignore_ascii_case(&b'u') {
            match rest.as_bytes().get(1..3) {
                Some(b"&'") => return (Kind::Text, closed(rest, 2, b'\'', false)),
                Some(b"&\"") => return (Kind::Quoted, closed(rest, 2, b'"', false)),
                Some(_) | None => {}
            }
        }
        match first {
            b'$' if self.dollar_quotes => match dollar_tag(rest) {
                Some(tag) => (Kind::Text, rest[tag.len()..].find(tag).map(|found| found + 2 * tag.len())),
                None => (Kind::Operator, Some(1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count())),
            },
            b'0'..=b'9' => (Kind::Number, Some((self.number)(rest))),
            b'.' if self.arrays && second == Some(&b'.') => (Kind::Mark, Some(2)),
            b'.' if second.is_some_and(u8::is_ascii_digit) => (Kind::Number, Some((self.number)(rest))),
            byte if is_inside_word(byte) => {
                let length = rest.bytes().take_while(|byte| is_inside_word(*byte)).count();
                // `END$$`
                (Kind::Word, Some(rest[..length].find(delimiter).unwrap_or(length)))
            }
            b';' | b',' | b'(' | b')' | b'.' => (Kind::Mark, Some(1)),
            b'[' | b']' if self.arrays => (Kind::Mark, Some(1)),
            _ => (Kind::Operator, Some(self.operator(rest))),
        }
    }

    /// Returns the length of an operator. It ends where a comment begins.
    fn operator(&self, text: &str) -> usize {
        if let Some(known) = self.operators.iter().find(|operator| text.starts_with(**operator)) {
            return known.len();
        }
        let run = text.bytes().take_while(|byte| self.operator_letters.contains(byte)).count();
        let end = ["--", "/*"].iter().filter_map(|comment| text[..run].find(comment)).min().unwrap_or(run);
        end.max(text.chars().next().map_or(1, char::len_utf8))
    }
}

/// Returns the length of a decimal number, such as `12` or `1.5e-3`. With `dots`, the two dots of `1..10`
/// aren't part of the number.
pub(super) fn decimal(text: &str, dots: bool) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if text[length..].starts_with('.') && !(dots && text[length..].starts_with("..")) {
        length += 1 + digits(&text[length + 1..]);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// Returns the delimiter that a line such as `DELIMITER $$` sets where a statement may begin. Such a line is
/// for the client, which doesn't send it to the server.
fn stated_delimiter<'a>(sql: &'a str, at: usize, before: Option<&Token>) -> Option<&'a str> {
    const WORD: usize = "delimiter".len();
    let rest = &sql[at..];
    let is_it = rest.get(..WORD).is_some_and(|word| word.eq_ignore_ascii_case("delimiter"));
    let stated = rest.get(WORD..).filter(|after| is_it && after.starts_with([' ', '\t']))?;
    let is_first = sql[..at].trim_end_matches([' ', '\t', '\u{feff}']).ends_with('\n') || sql[..at].trim().is_empty();
    let ends = |token: &Token| token.kind == Kind::Mark && !matches!(&sql[token.span.clone()], "," | "(" | ")" | ".");
    let stated = stated.lines().next()?.split_whitespace().next()?;
    (is_first && before.is_none_or(ends)).then_some(stated)
}

/// Checks whether a byte may be inside a word. Letters of other scripts are letters too, and all their bytes are
/// above ASCII.
pub(super) fn is_inside_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// Returns the tag that the text begins with, `$$` or `$tag$`, if it does.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let tag = &text[1..end];
    let is_tag = tag.bytes().all(is_inside_word) && !tag.starts_with(|first: char| first.is_ascii_digit());
    is_tag.then(|| &text[..=end])
}

/// Returns the length up to and with the closing quote. `open` is the place of the opening one. A doubled
/// quote stands for itself, and so does one after a backslash if `escapes`.
pub(super) fn closed(text: &str, open: usize, quote: u8, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}
