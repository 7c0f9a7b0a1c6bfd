//! Attributes that set one value: defaults, types, collations, hints, permissions.

use crate::name::plain;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitInt, LitStr, Meta, MetaNameValue, Token, UnOp};

use super::HAZARDS;
use super::options::{database, flag, list, not_blank, options, set, span_of, text, text_value, unknown};
use crate::table::{
    Allow, AutoIncrement, ColumnDefault, DefaultValue, Generated, Identity, IdentityForm, Invisible, OldName, OnUpdate,
    Sequence, SqlTypes,
};

/// Reads an attribute that is a single word.
pub(super) fn word(meta: &Meta) -> syn::Result<Span> {
    meta.require_path_only()?;
    Ok(span_of(meta))
}

/// Reads `#[default = literal]`, `#[default(now)]` or `#[default(sql = "...")]`.
pub(super) fn default(meta: &Meta) -> syn::Result<ColumnDefault> {
    let value = match meta {
        Meta::NameValue(pair) => literal(&pair.value, false)?,
        Meta::List(list) => list.parse_args_with(computed)?,
        Meta::Path(_) => return Err(syn::Error::new_spanned(meta, DEFAULT_FORMS)),
    };
    Ok(ColumnDefault { value, span: span_of(meta) })
}

const DEFAULT_FORMS: &str = "a default is `default = literal`, `default(now)` or `default(sql = \"...\")`";

fn literal(value: &Expr, negative: bool) -> syn::Result<DefaultValue> {
    let sign = if negative { "-" } else { "" };
    match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Int(number) => Ok(DefaultValue::Number(format!("{sign}{}", number.base10_digits()))),
            Lit::Float(number) => {
                let digits = number.base10_digits();
                // Rust writes `1.`, which not every database reads.
                let zero = if digits.ends_with('.') { "0" } else { "" };
                Ok(DefaultValue::Number(format!("{sign}{digits}{zero}")))
            }
            Lit::Bool(value) if !negative => Ok(DefaultValue::Bool(value.value)),
            Lit::Str(value) if !negative => Ok(DefaultValue::Text(value.value())),
            Lit::ByteStr(value) if !negative => Ok(DefaultValue::Bytes(value.value())),
            other => Err(syn::Error::new_spanned(other, "expected a number, a string, `true` or `false`")),
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if !negative => literal(expr, true),
        // Literals that come out of another macro are wrapped.
        Expr::Group(group) => literal(&group.expr, negative),
        Expr::Path(path) if path.path.is_ident("now") => {
            Err(syn::Error::new_spanned(path, "write `#[default(now)]`, or `#[default = \"now\"]` for the text"))
        }
        other => Err(syn::Error::new_spanned(other, DEFAULT_FORMS)),
    }
}

fn computed(input: ParseStream<'_>) -> syn::Result<DefaultValue> {
    let word = Ident::parse_any(input)?;
    let value = match word.to_string().as_str() {
        "now" => DefaultValue::Now,
        "sql" => DefaultValue::Sql(text_value(input)?.value()),
        "null" => {
            return Err(syn::Error::new(word.span(), "leave it out: a column without a default gets NULL"));
        }
        _ => return Err(syn::Error::new(word.span(), DEFAULT_FORMS)),
    };
    if input.is_empty() { Ok(value) } else { Err(input.error("expected nothing more")) }
}

/// Reads `#[generated("sql", stored)]` or `#[generated("sql", virtual)]`.
pub(super) fn generated(meta: &Meta) -> syn::Result<Generated> {
    const FORM: &str = "generated(\"sql\", stored)` or `generated(\"sql\", virtual)";
    list(meta, FORM)?.parse_args_with(|input: ParseStream<'_>| {
        let expr = text(input)?;
        if input.is_empty() {
            return Err(input.error(format!("expected `{FORM}`")));
        }
        input.parse::<Token![,]>()?;
        let word = Ident::parse_any(input)?;
        let stored = match word.to_string().as_str() {
            "stored" => true,
            "virtual" => false,
            _ => return Err(syn::Error::new(word.span(), format!("expected `{FORM}`"))),
        };
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() { Ok(Generated { expr, stored }) } else { Err(input.error("expected nothing more")) }
    })
}

/// Reads `#[identity(always)]`, `#[identity(by_default)]` or `#[identity(serial)]`.
pub(super) fn identity(meta: &Meta) -> syn::Result<Identity> {
    const FORM: &str = "identity(always)`, `identity(by_default)` or `identity(serial)";
    let (mut form, mut only, mut sequence) = (None, None, Sequence::default());
    list(meta, FORM)?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |word, input| match word.to_string().as_str() {
            "always" => set(&mut form, IdentityForm::Always, word),
            "by_default" => set(&mut form, IdentityForm::ByDefault, word),
            "serial" => set(&mut form, IdentityForm::Serial, word),
            "only" => set(&mut only, database(input)?, word),
            "start" => set(&mut sequence.start, number(input)?, word),
            "increment" => set(&mut sequence.increment, number(input)?, word),
            "min" => set(&mut sequence.min, number(input)?, word),
            "max" => set(&mut sequence.max, number(input)?, word),
            "cache" => set(&mut sequence.cache, number(input)?, word),
            "cycle" => flag(&mut sequence.cycle, word),
            _ => Err(unknown(
                word,
                &["always", "by_default", "serial", "start", "increment", "min", "max", "cache", "cycle", "only"],
            )),
        })
    })?;
    match form {
        Some(form) => Ok(Identity { form, sequence, only, span: span_of(meta) }),
        None => Err(syn::Error::new_spanned(meta, format!("expected `{FORM}`"))),
    }
}

