//! Enumerated types as Rust enums: `autogen::sql_enum!`, or for stock definitions the bare SQL type.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::model::{EnumType, TableName};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use syn::Ident;

use super::{Form, Source, text};

/// The names of an enum and of its SQL type in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EnumName {
    rust: String,
    /// The type that columns have.
    pub(super) mapping: String,
}

/// Gives each type that can be defined a name of its own.
pub(super) fn names<'a>(types: impl Iterator<Item = &'a EnumType>) -> BTreeMap<TableName, EnumName> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for found in types.filter(|found| undefinable(found).is_none()) {
        let rust = free(&found.name.name, "Kind", &mut taken);
        names.insert(found.name.clone(), EnumName { mapping: format!("{rust}Mapping"), rust });
    }
    names
}

/// Returns why no definition can describe a type, as half a sentence. Returns `None` if one can.
pub fn undefinable(found: &EnumType) -> Option<&'static str> {
    if found.name.name.trim().is_empty() {
        Some("whose name is blank")
    } else if found.values.is_empty() {
        Some("which has no values")
    } else {
        found.values.iter().any(|value| value.name.trim().is_empty()).then_some("one of whose values is blank")
    }
}

/// Adds the definitions of types.
pub(super) fn define<'a>(
    types: impl Iterator<Item = &'a EnumType>,
    names: &BTreeMap<TableName, EnumName>,
    form: Form,
    source: &mut Source,
) {
    for found in types {
        let name = &found.name;
        match (undefinable(found), names.get(name)) {
            (None, Some(rust)) => {
                if !source.text.is_empty() {
                    source.text.push('\n');
                }
                source.text.push_str(&match form {
                    Form::Autogen => definition(found, rust),
                    Form::Stock => stock(found, rust),
                });
                if form == Form::Stock {
                    source.unsaid.push(format!("type {name}: its values"));
                }
            }
            (reason, _) => {
                source.unsaid.push(format!("type {name:?}, {}", reason.unwrap_or("which has no name in Rust")))
            }
        }
    }
}

fn definition(found: &EnumType, name: &EnumName) -> String {
    let mut lines: Vec<String> = found.comment.iter().flat_map(|comment| text::doc(comment)).collect();
    lines.push("#[derive(Debug, Clone, Copy, PartialEq, Eq)]".to_owned());
    lines.extend(sql_name(&name.rust, &found.name.name));
    lines.extend(found.name.schema.as_ref().map(|schema| format!("#[sql_schema = {}]", text::literal(schema))));
    lines.push(format!("pub enum {} {{", name.rust));
    let mut taken = BTreeSet::new();
    for value in &found.values {
        let variant = free(&value.name, "Value", &mut taken);
        lines.extend(sql_name(&variant, &value.name).map(|attribute| format!("    {attribute}")));
        lines.push(format!("    {variant},"));
    }
    lines.push("}".to_owned());
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("autogen::sql_enum! {{\n{body}}}\n")
}

fn stock(found: &EnumType, name: &EnumName) -> String {
    let docs: String = found.comment.iter().flat_map(|comment| text::doc(comment)).map(|line| line + "\n").collect();
    let sql = text::literal(&found.name.name);
    let schema =
        found.name.schema.as_ref().map(|schema| format!(", schema = {}", text::literal(schema))).unwrap_or_default();
    format!(
        "{docs}#[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]\n\
         #[diesel(postgres_type(name = {sql}{schema}))]\n\
         pub struct {};\n",
        name.mapping
    )
}

/// Writes the attribute that states a name in the database, if the Rust name doesn't imply it.
fn sql_name(rust: &str, sql: &str) -> Option<String> {
    (rust.to_snake_case() != sql).then(|| format!("#[sql_name = {}]", text::literal(sql)))
}

/// Finds a name in Rust's style for types that isn't taken yet.
fn free(sql: &str, what: &str, taken: &mut BTreeSet<String>) -> String {
    let camel = sql.to_upper_camel_case();
    let is_name = |name: &str| syn::parse_str::<Ident>(name).is_ok();
    let with_kind = format!("{what}{camel}");
    let wanted = [camel, with_kind].into_iter().find(|name| is_name(name)).unwrap_or_else(|| what.to_owned());
    let numbered = (2..).map(|number| format!("{wanted}{number}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|name| taken.insert(name.clone())).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: TableName, values: &[&str], form: Form) -> Source {
        let found = EnumType { comment: Some("How it is.".to_owned()), ..EnumType::new(name, values.iter().copied()) };
        let mut source = Source::default();
        define([&found].into_iter(), &names([&found].into_iter()), form, &mut source);
        source
    }

    #[test]
    fn a_type_is_an_enum_whose_values_keep_their_words() {
        let source = written(
            TableName::in_schema("app", "UserMood"),
            &["sad", "very_glad", "VERY GLAD", "1st", "self", "😀", "a\"b"],
            Form::Autogen,
        );
        assert!(source.unsaid.is_empty());
        assert_eq!(
            source.text,
            r##"autogen::sql_enum! {
    /// How it is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[sql_name = "UserMood"]
    #[sql_schema = "app"]
    pub enum UserMood {
        Sad,
        VeryGlad,
        #[sql_name = "VERY GLAD"]
        VeryGlad2,
        #[sql_name = "1st"]
        Value1st,
        #[sql_name = "self"]
        ValueSelf,
        #[sql_name = "😀"]
        Value,
        #[sql_name = r#"a"b"#]
        AB,
    }
}
"##
        );
    }

    #[test]
    fn a_stock_definition_names_the_type_and_leaves_its_values_out() {
        let source = written(TableName::new("mood"), &["sad"], Form::Stock);
        assert_eq!(source.unsaid, ["type mood: its values"]);
        assert_eq!(
            source.text,
            "/// How it is.\n#[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]\n\
             #[diesel(postgres_type(name = \"mood\"))]\npub struct MoodMapping;\n"
        );
    }

    #[test]
    fn what_has_no_definition_is_listed() {
        for values in [&[][..], &["a", " "]] {
            let source = written(TableName::new("mood"), values, Form::Autogen);
            assert!(source.text.is_empty());
            assert_eq!(source.unsaid.len(), 1);
        }
    }
}
