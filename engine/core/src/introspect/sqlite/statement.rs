//! What SQLite's pragmas can't say, read from the CREATE statements that it keeps.
//!
//! The tree says what there is; expressions are cut out of the text by their tokens, so that they
//! stay as their author wrote them, but for comments.

use sqlite3_parser::ast::{
    ColumnConstraint, ColumnDefinition, CreateTableBody, DeferSubclause, Expr, ForeignKeyClause, InitDeferredPred,
    Literal, NamedColumnConstraint, NamedTableConstraint, RefArg, ResolveType, SortOrder, SortedColumn, Stmt,
    TableConstraint,
};
use sqlite3_parser::dialect::TokenType;

use crate::model::Deferrable;
use crate::sql::sqlite::tree::{Token, tokens, unquoted, with_statement, without_comments};

/// A CREATE TABLE statement, without what the pragmas say better.
#[derive(Debug, Default)]
pub(super) struct TableText {
    /// By position.
    pub(super) columns: Vec<ColumnText>,
    pub(super) primary_key_name: Option<String>,
    pub(super) uniques: Vec<UniqueText>,
    /// In the order stated.
    pub(super) foreign_keys: Vec<ForeignKeyText>,
    pub(super) checks: Vec<CheckText>,
    /// What the model has no word for.
    pub(super) unmodelled: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct ColumnText {
    pub(super) name: String,
    pub(super) collation: Option<String>,
    pub(super) auto_increment: bool,
    pub(super) generated: Option<String>,
}

#[derive(Debug)]
pub(super) struct UniqueText {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
}

#[derive(Debug)]
pub(super) struct ForeignKeyText {
    pub(super) name: Option<String>,
    pub(super) deferrable: Deferrable,
    /// Whether it stands in its column's definition.
    pub(super) inline: bool,
}

#[derive(Debug)]
pub(super) struct CheckText {
    pub(super) name: Option<String>,
    pub(super) sql: String,
    /// Whether it stands in a column's definition.
    pub(super) inline: bool,
}

/// A CREATE INDEX statement, without what the pragmas say better.
#[derive(Debug, Default)]
pub(super) struct IndexText {
    /// The text of every key, without collation and order.
    pub(super) keys: Vec<String>,
    pub(super) predicate: Option<String>,
}

/// Reads a CREATE TABLE statement; the error says why it can't be read.
pub(super) fn table(sql: &str) -> Result<TableText, String> {
    // No definition can state a comment within an expression.
    let sql = &*without_comments(sql);
    with_statement(sql, |statement| {
        let Stmt::CreateTable { body: CreateTableBody::ColumnsAndConstraints { columns, constraints, .. }, .. } =
            statement
        else {
            return Err("it doesn't list columns".to_owned());
        };
        let mut reader = TableReader { text: TableText::default(), expressions: expressions(sql).into_iter() };
        for column in columns {
            reader.column(column)?;
        }
        for constraint in constraints.unwrap_or_default() {
            reader.constraint(constraint)?;
        }
        match reader.expressions.next() {
            None => Ok(reader.text),
            Some(_) => Err("its expressions and its text disagree".to_owned()),
        }
    })?
}

/// Reads a CREATE INDEX statement.
pub(super) fn index(sql: &str) -> Option<IndexText> {
    let sql = &*without_comments(sql);
    with_statement(sql, |statement| {
        let Stmt::CreateIndex { columns, .. } = statement else { return None };
        let tokens = tokens(sql)?;
        let open = tokens.iter().position(|token| token.kind == TokenType::TK_LP)?;
        let close = closing(&tokens, open)?;
        let parts = split(&tokens[open + 1..close]);
        if parts.len() != columns.len() {
            return None;
        }
        let keys = parts.into_iter().zip(*columns).map(|(part, key)| key_text(sql, part, &key.expr)).collect();
        let predicate = match &tokens[close + 1..] {
            [] => None,
            [r#where, .., last] if r#where.kind == TokenType::TK_WHERE => {
                Some(sql[r#where.span.end..last.span.end].trim().trim_end_matches(';').trim_end().to_owned())
            }
            _ => return None,
        };
        Some(IndexText { keys, predicate })
    })
    .ok()
    .flatten()
}

struct TableReader {
    text: TableText,
    /// Expressions of checks and generated columns in the order of the text, which is the tree's.
    expressions: std::vec::IntoIter<String>,
}

impl TableReader {
    fn column(&mut self, definition: &ColumnDefinition<'_>) -> Result<(), String> {
        let name = unquoted(definition.col_name.0);
        let mut column = ColumnText { name: name.clone(), ..ColumnText::default() };
        for NamedColumnConstraint { name: label, constraint } in definition.constraints {
            let label = label.as_ref().map(|label| unquoted(label.0));
            match constraint {
                ColumnConstraint::PrimaryKey { order, conflict_clause, auto_increment } => {
                    self.text.primary_key_name = label;
                    column.auto_increment = *auto_increment;
                    self.conflict("the primary key", *conflict_clause);
                    if *order == Some(SortOrder::Desc) {
                        self.text.unmodelled.push("the primary key is descending".to_owned());
                    }
                }
                ColumnConstraint::NotNull { conflict_clause, .. } => {
                    self.conflict(&format!("NOT NULL of column `{name}`"), *conflict_clause);
                }
                ColumnConstraint::Unique(conflict_clause) => {
                    self.conflict(&format!("UNIQUE of column `{name}`"), *conflict_clause);
                    self.text.uniques.push(UniqueText { name: label, columns: vec![name.clone()] });
                }
                ColumnConstraint::Check(_) => self.check(label, None, true)?,
                ColumnConstraint::Default(_) => {}
                ColumnConstraint::Defer(defer) => {
                    // The clause follows the REFERENCES that it is about.
                    if let Some(last) = self.text.foreign_keys.last_mut() {
                        last.deferrable = deferrable(Some(defer));
                    }
                }
                ColumnConstraint::Collate { collation_name } => {
                    column.collation = Some(unquoted(collation_name.0));
                }
                ColumnConstraint::ForeignKey { clause, defer_clause } => {
                    self.foreign_key(label, clause, defer_clause.as_ref(), true);
                }
                ColumnConstraint::Generated { .. } => column.generated = Some(self.expression()?),
            }
        }
        self.text.columns.push(column);
        Ok(())
    }

    fn constraint(&mut self, constraint: &NamedTableConstraint<'_>) -> Result<(), String> {
        let name = constraint.name.as_ref().map(|name| unquoted(name.0));
        match &constraint.constraint {
            TableConstraint::PrimaryKey { columns, auto_increment, conflict_clause } => {
                self.text.primary_key_name = name;
                self.conflict("the primary key", *conflict_clause);
                let columns = self.key_columns("the primary key", columns);
                if *auto_increment {
                    let numbered =
                        |column: &&mut ColumnText| columns.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
                    self.text.columns.iter_mut().filter(numbered).for_each(|column| column.auto_increment = true);
                }
            }
            TableConstraint::Unique { columns, conflict_clause } => {
                self.conflict("a unique constraint", *conflict_clause);
                let columns = self.key_columns("a unique constraint", columns);
                self.text.uniques.push(UniqueText { name, columns });
            }
            TableConstraint::Check(_, conflict_clause) => self.check(name, *conflict_clause, false)?,
            TableConstraint::ForeignKey { clause, defer_clause, .. } => {
                self.foreign_key(name, clause, defer_clause.as_ref(), false);
            }
        }
        Ok(())
    }

    fn check(&mut self, name: Option<String>, conflict: Option<ResolveType>, inline: bool) -> Result<(), String> {
        self.conflict("a check", conflict);
        let sql = self.expression()?;
        self.text.checks.push(CheckText { name, sql, inline });
        Ok(())
    }

    fn foreign_key(
        &mut self,
        name: Option<String>,
        clause: &ForeignKeyClause<'_>,
        defer: Option<&DeferSubclause>,
        inline: bool,
    ) {
        for argument in clause.args {
            match argument {
                RefArg::Match(kind) => {
                    let kind = unquoted(kind.0);
                    self.text.unmodelled.push(format!("a foreign key says MATCH {kind}"));
                }
                // The pragma reports the actions. SQLite parses ON INSERT and ignores it.
                RefArg::OnDelete(_) | RefArg::OnUpdate(_) | RefArg::OnInsert(_) => {}
            }
        }
        self.text.foreign_keys.push(ForeignKeyText { name, deferrable: deferrable(defer), inline });
    }

    /// Returns the next expression of the text.
    fn expression(&mut self) -> Result<String, String> {
        self.expressions.next().ok_or_else(|| "its expressions and its text disagree".to_owned())
    }

    fn conflict(&mut self, what: &str, clause: Option<ResolveType>) {
        let word = match clause {
            // ABORT is the default.
            None | Some(ResolveType::Abort) => return,
            Some(ResolveType::Rollback) => "ROLLBACK",
            Some(ResolveType::Fail) => "FAIL",
            Some(ResolveType::Ignore) => "IGNORE",
            Some(ResolveType::Replace) => "REPLACE",
        };
        self.text.unmodelled.push(format!("{what} says ON CONFLICT {word}"));
    }

    /// Returns the names of a key's columns. Reports their collations and orders as unmodelled, because the model has
    /// these only for indexes.
    fn key_columns(&mut self, what: &str, columns: &[SortedColumn<'_>]) -> Vec<String> {
        let mut names = Vec::with_capacity(columns.len());
        for column in columns {
            if column.order == Some(SortOrder::Desc) {
                self.text.unmodelled.push(format!("{what} is descending"));
            }
            let mut expr = &column.expr;
            if let Expr::Collate(inner, collation) = expr {
                self.text.unmodelled.push(format!("{what} says COLLATE {}", unquoted(collation)));
                expr = inner;
            }
            match expr {
                Expr::Id(id) => names.push(unquoted(id.0)),
                Expr::Name(name) => names.push(unquoted(name.0)),
                // SQLite accepts a string as a name here.
                Expr::Literal(Literal::String(text)) => names.push(unquoted(text)),
                // It accepts nothing else.
                _ => {}
            }
        }
        names
    }
}

fn deferrable(clause: Option<&DeferSubclause>) -> Deferrable {
    match clause {
        None | Some(DeferSubclause { deferrable: false, .. }) => Deferrable::No,
        Some(DeferSubclause { init_deferred: Some(InitDeferredPred::InitiallyDeferred), .. }) => {
            Deferrable::InitiallyDeferred
        }
        Some(DeferSubclause { init_deferred: Some(InitDeferredPred::InitiallyImmediate) | None, .. }) => {
            Deferrable::InitiallyImmediate
        }
    }
}

/// Returns the texts in `CHECK (...)` and `AS (...)` of a table's body. Both words are reserved, so bare tokens at
/// the body's own level can't be names.
fn expressions(sql: &str) -> Vec<String> {
    let tokens = tokens(sql).unwrap_or_default();
    let mut found = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenType::TK_LP => depth += 1,
            TokenType::TK_RP => depth -= 1,
            TokenType::TK_CHECK | TokenType::TK_AS if depth == 1 => {
                if let Some(close) = closing(&tokens, at + 1) {
                    found.push(text(sql, &tokens[at + 2..close]).to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

/// Returns the position of the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenType::TK_LP => depth += 1,
            TokenType::TK_RP => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at).filter(|at| *at > open);
        }
    }
    None
}

/// Splits a list at the commas of its own level.
fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            match token.kind {
                TokenType::TK_LP => depth += 1,
                TokenType::TK_RP => depth -= 1,
                _ => {}
            }
            depth == 0 && token.kind == TokenType::TK_COMMA
        })
        .collect()
}

/// Returns the text of an index key without its order and collation, which the pragma reports.
fn key_text(sql: &str, mut tokens: &[Token], mut expr: &Expr<'_>) -> String {
    if let [rest @ .., last] = tokens
        && matches!(last.kind, TokenType::TK_ASC | TokenType::TK_DESC)
        && !rest.is_empty()
    {
        tokens = rest;
    }
    loop {
        match (expr, tokens) {
            (Expr::Collate(inner, _), [rest @ .., _collate, _name]) => (expr, tokens) = (inner, rest),
            (Expr::Parenthesized(inner), [_open, rest @ .., _close]) if inner.len() == 1 => {
                (expr, tokens) = (&inner[0], rest);
            }
            _ => return text(sql, tokens).to_owned(),
        }
    }
}

/// Returns the text from the first token to the last.
fn text<'a>(sql: &'a str, tokens: &[Token]) -> &'a str {
    match tokens {
        [] => "",
        [first, ..] => &sql[first.span.start..tokens[tokens.len() - 1].span.end],
    }
}