/// Reads `= 5` or `= -5`.
fn number(input: ParseStream<'_>) -> syn::Result<i64> {
    input.parse::<Token![=]>()?;
    let sign = if input.parse::<Option<Token![-]>>()?.is_some() { "-" } else { "" };
    let digits: LitInt = input.parse()?;
    format!("{sign}{}", digits.base10_digits())
        .parse()
        .map_err(|_| syn::Error::new(digits.span(), "this number is too large for a sequence"))
}

/// Reads `#[on_update(now)]` or `#[on_update(now, only = mysql)]`.
pub(super) fn on_update(meta: &Meta) -> syn::Result<OnUpdate> {
    const FORM: &str = "on_update(now)";
    let (mut now, mut only) = (None, None);
    list(meta, FORM)?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |word, input| match word.to_string().as_str() {
            "now" => set(&mut now, (), word),
            "only" => set(&mut only, database(input)?, word),
            _ => Err(unknown(word, &["now", "only"])),
        })
    })?;
    match now {
        Some(()) => Ok(OnUpdate { only, span: span_of(meta) }),
        None => Err(syn::Error::new_spanned(meta, format!("expected `{FORM}`"))),
    }
}

/// Reads `#[precision(10)]` or `#[precision(10, 2)]`.
pub(super) fn precision(meta: &Meta) -> syn::Result<(LitInt, Option<LitInt>)> {
    list(meta, "precision(digits, digits after the point)")?.parse_args_with(|input: ParseStream<'_>| {
        let digits: LitInt = input.parse()?;
        let all: u32 = digits.base10_parse()?;
        if all == 0 {
            return Err(syn::Error::new(digits.span(), "a number has at least one digit"));
        }
        let after: Option<LitInt> = match input.parse::<Option<Token![,]>>()? {
            Some(_) if !input.is_empty() => Some(input.parse()?),
            _ => None,
        };
        if let Some(after) = &after
            && after.base10_parse::<u32>()? > all
        {
            return Err(syn::Error::new(after.span(), format!("more digits after the point than the {all} in all")));
        }
        if input.is_empty() { Ok((digits, after)) } else { Err(input.error("expected nothing more")) }
    })
}

/// Reads `#[collate = "nocase"]`.
pub(super) fn collate(meta: &Meta) -> syn::Result<LitStr> {
    match meta {
        Meta::NameValue(pair) => text_of(pair),
        Meta::Path(_) | Meta::List(_) => Err(syn::Error::new_spanned(meta, "expected `collate = \"name\"`")),
    }
}

/// Reads `#[engine = "Aria"]`.
pub(super) fn engine(meta: &Meta) -> syn::Result<LitStr> {
    let name = text_literal(meta)?;
    if name.value().chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Ok(name);
    }
    Err(syn::Error::new(name.span(), "this name is one word"))
}

/// Reads `#[comment = "text"]`. An empty text says that there is no comment.
pub(super) fn comment(meta: &Meta) -> syn::Result<LitStr> {
    match meta {
        Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), .. }) => {
            Ok(text.clone())
        }
        Meta::NameValue(_) | Meta::Path(_) | Meta::List(_) => {
            Err(syn::Error::new_spanned(meta, "expected `comment = \"...\"`"))
        }
    }
}

/// Reads `#[key_block_size = 8]`.
pub(super) fn key_block_size(meta: &Meta) -> syn::Result<LitInt> {
    match meta {
        Meta::NameValue(MetaNameValue { value: Expr::Lit(ExprLit { lit: Lit::Int(size), .. }), .. })
            if size.base10_parse::<u32>().is_ok_and(|size| size > 0) =>
        {
            Ok(size.clone())
        }
        Meta::NameValue(_) | Meta::Path(_) | Meta::List(_) => {
            Err(syn::Error::new_spanned(meta, "expected `key_block_size = N`, a number of kilobytes"))
        }
    }
}

/// Reads `#[auto_increment]` or `#[auto_increment(only = mysql)]`.
pub(super) fn auto_increment(meta: &Meta) -> syn::Result<AutoIncrement> {
    Ok(AutoIncrement { only: only(meta, "auto_increment(only = mysql)")?, span: span_of(meta) })
}

/// Reads `#[invisible]` or `#[invisible(only = mysql)]`.
pub(super) fn invisible(meta: &Meta) -> syn::Result<Invisible> {
    Ok(Invisible { only: only(meta, "invisible(only = mysql)")?, span: span_of(meta) })
}

