//! One spelling for expressions that mean the same. Expressions with different results may still mean the same, but
//! those with the same result always do.

use std::collections::BTreeSet;

use sqlite3_parser::ast::{Expr, Id, LikeOperator, Literal, Name, Operator, Type, TypeSize, UnaryOperator};

use crate::sql::sqlite::tree::{is_plain, tokens, unquoted, with_expression};

use super::precedence::{level, operator, strength};

/// Returns an expression in the spelling that comparisons use. It is SQL, though nobody wrote it this way.
///
/// * Names are in lower case and quoted, and function names are in lower case.
/// * Operators have one spelling each, and parentheses are only where precedence needs them.
/// * Comments and white space are removed.
/// * Table names before columns are removed, because only one table can be meant.
///
/// A text that isn't an expression of one table keeps its words, with the white space between them folded.
pub(crate) fn canonical(sql: &str) -> String {
    canonical_among(sql, None)
}

/// Returns what [`canonical`] does, for known columns of the table. What is in double quotes and isn't one of these
/// columns is then a string, as SQLite reads it.
pub(crate) fn canonical_among(sql: &str, columns: Option<&BTreeSet<String>>) -> String {
    let printed = with_expression(sql, |expr| {
        let mut printer = Printer { columns, out: String::new() };
        printer.print(expr, 0).map(|()| printer.out)
    });
    printed.flatten().unwrap_or_else(|| folded(sql))
}

/// Returns a default in the spelling that comparisons use. SQLite reads a lone name there as a string.
pub(crate) fn canonical_default(sql: &str) -> String {
    // A default has no columns to name.
    canonical_among(&in_column_free_words(sql), None)
}

fn in_column_free_words(sql: &str) -> String {
    let lone_name = with_expression(sql, |expr| match core(expr) {
        (Expr::Id(id), false) if truth(id).is_none() => Some(string_literal(&unquoted(id.0))),
        _ => None,
    });
    lone_name.flatten().unwrap_or_else(|| sql.to_owned())
}

/// Checks whether an expression always has the same value, so that a database may be asked for it.
pub(crate) fn is_constant(sql: &str) -> bool {
    with_expression(sql, constant).unwrap_or_default()
}

fn constant(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Literal(literal) => match literal {
            Literal::Numeric(_) | Literal::String(_) | Literal::Blob(_) | Literal::Null => true,
            Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp | Literal::Keyword(_) => false,
        },
        Expr::Id(id) => truth(id).is_some(),
        Expr::Parenthesized(inner) => matches!(inner.as_slice(), [only] if constant(only)),
        Expr::Unary(_, inner) | Expr::IsNull(inner) | Expr::NotNull(inner) => constant(inner),
        Expr::Binary(left, _, right) => constant(left) && constant(right),
        Expr::Cast { expr, .. } => constant(expr),
        // Functions may return something else each time, and nothing else is usual in a default.
        _ => false,
    }
}

struct Printer<'a> {
    columns: Option<&'a BTreeSet<String>>,
    out: String,
}

