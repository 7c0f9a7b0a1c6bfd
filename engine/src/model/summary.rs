//! A schema as text, for a checksum: two schemas that differ in anything that introspection reads have different
//! texts.

use std::fmt;

use super::{Bystander, Facet, Lineage, Rule, Schema, Table};

impl Schema {
    /// Writes a description of all objects of the schema, one line each. The texts of two schemas are equal only if they
    /// differ in nothing but what only definitions state.
    ///
    /// # Errors
    /// Fails if `text` does.
    pub fn sum_up(&self, text: &mut impl fmt::Write) -> fmt::Result {
        let Self { tables, enums, bystanders, reserved, unread, renamed_values, namespaces: _, server } = self;
        write!(text, "server {server:?}\nreserved {reserved:?}\nunread {unread:?}\nrenamed {renamed_values:?}\n")?;
        for found in enums.values() {
            add(text, ("type", &found.name.to_string(), ""), &found.facets())?;
        }
        for table in tables.values() {
            add_table(text, table)?;
        }
        for Bystander { kind, name, table, sql } in bystanders.iter() {
            writeln!(text, "{} {name:?} {table:?} {sql:?}", kind.name())?;
        }
        Ok(())
    }
}

fn add_table(text: &mut impl fmt::Write, table: &Table) -> fmt::Result {
    let Table { name, columns, primary_key, rules, options, lineage, comment, speaks: _, unmodelled, hints: _ } = table;
    let of = name.to_string();
    add(text, ("table", &of, ""), &options.facets())?;
    let Lineage { parents, partition_by, of_type } = lineage;
    writeln!(text, "{parents:?} {partition_by:?} {of_type:?} {comment:?} {unmodelled:?}")?;
    for column in columns {
        add(text, ("column", &of, &column.name), &column.facets())?;
    }
    let key = primary_key.clone().map(Rule::PrimaryKey);
    for rule in key.iter().chain(rules.iter()) {
        add(text, (rule.kind(), &of, rule.name().unwrap_or_default()), &rule.facets())?;
    }
    Ok(())
}

fn add(text: &mut impl fmt::Write, (kind, of, name): (&str, &str, &str), facets: &[Facet]) -> fmt::Result {
    write!(text, "{kind} {of:?} {name:?}")?;
    for Facet { aspect, stated, canonical } in facets {
        write!(text, " {} {stated:?} {canonical:?}", aspect.name())?;
    }
    text.write_char('\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, Column, DataType, Expr, TableName};

    #[test]
    fn every_part_of_an_object_tells() {
        let mut table = Table::new(TableName::new("t"));
        table.columns.push(Column::new("a", DataType::Text));
        let text = |table: &Table| {
            let mut schema = Schema::default();
            schema.insert(table.clone());
            let mut text = String::new();
            schema.sum_up(&mut text).expect("text takes all");
            text
        };
        let plain = text(&table);
        let changes: [fn(&mut Table); 7] = [
            |table| table.options.unlogged = true,
            |table| table.comment = Some(String::new()),
            |table| table.unmodelled.push("x".to_owned()),
            |table| table.columns[0].nullable = false,
            |table| table.columns[0].inherited = true,
            |table| table.columns[0].default = Some(Expr::new("'a'")),
            |table| table.rules.push(Check::new(Expr::new("true"))),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut changed = table.clone();
            change(&mut changed);
            assert_ne!(text(&changed), plain, "change {at}");
        }
    }
}