/// Reads the database of an attribute that has no other option.
fn only(meta: &Meta, form: &str) -> syn::Result<Option<Ident>> {
    let mut only = None;
    match meta {
        Meta::Path(_) => {}
        Meta::List(_) | Meta::NameValue(_) => {
            list(meta, form)?.parse_args_with(|input: ParseStream<'_>| {
                options(input, |word, input| match word.to_string().as_str() {
                    "only" => set(&mut only, database(input)?, word),
                    _ => Err(unknown(word, &["only"])),
                })
            })?;
        }
    }
    Ok(only)
}

/// Reads `#[name = "text"]`.
pub(super) fn text_literal(meta: &Meta) -> syn::Result<LitStr> {
    match meta {
        Meta::NameValue(pair) => text_of(pair),
        Meta::Path(_) | Meta::List(_) => Err(syn::Error::new_spanned(meta, "expected `= \"...\"`")),
    }
}

/// Reads `#[sql_type = "TEXT"]` or `#[sql_type(sqlite = "TEXT", ...)]`.
pub(super) fn sql_types(meta: &Meta) -> syn::Result<SqlTypes> {
    let mut types = SqlTypes::default();
    match meta {
        Meta::NameValue(pair) => types.any = Some(text_of(pair)?),
        Meta::List(list) => {
            list.parse_args_with(|input: ParseStream<'_>| {
                options(input, |option, input| {
                    let slot = match option.to_string().as_str() {
                        "sqlite" => &mut types.sqlite,
                        "postgres" => &mut types.postgres,
                        "mysql" => &mut types.mysql,
                        _ => return Err(unknown(option, &["sqlite", "postgres", "mysql"])),
                    };
                    set(slot, text_value(input)?, option)
                })
            })?;
            if types.sqlite.is_none() && types.postgres.is_none() && types.mysql.is_none() {
                return Err(syn::Error::new_spanned(meta, SQL_TYPE_FORMS));
            }
        }
        Meta::Path(_) => return Err(syn::Error::new_spanned(meta, SQL_TYPE_FORMS)),
    }
    Ok(types)
}

const SQL_TYPE_FORMS: &str = "expected `sql_type = \"TYPE\"` or `sql_type(sqlite = \"TYPE\", ...)`";

/// Reads `#[backfill("sql")]`.
pub(super) fn backfill(meta: &Meta) -> syn::Result<LitStr> {
    list(meta, "backfill(\"sql\")")?.parse_args_with(|input: ParseStream<'_>| {
        let expr = text(input)?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() { Ok(expr) } else { Err(input.error("expected nothing more")) }
    })
}

/// Reads `#[renamed_from(old)]` or `#[renamed_from("old")]`.
pub(super) fn renamed_from(meta: &Meta) -> syn::Result<OldName> {
    one_name(meta, "renamed_from(old)")
}

/// Reads `#[moved_from(owner)]` or `#[moved_from("owner")]`.
pub(super) fn moved_from(meta: &Meta) -> syn::Result<OldName> {
    one_name(meta, "moved_from(owner)")
}

fn one_name(meta: &Meta, form: &str) -> syn::Result<OldName> {
    list(meta, form)?.parse_args_with(|input: ParseStream<'_>| {
        let name = if input.peek(LitStr) {
            let text = text(input)?;
            OldName { name: text.value(), span: text.span() }
        } else {
            let word = Ident::parse_any(input)?;
            OldName { name: plain(&word), span: word.span() }
        };
        if input.is_empty() { Ok(name) } else { Err(input.error("expected one name")) }
    })
}

/// Reads `#[allow(hazard, ..., reason = "...")]`.
pub(super) fn allow(meta: &Meta) -> syn::Result<Vec<Allow>> {
    let mut hazards: Vec<Ident> = Vec::new();
    let mut reason = None;
    list(meta, "allow(hazard)")?.parse_args_with(|input: ParseStream<'_>| {
        options(input, |word, input| {
            if word == "reason" && input.peek(Token![=]) {
                return set(&mut reason, text_value(input)?, word);
            }
            if !HAZARDS.contains(&word.to_string().as_str()) {
                let known = HAZARDS.join("`, `");
                let message =
                    format!("`{word}` is no hazard, and lints stand in an `allow` of their own; hazards: `{known}`");
                return Err(syn::Error::new(word.span(), message));
            }
            if hazards.contains(word) {
                return Err(syn::Error::new(word.span(), format!("`{word}` is given twice")));
            }
            hazards.push(word.clone());
            Ok(())
        })
    })?;
    if hazards.is_empty() {
        return Err(syn::Error::new_spanned(meta, "`allow` names no hazard"));
    }
    Ok(hazards.into_iter().map(|hazard| Allow { hazard, reason: reason.clone() }).collect())
}

fn text_of(pair: &MetaNameValue) -> syn::Result<LitStr> {
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => not_blank(text.clone()),
        other => Err(syn::Error::new_spanned(other, "expected a string literal")),
    }
}
