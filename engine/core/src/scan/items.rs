//! Splits Rust source into module-level items without parsing it.
//!
//! `syn` recurses as deeply as its input is nested, and its tree is dozens of times as large as the file. A source
//! may be generated or hostile. So source that is nested too deeply is refused here, and items that can neither
//! define a table nor change what a name means are blanked before parsing. Positions stay what they were.

use std::ops::Range;
use std::path::Path;

use crate::error::{Code, Diagnostic};
use crate::model::Place;

/// Brackets may be nested this deeply.
const DEEPEST: usize = 200;
/// This many tokens may follow one another without a `,`, `;` or a block's end between them: chains of operators,
/// generics and `else if` nest as well, without brackets.
const LONGEST: usize = 5_000;

/// A place beyond which the source is not parsed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TooDeep {
    /// The byte.
    pub(super) at: usize,
    /// What is too much there.
    pub(super) reason: String,
}

impl TooDeep {
    /// Makes the diagnostic about a file with this text.
    pub(super) fn at(&self, file: &Path, text: &str) -> Diagnostic {
        Diagnostic::error(Code::SourceTooDeep, format!("this source is not parsed: {}", self.reason))
            .at(Place::in_text(file, text, self.at..self.at + 1), "")
            .help("move the definitions into a file of their own, or leave this one out of `sources`")
    }
}

/// Returns the source with white space in place of module-level items that can't matter.
///
/// What isn't made of Rust's tokens is returned as it is: the parser says what is wrong with it.
///
/// # Errors
/// [`TooDeep`] where parsing could exhaust the stack.
pub(super) fn prepare(source: &str) -> Result<String, TooDeep> {
    let mut cutter =
        Cutter { source, levels: vec![Level::new(true)], item: None, blanked: Vec::new(), is_broken: false };
    let mut lexer = Lexer { source, at: 0 };
    while let Some(token) = lexer.next() {
        cutter.take(&token)?;
    }
    if lexer.at < source.len() || cutter.levels.len() != 1 || cutter.is_broken {
        return Ok(source.to_owned());
    }
    cutter.end_item(source.len());
    Ok(cutter.blank())
}

/// A pair of brackets that is open.
struct Level {
    /// Whether items of a module stand in it.
    is_module: bool,
    /// Tokens since the last separator.
    run: usize,
    /// Whether the last token closed a block.
    after_block: bool,
}

impl Level {
    fn new(is_module: bool) -> Self {
        Self { is_module, run: 0, after_block: false }
    }
}

/// An item that has begun.
struct Item<'s> {
    start: usize,
    /// Its first word that tells what it is.
    keyword: Option<&'s str>,
    /// The byte after a `}` that ends it unless it goes on.
    closed: Option<usize>,
}

struct Cutter<'s> {
    source: &'s str,
    levels: Vec<Level>,
    item: Option<Item<'s>>,
    /// What can't matter.
    blanked: Vec<Range<usize>>,
    /// Whether a bracket closes that was never opened.
    is_broken: bool,
}

impl<'s> Cutter<'s> {
    fn take(&mut self, token: &Token) -> Result<(), TooDeep> {
        let text = &self.source[token.span.clone()];
        self.count(token, text)?;
        let at_module = self.levels.last().is_some_and(|level| level.is_module);
        match token.kind {
            TokenKind::Open => {
                let is_module = at_module && text == "{" && self.keyword() == Some("mod");
                if at_module {
                    self.continue_item(token, text);
                }
                if is_module {
                    // The header stays. The items inside are handled one by one.
                    self.item = None;
                }
                self.levels.push(Level::new(is_module));
            }
            TokenKind::Close => {
                if at_module {
                    self.end_item(token.span.start);
                }
                if self.levels.len() == 1 {
                    self.is_broken = true;
                    return Ok(());
                }
                self.levels.pop();
                if let Some(level) = self.levels.last_mut() {
                    level.after_block = text == "}";
                }
                let outside = self.levels.last().is_some_and(|level| level.is_module);
                if let Some(item) = self.item.as_mut().filter(|_| outside && text == "}")
                    && !matches!(item.keyword, Some("use" | "const" | "static" | "type" | "let"))
                {
                    item.closed = Some(token.span.end);
                }
            }
            TokenKind::Semicolon if at_module => {
                self.continue_item(token, text);
                self.end_item(token.span.end);
            }
            TokenKind::Word if at_module => {
                self.continue_item(token, text);
                self.name_item(text);
            }
            TokenKind::Semicolon | TokenKind::Comma | TokenKind::Word | TokenKind::Other => {
                if at_module {
                    self.continue_item(token, text);
                }
            }
        }
        Ok(())
    }

