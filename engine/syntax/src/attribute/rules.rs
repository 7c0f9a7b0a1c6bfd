//! `#[unique]`, `#[index]`, `#[check]`, `#[foreign_key]` and `#[references]`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{Ident, Meta, Token, parenthesized};

use super::options::{each, list, option_name, options, peek_option, set, text, text_value, unknown, value};
use crate::joinable;
use crate::table::{Action, Check, Deferrable, ForeignKey, Index, Key, KeyOf, TableRef, Unique};

/// `#[unique(a, b, name = "...")]` on a table.
pub(super) fn unique(meta: &Meta) -> syn::Result<Unique> {
    let mut unique = Unique { name: None, columns: Vec::new(), span: meta.span() };
    list(meta, "unique(column, ...)")?.parse_args_with(|input: ParseStream<'_>| {
        each(input, |input| {
            if peek_option(input) {
                return unique_option(&option_name(input)?, input, &mut unique);
            }
            unique.columns.push(Ident::parse_any(input)?);
            Ok(())
        })
    })?;
    if unique.columns.is_empty() {
        return Err(syn::Error::new_spanned(meta, "`unique` names no column"));
    }
    Ok(unique)
}

/// `#[unique]` or `#[unique(name = "...")]` on a column.
pub(super) fn column_unique(meta: &Meta, column: &Ident) -> syn::Result<Unique> {
    let mut unique = Unique { name: None, columns: vec![column.clone()], span: meta.span() };
    if let Meta::Path(_) = meta {
        return Ok(unique);
    }
    list(meta, "unique(name = \"...\")")?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |option, input| {
            require_known(option, &["name"])?;
            input.parse::<Token![=]>()?;
            unique_option(option, input, &mut unique)
        })
    })?;
    Ok(unique)
}

fn unique_option(option: &Ident, input: ParseStream<'_>, unique: &mut Unique) -> syn::Result<()> {
    if option == "where" {
        let help = "a rule over some of the rows is an index: `#[index(column, unique, where = \"...\")]`";
        return Err(syn::Error::new(option.span(), help));
    }
    require_known(option, &["name"])?;
    set(&mut unique.name, text(input)?, option)
}

/// `#[index(key, ..., name = "...", unique, where = "...")]` on a table.
pub(super) fn index(meta: &Meta) -> syn::Result<Index> {
    const KNOWN: &[&str] = &["name", "unique", "where"];
    let mut index = Index { name: None, keys: Vec::new(), unique: false, predicate: None, span: meta.span() };
    list(meta, "index(key, ...)")?.parse_args_with(|input: ParseStream<'_>| {
        each(input, |input| {
            if peek_option(input) {
                let option = option_name(input)?;
                return index_option(&option, input, &mut index, KNOWN);
            }
            match key(input)? {
                Key { of: KeyOf::Column(word), descending: false, collate: None } if word == "unique" => {
                    flag(&mut index.unique, &word)
                }
                key => {
                    index.keys.push(key);
                    Ok(())
                }
            }
        })
    })?;
    if index.keys.is_empty() {
        return Err(syn::Error::new_spanned(meta, "`index` names no column"));
    }
    Ok(index)
}

/// `#[index]` or `#[index(desc, name = "...", ...)]` on a column.
pub(super) fn column_index(meta: &Meta, column: &Ident) -> syn::Result<Index> {
    const KNOWN: &[&str] = &["name", "unique", "where", "desc", "collate"];
    let key = Key { of: KeyOf::Column(column.clone()), descending: false, collate: None };
    let mut index = Index { name: None, keys: vec![key], unique: false, predicate: None, span: meta.span() };
    if let Meta::Path(_) = meta {
        return Ok(index);
    }
    list(meta, "index(name = \"...\")")?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |option, input| match option.to_string().as_str() {
            "unique" => flag(&mut index.unique, option),
            "desc" => flag(&mut index.keys[0].descending, option),
            "collate" => set(&mut index.keys[0].collate, text_value(input)?, option),
            _ => {
                require_known(option, KNOWN)?;
                input.parse::<Token![=]>()?;
                index_option(option, input, &mut index, KNOWN)
            }
        })
    })?;
    Ok(index)
}

fn index_option(option: &Ident, input: ParseStream<'_>, index: &mut Index, known: &[&str]) -> syn::Result<()> {
    match option.to_string().as_str() {
        "name" => set(&mut index.name, text(input)?, option),
        "where" => set(&mut index.predicate, text(input)?, option),
        "unique" => Err(syn::Error::new(option.span(), "`unique` takes no value")),
        _ => Err(unknown(option, known)),
    }
}

fn key(input: ParseStream<'_>) -> syn::Result<Key> {
    let word = Ident::parse_any(input)?;
    if !input.peek(Paren) {
        return Ok(Key { of: KeyOf::Column(word), descending: false, collate: None });
    }
    let inner;
    parenthesized!(inner in input);
    let built = match word.to_string().as_str() {
        "desc" => {
            let mut key = key(&inner)?;
            flag(&mut key.descending, &word)?;
            key
        }
        "collate" => {
            let mut key = key(&inner)?;
            inner.parse::<Token![,]>()?;
            set(&mut key.collate, text(&inner)?, &word)?;
            key
        }
        "expr" => Key { of: KeyOf::Expr(text(&inner)?), descending: false, collate: None },
        _ => {
            let help = "an index key is `column`, `desc(key)`, `collate(key, \"name\")` or `expr(\"sql\")`";
            return Err(syn::Error::new(word.span(), help));
        }
    };
    if inner.is_empty() { Ok(built) } else { Err(inner.error("expected `)`")) }
}

/// `#[check("sql", name = "...")]`.
pub(super) fn check(meta: &Meta) -> syn::Result<Check> {
    list(meta, "check(\"sql\")")?.parse_args_with(|input: ParseStream<'_>| {
        let expr = text(input)?;
        let mut name = None;
        trailing_options(input, |option, input| {
            require_known(option, &["name"])?;
            set(&mut name, text_value(input)?, option)
        })?;
        Ok(Check { name, expr, span: meta.span() })
    })
}

/// `#[foreign_key((a, b) => other(x, y), on_delete = cascade, ...)]` on a table.
pub(super) fn foreign_key(meta: &Meta) -> syn::Result<ForeignKey> {
    list(meta, "foreign_key((a, b) => other(x, y))")?.parse_args_with(|input: ParseStream<'_>| {
        let columns = if input.peek(Paren) { names(input)? } else { vec![Ident::parse_any(input)?] };
        input.parse::<Token![=>]>()?;
        target(input, columns, meta)
    })
}

/// `#[references(other(x), on_delete = cascade, ...)]` on a column.
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
        span: meta.span(),
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
        "name" => set(&mut key.name, text_value(input)?, option),
        _ => Err(unknown(option, &["on_delete", "on_update", "deferrable", "name"])),
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

fn when(input: ParseStream<'_>) -> syn::Result<Deferrable> {
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

/// Reads the options after a first part, each behind its comma.
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

fn require_known(option: &Ident, known: &[&str]) -> syn::Result<()> {
    if known.contains(&option.to_string().as_str()) { Ok(()) } else { Err(unknown(option, known)) }
}

fn flag(slot: &mut bool, word: &Ident) -> syn::Result<()> {
    if std::mem::replace(slot, true) {
        return Err(syn::Error::new(word.span(), format!("`{word}` is given twice")));
    }
    Ok(())
}
