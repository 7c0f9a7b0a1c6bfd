//! Small parts that many attributes share.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit, LitStr, Meta, MetaList, MetaNameValue, Token, parenthesized};

/// Reads `a, b, c` up to the end. A trailing comma is optional.
pub(super) fn each(
    input: ParseStream<'_>,
    mut item: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        item(input)?;
        if input.is_empty() {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// Returns the parentheses of `#[name(...)]`.
pub(super) fn list<'a>(meta: &'a Meta, form: &str) -> syn::Result<&'a MetaList> {
    match meta {
        Meta::List(list) => Ok(list),
        Meta::Path(_) | Meta::NameValue(_) => Err(syn::Error::new_spanned(meta, format!("expected `{form}`"))),
    }
}

/// Returns the place of an attribute's contents. It is the one that their tokens have, which aren't made for it.
pub(super) fn span_of(meta: &Meta) -> Span {
    let end = match meta {
        Meta::List(list) => list.delimiter.span().close(),
        Meta::NameValue(MetaNameValue { value: Expr::Lit(literal), .. }) if literal.attrs.is_empty() => {
            literal.lit.span()
        }
        Meta::Path(_) | Meta::NameValue(_) => return meta.span(),
    };
    let start = meta.path().segments.first().map_or(end, |first| first.ident.span());
    start.join(end).unwrap_or(start)
}

/// Reads a string literal that isn't blank.
pub(super) fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    not_blank(input.parse()?)
}

pub(super) fn not_blank(text: LitStr) -> syn::Result<LitStr> {
    if text.value().trim().is_empty() { Err(syn::Error::new(text.span(), "this text is blank")) } else { Ok(text) }
}

/// Checks whether `word =` comes next, for an option with a value. Keywords such as `where` are words too.
pub(super) fn peek_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    Ident::parse_any(&ahead).is_ok() && ahead.peek(Token![=]) && !ahead.peek(Token![=>])
}

/// Sets an option that may be given once.
pub(super) fn set<T>(slot: &mut Option<T>, value: T, option: &Ident) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new(option.span(), format!("`{option}` is given twice"))),
    }
}

/// Creates the error for an unknown option, which lists the known ones.
pub(super) fn unknown(option: &Ident, known: &[&str]) -> syn::Error {
    let known = known.join("`, `");
    syn::Error::new(option.span(), format!("unknown option `{option}`; known: `{known}`"))
}

/// Reads a list of options, each by `read`.
pub(super) fn options(
    input: ParseStream<'_>,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    each(input, |input| {
        let name = Ident::parse_any(input)?;
        read(&name, input)
    })
}

/// Reads `= value` after an option's name.
pub(super) fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Reads `= "text"` after an option's name.
pub(super) fn text_value(input: ParseStream<'_>) -> syn::Result<LitStr> {
    not_blank(value(input)?)
}

/// Sets a word that is an option by itself.
pub(super) fn flag(slot: &mut bool, word: &Ident) -> syn::Result<()> {
    if std::mem::replace(slot, true) {
        return Err(syn::Error::new(word.span(), format!("`{word}` is given twice")));
    }
    Ok(())
}

/// Reads `= postgres` after `only`.
pub(super) fn database(input: ParseStream<'_>) -> syn::Result<Ident> {
    let word: Ident = value(input)?;
    match word.to_string().as_str() {
        "sqlite" | "postgres" | "mysql" => Ok(word),
        other => {
            let message = format!("unknown database `{other}`; known: `sqlite`, `postgres`, `mysql`");
            Err(syn::Error::new(word.span(), message))
        }
    }
}

/// Reads `(fillfactor = 70, fastupdate = off)` after `with`.
pub(super) fn parameters(input: ParseStream<'_>, all: &mut Vec<(String, String)>) -> syn::Result<()> {
    let inner;
    let paren = parenthesized!(inner in input);
    options(&inner, |name, input| {
        input.parse::<Token![=]>()?;
        let value = match input.parse::<Lit>() {
            Ok(Lit::Str(text)) => not_blank(text)?.value(),
            Ok(Lit::Bool(value)) => value.value.to_string(),
            Ok(Lit::Int(number)) => number.base10_digits().to_owned(),
            Ok(Lit::Float(number)) => number.base10_digits().to_owned(),
            Ok(other) => return Err(syn::Error::new_spanned(other, "expected a number, a word or a text")),
            Err(_) => Ident::parse_any(input)?.to_string(),
        };
        // The value is written to SQL as it is.
        if !value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.+-".contains(letter))
            || value.contains("--")
        {
            return Err(syn::Error::new(name.span(), format!("`{name}` takes a number or a word")));
        }
        if all.iter().any(|(known, _)| name == known) {
            return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
        }
        all.push((name.to_string(), value));
        Ok(())
    })?;
    if all.is_empty() { Err(syn::Error::new(paren.span.join(), "`with` states no parameter")) } else { Ok(()) }
}
