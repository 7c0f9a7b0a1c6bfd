//! What a `diesel.toml` says already, so that `autogen.toml` needn't: where the printed schema and the
//! migrations are, and which tables are left out of it.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config::OwnerKeys;
use super::folders::real;
use super::ignored::Unprinted;
use crate::error::{Code, Result};
use crate::files::{FileScope, LARGEST_SETTINGS};
use crate::toml_file::{CORRECT_IT, Stated, TomlFile};

/// The name of Diesel's configuration file.
pub(super) const FILE_NAME: &str = "diesel.toml";

/// Reads Diesel's file in an owner's folder; an owner without one has nothing stated. A printed schema outside the
/// owner's `src` is its only source: tables in `src` are then what queries make up on the way.
///
/// # Errors
/// `bad-config` for a file that isn't TOML; what its keys should be is Diesel's business.
pub(super) fn read(folder: &Path, scope: &FileScope) -> Result<OwnerKeys> {
    let path = folder.join(FILE_NAME);
    let Some(text) = scope.read_text(&path, LARGEST_SETTINGS)? else { return Ok(OwnerKeys::default()) };
    let file = TomlFile::new(&path, &text, Code::BadConfig);
    file.parse::<toml::Table>(CORRECT_IT)?;
    // Read a second time, to get places.
    let Ok(root) = DeTable::parse(&text) else { return Ok(OwnerKeys::default()) };
    let root = root.into_inner();
    let stated = |(text, span)| Stated { text, place: file.place(span) };

    let mut keys = OwnerKeys::default();
    if let Some(directory) = table(&root, "migrations_directory") {
        keys.migrations = texts(directory, "dir").map(stated).next();
    }
    let Some(printed) = table(&root, "print_schema") else { return Ok(keys) };
    let source = folder.join("src");
    let mut files = Vec::new();
    let mut whole: BTreeSet<Option<String>> = BTreeSet::new();
    // `[print_schema]` itself, or several `[print_schema.NAME]`.
    let named = printed.iter().filter_map(|(_, value)| value.get_ref().as_table());
    for section in std::iter::once(printed).chain(named) {
        let outside = |file: &Stated| {
            let file = folder.join(&file.text);
            file.is_file() && !real(&file).starts_with(real(&source))
        };
        files.extend(texts(section, "file").map(stated).filter(outside));
        let schema = texts(section, "schema").map(|(schema, _)| schema).find(|schema| schema != "public");
        let filter = table(section, "filter");
        for (key, is_only) in [("except_tables", false), ("only_tables", true)] {
            let patterns = filter.into_iter().flat_map(|filter| texts(filter, key));
            let rule = |word| Unprinted { schema: schema.clone(), pattern: stated(word), is_only };
            keys.unprinted.extend(patterns.map(rule));
        }
        let prints_some = filter.is_some_and(|filter| filter.contains_key("only_tables"));
        if section.contains_key("file") || section.contains_key("schema") {
            keys.printed.push(schema.clone());
        }
        if !prints_some && section.contains_key("file") {
            whole.insert(schema);
        }
    }
    // A section may print all tables of a schema of which another one prints only some.
    keys.unprinted.retain(|rule| !(rule.is_only && whole.contains(&rule.schema)));
    keys.sources = Some(files).filter(|files| !files.is_empty());
    Ok(keys)
}

fn table<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t DeTable<'t>> {
    table.get(key)?.get_ref().as_table()
}

/// Returns the text of a key, or the texts of its list, with their positions.
fn texts(table: &DeTable<'_>, key: &str) -> impl Iterator<Item = (String, std::ops::Range<usize>)> {
    let values: Vec<&Spanned<DeValue<'_>>> = match table.get(key) {
        Some(value) => match value.get_ref() {
            DeValue::Array(values) => values.iter().collect(),
            DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => vec![value],
            DeValue::Datetime(_) | DeValue::Table(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    let text = |value: &Spanned<DeValue<'_>>| Some((value.get_ref().as_str()?.to_owned(), value.span()));
    values.into_iter().filter_map(text).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(text: &str) -> OwnerKeys {
        let folder = tempfile::tempdir().expect("temporary folder");
        for file in ["src/schema.rs", "db/schema.rs", "db/other.rs"] {
            std::fs::create_dir_all(folder.path().join(file).parent().expect("a folder")).expect("create");
            std::fs::write(folder.path().join(file), "").expect("write");
        }
        std::fs::write(folder.path().join(FILE_NAME), text).expect("write");
        read(folder.path(), &FileScope::default()).expect("is well-formed")
    }

    fn words(stated: &[Stated]) -> Vec<&str> {
        stated.iter().map(|stated| stated.text.as_str()).collect()
    }

    #[test]
    fn a_file_outside_the_sources_takes_their_place() {
        let keys = stated("[print_schema]\nfile = 'db/schema.rs'\nfilter = { except_tables = ['^log_'] }\n");
        assert_eq!(words(&keys.sources.expect("stated")), ["db/schema.rs"]);
        assert_eq!((keys.unprinted[0].pattern.text.as_str(), keys.unprinted[0].pattern.place.line), ("^log_", 3));
        assert!(stated("[print_schema]\nfile = 'src/schema.rs'\n").sources.is_none());
        assert!(stated("[print_schema]\nfile = 'gone.rs'\nwith_docs = true\n").sources.is_none());
    }

    #[test]
    fn several_schemas_and_a_folder_of_migrations() {
        let keys = stated(
            "[print_schema.a]\nfile = 'db/schema.rs'\nschema = 'audit'\nfilter = { except_tables = ['x'] }\n\
             [print_schema.b]\nfile = 'db/other.rs'\nschema = 'public'\nfilter = { except_tables = ['y'] }\n\
             [migrations_directory]\ndir = 'db/migrations'\n",
        );
        assert_eq!(words(&keys.sources.expect("stated")), ["db/schema.rs", "db/other.rs"]);
        assert_eq!(keys.migrations.expect("stated").text, "db/migrations");
        let schemas: Vec<_> = keys.unprinted.iter().map(|rule| (rule.schema.as_deref(), &*rule.pattern.text)).collect();
        assert_eq!(schemas, [(Some("audit"), "x"), (None, "y")]);
    }

    #[test]
    fn schemas_that_are_printed_are_known() {
        assert_eq!(stated("[print_schema]\nfile = 'src/schema.rs'\n").printed, [None]);
        let other = stated("[print_schema.a]\nfile = 'db/schema.rs'\nschema = 'audit'\n").printed;
        assert_eq!(other, [Some("audit".to_owned())]);
        assert!(stated("[migrations_directory]\ndir = 'db'\n").printed.is_empty());
    }

    #[test]
    fn the_only_tables_of_one_file_may_not_be_those_of_another() {
        let only = "[print_schema.a]\nfile = 'db/schema.rs'\nfilter = { only_tables = ['^a$'] }\n";
        assert!(stated(only).unprinted[0].is_only);
        assert!(stated(&format!("{only}[print_schema.b]\nfile = 'db/other.rs'\n")).unprinted.is_empty());
        let elsewhere = format!("{only}[print_schema.b]\nfile = 'db/other.rs'\nschema = 'audit'\n");
        assert_eq!(stated(&elsewhere).unprinted.len(), 1);
    }
}