impl Printer<'_> {
    /// Prints an expression, in parentheses where it binds looser than `least`. Returns `None` where it isn't an
    /// expression of one table.
    fn print(&mut self, expr: &Expr<'_>, least: u8) -> Option<()> {
        let (expr, negated) = core(expr);
        let parenthesized = strength(expr) < least;
        if parenthesized {
            self.out.push('(');
        }
        self.bare(expr, negated)?;
        if parenthesized {
            self.out.push(')');
        }
        Some(())
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of expression")]
    fn bare(&mut self, expr: &Expr<'_>, negated: bool) -> Option<()> {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Id(Id(name)) | Expr::Name(Name(name)) => self.name(name),
            Expr::Qualified(_, column) | Expr::DoublyQualified(_, _, column) => self.column(&unquoted(column.0)),
            Expr::Binary(left, op @ (Operator::Is | Operator::IsNot), right) => {
                return self.is(left, right, (*op == Operator::IsNot) != negated);
            }
            Expr::Binary(left, op, right) => {
                let (word, level) = operator(*op);
                self.print(left, level)?;
                self.word(word);
                // Only AND and OR may be regrouped: arithmetic overflows and rounds.
                let regroups = matches!(op, Operator::And | Operator::Or);
                self.print(right, if regroups { level } else { level + 1 })?;
            }
            Expr::Unary(op, inner) => {
                let (word, level) = match op {
                    UnaryOperator::Not => ("NOT ", level::NOT),
                    UnaryOperator::Negative => ("-", level::ATOM),
                    UnaryOperator::Positive => ("+", level::ATOM),
                    UnaryOperator::BitwiseNot => ("~", level::ATOM),
                };
                self.out.push_str(word);
                self.print(inner, level)?;
            }
            Expr::IsNull(inner) => self.is_null(inner, negated)?,
            Expr::NotNull(inner) => self.is_null(inner, !negated)?,
            Expr::Between { lhs, not, start, end } => {
                self.print(lhs, level::EQUAL)?;
                self.negatable(*not != negated, "BETWEEN");
                self.print(start, level::LESS)?;
                self.word("AND");
                self.print(end, level::LESS)?;
            }
            Expr::Like { lhs, not, op, rhs, escape } => {
                self.print(lhs, level::EQUAL)?;
                self.negatable(
                    *not != negated,
                    match op {
                        LikeOperator::Glob => "GLOB",
                        LikeOperator::Like => "LIKE",
                        LikeOperator::Match => "MATCH",
                        LikeOperator::Regexp => "REGEXP",
                    },
                );
                self.print(rhs, level::BITS)?;
                if let Some(escape) = escape {
                    self.word("ESCAPE");
                    self.print(escape, level::BITS)?;
                }
            }
            Expr::InList { lhs, not, rhs } => {
                self.print(lhs, level::EQUAL)?;
                self.negatable(*not != negated, "IN");
                self.list(rhs.unwrap_or_default())?;
            }
            Expr::Parenthesized(inner) => self.list(inner)?,
            Expr::Collate(inner, name) => {
                self.print(inner, level::COLLATE)?;
                self.word("COLLATE");
                self.out.push_str(&unquoted(name).to_ascii_lowercase());
            }
            Expr::Cast { expr, type_name } => {
                self.out.push_str("cast(");
                self.print(expr, 0)?;
                self.out.push_str(" AS ");
                if let Some(type_name) = type_name {
                    self.type_name(type_name)?;
                }
                self.out.push(')');
            }
            Expr::Case { base, when_then_pairs, else_expr } => {
                self.out.push_str("CASE");
                if let Some(base) = base {
                    self.out.push(' ');
                    self.print(base, 0)?;
                }
                for (when, then) in *when_then_pairs {
                    self.word("WHEN");
                    self.print(when, 0)?;
                    self.word("THEN");
                    self.print(then, 0)?;
                }
                // Without an ELSE there is a NULL.
                if let Some(otherwise) = else_expr.filter(|expr| !is_null(expr)) {
                    self.word("ELSE");
                    self.print(otherwise, 0)?;
                }
                self.out.push_str(" END");
            }
            Expr::FunctionCall { name, distinctness: None, args, order_by: None, filter_over: None } => {
                self.call(name, args.unwrap_or_default())?;
            }
            Expr::FunctionCallStar { name, filter_over: None } => {
                self.function(name);
                self.out.push_str("(*)");
            }
            Expr::FunctionCall { .. }
            | Expr::FunctionCallStar { .. }
            | Expr::Exists(_)
            | Expr::InSelect { .. }
            | Expr::InTable { .. }
            | Expr::Subquery(_)
            | Expr::Raise(..)
            | Expr::Variable(_) => return None,
        }
        Some(())
    }

    fn literal(&mut self, literal: &Literal<'_>) {
        match literal {
            Literal::Numeric(text) => self.out.push_str(&number(text)),
            Literal::String(text) => self.out.push_str(text),
            Literal::Blob(digits) => self.out.push_str(&format!("x'{}'", digits.to_ascii_lowercase())),
            Literal::Keyword(word) => self.out.push_str(&word.to_ascii_uppercase()),
            Literal::Null => self.out.push_str("NULL"),
            Literal::CurrentDate => self.out.push_str("CURRENT_DATE"),
            Literal::CurrentTime => self.out.push_str("CURRENT_TIME"),
            Literal::CurrentTimestamp => self.out.push_str("CURRENT_TIMESTAMP"),
        }
    }

    fn name(&mut self, text: &str) {
        let name = unquoted(text);
        let is_column = self.columns.is_none_or(|columns| columns.contains(&name.to_ascii_lowercase()));
        match truth(&Id(text)) {
            // The words are numbers, except behind IS.
            Some(true) => self.out.push('1'),
            Some(false) => self.out.push('0'),
            None if text.starts_with('"') && !is_column => self.out.push_str(&string_literal(&name)),
            None => self.column(&name),
        }
    }

    fn column(&mut self, name: &str) {
        self.out.push_str(&format!("\"{}\"", name.to_ascii_lowercase().replace('"', "\"\"")));
    }

    /// Prints `left IS right`. After IS, the words TRUE and FALSE ask for truth, not for a number.
    fn is(&mut self, left: &Expr<'_>, right: &Expr<'_>, not: bool) -> Option<()> {
        if is_null(right) {
            return self.is_null(left, not);
        }
        self.print(left, level::EQUAL)?;
        self.word(if not { "IS NOT" } else { "IS" });
        match asked_truth(right) {
            Some(true) => self.out.push_str("TRUE"),
            Some(false) => self.out.push_str("FALSE"),
            None => self.print(right, level::LESS)?,
        }
        Some(())
    }

    fn is_null(&mut self, inner: &Expr<'_>, not: bool) -> Option<()> {
        self.print(inner, level::EQUAL)?;
        self.out.push_str(if not { " IS NOT NULL" } else { " IS NULL" });
        Some(())
    }

    fn list(&mut self, items: &[Expr<'_>]) -> Option<()> {
        self.out.push('(');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.print(item, 0)?;
        }
        self.out.push(')');
        Some(())
    }

    fn call(&mut self, name: &Id<'_>, arguments: &[Expr<'_>]) -> Option<()> {
        let now = match arguments {
            [] => true,
            [Expr::Literal(Literal::String(text))] => text.eq_ignore_ascii_case("'now'"),
            _ => false,
        };
        // SQLite documents these pairs as the same text.
        let word = match unquoted(name.0).to_ascii_lowercase().as_str() {
            "datetime" if now => "CURRENT_TIMESTAMP",
            "date" if now => "CURRENT_DATE",
            "time" if now => "CURRENT_TIME",
            _ => {
                self.function(name);
                return self.list(arguments);
            }
        };
        self.out.push_str(word);
        Some(())
    }

    fn function(&mut self, name: &Id<'_>) {
        let name = unquoted(name.0).to_ascii_lowercase();
        // Some functions are named by keywords (`replace`, `like`): those need no quotes either.
        let plain = is_plain(&name) || name.bytes().all(|byte| byte.is_ascii_alphabetic());
        self.out.push_str(&if plain { name } else { format!("\"{}\"", name.replace('"', "\"\"")) });
    }

    fn type_name(&mut self, type_name: &Type<'_>) -> Option<()> {
        let words: Vec<_> = type_name.name.split_whitespace().map(str::to_ascii_uppercase).collect();
        self.out.push_str(&words.join(" "));
        match type_name.size {
            None => {}
            Some(TypeSize::MaxSize(size)) => self.list(std::slice::from_ref(size))?,
            Some(TypeSize::TypeSize(precision, scale)) => {
                self.out.push('(');
                self.print(precision, 0)?;
                self.out.push_str(", ");
                self.print(scale, 0)?;
                self.out.push(')');
            }
        }
        Some(())
    }

    fn negatable(&mut self, not: bool, word: &str) {
        if not {
            self.out.push_str(" NOT");
        }
        self.word(word);
    }

    fn word(&mut self, word: &str) {
        self.out.push(' ');
        self.out.push_str(word);
        self.out.push(' ');
    }
}

