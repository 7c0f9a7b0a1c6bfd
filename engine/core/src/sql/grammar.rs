//! What a text may be, judged by the tokens that the database's own lexer makes of it.

use super::{Kind, Token};
use crate::dialect::Dialect;

/// What a text is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// One expression, which may stand in a statement without brackets.
    Expression,
    /// One type with its arguments.
    Type,
    /// A name, which always stands in quotes.
    Name,
    /// A text that always stands in quotes as a literal.
    Literal,
    /// A word that stands without quotes.
    Word,
    /// An operator, which may be qualified.
    Operator,
    /// An operator class with its parameters.
    OperatorClass,
}

/// Texts beyond this many bytes are no expression that somebody would review.
const LONGEST: usize = 64 * 1024;
/// Brackets nested beyond this overflow some parser's stack.
const DEEPEST: usize = 100;

/// Words that begin another clause or statement, in every database: no expression or type has them outside brackets.
const CLAUSES: [&str; 21] = [
    "alter",
    "as",
    "check",
    "constraint",
    "create",
    "drop",
    "except",
    "foreign",
    "group",
    "having",
    "intersect",
    "into",
    "limit",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "union",
    "unique",
    "where",
];

/// Words that say something of a column beyond its type.
const OF_COLUMNS: [&str; 17] = [
    "after",
    "always",
    "auto_increment",
    "autoincrement",
    "collate",
    "comment",
    "compressed",
    "default",
    "first",
    "generated",
    "identity",
    "invisible",
    "key",
    "not",
    "null",
    "on",
    "using",
];

impl Grammar {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Expression => "one expression",
            Self::Type => "one type",
            Self::Name => "a name",
            Self::Literal => "a text that a database keeps",
            Self::Word => "a plain word",
            Self::Operator => "an operator",
            Self::OperatorClass => "an operator class",
        }
    }

    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::Expression => {
                "write one expression, without comments and `;`, with all its brackets and quotes closed; \
                 several statements belong in a hand-written migration"
            }
            Self::Type => {
                "write the type alone, such as `varchar(40)`; defaults and rules have attributes of their own"
            }
            Self::Name | Self::Literal => "leave the character out",
            Self::Word => "write letters, digits and `_` only",
            Self::Operator => "write the operator alone, such as `&&` or `operator(public.&&)`",
            Self::OperatorClass => "write its name, such as `gin_trgm_ops` or `gist_trgm_ops(siglen = 32)`",
        }
    }

    /// Checks whether a text is what this grammar says.
    ///
    /// # Errors
    /// Returns why the text isn't that.
    pub(crate) fn judge(self, text: &str, dialect: Dialect) -> Result<(), String> {
        match self {
            Self::Name if text.is_empty() => Err("it is empty".to_owned()),
            Self::Name | Self::Literal if text.contains('\0') => Err("it holds a NUL character".to_owned()),
            Self::Name | Self::Literal => Ok(()),
            Self::Word => word(text),
            Self::Expression => expression(&Text::read(text, dialect)?),
            Self::Type => type_name(&Text::read(text, dialect)?),
            Self::Operator => operator(&Text::read(text, dialect)?),
            Self::OperatorClass => operator_class(&Text::read(text, dialect)?),
        }
    }
}

fn word(text: &str) -> Result<(), String> {
    match text.chars().find(|letter| !letter.is_ascii_alphanumeric() && *letter != '_') {
        Some(letter) => Err(format!("it holds {letter:?}")),
        None if text.is_empty() => Err("it is empty".to_owned()),
        None => Ok(()),
    }
}

/// A text as tokens, each with its depth in brackets.
struct Text<'t> {
    sql: &'t str,
    tokens: Vec<(Token, usize)>,
}

impl<'t> Text<'t> {
    /// Reads a text that is nothing but tokens: it has no comment and no `;`, and every bracket and quote is closed.
    fn read(sql: &'t str, dialect: Dialect) -> Result<Self, String> {
        if sql.contains('\0') {
            return Err("it holds a NUL character".to_owned());
        }
        if sql.len() > LONGEST {
            return Err(format!("it is {} bytes long, and {LONGEST} are the most", sql.len()));
        }
        let tokens = dialect.tokens(sql).ok_or("a quote or a comment in it never closes")?;
        let texts = tokens.iter().filter(|token| token.kind == Kind::Text);
        let mut texts = texts.map(|token| &sql[token.span.clone()]);
        let mentions_an_end = texts.any(|text| [";", "--", "/*", "#"].iter().any(|mark| text.contains(mark)));
        let mut found = Vec::with_capacity(tokens.len());
        let mut open = Vec::new();
        let mut end = 0;
        for token in tokens {
            between(&sql[end..token.span.start])?;
            end = token.span.end;
            let text = &sql[token.span.clone()];
            match text {
                ";" => return Err("it holds `;`".to_owned()),
                "(" | "[" => {
                    found.push((token, open.len()));
                    open.push(text);
                    if open.len() > DEEPEST {
                        return Err(format!("its brackets are nested more than {DEEPEST} deep"));
                    }
                    continue;
                }
                ")" | "]" if token.kind == Kind::Mark => match (open.pop(), text) {
                    (Some("("), ")") | (Some("["), "]") => {}
                    (Some(_) | None, _) => return Err(format!("`{text}` closes no bracket")),
                },
                // MariaDB itself prints `it\'s` so. What a session without escapes makes of it is an open quote,
                // which no statement survives; only what ends a statement or begins a comment would matter.
                _ if token.kind == Kind::Text && !ends_alike(text, dialect) && mentions_an_end => {
                    return Err("a backslash before a quote ends the text in some sessions".to_owned());
                }
                // The server runs this, although others take it for a comment.
                _ if text.starts_with("/*") => return Err("it holds a comment".to_owned()),
                _ => {}
            }
            found.push((token, open.len()));
        }
        between(&sql[end..])?;
        match open.last() {
            Some(bracket) => Err(format!("`{bracket}` is never closed")),
            None if found.is_empty() => Err("it is empty".to_owned()),
            None => Ok(Self { sql, tokens: found }),
        }
    }

