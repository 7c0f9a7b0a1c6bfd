//! The gate that every text of a definition passes before it becomes part of a SQL statement.
//!
//! A plugin's definitions are data. Most of their texts are quoted wherever they are used. The others (expressions,
//! types, names of collations and engines, operators) become part of statements as they were written. Such a text
//! must be exactly what it is said to be: one expression or one type, which ends where the text ends and changes
//! nothing of the statement around it. This module doesn't judge what a database thinks of the text afterwards.
//!
//! [`check`] takes tables apart field by field, without `..`, so that the compiler asks about every new field.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic};
use crate::model::{
    Check, Column, EnumType, EnumValue, Exclusion, Expr, Facet, ForeignKey, Generated, Hints, Index, IndexColumn,
    IndexKey, Pair, PrimaryKey, Rule, Schema, Table, TableName, TableOptions, Unique,
};
pub(crate) use crate::sql::grammar::Grammar;

/// Returns a diagnostic for every text of a schema that may not become SQL of this dialect.
///
/// # Diagnostics
/// * `not-an-expression`: a default, check, condition, key or backfill is more or less than one expression
/// * `not-a-type`: a stated type is more or less than one type
/// * `not-a-name`: a name can't be one in any database, or a word that stands without quotes isn't a plain word
pub(crate) fn check(schema: &Schema, dialect: Dialect) -> Vec<Diagnostic> {
    let mut gate = Gate { dialect, found: Vec::new() };
    schema.tables.values().for_each(|table| gate.table(table));
    schema.enums.values().for_each(|found| gate.enumeration(found));
    gate.found
}

struct Gate {
    dialect: Dialect,
    found: Vec<Diagnostic>,
}

impl Gate {
    fn table(&mut self, table: &Table) {
        let Table {
            name,
            columns,
            primary_key,
            rules,
            options,
            comment,
            speaks: _,
            unmodelled: _,
            // No definition can state this.
            lineage: _,
            hints,
        } = table;
        let owner = format!("table `{name}`");
        self.table_name(name, &owner, hints);
        self.comment(comment.as_deref(), &owner, hints);
        self.options(options, &owner, hints);
        self.hints(hints, &owner);
        columns.iter().for_each(|column| self.column(column, name));
        if let Some(key) = primary_key {
            self.rule(&Rule::PrimaryKey(key.clone()), &owner, hints);
        }
        rules.iter().for_each(|rule| self.rule(rule, &owner, hints));
    }

    fn rule(&mut self, rule: &Rule, owner: &str, hints: &Hints) {
        match rule {
            Rule::PrimaryKey(PrimaryKey { name, columns }) => {
                self.names(name.iter().chain(columns), &format!("the primary key of {owner}"), hints);
            }
            Rule::Unique(unique) => self.unique(unique, owner),
            Rule::Index(index) => self.index(index, owner),
            Rule::ForeignKey(key) => self.foreign_key(key, owner),
            Rule::Check(Check { name, expr, no_inherit: _, validated: _, inline: _, comment, hints }) => {
                let what = format!("a check of {owner}");
                self.comment(comment.as_deref(), &what, hints);
                self.names(name, &what, hints);
                self.expr(expr, &what, hints);
                self.hints(hints, &what);
            }
            Rule::Exclusion(Exclusion { index, operators, deferrable: _ }) => {
                self.index(index, owner);
                for operator in operators {
                    self.text(operator, Grammar::Operator, &format!("an exclusion of {owner}"), &index.hints);
                }
            }
        }
    }

    fn options(&mut self, options: &TableOptions, owner: &str, hints: &Hints) {
        // Its facets are listed by taking it apart.
        for word in options.facets().iter().filter_map(Facet::value) {
            self.text(word, Grammar::Word, owner, hints);
        }
    }

