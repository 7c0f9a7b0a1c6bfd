//! `#[unique]`, `#[check]`, `#[foreign_key]` and `#[references]`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Ident, Meta, Token, parenthesized};

use super::options::{
    database, each, flag, list, options, parameters, peek_option, set, span_of, text, text_value, unknown, value,
};
use crate::joinable;
use crate::table::{Action, Check, Deferrable, ForeignKey, TableRef, Unique};

/// Reads `#[unique(a, b, name = "...", nulls_not_distinct, ...)]` on a table.
pub(super) fn unique(meta: &Meta) -> syn::Result<Unique> {
    let mut unique = plain_unique(Vec::new(), meta);
    let mut deferrable = None;
    list(meta, "unique(column, ...)")?.parse_args_with(|input: ParseStream<'_>| {
        each(input, |input| {
            let has_value = peek_option(input);
            let word = Ident::parse_any(input)?;
            let is_list = word == "with" && input.peek(Paren);
            if has_value || is_list || word == "deferrable" || word == "nulls_not_distinct" || word == "invisible" {
                return unique_option(&word, input, &mut unique, &mut deferrable);
            }
            unique.columns.push(word);
            Ok(())
        })
    })?;
    if unique.columns.is_empty() {
        return Err(syn::Error::new_spanned(meta, "`unique` names no column"));
    }
    Ok(Unique { deferrable: deferrable.unwrap_or_default(), ..unique })
}

/// Reads `#[unique]` or `#[unique(name = "...", ...)]` on a column.
pub(super) fn column_unique(meta: &Meta, column: &Ident) -> syn::Result<Unique> {
    let mut unique = plain_unique(vec![column.clone()], meta);
    let mut deferrable = None;
    if let Meta::Path(_) = meta {
        return Ok(unique);
    }
    list(meta, "unique(name = \"...\")")?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |option, input| unique_option(option, input, &mut unique, &mut deferrable))
    })?;
    Ok(Unique { deferrable: deferrable.unwrap_or_default(), ..unique })
}

fn plain_unique(columns: Vec<Ident>, meta: &Meta) -> Unique {
    let (nulls_not_distinct, invisible, deferrable) = (false, false, Deferrable::No);
    let parameters = Vec::new();
    let (name, comment, only) = (None, None, None);
    Unique { name, columns, nulls_not_distinct, parameters, invisible, deferrable, only, comment, span: span_of(meta) }
}

fn unique_option(
    option: &Ident,
    input: ParseStream<'_>,
    unique: &mut Unique,
    deferrable: &mut Option<Deferrable>,
) -> syn::Result<()> {
    match option.to_string().as_str() {
        "name" => set(&mut unique.name, text_value(input)?, option),
        "nulls_not_distinct" => flag(&mut unique.nulls_not_distinct, option),
        "with" => parameters(input, &mut unique.parameters),
        "invisible" => flag(&mut unique.invisible, option),
        "comment" => set(&mut unique.comment, text_value(input)?, option),
        "deferrable" => set(deferrable, when(input)?, option),
        "only" => set(&mut unique.only, database(input)?, option),
        "where" => {
            let help = "a rule over some of the rows is an index: `#[index(column, unique, where = \"...\")]`";
            Err(syn::Error::new(option.span(), help))
        }
        _ => {
            Err(unknown(option, &["name", "nulls_not_distinct", "with", "invisible", "deferrable", "comment", "only"]))
        }
    }
}

/// Reads `#[check("sql", name = "...", no_inherit)]`.
pub(super) fn check(meta: &Meta) -> syn::Result<Check> {
    list(meta, "check(\"sql\")")?.parse_args_with(|input: ParseStream<'_>| {
        let (name, no_inherit, comment, only) = (None, false, None, None);
        let mut check = Check { name, expr: text(input)?, no_inherit, only, comment, span: span_of(meta) };
        trailing_options(input, |option, input| match option.to_string().as_str() {
            "name" => set(&mut check.name, text_value(input)?, option),
            "no_inherit" => flag(&mut check.no_inherit, option),
            "comment" => set(&mut check.comment, text_value(input)?, option),
            "only" => set(&mut check.only, database(input)?, option),
            _ => Err(unknown(option, &["name", "no_inherit", "comment", "only"])),
        })?;
        Ok(check)
    })
}