    fn text(&self, token: &Token) -> &'t str {
        &self.sql[token.span.clone()]
    }

    /// Returns the words outside quotes and brackets, in lower case, each with the one before it.
    fn outer_words(&self) -> impl Iterator<Item = (String, String)> {
        let words = self.tokens.iter().filter(|(token, depth)| *depth == 0 && token.kind == Kind::Word);
        let mut before = String::new();
        words.map(move |(token, _)| {
            let word = self.text(token).to_ascii_lowercase();
            (word.clone(), std::mem::replace(&mut before, word))
        })
    }
}

/// Checks that only white space is between tokens. Anything else there is a comment.
fn between(text: &str) -> Result<(), String> {
    // A vertical tab is white space to the lexers, though not to `is_ascii_whitespace`.
    let is_space = |letter: char| letter.is_ascii_whitespace() || letter == '\u{b}';
    if text.chars().all(is_space) { Ok(()) } else { Err("it holds a comment".to_owned()) }
}

/// Checks whether a literal ends at the same place whatever a session makes of backslashes.
fn ends_alike(literal: &str, dialect: Dialect) -> bool {
    let escapes = match dialect {
        Dialect::Sqlite => return true,
        // `E'...'` has escapes in every session.
        Dialect::Postgres => literal.starts_with(['e', 'E', '$']),
        Dialect::Mysql => false,
    };
    let mut backslashes = 0_usize;
    for byte in literal.bytes() {
        match byte {
            b'\\' => backslashes += 1,
            b'\'' | b'"' if backslashes % 2 == 1 && !escapes => return false,
            _ => backslashes = 0,
        }
    }
    true
}

fn expression(text: &Text<'_>) -> Result<(), String> {
    if text.tokens.iter().any(|(token, depth)| *depth == 0 && text.text(token) == ",") {
        return Err("a comma outside brackets begins another one".to_owned());
    }
    for (word, before) in text.outer_words() {
        // Outside brackets, only `a IS DISTINCT FROM b` has this word.
        if CLAUSES.contains(&word.as_str()) || word == "from" && before != "distinct" {
            return Err(format!("`{word}` begins something else"));
        }
    }
    Ok(())
}

fn type_name(text: &Text<'_>) -> Result<(), String> {
    let starts = text.tokens.first().is_some_and(|(token, _)| token.kind.is_name());
    if !starts {
        return Err("it doesn't begin with a name".to_owned());
    }
    let mut before = "";
    for (token, depth) in &text.tokens {
        let words = text.text(token);
        let fits = match (token.kind, depth) {
            (Kind::Word | Kind::Quoted, 0 | 1) | (Kind::Number | Kind::Text, 1) => true,
            // MySQL's `point SRID 4326`.
            (Kind::Number, 0) => before.eq_ignore_ascii_case("srid"),
            (Kind::Mark, 0) => matches!(words, "(" | ")" | "[" | "]" | "."),
            (Kind::Mark, 1) => matches!(words, "," | "."),
            (Kind::Operator, 1) => matches!(words, "-" | "+" | "[" | "]"),
            (Kind::Operator, 0) => matches!(words, "[" | "]"),
            (Kind::Word | Kind::Quoted | Kind::Number | Kind::Text | Kind::Mark | Kind::Operator, _) => false,
        };
        if !fits {
            return Err(format!("`{words}` is no part of a type"));
        }
        before = words;
    }
    match text.outer_words().find(|(word, _)| CLAUSES.contains(&&**word) || OF_COLUMNS.contains(&&**word)) {
        Some((word, _)) => Err(format!("`{word}` begins something else")),
        None => Ok(()),
    }
}

fn operator(text: &Text<'_>) -> Result<(), String> {
    let wrapped = text.outer_words().next().is_some_and(|(word, _)| word == "operator");
    let stray = text.tokens.iter().find(|(token, depth)| match token.kind {
        Kind::Operator => false,
        Kind::Word | Kind::Quoted => !wrapped,
        Kind::Mark => match (text.text(token), depth) {
            ("(" | ")", 0) | (".", 1) => !wrapped,
            (_, _) => true,
        },
        Kind::Text | Kind::Number => true,
    });
    match stray {
        Some((token, _)) => Err(format!("`{}` is no part of an operator", text.text(token))),
        None => Ok(()),
    }
}

fn operator_class(text: &Text<'_>) -> Result<(), String> {
    for (token, depth) in &text.tokens {
        let words = text.text(token);
        let fits = match (token.kind, depth) {
            (Kind::Word | Kind::Quoted, 0 | 1) | (Kind::Number | Kind::Text, 1) => true,
            (Kind::Mark, 0) => matches!(words, "(" | ")" | "."),
            (Kind::Mark, 1) => matches!(words, ","),
            (Kind::Operator, 1) => words == "=",
            (Kind::Word | Kind::Quoted | Kind::Number | Kind::Text | Kind::Mark | Kind::Operator, _) => false,
        };
        if !fits {
            return Err(format!("`{words}` is no part of an operator class"));
        }
    }
    Ok(())
}