/// Returns an expression without anything that adds nothing. Also returns whether a NOT was removed that the
/// expression's own operator can say.
fn core<'a, 'b>(mut expr: &'a Expr<'b>) -> (&'a Expr<'b>, bool) {
    loop {
        match expr {
            Expr::Parenthesized(inner) if inner.len() == 1 => expr = &inner[0],
            Expr::Unary(UnaryOperator::Positive, inner) if is_number(inner) => expr = inner,
            Expr::Unary(UnaryOperator::Not, inner) => {
                let (inner, negated) = core(inner);
                let says_not = matches!(
                    inner,
                    Expr::IsNull(_)
                        | Expr::NotNull(_)
                        | Expr::Between { .. }
                        | Expr::Like { .. }
                        | Expr::InList { .. }
                        | Expr::Binary(_, Operator::Is | Operator::IsNot, _)
                );
                return if says_not { (inner, !negated) } else { (expr, false) };
            }
            _ => return (expr, false),
        }
    }
}

fn is_number(expr: &Expr<'_>) -> bool {
    matches!(core(expr), (Expr::Literal(Literal::Numeric(_)), false))
}

fn is_null(expr: &Expr<'_>) -> bool {
    matches!(core(expr), (Expr::Literal(Literal::Null), false))
}

/// Returns what TRUE or FALSE after IS asks for. SQLite looks through a collation there.
fn asked_truth(expr: &Expr<'_>) -> Option<bool> {
    match core(expr) {
        (Expr::Id(id), false) => truth(id),
        (Expr::Collate(inner, _), false) => asked_truth(inner),
        _ => None,
    }
}

/// Returns the meaning of the bare words TRUE and FALSE.
fn truth(id: &Id<'_>) -> Option<bool> {
    match id.0 {
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Returns a number as SQLite would write it. Integers stay distinct from reals.
fn number(text: &str) -> String {
    let text = text.replace('_', "");
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        // Sixteen digits are the bits of a signed number.
        return u64::from_str_radix(digits, 16).map_or(text.clone(), |bits| bits.cast_signed().to_string());
    }
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(integer), _) => integer.to_string(),
        (Err(_), Ok(real)) if real.is_finite() => format!("{real:?}"),
        (Err(_), _) => text,
    }
}

fn string_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns a text's words with single spaces between them.
fn folded(sql: &str) -> String {
    let words: Vec<&str> = match tokens(sql) {
        Some(tokens) => tokens.into_iter().map(|token| &sql[token.span]).collect(),
        None => sql.split_whitespace().collect(),
    };
    words.join(" ")
}
