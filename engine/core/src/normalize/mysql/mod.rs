//! What is the same to MySQL: rules first, then questions about what they leave open.

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Action, Column, Hidden, Index, MysqlServer, Pair, PrimaryKey, Schema, Table, TableOptions};
use crate::spelling::{Answer, Question};
use crate::sql::expressions_over_rows;
use crate::sql::mysql::text_literal;
use crate::sql::mysql::values;
use crate::sql::mysql::{canonical, canonical_default, rename_in};

use super::open_questions::{self, Spellings};

const SPELLINGS: Spellings =
    Spellings { dialect: Dialect::Mysql, canonical, canonical_default, rename_in, inherits_collations: false };

/// Applies MySQL's rules to both schemas, then asks the database about the rest. `ask` returns how the database
/// spells what the rules can't recognize as the same.
pub(super) fn comparable(
    mut pair: Pair<Schema>,
    ask: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Pair<Schema>> {
    for schema in [&mut pair.from, &mut pair.to] {
        for table in schema.tables.values_mut() {
            table.columns.iter_mut().for_each(spell_type);
            // MariaDB accepts no NOT NULL for computed columns.
            table
                .columns
                .iter_mut()
                .filter(|column| column.generated.is_some())
                .for_each(|column| column.nullable = true);
            super::take_plain_unique_indexes(table);
            spell_actions(table);
            spell_expressions(table);
        }
    }
    let word = match pair.from.server {
        Some(MysqlServer::Mariadb) => Hidden::Ignored,
        Some(MysqlServer::Mysql) | None => Hidden::Invisible,
    };
    for declared in pair.to.tables.values_mut() {
        declared.rules.uniques_mut().for_each(|unique| unique.hidden = unique.hidden.map(|_| word));
        declared.rules.indexes_mut().for_each(|index| index.hidden = index.hidden.map(|_| word));
        let old_name = declared.hints.renamed_from.clone().map(crate::model::TableName::new);
        let name =
            Some(&declared.name).filter(|name| pair.from.tables.contains_key(name)).or(old_name.as_ref()).cloned();
        if let Some(live) = name.and_then(|name| pair.from.tables.get_mut(&name)) {
            spell_options(declared, live);
            take_unsaid(declared, live, pair.from.server);
        }
    }
    open_questions::settle(&mut pair, &SPELLINGS, ask)?;
    Ok(pair)
}

/// Spells a column's stated type as the catalog does, where a type has several spellings.
fn spell_type(column: &mut Column) {
    let Some(stated) = &mut column.sql_type else { return };
    if let Some((kind, values)) = values(stated) {
        let values: Vec<String> = values.iter().map(|value| text_literal(value)).collect();
        *stated = format!("{kind}({})", values.join(","));
    } else if let Some(usual) = Dialect::Mysql.spelling(&Dialect::Mysql.data_type(stated), &TableOptions::default()) {
        *stated = usual;
    }
}

/// Replaces `RESTRICT` with `NO ACTION` in foreign keys. InnoDB never defers a check, so the two mean the same.
fn spell_actions(table: &mut Table) {
    for key in table.rules.foreign_keys_mut() {
        for action in [&mut key.on_delete, &mut key.on_update].into_iter().flatten() {
            if *action == Action::Restrict {
                *action = Action::NoAction;
            }
        }
    }
}

/// Spells the engine and the collation as the catalog does. Whatever a definition leaves unsaid stays as it is in the
/// database: a table's history isn't dropped because a definition doesn't mention it.
///
/// A table that gets another collation doesn't change the collation of its text columns. Those columns therefore
/// state their collation on both sides.
fn spell_options(declared: &mut Table, live: &mut Table) {
    let unsaid_or_same = |stated: &Option<String>, there: &Option<String>| match (stated, there) {
        (Some(stated), Some(there)) => stated.eq_ignore_ascii_case(there),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let usual = || Some("InnoDB".to_owned());
    if unsaid_or_same(&declared.options.engine, &live.options.engine.clone().or_else(usual)) {
        declared.options.engine.clone_from(&live.options.engine);
    }
    // The catalog names every engine but the usual one.
    declared.options.engine.take_if(|stated| stated.eq_ignore_ascii_case("innodb"));
    if declared.options.row_format.is_none() {
        declared.options.row_format.clone_from(&live.options.row_format);
    }
    // A stated `default` is the same as no stated row format.
    declared.options.row_format.take_if(|stated| stated == "default");
    declared.options.key_block_size = declared.options.key_block_size.or(live.options.key_block_size);
    declared.options.system_versioned |= live.options.system_versioned;
    if unsaid_or_same(&declared.options.collation, &live.options.collation) {
        declared.options.collation.clone_from(&live.options.collation);
        return;
    }
    for table in [declared, live] {
        let TableOptions { collation, .. } = &table.options;
        let has_one = |column: &Column| Dialect::Mysql.has_collation(column, &table.options);
        for column in table.columns.iter_mut().filter(|column| column.collation.is_none() && has_one(column)) {
            column.collation.clone_from(collation);
        }
    }
}

/// Copies what the definition leaves unsaid from the live table.
fn take_unsaid(declared: &mut Table, live: &Table, server: Option<MysqlServer>) {
    let whole_key = &live.primary_key;
    let is_same = declared.options.collation == live.options.collation;
    for column in &mut declared.columns {
        column.collation.take_if(|stated| is_same && Some(&*stated) == live.options.collation.as_ref());
        let Some(live) = live
            .column(column.hints.renamed_from.as_ref().unwrap_or(&column.name))
            .or_else(|| live.column(&column.name))
        else {
            continue;
        };
        // Only a whole key can be declared to number rows.
        let is_key = |key: &PrimaryKey| key.columns == [live.name.clone()];
        column.auto_increment |= live.auto_increment && !whole_key.as_ref().is_some_and(is_key);
        let Some(stated) = &column.sql_type else { continue };
        let stated_type = Dialect::Mysql.data_type(stated);
        let is_open = !declared.speaks.lengths
            && Dialect::Mysql.same_type(&live.data_type, &stated_type, &TableOptions::default(), false);
        // Diesel's `mysql_type(name = "Enum")` states the kind but no values.
        let has_no_values = ["enum", "set"].iter().any(|kind| {
            stated.eq_ignore_ascii_case(kind)
                && live.sql_type.as_deref().and_then(values).is_some_and(|(found, _)| found == *kind)
        });
        if is_open || has_no_values {
            column.sql_type.clone_from(&live.sql_type);
        }
    }
    let kept: Vec<Index> = live.rules.indexes().filter(|index| is_needed(index, declared, server)).cloned().collect();
    declared.rules.extend(kept);
}

/// Checks whether a live index serves a foreign key for which the definition declares no index. MySQL would create
/// that index by itself.
fn is_needed(index: &Index, declared: &Table, server: Option<MysqlServer>) -> bool {
    declared.rules.foreign_keys().any(|key| {
        *index == Index { name: index.name.clone(), hidden: index.hidden, ..Index::over(&key.columns) }
            && !declared.serves_foreign_key(&key.columns, None, server)
    })
}

fn spell_expressions(table: &mut Table) {
    for expr in expressions_over_rows(table) {
        expr.canonical = canonical(&expr.sql);
    }
    for column in &mut table.columns {
        let canonical = column.default.as_ref().map(|default| canonical_default(&default.sql, column));
        match (canonical, &mut column.default) {
            (Some(Some(canonical)), Some(default)) => default.canonical = canonical,
            (Some(None), _) => column.default = None,
            (Some(Some(_)), None) | (None, _) => {}
        }
        let canonical = column.on_update.as_ref().and_then(|moment| canonical_default(&moment.sql, column));
        if let (Some(canonical), Some(moment)) = (canonical, &mut column.on_update) {
            moment.canonical = canonical;
        }
    }
}
