//! What the code in a statement says that it does: a block's text, a function's, and texts in these that they may run.

use crate::dialect::Dialect;
use crate::sql::{Kind, Token};

/// Texts in texts are read so deep. Nobody writes more quotes.
const DEPTH: usize = 4;

/// Describes what code does that no transaction rolls back, in words that end a sentence about its statement.
/// `tokens` are those of the statement.
pub(super) fn beyond(statement: &str, tokens: &[Token]) -> Option<&'static str> {
    within(statement, tokens, DEPTH)
}

fn within(text: &str, tokens: &[Token], depth: usize) -> Option<&'static str> {
    let texts = tokens.iter().filter(|token| token.kind == Kind::Text && depth > 0);
    let in_texts = |token: &Token| {
        let inner = inner(&text[token.span.clone()]);
        within(&inner, &Dialect::Postgres.tokens(&inner)?, depth - 1)
    };
    said(text, tokens).or_else(|| texts.filter_map(in_texts).next())
}

/// Looks for statements among tokens. Where a statement begins in a block isn't asked: after a word, or a text.
fn said(text: &str, tokens: &[Token]) -> Option<&'static str> {
    let word =
        |at: usize| tokens.get(at).map(|token| text[token.span.clone()].to_ascii_lowercase()).unwrap_or_default();
    let is_text = |at: usize| tokens.get(at).is_some_and(|token| token.kind == Kind::Text);
    (0..tokens.len()).find_map(|at| match word(at).as_str() {
        "copy" => {
            let mut rest = (at + 1..tokens.len()).take_while(|next| word(*next) != ";");
            let is_far = |next: usize| {
                matches!(word(next).as_str(), "from" | "to") && (is_text(next + 1) || word(next + 1) == "program")
            };
            rest.any(is_far).then_some("it copies from or to a file or a program")
        }
        "load" if is_text(at + 1) => Some("it loads a library into the server"),
        "mapping" if at > 0 && word(at - 1) == "user" && word(at + 1) == "for" => {
            Some("it changes whom foreign servers know users as")
        }
        _ => None,
    })
}

/// Returns what a literal stands for, as far as code is concerned: without its quotes.
fn inner(literal: &str) -> String {
    if let Some(tag) = literal.strip_prefix('$').and_then(|rest| rest.split_once('$')).map(|(tag, _)| tag.len() + 2) {
        return literal.get(tag..literal.len().saturating_sub(tag)).unwrap_or_default().to_owned();
    }
    let Some(open) = literal.find('\'') else { return String::new() };
    let inner = literal[open + 1..].strip_suffix('\'').unwrap_or(&literal[open + 1..]);
    inner.replace("''", "'").replace("\\'", "'").replace("\\n", "\n")
}
