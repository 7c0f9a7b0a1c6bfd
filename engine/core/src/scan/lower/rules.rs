//! Rules and indexes of a definition, and the parts of them that a database doesn't support.

use autogen_syntax::plain;
use std::collections::BTreeMap;

use autogen_syntax as syntax;
use autogen_syntax::{Key, KeyOf, Rules};
use syn::{Ident, LitStr};

use super::Diagnostic;
use super::names::{OwnedDefinition, Scope, unknown_column};
use super::table::{Context, at, column_name, is_for};
use crate::dialect::{Dialect, Feature};
use crate::error::Code;
use crate::model::{
    Action, Allow, Check, Deferrable, Exclusion, Expr, ForeignKey, Hidden, Hints, Index, IndexColumn, IndexKey, Nulls,
    Place, Table, Unique,
};

/// Adds rules to a table of the model. `inline` says whether the rules are on a column.
#[expect(clippy::too_many_arguments, reason = "rules of a table and of a column are read by one function")]
#[expect(clippy::too_many_lines, reason = "a paragraph for each kind of rule")]
pub(super) fn add_rules(
    rules: &Rules,
    inline: bool,
    allowed: &[Allow],
    table: &mut Table,
    known: &OwnedDefinition<'_>,
    context: &mut Context<'_, '_>,
) {
    let (source, file) = (&known.definition.table, &known.definition.file);
    let scope = Scope { file, modules: &known.definition.modules };
    let hints = |span| Hints { allow: allowed.to_vec(), ..at(file, span) };
    let names = |columns: &[Ident]| columns.iter().map(|column| column_name(source, column)).collect::<Vec<_>>();
    let dialect = context.dialect;
    // A rule over a column that another database has is a rule of that database.
    let present: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let applies = |columns: &[Ident]| names(columns).iter().all(|name| present.contains(name));
    let mut asks = |is_asked: bool, feature: Feature, hints: &Hints| {
        if let Some(place) = hints.place.clone().filter(|_| is_asked) {
            lacks(feature, context, place);
        }
    };

    for unique in rules.uniques.iter().filter(|unique| applies(&unique.columns) && is_for(&unique.only, dialect)) {
        let hints = hints(unique.span);
        let deferrable = self::deferrable(unique.deferrable);
        asks(unique.nulls_not_distinct, Feature::NullsNotDistinct, &hints);
        asks(!unique.parameters.is_empty(), Feature::IndexParameters, &hints);
        asks(unique.invisible, Feature::InvisibleIndex, &hints);
        asks(deferrable != Deferrable::No, Feature::DeferrableUnique, &hints);
        table.rules.push(Unique {
            name: text(&unique.name),
            nulls_not_distinct: unique.nulls_not_distinct,
            parameters: parameters(&unique.parameters),
            hidden: hidden(unique.invisible),
            comment: comment(&unique.comment, dialect),
            deferrable,
            hints,
            ..Unique::new(names(&unique.columns))
        });
    }
    for index in rules.indexes.iter().filter(|index| applies(&index.columns()) && is_for(&index.only, dialect)) {
        let hints = hints(index.span);
        let is_known = |method: &String| dialect.facts().index_methods.contains(&method.as_str());
        asks(index.method.as_ref().is_some_and(|method| !is_known(method)), Feature::IndexMethod, &hints);
        asks(index.keys.iter().any(|key| key.prefix.is_some()), Feature::IndexPrefix, &hints);
        asks(!index.include.is_empty(), Feature::IndexInclude, &hints);
        asks(index.predicate.is_some(), Feature::IndexCondition, &hints);
        asks(index.keys.iter().any(|key| key.column().is_none()), Feature::IndexExpression, &hints);
        asks(index.keys.iter().any(|key| key.collate.is_some()), Feature::IndexCollation, &hints);
        asks(index.nulls_not_distinct, Feature::NullsNotDistinct, &hints);
        asks(!index.parameters.is_empty(), Feature::IndexParameters, &hints);
        asks(index.invisible, Feature::InvisibleIndex, &hints);
        asks(index.keys.iter().any(|key| key.opclass.is_some()), Feature::OperatorClass, &hints);
        asks(index.keys.iter().any(|key| key.nulls.is_some()), Feature::NullsOrder, &hints);
        let lowered = Index {
            name: text(&index.name),
            unique: index.unique,
            predicate: expr(&index.predicate),
            method: index.method.clone(),
            include: names(&index.include),
            nulls_not_distinct: index.nulls_not_distinct,
            parameters: parameters(&index.parameters),
            hidden: hidden(index.invisible),
            comment: comment(&index.comment, dialect),
            hints,
            ..Index::new(index.keys.iter().map(|key| index_column(key, source)).collect())
        };
        match lowered.plain_unique() {
            Some(unique) => table.rules.push(unique),
            None => table.rules.push(lowered),
        }
    }
    for rule in rules.exclusions.iter().filter(|rule| is_for(&rule.only, dialect)) {
        if !applies(&rule.columns()) {
            continue;
        }
        let hints = hints(rule.span);
        asks(true, Feature::Exclusion, &hints);
        let index = Index {
            name: text(&rule.name),
            predicate: expr(&rule.predicate),
            method: rule.method.clone(),
            include: names(&rule.include),
            parameters: parameters(&rule.parameters),
            comment: comment(&rule.comment, dialect),
            hints,
            ..Index::new(rule.elements.iter().map(|(key, _)| index_column(key, source)).collect())
        };
        let operators = rule.elements.iter().map(|(_, operator)| operator.value()).collect();
        table.rules.push(Exclusion { index, operators, deferrable: deferrable(rule.deferrable) });
    }
    for check in rules.checks.iter().filter(|check| is_for(&check.only, dialect)) {
        let hints = hints(check.span);
        asks(check.no_inherit, Feature::NoInherit, &hints);
        let (name, no_inherit) = (text(&check.name), check.no_inherit);
        let comment = comment(&check.comment, dialect);
        table.rules.push(Check {
            name,
            no_inherit,
            inline,
            comment,
            hints,
            ..Check::new(Expr::new(check.expr.value()))
        });
    }
    for key in &rules.foreign_keys {
        asks(key.match_full && applies(&key.columns), Feature::MatchFull, &hints(key.span));
        let is_deferred = deferrable(key.deferrable) != Deferrable::No;
        asks(is_deferred && applies(&key.columns), Feature::DeferrableKey, &hints(key.span));
        asks(key.dangling && applies(&key.columns), Feature::DanglingKey, &hints(key.span));
    }
    for key in rules.foreign_keys.iter().filter(|key| applies(&key.columns)) {
        let (references, target) = context.referenced(&key.table, known.owner, &scope);
        let mut referenced_columns = Vec::new();
        for name in &key.referenced {
            match target.map(|target| (target, target.table.column(name))) {
                Some((_, Some(column))) => referenced_columns.push(column.database_name()),
                Some((_, None)) if key.dangling => referenced_columns.push(plain(name)),
                Some((target, None)) => context.diagnostics.push(unknown_column(target, name, file)),
                None => referenced_columns.push(plain(name)),
            }
        }
        table.rules.push(ForeignKey {
            name: text(&key.name),
            on_delete: Some(key.on_delete.map_or(Action::NoAction, action)),
            on_update: Some(key.on_update.map_or(Action::NoAction, action)),
            deferrable: deferrable(key.deferrable),
            match_full: key.match_full,
            dangling: key.dangling,
            comment: comment(&key.comment, dialect),
            inline,
            hints: hints(key.span),
            ..ForeignKey::new(names(&key.columns), references, referenced_columns)
        });
    }
}

