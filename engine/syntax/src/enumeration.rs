//! Rust enums whose values a database knows: what each derive makes of them.

use crate::name::plain;
use heck::{ToKebabCase, ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Fields, Ident, ItemEnum, Lit, LitStr, Meta, Token, Variant};

use crate::attribute;
use crate::errors::Errors;
use crate::table::{Allow, OldName};

/// The macro of an enum, which decides how attributes are read and how values are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnumMacro {
    /// `autogen::sql_enum!`.
    Autogen,
    /// `#[derive(DbEnum)]` of the crate diesel-derive-enum.
    DbEnum,
    /// `#[derive(Enum)]` of Diesel's coming release.
    Diesel,
}

/// An enum, and the type that holds its values in a database.
#[derive(Debug, Clone)]
pub struct SqlEnum {
    /// Attributes that stay for rustc and others: docs, derives.
    pub attributes: Vec<Attribute>,
    /// The doc comment.
    pub doc: Option<String>,
    /// The name in Rust.
    pub name: Ident,
    /// The SQL type.
    pub sql_type: SqlEnumType,
    /// The values, in order.
    pub values: Vec<SqlEnumValue>,
    /// `#[renamed_from]`.
    pub renamed_from: Option<OldName>,
    /// Hazards that are allowed on it.
    pub allow: Vec<Allow>,
}

