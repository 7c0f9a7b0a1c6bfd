//! `autogen dump`: the schema of a place or a database, as SQL, as definitions or as data.

use std::collections::BTreeSet;

use autogen_codegen::{source, sql};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::Result;
use autogen_engine::model::{Column, Facet, Rule, Schema, Table};
use autogen_workspace::{Dump as Dumped, Workspace};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::args::{Dump, Format, Global};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Dump, ui: &Ui) -> Result<Outcome> {
    let places: Vec<&str> = args.place.iter().map(String::as_str).collect();
    let workspace = Workspace::open(&global.options().at(&places))?;
    let Dumped { schema, plans } = workspace.dump(args.place.as_deref())?;
    let definitions = source::tables(&schema, workspace.dialect);
    let kept: Vec<String> =
        schema.bystanders.iter().map(|kept| format!("{} {}", kept.kind.name(), kept.name)).collect();
    let left_out = if ui.format == Format::Rust { definitions.unsaid } else { kept };
    match ui.format {
        Format::Json => ui.json("dump", document(&schema, &left_out)),
        Format::Rust => ui.script(&definitions.text, "there is no table"),
        Format::Text
        | Format::Sql
        | Format::Unified
        | Format::Sarif
        | Format::Github
        | Format::Gitlab
        | Format::Markdown
        | Format::Junit
        | Format::Mermaid
        | Format::Dot
        | Format::Svg
        | Format::Html => {
            let script = sql::script(&sql::statements(&plans.up, workspace.dialect));
            let script = format!("{}{script}", schemas(&schema, workspace.dialect));
            ui.script(&script, "there is no table");
        }
    }
    if ui.format != Format::Json {
        left_out.iter().for_each(|what| ui.remark(format!("left out: {what}")));
    }
    Ok(Outcome::Clean)
}

/// Returns the statements that make the schemas which tables and types stand in.
fn schemas(schema: &Schema, dialect: Dialect) -> String {
    let names = schema.tables.keys().chain(schema.enums.keys());
    let schemas: BTreeSet<&String> = names.filter_map(|name| name.schema.as_ref()).collect();
    let quoted = |name: &&String| dialect.facts().quoted(name);
    schemas.iter().map(|name| format!("CREATE SCHEMA IF NOT EXISTS {};\n\n", quoted(name))).collect()
}

/// Returns the document that programs read.
fn document(schema: &Schema, left_out: &[String]) -> Value {
    let enums =
        schema.enums.values().map(|found| json!({ "name": found.name.to_string(), "facets": facets(&found.facets()) }));
    json!({
        "tables": schema.tables.values().map(table).collect::<Vec<_>>(),
        "enums": enums.collect::<Vec<_>>(),
        "left_out": left_out,
    })
}

fn table(table: &Table) -> Value {
    let column = |column: &Column| json!({ "name": column.name, "facets": facets(&column.facets()) });
    let rule = |rule: &Rule| json!({ "kind": rule.kind(), "name": rule.name(), "facets": facets(&rule.facets()) });
    json!({
        "name": table.name.to_string(),
        "key": table.primary_key.as_ref().map(|key| &key.columns),
        "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
        "rules": table.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}

/// Returns the facets of an object by name, as the database states them.
fn facets(facets: &[Facet]) -> Map<String, Value> {
    facets.iter().map(|facet| (facet.aspect.name().to_owned(), facet.stated.clone().into())).collect()
}
