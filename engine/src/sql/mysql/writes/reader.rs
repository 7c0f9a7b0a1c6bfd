//! Goes through the tokens of one statement of MariaDB's or MySQL's.

mod options;

use std::collections::BTreeMap;

use super::Stray;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::triggers::may_be_same;
use crate::sql::{Kind, Token};

/// The result of reading, or why the statement may not run.
pub(super) type Read<T> = Result<T, Stray>;

/// Splits a statement into tokens, if every `sql_mode` reads it in the same way: whether a backslash escapes
/// a quote is a setting. A statement with a comment that the server executes is refused.
pub(super) fn read(text: &str) -> Read<Vec<Token>> {
    let tokens = Dialect::Mysql.tokens(text).ok_or_else(|| beyond("something in it is never closed"))?;
    let begun = tokens.first().map_or("", |first| &text[first.span.start..]);
    let is_label = |line: &str| line.trim_start().get(..9).is_some_and(|word| word.eq_ignore_ascii_case("delimiter"));
    if begun.lines().any(is_label) {
        // To a client it is a command, to MySQL it may be a label.
        return Err(beyond("a line in it begins with DELIMITER"));
    }
    for token in &tokens {
        let word = &text[token.span.clone()];
        if word.starts_with("/*") {
            return Err(beyond("it hides a part from other databases by `/*!`"));
        }
        if token.kind == Kind::Text && word.contains('\\') && !is_plain(word) {
            return Err(beyond("a text in it may end at a quote behind a backslash; write that quote twice"));
        }
    }
    Ok(tokens)
}

/// Checks whether a literal ends at the same place if backslashes mean nothing.
fn is_plain(literal: &str) -> bool {
    let Some(open) = literal.find(['\'', '"']) else { return true };
    let quote = &literal[open..=open];
    let inner = literal[open + 1..].strip_suffix(quote).unwrap_or(&literal[open + 1..]);
    !inner.replace(&quote.repeat(2), "").contains(quote)
}

pub(super) fn anothers(table: &str) -> Stray {
    Stray::Table(TableName::new(table))
}

pub(super) fn beyond(what: &str) -> Stray {
    Stray::Beyond(what.to_owned())
}