/// The type that holds an enum's values.
#[derive(Debug, Clone)]
pub enum SqlEnumType {
    /// One that comes with the enum.
    Own {
        /// Its name in Rust.
        rust: String,
        /// Its schema, where that isn't the default one.
        schema: Option<String>,
        /// Its name in the database.
        name: String,
    },
    /// Types that are defined elsewhere, by the last words of their paths.
    Elsewhere(Vec<Ident>),
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct SqlEnumValue {
    /// Attributes that stay.
    pub attributes: Vec<Attribute>,
    /// The name in Rust.
    pub name: Ident,
    /// The value in the database.
    pub value: String,
    /// `#[renamed_from]`.
    pub renamed_from: Option<OldName>,
}

/// Returns the derive that gives an enum values in a database, if the enum has one. Derives in a `cfg_attr`
/// count. Another crate's derive of the same name is recognised by its path, or by fields, which no value
/// has.
pub fn enum_macro(item: &ItemEnum) -> Option<EnumMacro> {
    let metas = applied(&item.attrs);
    if item.variants.iter().any(|variant| !matches!(variant.fields, Fields::Unit)) {
        return None;
    }
    let derives = |name: &str, of: &str| {
        metas
            .iter()
            .filter(|meta| meta.path().is_ident("derive"))
            .filter_map(parts)
            .flatten()
            .any(|path| is_called(&path, name) && (path.path().get_ident().is_some() || begins_with(&path, of)))
    };
    if derives("DbEnum", "diesel_derive_enum") {
        return Some(EnumMacro::DbEnum);
    }
    let has_type = || {
        metas
            .iter()
            .filter_map(|meta| meta.path().is_ident("diesel").then(|| parts(meta))?)
            .flatten()
            .any(|part| is_called(&part, "sql_type"))
    };
    (derives("Enum", "diesel") && has_type()).then_some(EnumMacro::Diesel)
}

/// Reads an enum.
///
/// ```
/// use autogen_syntax::{EnumMacro, sql_enum};
/// let item = syn::parse_str("enum Mood { Sad, #[db_rename = \"happy\"] VeryGlad }").unwrap();
/// let mood = sql_enum(&item, EnumMacro::DbEnum).unwrap();
/// let values: Vec<_> = mood.values.iter().map(|value| value.value.as_str()).collect();
/// assert_eq!(values, ["sad", "happy"]);
/// ```
///
/// # Errors
/// Reports everything that is wrong with it, combined into one [`syn::Error`].
pub fn sql_enum(item: &ItemEnum, whose: EnumMacro) -> syn::Result<SqlEnum> {
    let mut errors = Errors::default();
    let stock = Stock::of(&item.attrs, whose);
    let is_open = whose == EnumMacro::Autogen;
    let own = attribute::of_enum(item.attrs.clone(), is_open, &mut errors);
    let rust_name = plain(&item.ident);
    let case = match (&own.rename_all, stock.case) {
        (Some(text), _) => errors.take(Case::read(text, whose)).unwrap_or(Case::Verbatim),
        (None, Some(text)) => errors.take(Case::read(&text, whose)).unwrap_or(Case::Verbatim),
        (None, None) if whose == EnumMacro::Diesel => Case::Verbatim,
        (None, None) => Case::Snake,
    };
    let values = item.variants.iter().map(|variant| value(variant, whose, case, &mut errors)).collect::<Vec<_>>();
    for (at, value) in values.iter().enumerate() {
        if values[..at].iter().any(|earlier| earlier.value == value.value) {
            errors.push(syn::Error::new(value.name.span(), format!("the value '{}' occurs twice", value.value)));
        }
        if value.value.len() > 63 {
            errors.push(syn::Error::new(value.name.span(), "a value has at most 63 bytes"));
        }
    }
    let sql_type = if stock.elsewhere.is_empty() {
        let text = |literal: &LitStr| literal.value();
        SqlEnumType::Own {
            rust: stock.rust.unwrap_or_else(|| format!("{rust_name}Mapping")),
            schema: own.sql_schema.as_ref().map(text),
            name: stock.name.or(own.sql_name.as_ref().map(text)).unwrap_or_else(|| rust_name.to_snake_case()),
        }
    } else {
        SqlEnumType::Elsewhere(stock.elsewhere)
    };
    errors.finish()?;
    Ok(SqlEnum {
        doc: crate::parse::doc(&item.attrs),
        attributes: own.kept,
        name: item.ident.clone(),
        sql_type,
        values,
        renamed_from: own.renamed_from,
        allow: own.allow,
    })
}

fn value(variant: &Variant, whose: EnumMacro, case: Case, errors: &mut Errors) -> SqlEnumValue {
    if !matches!(variant.fields, Fields::Unit) {
        errors.push(syn::Error::new(variant.ident.span(), "a value in a database has no fields"));
    }
    let own = attribute::of_enum(variant.attrs.clone(), whose == EnumMacro::Autogen, errors);
    let metas = applied(&variant.attrs);
    let stated = match whose {
        EnumMacro::Autogen => None,
        EnumMacro::DbEnum => text_at(&metas, "db_rename").or_else(|| text_in(&metas, "db_enum", "rename")),
        EnumMacro::Diesel => text_in(&metas, "diesel", "rename"),
    };
    let stated = stated.or(own.sql_name);
    let value = stated.map_or_else(|| case.of(&plain(&variant.ident)), |text| text.value());
    SqlEnumValue { attributes: own.kept, name: variant.ident.clone(), value, renamed_from: own.renamed_from }
}

/// The contents of the attributes of a stock derive.
#[derive(Default)]
struct Stock {
    case: Option<LitStr>,
    rust: Option<String>,
    name: Option<String>,
    elsewhere: Vec<Ident>,
}

impl Stock {
    fn of(attributes: &[Attribute], whose: EnumMacro) -> Self {
        let metas = applied(attributes);
        let either = |old: &str, new: &str| text_at(&metas, old).or_else(|| text_in(&metas, "db_enum", new));
        let last = |path: syn::Path| path.segments.last().map(|segment| segment.ident.clone());
        match whose {
            EnumMacro::Autogen => Self::default(),
            EnumMacro::DbEnum => Self {
                case: either("DbValueStyle", "value_style"),
                rust: either("DieselType", "diesel_type").map(|text| text.value()),
                name: either("PgType", "pg_type").map(|text| text.value()),
                elsewhere: either("ExistingTypePath", "existing_type_path")
                    .and_then(|text| last(text.parse().ok()?))
                    .into_iter()
                    .collect(),
            },
            EnumMacro::Diesel => {
                let parts =
                    metas.iter().filter_map(|meta| meta.path().is_ident("diesel").then(|| parts(meta))?).flatten();
                let path = |meta: Meta| match meta {
                    Meta::NameValue(pair) if pair.path.is_ident("sql_type") => match pair.value {
                        Expr::Path(path) => last(path.path),
                        _ => None,
                    },
                    Meta::NameValue(_) | Meta::Path(_) | Meta::List(_) => None,
                };
                Self {
                    case: text_in(&metas, "diesel", "rename_all"),
                    elsewhere: parts.filter_map(path).collect(),
                    ..Self::default()
                }
            }
        }
    }
}

/// How a value's name is derived from its name in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Verbatim,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ShoutySnake,
    Kebab,
    ShoutyKebab,
    /// Diesel's own, which sets every capital letter apart.
    DieselsCamel,
    DieselsSnake {
        shouty: bool,
        separator: char,
    },
}

