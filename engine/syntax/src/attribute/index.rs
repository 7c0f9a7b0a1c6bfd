//! `#[index]` and `#[exclude]`, and the keys that both are made of.

use crate::name::plain;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Ident, LitInt, LitStr, Meta, parenthesized};

use super::options::{
    database, each, flag, list, not_blank, options, parameters, peek_option, set, span_of, text, text_value, unknown,
};
use super::rules::when;
use crate::key::{Key, KeyOf, Nulls};
use crate::table::{Deferrable, Exclusion, Index};

/// Options that an index has on a table and on a column.
const KNOWN: &[&str] =
    &["name", "unique", "where", "using", "include", "nulls_not_distinct", "with", "invisible", "comment", "only"];

/// Options of an index on a column.
const KNOWN_ON_COLUMNS: &[&str] = &[
    "name",
    "unique",
    "where",
    "using",
    "include",
    "nulls_not_distinct",
    "with",
    "invisible",
    "comment",
    "only",
    "desc",
    "collate",
    "opclass",
    "nulls_first",
    "nulls_last",
    "prefix",
];

/// Options of an exclusion.
const KNOWN_ON_EXCLUSIONS: &[&str] = &["name", "using", "where", "include", "with", "deferrable", "comment", "only"];

/// Reads `#[index(key, ..., name = "...", unique, where = "...", ...)]` on a table.
pub(super) fn index(meta: &Meta) -> syn::Result<Index> {
    let mut index = plain_index(Vec::new(), meta);
    list(meta, "index(key, ...)")?.parse_args_with(|input: ParseStream<'_>| {
        each(input, |input| {
            if peek_option(input) || peek_word(input, &["unique", "nulls_not_distinct", "include", "with", "invisible"])
            {
                let option = Ident::parse_any(input)?;
                return index_option(&option, input, &mut index, KNOWN);
            }
            index.keys.push(key(input)?);
            Ok(())
        })
    })?;
    if index.keys.is_empty() {
        return Err(syn::Error::new_spanned(meta, "`index` names no column"));
    }
    Ok(index)
}

/// Reads `#[index]` or `#[index(desc, name = "...", ...)]` on a column.
pub(super) fn column_index(meta: &Meta, column: &Ident) -> syn::Result<Index> {
    let mut index = plain_index(vec![Key::new(KeyOf::Column(column.clone()))], meta);
    if let Meta::Path(_) = meta {
        return Ok(index);
    }
    list(meta, "index(name = \"...\")")?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |option, input| {
            let key = &mut index.keys[0];
            match option.to_string().as_str() {
                "desc" => flag(&mut key.descending, option),
                "collate" => set(&mut key.collate, text_value(input)?, option),
                "opclass" => set(&mut key.opclass, text_value(input)?, option),
                "prefix" => {
                    input.parse::<syn::Token![=]>()?;
                    set(&mut key.prefix, prefix(input)?, option)
                }
                "nulls_first" => set(&mut key.nulls, Nulls::First, option),
                "nulls_last" => set(&mut key.nulls, Nulls::Last, option),
                _ => index_option(option, input, &mut index, KNOWN_ON_COLUMNS),
            }
        })
    })?;
    Ok(index)
}

fn plain_index(keys: Vec<Key>, meta: &Meta) -> Index {
    Index {
        name: None,
        keys,
        unique: false,
        predicate: None,
        method: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        parameters: Vec::new(),
        invisible: false,
        only: None,
        comment: None,
        span: span_of(meta),
    }
}

fn index_option(option: &Ident, input: ParseStream<'_>, index: &mut Index, known: &[&str]) -> syn::Result<()> {
    match option.to_string().as_str() {
        "name" => set(&mut index.name, text_value(input)?, option),
        "where" => set(&mut index.predicate, text_value(input)?, option),
        "using" => set(&mut index.method, method(input)?, option),
        "only" => set(&mut index.only, database(input)?, option),
        "include" => {
            index.include.extend(columns(input)?);
            Ok(())
        }
        "with" => parameters(input, &mut index.parameters),
        "comment" => set(&mut index.comment, text_value(input)?, option),
        "unique" | "nulls_not_distinct" | "invisible" if input.peek(syn::Token![=]) => {
            Err(syn::Error::new(option.span(), format!("`{option}` takes no value")))
        }
        "unique" => flag(&mut index.unique, option),
        "nulls_not_distinct" => flag(&mut index.nulls_not_distinct, option),
        "invisible" => flag(&mut index.invisible, option),
        _ => Err(unknown(option, known)),
    }
}

/// Reads `(column, ...)`.
fn columns(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let inner;
    parenthesized!(inner in input);
    let mut columns = Vec::new();
    each(&inner, |input| {
        columns.push(Ident::parse_any(input)?);
        Ok(())
    })?;
    Ok(columns)
}