fn index_column(key: &Key, source: &syntax::Table) -> IndexColumn {
    let of = match &key.of {
        KeyOf::Column(name) => IndexKey::Column(column_name(source, name)),
        KeyOf::Expr(expr) => IndexKey::Expr(Expr::new(expr.value())),
    };
    IndexColumn {
        descending: key.descending,
        collation: text(&key.collate),
        opclass: text(&key.opclass),
        nulls: key.nulls.map(|nulls| match nulls {
            syntax::Nulls::First => Nulls::First,
            syntax::Nulls::Last => Nulls::Last,
        }),
        prefix: key.prefix.as_ref().and_then(|length| length.base10_parse().ok()),
        ..IndexColumn::new(of)
    }
}

/// Returns the comment on an index or a rule, where the database keeps it.
fn comment(stated: &Option<LitStr>, dialect: Dialect) -> Option<String> {
    text(stated).filter(|_| dialect.facts().comments_on_rules)
}

/// Returns whether queries use an index, in MySQL's word. A comparison replaces it with that of the server.
fn hidden(invisible: bool) -> Option<Hidden> {
    invisible.then_some(Hidden::Invisible)
}

/// Returns storage parameters as the catalog has them.
fn parameters(stated: &[(String, String)]) -> BTreeMap<String, String> {
    let named = |(name, value): &(String, String)| (name.to_lowercase(), crate::model::parameter_value(value));
    stated.iter().map(named).collect()
}

