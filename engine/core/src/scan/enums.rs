//! Enums whose values a database knows, and SQL types that hosts derive.

use std::collections::BTreeMap;

use autogen_syntax::{EnumMacro, SqlEnum, SqlEnumType, sql_enum};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ItemEnum, ItemStruct, Lit, Meta, Token};

use super::{Cfg, Definitions, SourceFile};
use crate::error::{Code, Diagnostic};
use crate::model::{Place, TableName};

/// An enum in some file, and the type that holds its values.
#[derive(Debug, Clone)]
pub struct EnumDefinition {
    /// What it says.
    pub item: SqlEnum,
    /// What makes it one.
    pub whose: EnumMacro,
    /// The conditions that it and everything around it stand under.
    pub cfgs: Vec<Cfg>,
    /// The file.
    pub file: SourceFile,
}

impl EnumDefinition {
    /// Returns the place of the enum's name.
    pub fn place(&self) -> Place {
        self.file.place(self.item.name.span())
    }
}

/// Reads an enum into the definitions of its owner.
pub(super) fn read(
    item: &ItemEnum,
    whose: EnumMacro,
    cfgs: Vec<Cfg>,
    file: &SourceFile,
    definitions: &mut Definitions,
) {
    match sql_enum(item, whose) {
        Ok(item) => {
            if let SqlEnumType::Own { rust, schema, name } = &item.sql_type {
                let types = definitions.sql_types.entry(rust.clone()).or_default();
                types.insert("sqlite", TableName::new("Text"));
                types.insert("postgres", TableName { schema: schema.clone(), name: name.clone() });
                types.insert("mysql", TableName::new("Enum"));
            }
            definitions.enums.push(EnumDefinition { item, whose, cfgs, file: file.clone() });
        }
        Err(errors) => definitions.diagnostics.extend(errors.into_iter().map(|error| wrong(&error, file))),
    }
}

/// Reads the body of an `autogen::sql_enum!`.
pub(super) fn read_macro(call: &syn::Macro, cfgs: Vec<Cfg>, file: &SourceFile, definitions: &mut Definitions) {
    match call.parse_body::<ItemEnum>() {
        Ok(item) => read(&item, EnumMacro::Autogen, cfgs, file, definitions),
        Err(error) => definitions.diagnostics.push(wrong(&error, file)),
    }
}

fn wrong(error: &syn::Error, file: &SourceFile) -> Diagnostic {
    Diagnostic::error(Code::EnumSyntax, error.to_string())
        .at(file.place(error.span()), "")
        .help("docs/reference.md in autogen's repository shows every form; the compiler says the same")
}

/// Reads what a `#[derive(SqlType)]` is called in each database.
pub(super) fn derived_type(item: &ItemStruct, file: &SourceFile, definitions: &mut Definitions) {
    let derives = |attribute: &Attribute| {
        attribute.path().is_ident("derive")
            && attribute
                .parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)
                .is_ok_and(|paths| paths.iter().any(|p| p.segments.last().is_some_and(|s| s.ident == "SqlType")))
    };
    if !item.attrs.iter().any(derives) {
        return;
    }
    let mut types = BTreeMap::new();
    for attribute in item.attrs.iter().filter(|attribute| attribute.path().is_ident("diesel")) {
        let Ok(parts) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            continue;
        };
        for part in parts.iter().filter_map(|part| part.require_list().ok()) {
            let dialect = match part.path.get_ident().map(ToString::to_string).as_deref() {
                Some("sqlite_type") => "sqlite",
                Some("postgres_type") => "postgres",
                Some("mysql_type") => "mysql",
                _ => continue,
            };
            let Ok(options) = part.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
                continue;
            };
            let option = |name: &str| options.iter().find_map(|meta| text_option(meta, name));
            types.extend(option("name").map(|name| (dialect, TableName { schema: option("schema"), name })));
        }
    }
    definitions.types_of_files.entry((file.clone(), item.ident.to_string())).or_default().extend(types.clone());
    definitions.sql_types.entry(item.ident.to_string()).or_default().extend(types);
}

fn text_option(meta: &Meta, name: &str) -> Option<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        Meta::NameValue(_) | Meta::Path(_) | Meta::List(_) => None,
    }
}