/// The tokens that are left of a statement.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    last: Option<&'a Token>,
    functions: &'a [String],
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token], functions: &'a [String]) -> Self {
        Self { text, tokens, last: None, functions }
    }

    fn of(&self, token: &Token) -> &'a str {
        &self.text[token.span.clone()]
    }

    fn word(&self, token: &Token) -> Option<String> {
        (token.kind == Kind::Word).then(|| self.of(token).to_ascii_lowercase())
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        self.last = Some(first);
        Some(first)
    }

    /// Returns the word that was taken last.
    pub(super) fn last(&self) -> Option<String> {
        self.last.and_then(|token| self.word(token))
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Checks whether the next token is one of these words. Behind a dot or `@`, every word is a name.
    pub(super) fn here(&self, words: &[&str]) -> bool {
        let is_name = self.last.is_some_and(|last| match self.of(last) {
            "." => true,
            "@" => self.tokens.first().is_some_and(|token| token.span.start == last.span.end),
            _ => false,
        });
        !is_name
            && self.tokens.first().and_then(|token| self.word(token)).is_some_and(|word| words.contains(&word.as_str()))
    }

    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let found = self.here(words);
        if found {
            self.next();
        }
        found
    }

    /// Checks whether one of these words comes after the next token.
    pub(super) fn follows(&self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        ahead.next().is_some() && ahead.here(words)
    }

    /// Takes a word or a text that is one of these.
    pub(super) fn take_texts(&mut self, texts: &[&str]) -> bool {
        let said =
            self.tokens.first().map_or("", |token| self.of(token)).trim_matches(['\'', '"']).to_ascii_lowercase();
        let found = texts.contains(&said.as_str());
        if found {
            self.next();
        }
        found
    }

    /// Returns a reader of what is between this reader and another one that has read further.
    pub(super) fn up_to(self, end: &Self) -> Self {
        Self { tokens: &self.tokens[..self.tokens.len() - end.tokens.len()], ..self }
    }

    /// Checks whether the next token is this mark or operator.
    pub(super) fn here_mark(&self, mark: &str) -> bool {
        let first = self.tokens.first().filter(|token| token.kind.is_sign());
        first.is_some_and(|token| self.of(token) == mark)
    }

    pub(super) fn take_mark(&mut self, mark: &str) -> bool {
        let found = self.here_mark(mark);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn take_number(&mut self) -> bool {
        let found = self.tokens.first().is_some_and(|token| token.kind == Kind::Number);
        if found {
            self.next();
        }
        found
    }

    /// Moves past the first of these words that is outside brackets.
    pub(super) fn past(&mut self, words: &[&str]) -> bool {
        while !self.is_at_end() {
            if self.take(words) {
                return true;
            }
            if self.skip().is_err() {
                return false;
            }
        }
        false
    }

    /// Skips one token, or brackets with everything in them.
    pub(super) fn skip(&mut self) -> Read<()> {
        let mut depth = 0_usize;
        loop {
            depth += usize::from(self.here_mark("("));
            if self.here_mark(")") {
                depth = depth.checked_sub(1).ok_or_else(|| beyond("a bracket in it was never opened"))?;
            }
            if self.next().is_none() {
                return Err(beyond("something in it is never closed"));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Reads a name as [`spelled`](Self::spelled) does, and returns it in lower case.
    pub(super) fn identifier(&mut self) -> Read<String> {
        self.spelled().map(|name| name.to_lowercase())
    }

    /// Reads a name and returns it without quotes. A name in double quotes is a string, unless a setting says otherwise.
    pub(super) fn spelled(&mut self) -> Read<String> {
        let is_name = |token: &&Token| token.kind.is_name();
        match self.tokens.first().filter(is_name) {
            Some(first) => {
                self.next();
                Ok(Dialect::Mysql.unquoted(self.of(first)))
            }
            None => Err(beyond(&format!("`{}` stands where a name is expected", self.shown()))),
        }
    }

    /// Reads the name of a table in this database, and returns it in lower case.
    pub(super) fn name(&mut self) -> Read<String> {
        self.spelled_name().map(|name| name.to_lowercase())
    }

    /// Reads the name of a table in this database.
    pub(super) fn spelled_name(&mut self) -> Read<String> {
        let name = self.spelled()?;
        let is_all = self.tokens.get(1).is_some_and(|token| self.of(token) == "*");
        // Behind a dot a name may begin with a digit.
        let is_number =
            self.tokens.first().is_some_and(|token| token.kind == Kind::Number && self.of(token).starts_with('.'));
        if is_number || self.here_mark(".") && !is_all {
            return Err(beyond("it names a database in front of a table; leave the database out"));
        }
        Ok(name)
    }

    /// Returns the next words, for messages.
    pub(super) fn shown(&self) -> String {
        let words = self.tokens.iter().take(2).map(|token| self.of(token));
        words.collect::<Vec<_>>().join(" ").to_ascii_uppercase()
    }

    /// Reads the rest up to the end. It may only compute values.
    pub(super) fn rest(mut self) -> Read<()> {
        while !self.is_at_end() {
            if self.take_mark(";") {
                return self.ends();
            }
            self.value()?;
        }
        Ok(())
    }

    /// Reads the rest up to the end. It may only consist of words.
    pub(super) fn rest_words(mut self) -> Read<()> {
        while self.identifier().is_ok() || self.take_mark(",") {}
        self.ends()
    }

    /// Checks whether the end of the transaction also ends the session.
    pub(super) fn ends_session(&self) -> bool {
        let words: Vec<_> = self.tokens.iter().map(|token| self.word(token).unwrap_or_default()).collect();
        words.windows(2).any(|pair| pair[1] == "release" && pair[0] != "no")
    }

    /// Reads the end of the statement.
    pub(super) fn ends(mut self) -> Read<()> {
        while self.take_mark(";") {}
        if self.is_at_end() { Ok(()) } else { Err(beyond(&format!("`{}` comes behind what is known", self.shown()))) }
    }

    /// Skips one token of an expression or a query.
    pub(super) fn value(&mut self) -> Read<()> {
        // Functions that read files or take named locks, which are shared by everybody and outlast the revision.
        const OUTSIDE: [&str; 4] = ["load_file", "get_lock", "release_lock", "release_all_locks"];
        // Functions of libraries that a server may have loaded.
        const LOADED: [&str; 7] = [
            "asynchronous_connection_failover_",
            "audit_",
            "group_replication_",
            "keyring_",
            "service_",
            "sys_",
            "version_tokens_",
        ];
        if self.here_mark(";") {
            return Err(beyond("it is more than one statement"));
        }
        if self.take(&["into"]) && self.here(&["outfile", "dumpfile"]) {
            return Err(beyond("it writes a file"));
        }
        let before = self.last;
        let Some(token) = self.next() else { return Ok(()) };
        let is_name = token.kind.is_name();
        if token.kind == Kind::Text && self.here_mark("(") && self.of(token).ends_with('"') {
            return Err(beyond("it calls a function by a name that is a text, unless a setting says otherwise"));
        }
        if is_name && self.here_mark("(") {
            let name = Dialect::Mysql.unquoted(self.of(token)).to_lowercase();
            let is_qualified = before.is_some_and(|before| self.of(before) == ".");
            let is_loaded = LOADED.iter().any(|library| name.starts_with(library));
            let is_stored = self.functions.iter().any(|function| may_be_same(function, &name));
            if is_qualified || is_loaded || is_stored || OUTSIDE.contains(&name.as_str()) {
                return Err(beyond(&format!("it calls the function `{name}`, which may do anything")));
            }
            // Taking a number leaves a gap. Setting one may give numbers twice.
            if name == "setval" {
                return Err(beyond("it sets the numbers of a sequence"));
            }
        }
        Ok(())
    }

    /// Skips the named queries before a statement, after `WITH`.
    pub(super) fn queries(&mut self) -> Read<()> {
        self.take(&["recursive"]);
        loop {
            self.identifier()?;
            if self.here_mark("(") {
                self.brackets()?;
            }
            if !self.take(&["as"]) {
                return Err(beyond("its named query isn't read"));
            }
            self.brackets()?;
            if !self.take_mark(",") {
                return Ok(());
            }
        }
    }

    /// Skips brackets and the values in them.
    pub(super) fn brackets(&mut self) -> Read<()> {
        if !self.here_mark("(") {
            return Err(beyond(&format!("`{}` stands where a bracket is expected", self.shown())));
        }
        let mut inside = self.clone();
        self.skip()?;
        while inside.tokens.len() > self.tokens.len() {
            inside.value()?;
        }
        Ok(())
    }

    /// Reads the tables that a statement joins, by the aliases that it has for them. A query's result has no
    /// table.
    pub(super) fn references(&mut self) -> Read<BTreeMap<String, Option<String>>> {
        const BEHIND: [&str; 14] = [
            "on",
            "using",
            "join",
            "inner",
            "cross",
            "left",
            "right",
            "natural",
            "straight_join",
            "set",
            "where",
            "order",
            "limit",
            "returning",
        ];
        const HINTS: [&str; 5] = ["use", "ignore", "force", "partition", "for"];
        let mut tables = BTreeMap::new();
        let mut open = 0_usize;
        let mut expects = true;
        while !self.is_at_end() {
            if expects && self.here_mark("(") {
                let mut inside = self.clone();
                inside.next();
                if !inside.here(&["select", "with", "values", "table"]) {
                    self.next();
                    open += 1;
                    continue;
                }
                self.brackets()?;
                self.take(&["as"]);
                tables.insert(self.identifier()?, None);
                expects = false;
            } else if expects {
                let table = self.name()?;
                if self.tokens.first().is_some_and(|token| token.kind == Kind::Text) {
                    // A setting may make it a name.
                    return Err(beyond("it calls a table by a text"));
                }
                let has_alias =
                    self.take(&["as"]) || !(self.here(&BEHIND) || self.here(&HINTS) || self.here_any_mark());
                let alias = if has_alias && !self.is_at_end() { self.identifier()? } else { table.clone() };
                if tables.insert(alias, Some(table)).is_some() {
                    return Err(beyond("it has one name for two tables"));
                }
                expects = false;
            } else if self.here(&["set", "where", "order", "limit"]) || self.here_mark(";") {
                break;
            } else if self.here(&["returning"]) {
                // To MySQL it is a name.
                return Err(beyond("it joins tables in a form that isn't known"));
            } else if self.take_mark(")") {
                open = open.checked_sub(1).ok_or_else(|| beyond("a bracket in it was never opened"))?;
            } else if self.take_mark(",") || self.take(&["join", "straight_join"]) {
                expects = true;
            } else if self.here_mark("(") {
                self.brackets()?;
            } else if self.here_mark("{") {
                return Err(beyond("it joins tables in a form that isn't known"));
            } else {
                self.value()?;
            }
        }
        if open > 0 || expects { Err(beyond("it joins tables in a form that isn't known")) } else { Ok(tables) }
    }

    fn here_any_mark(&self) -> bool {
        self.tokens.first().is_none_or(|token| !token.kind.is_name())
    }

    /// Reads the tables that `SET` writes to, as the statement calls them. A column without a table gives
    /// `None`.
    pub(super) fn targets(mut self) -> Read<Vec<Option<String>>> {
        if !self.take(&["set"]) {
            return Err(beyond("it updates in a form that isn't known"));
        }
        let mut targets = Vec::new();
        loop {
            let first = self.identifier()?;
            if self.take_mark(".") {
                self.identifier()?;
                targets.push(Some(first));
            } else {
                targets.push(None);
            }
            if !(self.take_mark("=") || self.take_mark(":=")) {
                return Err(beyond("it updates in a form that isn't known"));
            }
            let ends = ["where", "order", "limit"];
            while !(self.is_at_end() || self.here_mark(",") || self.here_mark(";") || self.here(&ends)) {
                self.skip()?;
            }
            if !self.take_mark(",") {
                return Ok(targets);
            }
        }
    }

    /// Returns the text that is left.
    pub(super) fn remaining(&self) -> &'a str {
        self.tokens.first().map_or("", |first| &self.text[first.span.start..])
    }
}