    /// Counts what makes a parser recurse.
    fn count(&mut self, token: &Token, text: &str) -> Result<(), TooDeep> {
        let too_deep = |reason: String| Err(TooDeep { at: token.span.start, reason });
        if token.kind == TokenKind::Open && self.levels.len() > DEEPEST {
            return too_deep(format!("brackets are nested more than {DEEPEST} deep"));
        }
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        // A statement that ends with a block is over when another word begins a statement.
        let begins_another = token.kind == TokenKind::Word && !matches!(text, "else" | "as") || text == "#";
        let is_over = std::mem::take(&mut level.after_block) && begins_another;
        match token.kind {
            TokenKind::Semicolon | TokenKind::Comma => level.run = 0,
            TokenKind::Open | TokenKind::Close | TokenKind::Word | TokenKind::Other if is_over => level.run = 1,
            TokenKind::Open | TokenKind::Close | TokenKind::Word | TokenKind::Other => level.run += 1,
        }
        if level.run > LONGEST {
            return too_deep(format!("more than {LONGEST} tokens follow one another without `,` or `;`"));
        }
        Ok(())
    }

    fn keyword(&self) -> Option<&'s str> {
        self.item.as_ref().and_then(|item| item.keyword)
    }

    /// Begins an item at a token, or goes on with the one that has begun.
    fn continue_item(&mut self, token: &Token, text: &str) {
        if let Some(closed) = self.item.as_ref().and_then(|item| item.closed) {
            let begins = matches!(token.kind, TokenKind::Word) || matches!(text, "#" | ";" | ":");
            if begins {
                self.end_item(closed);
            } else if let Some(item) = &mut self.item {
                item.closed = None;
            }
        }
        if self.item.is_none() {
            self.item = Some(Item { start: token.span.start, keyword: None, closed: None });
        }
    }

    /// Notes what kind of item it is by its first telling word.
    fn name_item(&mut self, word: &'s str) {
        let Some(item) = &mut self.item else { return };
        match item.keyword {
            None if !matches!(word, "pub" | "unsafe" | "async" | "default" | "crate") => item.keyword = Some(word),
            // `const fn` is a function.
            Some("const") if matches!(word, "fn" | "unsafe" | "async" | "extern") => item.keyword = Some("fn"),
            None | Some(_) => {}
        }
    }

    fn end_item(&mut self, end: usize) {
        let Some(item) = self.item.take() else { return };
        let end = item.closed.unwrap_or(end);
        let text = &self.source[item.start..end];
        if !matters(text, item.keyword) {
            self.blanked.push(item.start..end);
        }
    }

    fn blank(self) -> String {
        let mut bytes = self.source.as_bytes().to_vec();
        for byte in self.blanked.into_iter().flat_map(|range| range.into_iter()) {
            // Line breaks stay, because places are lines and columns.
            if !matches!(bytes[byte], b'\n' | b'\r') {
                bytes[byte] = b' ';
            }
        }
        String::from_utf8(bytes).unwrap_or_else(|_| self.source.to_owned())
    }
}

/// Checks whether an item may define a table, a database type or a macro, or change what a name means.
fn matters(text: &str, keyword: Option<&str>) -> bool {
    let plain = matches!(
        keyword,
        Some("fn" | "impl" | "struct" | "enum" | "union" | "trait" | "const" | "static" | "type" | "extern")
    );
    !plain || ["!", "table", "joinable", "derive", "SqlType", "Enum"].iter().any(|word| text.contains(word))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Open,
    Close,
    Semicolon,
    Comma,
    Word,
    Other,
}

struct Token {
    kind: TokenKind,
    span: Range<usize>,
}

/// Rust's tokens as far as brackets and words need them; white space and comments are between them.
struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl Lexer<'_> {
    /// Returns the next token. Returns `None` at the end, and where something begins that never closes.
    fn next(&mut self) -> Option<Token> {
        loop {
            let rest = &self.source[self.at..];
            let first = rest.chars().next()?;
            let length = match first {
                _ if first.is_whitespace() || first == '\u{feff}' => {
                    self.at += first.len_utf8();
                    continue;
                }
                '/' if rest.starts_with("//") => {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                    continue;
                }
                '/' if rest.starts_with("/*") => {
                    self.at += block_comment(rest)?;
                    continue;
                }
                '\'' => (TokenKind::Other, quote(rest)?),
                '"' => (TokenKind::Other, string(rest, 0)?),
                '(' | '[' | '{' => (TokenKind::Open, 1),
                ')' | ']' | '}' => (TokenKind::Close, 1),
                ';' => (TokenKind::Semicolon, 1),
                ',' => (TokenKind::Comma, 1),
                _ if first == '_' || first.is_alphanumeric() => match prefixed_string(rest) {
                    Some(length) => (TokenKind::Other, length?),
                    None => (TokenKind::Word, word(rest)),
                },
                _ => (TokenKind::Other, first.len_utf8()),
            };
            let (kind, length) = length;
            let start = self.at;
            self.at += length;
            return Some(Token { kind, span: start..self.at });
        }
    }
}

