//! Which attributes are autogen's, and which stay for Diesel and rustc.

use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, MetaList, Token};

use super::{COLUMN_ATTRIBUTES, HAZARDS, ON_JOINS, TABLE_ATTRIBUTES, name_of};
use crate::Macro;
use crate::errors::Errors;

/// Attributes that Diesel reads itself. They stay where they are.
const DIESELS: &[&str] = &["sql_name", "max_length"];

/// Attributes that rustc knows on the modules and structs that Diesel makes of tables and columns.
const RUSTCS: &[&str] = &["doc", "cfg", "cfg_attr", "allow", "expect", "warn", "deny", "forbid", "deprecated"];

/// Attributes, sorted by who reads them.
#[derive(Default)]
pub(super) struct Sorted {
    /// Attributes that autogen reads and strips.
    pub(super) ours: Vec<Meta>,
    /// Attributes that are passed on as they are.
    pub(super) kept: Vec<Attribute>,
    /// Names of autogen's attributes that are written openly in a stock `table!`.
    pub(super) unread: Vec<Ident>,
}

/// Sorts the attributes of a `place` ("table" or "column") for which autogen has the given ones.
pub(super) fn sort(
    attributes: Vec<Attribute>,
    whose: Macro,
    place: &str,
    known: &[&str],
    errors: &mut Errors,
) -> Sorted {
    let mut sorted = Sorted::default();
    for attribute in attributes {
        let Some(name) = attribute.path().get_ident().cloned() else {
            sorted.kept.push(attribute); // a tool's: `rustfmt::skip`
            continue;
        };
        let word = name.to_string();
        if word == "cfg_attr" {
            if errors.take(cfg_attr(&attribute, place, known, &mut sorted.ours)) != Some(Reach::OursOnly) {
                sorted.kept.push(attribute);
            }
        } else if word == "allow" && !allows_a_hazard(&attribute.meta) {
            sorted.kept.push(attribute);
        } else if known.contains(&word.as_str()) {
            match whose {
                Macro::Autogen => sorted.ours.push(attribute.meta),
                // Diesel's next release knows it, so it may be written openly there.
                Macro::Diesel if word == "auto_increment" => {
                    sorted.ours.push(attribute.meta.clone());
                    sorted.kept.push(attribute);
                }
                Macro::Diesel => {
                    sorted.unread.push(name);
                    sorted.kept.push(attribute);
                }
            }
        } else {
            let theirs = DIESELS.contains(&word.as_str()) || RUSTCS.contains(&word.as_str());
            if whose == Macro::Autogen && !theirs {
                errors.push(unknown(&attribute.meta, place, known));
            }
            sorted.kept.push(attribute);
        }
    }
    sorted
}

/// Sorts the attributes of an enum or a variant, on which derives have attributes of their own.
pub(super) fn sort_of_enum(attributes: Vec<Attribute>, is_open: bool, known: &[&str], errors: &mut Errors) -> Sorted {
    let mut sorted = Sorted::default();
    for attribute in attributes {
        let word = name_of(&attribute.meta);
        let is_ours =
            is_open && known.contains(&word.as_str()) && (word != "allow" || allows_a_hazard(&attribute.meta));
        if is_ours {
            sorted.ours.push(attribute.meta);
        } else if word != "cfg_attr"
            || errors.take(cfg_attr(&attribute, "enum", known, &mut sorted.ours)) != Some(Reach::OursOnly)
        {
            sorted.kept.push(attribute);
        }
    }
    sorted
}

/// Checks whether the attributes of a `joinable!` state `no_key`. It must be inside a `cfg_attr`, because
/// rustc would refuse it in the open.
pub(super) fn joins_without_key(attributes: &[Attribute]) -> syn::Result<bool> {
    let mut ours = Vec::new();
    let mut errors = Errors::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg_attr")) {
        errors.take(cfg_attr(attribute, "joinable", ON_JOINS, &mut ours));
    }
    for meta in &ours {
        errors.take(super::values::word(meta));
    }
    errors.finish()?;
    Ok(!ours.is_empty())
}

/// Who reads a `cfg_attr`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    OursOnly,
    OthersToo,
}

/// Takes the contents of `autogen(...)` out of a `cfg_attr`.
fn cfg_attr(attribute: &Attribute, place: &str, known: &[&str], ours: &mut Vec<Meta>) -> syn::Result<Reach> {
    // rustc complains about what doesn't parse here.
    let Ok(parts) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return Ok(Reach::OthersToo);
    };
    let mut parts = parts.into_iter();
    let never = matches!(parts.next(), Some(Meta::List(list)) if list.path.is_ident("any") && list.tokens.is_empty());
    let (autogens, others): (Vec<Meta>, Vec<Meta>) = parts.partition(|part| part.path().is_ident("autogen"));
    let mut errors = Errors::default();
    for part in &autogens {
        if !never {
            let help = "autogen's attributes stand under `cfg_attr(any(), autogen(...))`, which is never applied";
            errors.push(syn::Error::new_spanned(part, help));
            continue;
        }
        let Some(list) = errors.take(part.require_list().cloned()) else { continue };
        for meta in errors.take(metas(&list)).unwrap_or_default() {
            if known.contains(&name_of(&meta).as_str()) {
                ours.push(meta);
            } else {
                errors.push(unknown(&meta, place, known));
            }
        }
    }
    errors.finish()?;
    Ok(if !autogens.is_empty() && others.is_empty() { Reach::OursOnly } else { Reach::OthersToo })
}

fn metas(list: &MetaList) -> syn::Result<Vec<Meta>> {
    Ok(list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?.into_iter().collect())
}

fn allows_a_hazard(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return false };
    let Ok(parts) = metas(list) else { return false };
    parts.iter().any(|part| HAZARDS.contains(&name_of(part).as_str()))
}

fn unknown(meta: &Meta, place: &str, known: &[&str]) -> syn::Error {
    let path = meta.path();
    let name = path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
    let elsewhere = match place {
        "table" if COLUMN_ATTRIBUTES.contains(&name.as_str()) => "; it stands on columns",
        "column" if TABLE_ATTRIBUTES.contains(&name.as_str()) => "; it stands on the table",
        _ => "",
    };
    let known = known.join("`, `");
    syn::Error::new_spanned(path, format!("unknown attribute `{name}` on a {place}{elsewhere}; known: `{known}`"))
}
