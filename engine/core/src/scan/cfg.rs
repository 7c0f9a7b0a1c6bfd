//! `#[cfg(...)]`: what never reaches a build of the host, and what belongs to one database.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitBool, Meta, Token};

use crate::dialect::Dialect;

/// A condition of `#[cfg(...)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cfg {
    /// All hold.
    All(Vec<Cfg>),
    /// At least one holds.
    Any(Vec<Cfg>),
    /// It doesn't hold.
    Not(Box<Cfg>),
    /// `unix`, or anything that is no known form.
    Word(String),
    /// `feature = "sqlite"`.
    Value(String, String),
}

impl Cfg {
    /// Returns the conditions that attributes state.
    pub(super) fn of(attributes: &[Attribute]) -> Vec<Self> {
        attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).map(Self::parse).collect()
    }

    fn parse(attribute: &Attribute) -> Self {
        if let Ok(literal) = attribute.parse_args::<LitBool>() {
            return if literal.value { Self::All(Vec::new()) } else { Self::Any(Vec::new()) };
        }
        attribute.parse_args::<Meta>().map_or_else(|_| Self::Word(String::new()), |meta| Self::of_meta(&meta))
    }

    /// Returns the condition that a part of `cfg(...)` or `cfg_attr(...)` states.
    pub(super) fn of_meta(meta: &Meta) -> Self {
        let word = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        match meta {
            Meta::Path(_) => Self::Word(word),
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Self::Value(word, text.value()),
                _ => Self::Word(String::new()),
            },
            Meta::List(list) => {
                let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
                    return Self::Word(String::new());
                };
                let mut parts: Vec<Self> = parts.iter().map(Self::of_meta).collect();
                match word.as_str() {
                    "all" => Self::All(parts),
                    "any" => Self::Any(parts),
                    "not" if parts.len() == 1 => Self::Not(Box::new(parts.remove(0))),
                    _ => Self::Word(String::new()),
                }
            }
        }
    }

    /// Returns whether the condition holds, or `None` where that depends on what `atom` doesn't know.
    fn holds(&self, atom: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(parts) => all(parts, atom),
            // By De Morgan, so that there is one three-valued rule.
            Self::Any(parts) => {
                let nots: Vec<_> = parts.iter().cloned().map(|part| Self::Not(Box::new(part))).collect();
                all(&nots, atom).map(|none| !none)
            }
            Self::Not(part) => part.holds(atom).map(|holds| !holds),
            Self::Word(word) => atom(word),
            Self::Value(key, value) if key == "feature" => atom(value).filter(|_| value != "test"),
            Self::Value(..) => None,
        }
    }
}

fn all(cfgs: &[Cfg], atom: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
    let mut result = Some(true);
    for cfg in cfgs {
        match cfg.holds(atom) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

/// Checks whether conditions hold in no build except that of the tests.
pub(super) fn never(cfgs: &[Cfg]) -> bool {
    all(cfgs, &|word| (word == "test").then_some(false)) == Some(false)
}

/// Returns whether conditions hold in a build for one dialect, or `None` where they say nothing about it.
pub(super) fn under(cfgs: &[Cfg], dialect: Dialect) -> Option<bool> {
    all(cfgs, &|word| match word {
        "test" => Some(false),
        word => database(word).map(|database| database == dialect.name()),
    })
}

/// Returns the database that a feature or a flag is about: `sqlite`, `diesel-postgres`, `mysql_backend`.
fn database(word: &str) -> Option<&'static str> {
    let mut found = None;
    for part in word.split(['-', '_']) {
        let database = match part {
            "sqlite" | "sqlite3" => "sqlite",
            "postgres" | "postgresql" | "pg" => "postgres",
            "mysql" | "mariadb" => "mysql",
            "backend" | "bundled" | "database" | "db" | "diesel" => continue,
            // `sqlite-import` needn't mean that the host runs on SQLite.
            _ => return None,
        };
        match found {
            None => found = Some(database),
            Some(_) => return None,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfgs(text: &str) -> Vec<Cfg> {
        let item: syn::ItemMod = syn::parse_str(&format!("{text} mod m {{}}")).expect("attributes");
        Cfg::of(&item.attrs)
    }

    #[test]
    fn what_only_tests_compile_never_holds() {
        assert!(never(&cfgs("#[cfg(test)]")));
        assert!(never(&cfgs("#[cfg(all(test, feature = \"x\"))]")));
        assert!(never(&cfgs("#[cfg(any())]")));
        assert!(never(&cfgs("#[cfg(not(all()))]")));
        assert!(never(&cfgs("#[cfg(false)]")));
        assert!(never(&cfgs("#[cfg(unix)] #[cfg(test)]")));
        assert!(!never(&cfgs("#[cfg(not(test))]")));
        assert!(!never(&cfgs("#[cfg(any(test, feature = \"x\"))]")));
        assert!(!never(&cfgs("#[cfg(feature = \"test\")]")));
        assert!(!never(&cfgs("#[doc(hidden)]")));
    }

    #[test]
    fn a_condition_may_name_a_database() {
        let sqlite = |text: &str| under(&cfgs(text), Dialect::Sqlite);
        assert_eq!(sqlite("#[cfg(feature = \"sqlite\")]"), Some(true));
        assert_eq!(sqlite("#[cfg(sqlite)]"), Some(true));
        assert_eq!(sqlite("#[cfg(feature = \"postgres_backend\")]"), Some(false));
        assert_eq!(sqlite("#[cfg(not(feature = \"mysql\"))]"), Some(true));
        assert_eq!(sqlite("#[cfg(any(feature = \"mysql\", feature = \"sqlite\"))]"), Some(true));
        assert_eq!(sqlite("#[cfg(all(feature = \"sqlite\", unix))]"), None);
        assert_eq!(sqlite("#[cfg(feature = \"sqlite-import\")]"), None);
        assert_eq!(sqlite("#[cfg(target_os = \"linux\")]"), None);
    }
}
