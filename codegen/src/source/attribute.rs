//! Single attributes that are written into a source as it stands.

use autogen_engine::model::Place;

use super::text::literal;

/// Writes the attribute that states an earlier name, as autogen's `table!` takes it or as a stock one does.
///
/// ```
/// use autogen_codegen::source::renamed_from;
///
/// assert_eq!(renamed_from("title", false), "#[renamed_from(title)]");
/// assert_eq!(renamed_from("the title", true), "#[cfg_attr(any(), autogen(renamed_from(\"the title\")))]");
/// ```
pub fn renamed_from(old: &str, is_stock: bool) -> String {
    let is_plain = syn::parse_str::<syn::Ident>(old).is_ok();
    let old = if is_plain { old.to_owned() } else { literal(old) };
    match is_stock {
        true => format!("#[cfg_attr(any(), autogen(renamed_from({old})))]"),
        false => format!("#[renamed_from({old})]"),
    }
}

/// Writes an attribute before what a place names: in a line of its own, if nothing but blanks is before the name there.
/// Returns `None` if the text has nothing at the place.
///
/// ```
/// use std::path::Path;
/// use autogen_codegen::source::with_attribute;
/// use autogen_engine::model::Place;
///
/// let text = "table! {\n    notes (id) {\n        id -> Integer,\n    }\n}\n";
/// let place = Place::in_text(Path::new("schema.rs"), text, 34..36);
/// let written = with_attribute(text, &place, "#[comment = \"its number\"]").unwrap();
/// assert!(written.contains("\n        #[comment = \"its number\"]\n        id -> Integer,"));
/// ```
pub fn with_attribute(text: &str, place: &Place, attribute: &str) -> Option<String> {
    let (before, after) = text.split_at_checked(place.span.start)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    // A file that has become another one since it was read isn't touched.
    let is_there = before.matches('\n').count() + 1 == place.line && line.chars().count() + 1 == place.column;
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    if !is_there || !after.starts_with(is_name) || before.ends_with(is_name) {
        return None;
    }
    // A table's schema stands before its name.
    let schema = before.strip_suffix('.').map(|schema| schema.trim_end_matches(is_name).trim_end_matches("r#").len());
    let (before, after) = text.split_at_checked(schema.unwrap_or(before.len()))?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let between = match line.trim().is_empty() {
        true => format!("{end}{line}"),
        false => " ".to_owned(),
    };
    Some(format!("{before}{attribute}{between}{after}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn written(text: &str, name: &str) -> Option<String> {
        let start = text.find(name).expect("the name");
        let place = Place::in_text(Path::new("schema.rs"), text, start..start + name.len());
        with_attribute(text, &place, "#[a]")
    }

    #[test]
    fn an_attribute_stands_where_its_neighbours_do() {
        assert_eq!(written("\tname -> Text,", "name").as_deref(), Some("\t#[a]\n\tname -> Text,"));
        assert_eq!(written("x\r\n  name -> Text,", "name").as_deref(), Some("x\r\n  #[a]\r\n  name -> Text,"));
        assert_eq!(written("#[unique] r#type -> Text", "r#type").as_deref(), Some("#[unique] #[a] r#type -> Text"));
        assert_eq!(written("  shop.notes (id)", "notes").as_deref(), Some("  #[a]\n  shop.notes (id)"));
        assert_eq!(written("x! { r#type.notes (id)", "notes").as_deref(), Some("x! { #[a] r#type.notes (id)"));
        assert_eq!(written("é (id) { name -> Text }", "name").as_deref(), Some("é (id) { #[a] name -> Text }"));
    }

    #[test]
    fn a_text_that_has_changed_is_left_alone() {
        let place = Place::in_text(Path::new("schema.rs"), "\n\n  name -> Text", 4..8);
        for text in ["", "\n\n", "\n  name -> Text", "\n\n\n\n\n\n", "\n\n  , name", "\n\n nname -> Text"] {
            assert_eq!(with_attribute(text, &place, "#[a]"), None, "{text:?}");
        }
    }
}