fn text(literal: &Option<LitStr>) -> Option<String> {
    literal.as_ref().map(LitStr::value)
}

fn expr(literal: &Option<LitStr>) -> Option<Expr> {
    text(literal).map(Expr::new)
}

fn deferrable(deferrable: syntax::Deferrable) -> Deferrable {
    match deferrable {
        syntax::Deferrable::No => Deferrable::No,
        syntax::Deferrable::InitiallyImmediate => Deferrable::InitiallyImmediate,
        syntax::Deferrable::InitiallyDeferred => Deferrable::InitiallyDeferred,
    }
}

fn action(action: syntax::Action) -> Action {
    match action {
        syntax::Action::NoAction => Action::NoAction,
        syntax::Action::Restrict => Action::Restrict,
        syntax::Action::Cascade => Action::Cascade,
        syntax::Action::SetNull => Action::SetNull,
        syntax::Action::SetDefault => Action::SetDefault,
    }
}

/// Reports a part that the database doesn't know.
pub(super) fn lacks(feature: Feature, context: &mut Context<'_, '_>, place: Place) {
    let dialect = context.dialect;
    if dialect.facts().features.contains(&feature) {
        return;
    }
    let knowing = Dialect::ALL.iter().find(|other| other.facts().features.contains(&feature));
    // What can't be said of one database alone.
    let is_for_all = [Feature::MatchFull, Feature::DeferrableKey, Feature::DanglingKey].contains(&feature);
    let help = match knowing.filter(|_| !is_for_all) {
        Some(other) => format!("leave it out, or add `only = {other}` to have it on that database alone"),
        None => "leave it out".to_owned(),
    };
    context.diagnostics.push(
        Diagnostic::error(Code::NotInDialect, format!("{dialect} has no {}", feature.name())).at(place, "").help(help),
    );
}

/// Reports names that the database would cut or refuse.
pub(super) fn too_long(table: &Table, context: &mut Context<'_, '_>) {
    let facts = context.dialect.facts();
    if !facts.limits_names {
        return;
    }
    let mut report = |what: &str, name: &str, hints: &Hints, way_out: &str| {
        if name.len() <= facts.max_identifier {
            return;
        }
        let (dialect, most, length) = (context.dialect, facts.max_identifier, name.len());
        let message = format!("the {what} `{name}` is {length} bytes long, and {dialect} takes {most}");
        let end = (0..=most).rev().find(|at| name.is_char_boundary(*at)).unwrap_or_default();
        let help = format!("{way_out}; what is there already is called `{}`", &name[..end]);
        let mut diagnostic = Diagnostic::error(Code::NameTooLong, message).help(help);
        if let Some(place) = &hints.place {
            diagnostic = diagnostic.at(place.clone(), "");
        }
        context.diagnostics.push(diagnostic);
    };
    const SQL_NAME: &str = "give it a shorter one by `#[sql_name = \"...\"]`";
    const NAME: &str = "give it a shorter `name`";
    report("table", &table.name.name, &table.hints, SQL_NAME);
    for column in &table.columns {
        report("column", &column.name, &column.hints, SQL_NAME);
    }
    for (rule, hints) in table.rules.iter().filter_map(|rule| Some((rule, rule.hints()?))) {
        report(rule.kind(), rule.name().unwrap_or_default(), hints, NAME);
    }
}