    fn column(&mut self, column: &Column, table: &TableName) {
        let Column {
            name,
            // Made of Rust's names.
            data_type: _,
            sql_type,
            nullable: _,
            default,
            generated,
            collation,
            auto_increment: _,
            numbering: _,
            // Numbers alone.
            sequence: _,
            inherited: _,
            invisible: _,
            on_update,
            attributes,
            comment,
            hints,
        } = column;
        let what = format!("column `{table}.{name}`");
        self.names([name], &what, hints);
        self.comment(comment.as_deref(), &what, hints);
        if let Some(stated) = sql_type {
            self.text(stated, Grammar::Type, &format!("the type of {what}"), hints);
        }
        let generated = generated.as_ref().map(|Generated { expr, stored: _ }| expr);
        for expr in default.iter().chain(on_update).chain(generated) {
            self.expr(expr, &what, hints);
        }
        if let Some(collation) = collation {
            let grammar = match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => Grammar::Name,
                // It isn't quoted there.
                Dialect::Mysql => Grammar::Word,
            };
            self.text(collation, grammar, &format!("the collation of {what}"), hints);
        }
        for attribute in attributes {
            self.text(attribute, Grammar::Word, &what, hints);
        }
        self.hints(hints, &what);
    }

    fn unique(&mut self, unique: &Unique, owner: &str) {
        let Unique {
            name,
            columns,
            form: _,
            nulls_not_distinct: _,
            parameters,
            hidden: _,
            deferrable: _,
            comment,
            hints,
        } = unique;
        let what = format!("a unique rule of {owner}");
        self.parameters(parameters, &what, hints);
        self.comment(comment.as_deref(), &what, hints);
        self.names(name.iter().chain(columns), &what, hints);
        self.hints(hints, &what);
    }

    fn index(&mut self, index: &Index, owner: &str) {
        let Index {
            name,
            columns,
            unique: _,
            predicate,
            method,
            include,
            nulls_not_distinct: _,
            parameters,
            hidden: _,
            comment,
            hints,
        } = index;
        let what = format!("an index of {owner}");
        self.parameters(parameters, &what, hints);
        self.comment(comment.as_deref(), &what, hints);
        self.names(name.iter().chain(include), &what, hints);
        for IndexColumn { key, descending: _, collation, prefix: _, opclass, nulls: _ } in columns {
            match key {
                IndexKey::Column(name) => self.names([name], &what, hints),
                IndexKey::Expr(expr) => self.expr(expr, &what, hints),
            }
            self.names(collation, &what, hints);
            if let Some(opclass) = opclass {
                self.text(opclass, Grammar::OperatorClass, &what, hints);
            }
        }
        if let Some(predicate) = predicate {
            self.expr(predicate, &what, hints);
        }
        if let Some(method) = method {
            self.text(method, Grammar::Word, &what, hints);
        }
        self.hints(hints, &what);
    }

    /// Checks storage parameters, whose values are numbers or words.
    fn parameters(&mut self, parameters: &BTreeMap<String, String>, what: &str, hints: &Hints) {
        for (name, value) in parameters {
            self.text(name, Grammar::Word, what, hints);
            if value.parse::<f64>().is_err() {
                self.text(value, Grammar::Word, what, hints);
            }
        }
    }

    fn foreign_key(&mut self, key: &ForeignKey, owner: &str) {
        let ForeignKey {
            name,
            columns,
            references,
            referenced_columns,
            on_delete: _,
            on_update: _,
            deferrable: _,
            match_full: _,
            dangling: _,
            validated: _,
            inline: _,
            comment,
            hints,
        } = key;
        let what = format!("a foreign key of {owner}");
        self.comment(comment.as_deref(), &what, hints);
        self.table_name(references, &what, hints);
        self.names(name.iter().chain(columns).chain(referenced_columns), &what, hints);
        self.hints(hints, &what);
    }

    fn enumeration(&mut self, found: &EnumType) {
        let EnumType { name, values, comment, speaks: _, users: _, hints } = found;
        let what = format!("the enumerated type `{name}`");
        self.table_name(name, &what, hints);
        self.comment(comment.as_deref(), &what, hints);
        for EnumValue { name, renamed_from } in values {
            self.comment(Some(name), &what, hints);
            self.comment(renamed_from.as_deref(), &what, hints);
        }
        self.hints(hints, &what);
    }

    fn hints(&mut self, hints: &Hints, what: &str) {
        // Reasons and owners are only in comments and messages.
        let Hints { place: _, renamed_from, renamed_values, moved_from: _, backfill, allow: _ } = hints;
        self.names(renamed_from, what, hints);
        for Pair { from, to } in renamed_values.iter().flat_map(|renamed| &renamed.names) {
            self.comment(Some(from), what, hints);
            self.comment(Some(to), what, hints);
        }
        if let Some(backfill) = backfill {
            self.text(backfill, Grammar::Expression, &format!("the backfill of {what}"), hints);
        }
    }

    fn table_name(&mut self, name: &TableName, what: &str, hints: &Hints) {
        let TableName { schema, name } = name;
        self.names(schema.iter().chain([name]), what, hints);
    }

    fn names<'t>(&mut self, names: impl IntoIterator<Item = &'t String>, what: &str, hints: &Hints) {
        for name in names {
            self.text(name, Grammar::Name, what, hints);
        }
    }

    /// Checks a text that is always quoted: a comment or a value of an enum.
    fn comment(&mut self, text: Option<&str>, what: &str, hints: &Hints) {
        if let Some(text) = text {
            self.text(text, Grammar::Literal, what, hints);
        }
    }

    fn expr(&mut self, expr: &Expr, what: &str, hints: &Hints) {
        self.text(&expr.sql, Grammar::Expression, what, hints);
    }

    fn text(&mut self, text: &str, grammar: Grammar, what: &str, hints: &Hints) {
        let Err(reason) = grammar.judge(text, self.dialect) else { return };
        let shown: String = text.chars().take(60).collect();
        let cut = if shown.len() < text.len() { "…" } else { "" };
        let message = format!("{what}: {shown:?}{cut} is not {}: {reason}", grammar.name());
        let mut diagnostic = match grammar {
            Grammar::Expression => Diagnostic::error(Code::NotAnExpression, message),
            Grammar::Type => Diagnostic::error(Code::NotAType, message),
            Grammar::Name | Grammar::Literal | Grammar::Word | Grammar::Operator | Grammar::OperatorClass => {
                Diagnostic::error(Code::NotAName, message)
            }
        }
        .help(grammar.help());
        if let Some(place) = &hints.place {
            diagnostic = diagnostic.at(place.clone(), "");
        }
        self.found.push(diagnostic);
    }
}
