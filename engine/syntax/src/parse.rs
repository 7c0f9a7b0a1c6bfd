//! The body of `table!`: Diesel's grammar around the attributes.

use syn::parse::{Parse, ParseStream, Parser};
use syn::token::Paren;
use syn::{Attribute, Expr, ExprLit, Ident, ItemUse, Lit, LitInt, LitStr, Meta, Token, TypePath, Visibility};
use syn::{braced, parenthesized};

use crate::column_type::ColumnType;
use crate::errors::Errors;
use crate::options::Options;
use crate::table::{Column, Table};
use crate::{Macro, attribute, check};

/// Returns a parser for the body of a `table!`, to be used with [`syn::Macro::parse_body_with`] or
/// [`syn::parse::Parser::parse2`].
///
/// ```
/// use syn::parse::Parser;
/// use autogen_syntax::{Macro, table};
///
/// let users = table(Macro::Autogen).parse_str("users { id -> Integer, #[unique] name -> Text }").unwrap();
/// assert_eq!(users.columns[1].rules.uniques[0].columns[0], "name");
///
/// let error = table(Macro::Autogen).parse_str("#[unique(nam)] users { id -> Integer }").unwrap_err();
/// assert_eq!(error.to_string(), "table `users` has no column `nam`; it has: id");
/// ```
///
/// # Errors
/// The parser reports everything that is wrong with the table, combined into one [`syn::Error`].
pub fn table(whose: Macro) -> impl Parser<Output = Table> {
    move |input: ParseStream<'_>| {
        let mut table = whole(input, whose)?;
        table.keep_meaning();
        Ok(table)
    }
}

/// Returns a parser as [`table`] does, for tables that are written out again.
pub(crate) fn written(whose: Macro) -> impl Parser<Output = Table> {
    move |input: ParseStream<'_>| whole(input, whose)
}

fn whole(input: ParseStream<'_>, whose: Macro) -> syn::Result<Table> {
    let mut errors = Errors::default();
    match parse(input, whose, &mut errors) {
        Ok(table) => {
            check::table(&table, whose, &mut errors);
            errors.finish().map(|()| table)
        }
        Err(error) => {
            errors.push(error);
            // What follows the error isn't worth a second one.
            input.step(|cursor| {
                let mut rest = *cursor;
                while let Some((_, next)) = rest.token_tree() {
                    rest = next;
                }
                Ok(((), rest))
            })?;
            Err(errors.finish().expect_err("an error was pushed"))
        }
    }
}

fn parse(input: ParseStream<'_>, whose: Macro, errors: &mut Errors) -> syn::Result<Table> {
    let mut uses = Vec::new();
    let mut attributes = Attribute::parse_outer(input)?;
    while starts_with_use(input) {
        let item: ItemUse = input.parse()?;
        uses.push(ItemUse { attrs: attributes, ..item });
        attributes = Attribute::parse_outer(input)?;
    }

    let first: Ident = input.parse()?;
    let (schema, name) = match input.parse::<Option<Token![.]>>()? {
        Some(_) => (Some(first), input.parse()?),
        None => (None, first),
    };
    let primary_key = input.peek(Paren).then(|| primary_key(input)).transpose()?;

    let body;
    braced!(body in input);
    let mut columns = Vec::new();
    while !body.is_empty() {
        columns.push(column(&body, whose, errors)?);
        if body.is_empty() {
            break;
        }
        body.parse::<Token![,]>()?;
    }

    let mut table = Table {
        uses,
        doc: doc(&attributes),
        sql_name: errors.take(sql_name(&attributes)).flatten(),
        attributes: Vec::new(),
        schema,
        name,
        primary_key,
        columns,
        rules: Default::default(),
        options: Options::default(),
        no_primary_key: None,
        comment: None,
        renamed_from: None,
        moved_from: None,
        allow: Vec::new(),
        unread: Vec::new(),
    };
    attribute::apply_to_table(attributes, whose, &mut table, errors);
    Ok(table)
}

fn starts_with_use(input: ParseStream<'_>) -> bool {
    // Neither `pub` nor `use` is an identifier.
    if input.peek(Ident) {
        return false;
    }
    let ahead = input.fork();
    ahead.parse::<Visibility>().is_ok() && ahead.peek(Token![use])
}

fn primary_key(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let keys;
    let paren = parenthesized!(keys in input);
    let keys: Vec<Ident> = keys.parse_terminated(Ident::parse, Token![,])?.into_iter().collect();
    if keys.is_empty() {
        return Err(syn::Error::new(paren.span.join(), "the primary key names no column"));
    }
    Ok(keys)
}

fn column(input: ParseStream<'_>, whose: Macro, errors: &mut Errors) -> syn::Result<Column> {
    let attributes = Attribute::parse_outer(input)?;
    let name: Ident = input.parse()?;
    input.parse::<Token![->]>()?;
    let written: TypePath = input.parse()?;
    let ty = ColumnType::of(&written).ok_or_else(|| input.error("expected a type"))?;
    let mut column = Column {
        doc: doc(&attributes),
        sql_name: errors.take(sql_name(&attributes)).flatten(),
        max_length: errors.take(max_length(&attributes)).flatten(),
        attributes: Vec::new(),
        name,
        ty,
        written: Some(Box::new(written)),
        rules: Default::default(),
        default: None,
        on_update: None,
        generated: None,
        auto_increment: None,
        identity: None,
        precision: None,
        collate: None,
        invisible: None,
        sql_types: None,
        comment: None,
        backfill: None,
        renamed_from: None,
        allow: Vec::new(),
        unread: Vec::new(),
    };
    attribute::apply_to_column(attributes, whose, &mut column, errors);
    Ok(column)
}

/// Returns the text of the doc comment, without the space that follows `///` and without blank ends.
pub(crate) fn doc(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.extend(text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
        }
    }
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn sql_name(attributes: &[Attribute]) -> syn::Result<Option<LitStr>> {
    let Some((literal, attribute)) = the_only(attributes, "sql_name")? else { return Ok(None) };
    match literal {
        Some(Lit::Str(text)) if !text.value().trim().is_empty() => Ok(Some(text.clone())),
        Some(Lit::Str(text)) => Err(syn::Error::new(text.span(), "a name can't be blank")),
        _ => Err(syn::Error::new_spanned(&attribute.meta, "expected `sql_name = \"...\"`")),
    }
}

fn max_length(attributes: &[Attribute]) -> syn::Result<Option<LitInt>> {
    let Some((literal, attribute)) = the_only(attributes, "max_length")? else { return Ok(None) };
    match literal {
        Some(Lit::Int(number)) if number.base10_parse::<u32>().is_ok_and(|length| length > 0) => {
            Ok(Some(number.clone()))
        }
        Some(Lit::Int(number)) => Err(syn::Error::new(number.span(), "a length is a number from 1 to 4294967295")),
        _ => Err(syn::Error::new_spanned(&attribute.meta, "expected `max_length = N`")),
    }
}

/// Returns Diesel's attribute with this name, and its literal if it is `name = literal`.
///
/// # Errors
/// Fails if the attribute is given twice.
fn the_only<'a>(attributes: &'a [Attribute], name: &str) -> syn::Result<Option<(Option<&'a Lit>, &'a Attribute)>> {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let Some(attribute) = found.next() else { return Ok(None) };
    if let Some(second) = found.next() {
        return Err(syn::Error::new_spanned(&second.meta, format!("`{name}` is given twice")));
    }
    let literal = match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit, .. }) => Some(lit),
            _ => None,
        },
        Meta::Path(_) | Meta::List(_) => None,
    };
    Ok(Some((literal, attribute)))
}