fn word(text: &str) -> usize {
    text.find(|letter: char| letter != '_' && !letter.is_alphanumeric()).unwrap_or(text.len())
}

/// Returns the length of a comment, which may contain others.
fn block_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Returns the length of a character literal, or of a lifetime's mark and name.
fn quote(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    let (_, first) = letters.next()?;
    let (at, second) = letters.next().unwrap_or((text.len(), ' '));
    match (first, second) {
        // After a backslash the next letter ends nothing.
        ('\\', _) => text[at + second.len_utf8()..].find('\'').map(|end| at + second.len_utf8() + end + 1),
        (_, '\'') => Some(at + 1),
        _ => Some(1 + word(&text[1..])),
    }
}

/// Returns the length of a string whose opening quote is at `open`.
fn string(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Returns the length of `b"..."`, `r#"..."#` and the like. The inner value is `None` where the string never closes.
#[allow(clippy::option_option, reason = "no such string, one that never closes, and one that does")]
fn prefixed_string(text: &str) -> Option<Option<usize>> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let rest = text[..].strip_prefix(prefix).unwrap_or("x");
        rest.trim_start_matches('#').starts_with('"') && (prefix.ends_with('r') || rest.starts_with('"'))
    })?;
    if !prefix.ends_with('r') {
        return Some(string(text, prefix.len()));
    }
    let hashes = text[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let start = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text[start..].find(&end).map(|found| start + found + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is left of a source, with its white space folded.
    fn left(source: &str) -> String {
        let prepared = prepare(source).expect("is shallow");
        assert_eq!(prepared.len(), source.len());
        assert_eq!(prepared.matches('\n').count(), source.matches('\n').count());
        prepared.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_defines_nothing_is_blanked() {
        assert_eq!(
            left("fn f() { 1 }\ntable! { t { id -> Integer, } }\nstruct S { a: u8 }"),
            "table! { t { id -> Integer, } }"
        );
        assert_eq!(
            left("pub(crate) const fn f() -> [u8; { 3 }] { x }\nconst A: B = B { c: 1 };\nuse a::{b, c};"),
            "use a::{b, c};"
        );
        assert_eq!(
            left("mod a { fn f() {} table! { t { id -> Integer } } }"),
            "mod a { table! { t { id -> Integer } } }"
        );
        assert_eq!(left("fn f() { table! { t { id -> Integer } } }"), "fn f() { table! { t { id -> Integer } } }");
        assert_eq!(left("#[derive(SqlType)]\npub struct A;\n#[test] fn b() {}"), "#[derive(SqlType)] pub struct A;");
        assert_eq!(left("struct S<const N: usize = { 3 }> { a: [u8; N] } fn g() {}"), "");
    }

    #[test]
    fn strings_characters_and_lifetimes_hold_no_brackets() {
        let source = r####"fn f<'a>(x: &'a str) { let _ = ('{', '\'', b'}', "}\"", r#"}"}"#, br"{", c"{"); /* { /* */ */ } // {
table! { t { id -> Integer } }"####;
        assert_eq!(left(source), "// { table! { t { id -> Integer } }", "comments stay");
        assert_eq!(left("fn r#table() {} fn b() {}"), "fn r#table() {}");
    }

    #[test]
    fn what_is_no_rust_is_left_to_the_parser() {
        for source in ["fn f() { ", "fn f() }", "\"open", "/* open", "r#\"open\""] {
            assert_eq!(prepare(source).as_deref(), Ok(source));
        }
    }

    #[test]
    fn deep_nesting_is_refused_where_it_begins() {
        let nested = |depth: usize| format!("fn f() {{ {}{} }}", "(".repeat(depth), ")".repeat(depth));
        assert!(prepare(&nested(100)).is_ok());
        assert_eq!(prepare(&nested(3000)).expect_err("is deep").at, 8 + DEEPEST);
        for chain in ["1+", "!", "if a {} else ", "A<", "|x| ", "&mut "] {
            let source = format!("fn f() {{ {} }}", chain.repeat(20_000));
            assert!(prepare(&source).is_err(), "{chain}");
        }
        let list = format!("const A: [u8; 100000] = [{}];", "1, ".repeat(100_000));
        assert!(prepare(&list).is_ok());
        assert!(prepare(&"fn f() {}\n".repeat(20_000)).is_ok());
        assert!(prepare(&format!("fn f() {{ {} }}", "if a { b(); }\n".repeat(20_000))).is_ok());
    }
}
