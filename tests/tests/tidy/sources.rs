//! Reads the source tree as tokens, and says where something stands that should not.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Fails with every place where one of the patterns stands, and with what to do about it.
#[track_caller]
pub(crate) fn nobody_writes(patterns: &[&str], sources: &[Source], advice: &str) {
    let mut places = Vec::new();
    for source in sources {
        for pattern in patterns {
            places.extend(source.find(pattern).iter().map(|line| format!("{}:{line}: {pattern}", source.path)));
        }
    }
    assert!(places.is_empty(), "{advice}:\n  {}", places.join("\n  "));
}

/// Fails with every place where a folder's code names one of the modules.
#[track_caller]
pub(crate) fn nobody_imports(modules: &[&str], folder: &str, advice: &str) {
    let patterns: Vec<_> =
        modules.iter().flat_map(|module| [format!("{module} ::"), format!("crate :: {module}")]).collect();
    let patterns: Vec<_> = patterns.iter().map(String::as_str).collect();
    nobody_writes(&patterns, &code(&[folder]), &format!("`{folder}` must not know {}; {advice}", modules.join(", ")));
}

/// A Rust file.
pub(crate) struct Source {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
}

pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Source {
    /// The first names of all paths that begin with `super ::` or `apply ::`, in groups too, each with its line.
    pub(crate) fn siblings(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for (at, pair) in self.tokens.windows(2).enumerate() {
            if !matches!(pair[0].text.as_str(), "super" | "apply") || pair[1].text != "::" {
                continue;
            }
            let rest = &self.tokens[at + 2..];
            if rest.first().is_some_and(is_word) {
                found.push((rest[0].text.clone(), rest[0].line));
                continue;
            }
            let mut depth = 0_usize;
            for (before, token) in rest.iter().zip(&rest[1..]) {
                match before.text.as_str() {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && matches!(before.text.as_str(), "{" | ",") && is_word(token) {
                    found.push((token.text.clone(), token.line));
                }
            }
        }
        found
    }

    /// Returns the first word of each comment about a function, with the comment's line.
    pub(crate) fn first_words_about_functions(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut comment: Option<(usize, &str)> = None;
        for (index, line) in self.text.lines().map(str::trim_start).enumerate() {
            if let Some(said) = line.strip_prefix("///") {
                comment.get_or_insert((index + 1, said));
                continue;
            }
            // Attributes stand between a comment and its function, some on several lines.
            let is_attribute = line.starts_with("#[") || line.starts_with("reason =") || line == ")]";
            if is_attribute {
                continue;
            }
            if let Some((at, said)) = comment.take()
                && is_function(line)
            {
                found.push((at, said.split_whitespace().next().unwrap_or_default().to_owned()));
            }
        }
        found
    }

    /// The lines where a pattern begins: tokens with spaces between them.
    pub(crate) fn find(&self, pattern: &str) -> Vec<usize> {
        let pattern: Vec<_> = pattern.split(' ').collect();
        self.tokens
            .windows(pattern.len())
            .filter(|tokens| tokens.iter().zip(&pattern).all(|(token, wanted)| token.text == *wanted))
            .map(|tokens| tokens[0].line)
            .collect()
    }
}

/// The Rust files there, without tests.
pub(crate) fn code(places: &[&str]) -> Vec<Source> {
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    files(places, ".rs").into_iter().filter(|path| !is_test(path)).map(|path| source(path, false)).collect()
}

/// The Rust files there, tests included.
pub(crate) fn everything(places: &[&str]) -> Vec<Source> {
    files(places, ".rs").into_iter().map(|path| source(path, true)).collect()
}

pub(crate) fn source(path: String, tests: bool) -> Source {
    let text = read(&path);
    Source { tokens: lex(&path, &text, tests), path, text }
}

/// The files at or under each place whose names end like that. A place without any is an error,
/// because a rule about a folder that has moved would hold for ever.
pub(crate) fn files(places: &[&str], end: &str) -> Vec<String> {
    let mut found = Vec::new();
    for place in places {
        let before = found.len();
        for entry in ignore::WalkBuilder::new(root().join(place)).require_git(false).build() {
            let path = entry.unwrap_or_else(|error| panic!("can't list `{place}`: {error}")).into_path();
            let path = path.strip_prefix(root()).expect("the walk stays inside").to_str().expect("paths are UTF-8");
            if path.ends_with(end) && root().join(path).is_file() {
                found.push(path.replace('\\', "/"));
            }
        }
        assert!(found.len() > before, "there is no `*{end}` in `{place}`; has it moved? Then change this test");
    }
    found.sort();
    found
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("can't read `{path}`: {error}"))
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` is in the workspace").to_owned()
}

/// A file's tokens in order, with `::` and `=>` as one each.
pub(crate) fn lex(path: &str, text: &str, tests: bool) -> Vec<Token> {
    let stream = text.parse().unwrap_or_else(|error| panic!("`{path}` isn't Rust: {error}"));
    let mut tokens = Vec::new();
    flatten(stream, tests, &mut tokens);
    tokens
}

pub(crate) fn flatten(stream: TokenStream, tests: bool, tokens: &mut Vec<Token>) {
    let trees: Vec<_> = stream.into_iter().collect();
    let mut rest = trees.as_slice();
    while let Some((tree, after)) = rest.split_first() {
        rest = after;
        let line = tree.span().start().line;
        match (tree, rest.first()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if !tests && hash.as_char() == '#' && says_test(&attribute.stream()) =>
            {
                // The item ends with its body, or with a semicolon if it has none.
                let end = rest.iter().position(ends_item).map_or(rest.len(), |end| end + 1);
                rest = &rest[end..];
            }
            (TokenTree::Punct(first), Some(TokenTree::Punct(second)))
                if first.spacing() == Spacing::Joint
                    && matches!((first.as_char(), second.as_char()), (':', ':') | ('=', '>')) =>
            {
                tokens.push(Token { text: format!("{}{}", first.as_char(), second.as_char()), line });
                rest = &rest[1..];
            }
            (TokenTree::Group(group), _) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(Token { text: open.into(), line });
                flatten(group.stream(), tests, tokens);
                tokens.push(Token { text: close.into(), line: group.span_close().start().line });
            }
            (TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_), _) => {
                tokens.push(Token { text: tree.to_string(), line });
            }
        }
    }
}

/// Whether a token is a name.
pub(crate) fn is_word(token: &Token) -> bool {
    token.text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
}

/// Whether an attribute's inside is `cfg(test)`.
pub(crate) fn says_test(attribute: &TokenStream) -> bool {
    attribute.to_string().replace(' ', "") == "cfg(test)"
}

pub(crate) fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

/// Checks whether a line begins a function.
fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.find(|word| !(word.starts_with("pub") || ["const", "async", "unsafe", "extern", "\"C\""].contains(word)))
        == Some("fn")
}