/// Reads `#[foreign_key((a, b) => other(x, y), on_delete = cascade, ...)]` on a table.
pub(super) fn foreign_key(meta: &Meta) -> syn::Result<ForeignKey> {
    list(meta, "foreign_key((a, b) => other(x, y))")?.parse_args_with(|input: ParseStream<'_>| {
        let columns = if input.peek(Paren) { names(input)? } else { vec![Ident::parse_any(input)?] };
        input.parse::<Token![=>]>()?;
        target(input, columns, meta)
    })
}

/// Reads `#[references(other(x), on_delete = cascade, ...)]` on a column.
pub(super) fn references(meta: &Meta, column: &Ident) -> syn::Result<ForeignKey> {
    list(meta, "references(other(x))")?
        .parse_args_with(|input: ParseStream<'_>| target(input, vec![column.clone()], meta))
}

fn target(input: ParseStream<'_>, columns: Vec<Ident>, meta: &Meta) -> syn::Result<ForeignKey> {
    let table = table_ref(input)?;
    let mut key = ForeignKey {
        name: None,
        columns,
        table,
        referenced: if input.peek(Paren) { names(input)? } else { Vec::new() },
        on_delete: None,
        on_update: None,
        deferrable: Deferrable::No,
        match_full: false,
        dangling: false,
        comment: None,
        span: span_of(meta),
    };
    if !key.referenced.is_empty() && key.referenced.len() != key.columns.len() {
        let (ours, theirs) = (key.columns.len(), key.referenced.len());
        let message = format!("{ours} referencing and {theirs} referenced columns; they pair up one to one");
        return Err(syn::Error::new(key.referenced[0].span(), message));
    }
    let mut deferrable = None;
    trailing_options(input, |option, input| match option.to_string().as_str() {
        "on_delete" => set(&mut key.on_delete, action(input)?, option),
        "on_update" => set(&mut key.on_update, action(input)?, option),
        "deferrable" => set(&mut deferrable, when(input)?, option),
        "match_full" => flag(&mut key.match_full, option),
        "dangling" => flag(&mut key.dangling, option),
        "comment" => set(&mut key.comment, text_value(input)?, option),
        "name" => set(&mut key.name, text_value(input)?, option),
        _ => {
            Err(unknown(option, &["on_delete", "on_update", "deferrable", "match_full", "dangling", "comment", "name"]))
        }
    })?;
    key.deferrable = deferrable.unwrap_or_default();
    Ok(key)
}

fn table_ref(input: ParseStream<'_>) -> syn::Result<TableRef> {
    let path = joinable::path(input)?;
    if path.len() == 1 && input.parse::<Option<Token![.]>>()?.is_some() {
        return Ok(TableRef { schema: path.into_iter().next(), path: vec![input.parse()?] });
    }
    Ok(TableRef { schema: None, path })
}

fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let inner;
    let paren = parenthesized!(inner in input);
    let mut names = Vec::new();
    each(&inner, |input| {
        names.push(Ident::parse_any(input)?);
        Ok(())
    })?;
    if names.is_empty() { Err(syn::Error::new(paren.span.join(), "expected a column")) } else { Ok(names) }
}

fn action(input: ParseStream<'_>) -> syn::Result<Action> {
    let word: Ident = value(input)?;
    match word.to_string().as_str() {
        "no_action" => Ok(Action::NoAction),
        "restrict" => Ok(Action::Restrict),
        "cascade" => Ok(Action::Cascade),
        "set_null" => Ok(Action::SetNull),
        "set_default" => Ok(Action::SetDefault),
        other => {
            let known = "known: `cascade`, `restrict`, `set_null`, `set_default`, `no_action`";
            Err(syn::Error::new(word.span(), format!("unknown action `{other}`; {known}")))
        }
    }
}

/// Reads what may follow `deferrable`.
pub(super) fn when(input: ParseStream<'_>) -> syn::Result<Deferrable> {
    if !input.peek(Token![=]) {
        return Ok(Deferrable::InitiallyImmediate);
    }
    let word: Ident = value(input)?;
    match word.to_string().as_str() {
        "initially_immediate" => Ok(Deferrable::InitiallyImmediate),
        "initially_deferred" => Ok(Deferrable::InitiallyDeferred),
        other => {
            let known = "known: `initially_deferred`, `initially_immediate`";
            Err(syn::Error::new(word.span(), format!("unknown value `{other}` of `deferrable`; {known}")))
        }
    }
}

/// Reads the options after a first part, each after its comma.
fn trailing_options(
    input: ParseStream<'_>,
    read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    input.parse::<Token![,]>()?;
    options(input, read)
}
