//! Questions to a database in which enumerated types and values still have their old names.
//!
//! PostgreSQL keeps the value itself in an expression, so an expression that names a renamed value is the same one
//! afterwards. To have it spelled before the rename, the question uses the old names, and the answer gets the new
//! ones.

use crate::error::Result;
use crate::model::{Change, Expr, IndexKey, Pair, Rename, Schema};
use crate::spelling::{Answer, Question, TablePart};

use crate::dialect::Dialect;
use crate::sql::postgres::{mentions, rename_enum_value, rename_literals, rename_type};

/// Returns the renames that are wanted and not done yet.
pub(super) fn pending(pair: &Pair<Schema>) -> Vec<Rename> {
    let is_renamed = |found: &crate::model::EnumType| {
        found.hints.renamed_from.is_some() || found.values.iter().any(|value| value.renamed_from.is_some())
    };
    if !pair.to.enums.values().any(is_renamed) {
        return Vec::new();
    }
    let changes = crate::diff::enum_renames(&mut pair.from.clone(), &pair.to, Dialect::Postgres);
    let renames =
        changes.into_iter().filter_map(|change| if let Change::Rename(rename) = change { Some(rename) } else { None });
    renames.collect()
}

/// Asks with the old names, and returns the answers with the new ones.
pub(super) fn asking(
    renames: &[Rename],
    questions: &[Question],
    ask: &mut impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Vec<Answer>> {
    if renames.is_empty() {
        return ask(questions);
    }
    let old: Vec<Question> = questions
        .iter()
        .map(|question| Question {
            parts: question
                .parts
                .iter()
                .cloned()
                .map(|part| respelled(part, &|sql| in_old_words(sql, renames)))
                .collect(),
            ..question.clone()
        })
        .collect();
    let mut answers = ask(&old)?;
    for (question, answer) in questions.iter().zip(&mut answers) {
        for (asked, part) in question.parts.iter().zip(answer.iter_mut()) {
            let said = texts(asked);
            *part = part.take().map(|part| respelled(part, &|sql| in_new_words(sql, renames, &said)));
        }
    }
    Ok(answers)
}

/// Returns an expression with the old names of renamed types and values. Replaces a value's new name only in an
/// expression that doesn't mention the old one. Replaces every such literal, because only the database knows which
/// ones are of the type.
fn in_old_words(sql: &str, renames: &[Rename]) -> String {
    renames.iter().rev().fold(sql.to_owned(), |sql, rename| match rename {
        Rename::Enum(names) => rename_type(&Expr::new(sql), &names.clone().reverse()).sql,
        Rename::EnumValue(_, values) if !mentions(&sql, &values.from) => {
            rename_literals(&sql, &values.clone().reverse())
        }
        Rename::EnumValue(..) | Rename::Table(_) | Rename::Column(..) => sql,
    })
}

/// Returns an answer to a question in old names with the new names. Where a question mentions the old value, only a
/// literal with a cast to the type is a value of the type.
fn in_new_words(sql: &str, renames: &[Rename], asked: &[String]) -> String {
    renames.iter().fold(sql.to_owned(), |sql, rename| match rename {
        Rename::Enum(names) => rename_type(&Expr::new(sql), names).sql,
        Rename::EnumValue(name, values) => {
            if asked.iter().any(|text| mentions(text, &values.from)) {
                rename_enum_value(&Expr::new(sql), name, values).sql
            } else {
                rename_literals(&sql, values)
            }
        }
        Rename::Table(_) | Rename::Column(..) => sql,
    })
}

fn respelled(part: TablePart, spell: &dyn Fn(&str) -> String) -> TablePart {
    match part {
        TablePart::Check(sql) => TablePart::Check(spell(&sql)),
        TablePart::Generated { sql_type, sql } => TablePart::Generated { sql_type, sql: spell(&sql) },
        TablePart::Index(mut index) => {
            for expr in index_expressions(&mut index) {
                *expr = Expr { sql: spell(&expr.sql), canonical: spell(&expr.canonical) };
            }
            TablePart::Index(index)
        }
        // The rules already know a default's value.
        part @ (TablePart::Type(_) | TablePart::Default { .. }) => part,
    }
}

fn texts(part: &TablePart) -> Vec<String> {
    match part {
        TablePart::Check(sql) | TablePart::Generated { sql, .. } => vec![sql.clone()],
        TablePart::Index(index) => index_expressions(&mut index.clone()).map(|expr| expr.canonical.clone()).collect(),
        TablePart::Type(_) | TablePart::Default { .. } => Vec::new(),
    }
}

fn index_expressions(index: &mut crate::model::Index) -> impl Iterator<Item = &mut Expr> {
    let keys = index.columns.iter_mut().filter_map(|column| match &mut column.key {
        IndexKey::Expr(expr) => Some(expr),
        IndexKey::Column(_) => None,
    });
    keys.chain(index.predicate.as_mut())
}