/// Reads `= gin` or `= "gin"` after `using`.
fn method(input: ParseStream<'_>) -> syn::Result<String> {
    input.parse::<syn::Token![=]>()?;
    if input.peek(LitStr) {
        return Ok(not_blank(input.parse()?)?.value());
    }
    Ok(plain(&Ident::parse_any(input)?))
}

/// Checks whether one of these words comes next.
fn peek_word(input: ParseStream<'_>, words: &[&str]) -> bool {
    Ident::parse_any(&input.fork()).is_ok_and(|word| words.contains(&word.to_string().as_str()))
}

/// Reads how many characters, or bytes, of a value the index holds.
fn prefix(input: ParseStream<'_>) -> syn::Result<LitInt> {
    let length: LitInt = input.parse()?;
    match length.base10_parse::<u32>() {
        Ok(1..) => Ok(length),
        Ok(0) | Err(_) => Err(syn::Error::new(length.span(), "an index holds at least one character of each value")),
    }
}

fn key(input: ParseStream<'_>) -> syn::Result<Key> {
    let word = Ident::parse_any(input)?;
    if !input.peek(Paren) {
        return Ok(Key::new(KeyOf::Column(word)));
    }
    let inner;
    parenthesized!(inner in input);
    let built = match word.to_string().as_str() {
        "desc" => {
            let mut key = key(&inner)?;
            flag(&mut key.descending, &word)?;
            key
        }
        "nulls_first" | "nulls_last" => {
            let mut key = key(&inner)?;
            set(&mut key.nulls, if word == "nulls_first" { Nulls::First } else { Nulls::Last }, &word)?;
            key
        }
        "collate" | "opclass" => {
            let mut key = key(&inner)?;
            inner.parse::<syn::Token![,]>()?;
            let slot = if word == "collate" { &mut key.collate } else { &mut key.opclass };
            set(slot, text(&inner)?, &word)?;
            key
        }
        "prefix" => {
            let mut key = key(&inner)?;
            inner.parse::<syn::Token![,]>()?;
            set(&mut key.prefix, prefix(&inner)?, &word)?;
            key
        }
        "expr" => Key::new(KeyOf::Expr(text(&inner)?)),
        _ => {
            let help = "an index key is `column`, `desc(key)`, `collate(key, \"name\")`, `opclass(key, \"name\")`, \
                        `nulls_first(key)`, `nulls_last(key)`, `prefix(key, 10)` or `expr(\"sql\")`";
            return Err(syn::Error::new(word.span(), help));
        }
    };
    if inner.is_empty() { Ok(built) } else { Err(inner.error("expected `)`")) }
}

/// Reads `#[exclude(using = gist, (key with "operator", ...), where = "...", ...)]` on a table.
pub(super) fn exclude(meta: &Meta) -> syn::Result<Exclusion> {
    const FORM: &str = "exclude(using = gist, (column with \"operator\", ...))";
    let mut rule = Exclusion {
        name: None,
        method: None,
        elements: Vec::new(),
        predicate: None,
        include: Vec::new(),
        parameters: Vec::new(),
        deferrable: Deferrable::No,
        only: None,
        comment: None,
        span: span_of(meta),
    };
    let mut deferrable = None;
    list(meta, FORM)?.parse_args_with(|input: ParseStream<'_>| {
        each(input, |input| {
            if input.peek(Paren) {
                let inner;
                parenthesized!(inner in input);
                return each(&inner, |input| {
                    rule.elements.push(element(input)?);
                    Ok(())
                });
            }
            if !peek_option(input) && !peek_word(input, &["deferrable", "include", "with"]) {
                return Err(input.error(format!("expected `{FORM}`")));
            }
            let option = Ident::parse_any(input)?;
            match option.to_string().as_str() {
                "name" => set(&mut rule.name, text_value(input)?, &option),
                "where" => set(&mut rule.predicate, text_value(input)?, &option),
                "using" => set(&mut rule.method, method(input)?, &option),
                "comment" => set(&mut rule.comment, text_value(input)?, &option),
                "only" => set(&mut rule.only, database(input)?, &option),
                "deferrable" => set(&mut deferrable, when(input)?, &option),
                "with" => parameters(input, &mut rule.parameters),
                "include" => {
                    rule.include.extend(columns(input)?);
                    Ok(())
                }
                _ => Err(unknown(&option, KNOWN_ON_EXCLUSIONS)),
            }
        })
    })?;
    if rule.elements.is_empty() {
        return Err(syn::Error::new_spanned(meta, format!("expected `{FORM}`")));
    }
    Ok(Exclusion { deferrable: deferrable.unwrap_or_default(), ..rule })
}

/// Reads `key with "operator"`.
fn element(input: ParseStream<'_>) -> syn::Result<(Key, LitStr)> {
    let key = key(input)?;
    if !peek_word(input, &["with"]) {
        return Err(input.error("expected `with \"operator\"`"));
    }
    Ident::parse_any(input)?;
    Ok((key, text(input)?))
}