impl Case {
    fn read(text: &LitStr, whose: EnumMacro) -> syn::Result<Self> {
        let diesels = |shouty, separator| Self::DieselsSnake { shouty, separator };
        Ok(match (whose, text.value().as_str()) {
            (EnumMacro::Diesel, "PascalCase")
            | (EnumMacro::DbEnum | EnumMacro::Autogen, "verbatim" | "verbatimcase") => Self::Verbatim,
            (EnumMacro::Diesel, "camelCase") => Self::DieselsCamel,
            (EnumMacro::Diesel, "snake_case") => diesels(false, '_'),
            (EnumMacro::Diesel, "SCREAMING_SNAKE_CASE") => diesels(true, '_'),
            (EnumMacro::Diesel, "kebab-case") => diesels(false, '-'),
            (EnumMacro::Diesel, "SCREAMING-KEBAB-CASE") => diesels(true, '-'),
            (EnumMacro::Diesel | EnumMacro::Autogen, "lowercase") => Self::Lower,
            (EnumMacro::Autogen, "SCREAMING-KEBAB-CASE") => Self::ShoutyKebab,
            (EnumMacro::Diesel | EnumMacro::DbEnum | EnumMacro::Autogen, other) => Self::usual(other)
                .ok_or_else(|| syn::Error::new(text.span(), format!("`{other}` is no way to call values")))?,
        })
    }

    /// Returns the case that a word stands for in all macros that know it.
    fn usual(word: &str) -> Option<Self> {
        Some(match word {
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ShoutySnake,
            "kebab-case" => Self::Kebab,
            _ => return None,
        })
    }

    fn of(self, name: &str) -> String {
        match self {
            Self::Verbatim => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Pascal => name.to_upper_camel_case(),
            Self::Camel => name.to_lower_camel_case(),
            Self::Snake => name.to_snake_case(),
            Self::ShoutySnake => name.to_shouty_snake_case(),
            Self::Kebab => name.to_kebab_case(),
            Self::ShoutyKebab => name.to_kebab_case().to_uppercase(),
            Self::DieselsCamel => {
                let mut letters = name.chars();
                letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
            }
            Self::DieselsSnake { shouty, separator } => {
                let mut text = String::new();
                for letter in name.chars() {
                    if letter.is_uppercase() && !text.is_empty() {
                        text.push(separator);
                    }
                    text.push(if letter == '_' { separator } else { letter.to_ascii_lowercase() });
                }
                if shouty { text.to_ascii_uppercase() } else { text }
            }
        }
    }
}

/// Returns attributes as they are applied, including those of a `cfg_attr` unless it never applies.
fn applied(attributes: &[Attribute]) -> Vec<Meta> {
    let mut metas = Vec::new();
    for attribute in attributes {
        match attribute.path().is_ident("cfg_attr").then(|| parts(&attribute.meta)).flatten() {
            None => metas.push(attribute.meta.clone()),
            Some(mut parts) => {
                let condition = parts.next();
                let never =
                    matches!(&condition, Some(Meta::List(list)) if list.path.is_ident("any") && list.tokens.is_empty());
                metas.extend(parts.filter(|_| !never));
            }
        }
    }
    metas
}

fn parts(meta: &Meta) -> Option<impl Iterator<Item = Meta> + use<>> {
    let list = meta.require_list().ok()?;
    Some(list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?.into_iter())
}

fn is_called(meta: &Meta, name: &str) -> bool {
    meta.path().segments.last().is_some_and(|last| last.ident == name)
}

fn begins_with(meta: &Meta, name: &str) -> bool {
    meta.path().segments.first().is_some_and(|first| first.ident == name)
}

/// Returns the text of `#[name = "text"]`.
fn text_at(metas: &[Meta], name: &str) -> Option<LitStr> {
    metas.iter().filter(|meta| meta.path().is_ident(name)).find_map(|meta| match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            _ => None,
        },
        Meta::Path(_) | Meta::List(_) => None,
    })
}

/// Returns the text of `#[outer(name = "text")]`.
fn text_in(metas: &[Meta], outer: &str, name: &str) -> Option<LitStr> {
    let inner: Vec<Meta> =
        metas.iter().filter_map(|meta| meta.path().is_ident(outer).then(|| parts(meta))?).flatten().collect();
    text_at(&inner, name)
}
