//! `autogen::plugin!`: a crate's migrations, read while it is compiled.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};

/// Folders of these names hold a chain each, if they hold no migration themselves.
const DIALECTS: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// Where migrations are unless the macro is told.
const FOLDER: &str = "migrations";

/// `[NAME] [, migrations = "FOLDER"]`.
#[derive(Default)]
struct Arguments {
    name: Option<String>,
    migrations: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Self::default();
        if input.peek(LitStr) {
            arguments.name = Some(input.parse::<LitStr>()?.value());
        } else if input.peek(Ident) && !input.peek2(Token![=]) {
            arguments.name = Some(input.parse::<Ident>()?.to_string());
        }
        if arguments.name.is_some() && !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        if !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != FOLDER {
                return Err(syn::Error::new(
                    key.span(),
                    "write `plugin!()`, `plugin!(NAME)` or `plugin!(NAME, migrations = \"FOLDER\")`",
                ));
            }
            input.parse::<Token![=]>()?;
            arguments.migrations = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(arguments)
    }
}

/// Expands the macro to the plugin as an expression. `root` is the crate's folder. `has_build_script` says
/// whether a build script tells cargo what else to watch. Cargo watches the files that are included, but
/// doesn't see new ones.
pub(crate) fn expand(arguments: TokenStream, root: &Path, has_build_script: bool) -> syn::Result<TokenStream> {
    let Arguments { name, migrations } = syn::parse2(arguments)?;
    let error =
        |message: String| syn::Error::new(migrations.as_ref().map_or_else(Span::call_site, LitStr::span), message);
    let name = name.unwrap_or_else(|| root.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let folder = migrations.as_ref().map_or_else(|| FOLDER.to_owned(), LitStr::value);
    let whole = root.join(&folder);
    if migrations.is_some() && !whole.is_dir() {
        return Err(error(format!("there is no folder `{}`", whole.display())));
    }
    let found = directories(&whole).map_err(&error)?;
    if !found.is_empty() && !has_build_script {
        return Err(error(format!(
            "cargo doesn't notice migrations that come or go: put `fn main() {{ println!(\"cargo::rerun-if-changed={folder}\"); }}` \
             into a build.rs beside this crate's Cargo.toml"
        )));
    }
    let is_dialect = |name: &String| DIALECTS.contains(&name.as_str()) && !whole.join(name).join("up.sql").exists();
    let (dialects, stray): (Vec<_>, Vec<_>) = found.into_iter().partition(is_dialect);
    let chains = match (dialects.as_slice(), stray.as_slice()) {
        ([], []) => Vec::new(),
        ([], _) => vec![chain(root, &folder, None, &stray).map_err(error)?],
        ([..], []) => {
            let chains = dialects.iter().map(|dialect| {
                let folder = format!("{folder}/{dialect}");
                chain(root, &folder, Some(dialect), &directories(&root.join(&folder))?)
            });
            chains.collect::<Result<_, String>>().map_err(error)?
        }
        ([dialect, ..], [stray, ..]) => {
            return Err(error(format!(
                "`{folder}` holds both folders of dialects (`{dialect}`) and migrations (`{stray}`): move those into a dialect's"
            )));
        }
    };
    Ok(quote!(::autogen::Plugin { name: #name, chains: &[#(#chains),*] }))
}

/// Writes a folder's migrations. Texts are included by their paths, so that the compiler knows what it has
/// read.
fn chain(root: &Path, folder: &str, dialect: Option<&String>, names: &[String]) -> Result<TokenStream, String> {
    let dialect = optional(dialect.map(|dialect| quote!(#dialect)));
    let mut migrations = Vec::new();
    for name in names {
        let text = |file: &str| {
            let path = format!("/{folder}/{name}/{file}");
            let is_there = root.join(&path[1..]).is_file();
            is_there.then(|| quote!(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), #path))))
        };
        let Some(up) = text("up.sql") else { return Err(format!("`{folder}/{name}` holds no up.sql")) };
        let (down, metadata) = (optional(text("down.sql")), optional(text("metadata.toml")));
        migrations.push(quote!(::autogen::embedded::Migration {
            name: #name,
            up: #up,
            down: #down,
            metadata: #metadata,
        }));
    }
    Ok(quote!(::autogen::embedded::Chain { dialect: #dialect, migrations: &[#(#migrations),*] }))
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// Returns the names of the folders in a folder that Diesel takes for migrations. Returns none if the folder
/// doesn't exist.
fn directories(folder: &Path) -> Result<Vec<String>, String> {
    let cant_read = |path: &Path, cause: String| format!("can't read `{}`: {cause}", path.display());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| cant_read(folder, cause.to_string()))? {
        let path: PathBuf = entry.map_err(|cause| cant_read(folder, cause.to_string()))?.path();
        let name = path.file_name().unwrap_or_default();
        let name = name.to_str().ok_or_else(|| cant_read(&path, "its name is not UTF-8".to_owned()))?;
        if path.is_dir() && !name.starts_with('.') {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_with(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = root.path().join("usb").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "-- nothing").expect("a file");
        }
        root
    }

    fn expanded(files: &[&str], arguments: &str) -> Result<String, String> {
        let root = crate_with(files);
        let arguments = arguments.parse().expect("tokens");
        let told = expand(arguments, &root.path().join("usb"), true);
        told.map(|tokens| tokens.to_string().replace(' ', ""))
            .map_err(|error| error.to_string().replace(&root.path().display().to_string(), ""))
    }

    #[test]
    fn a_crate_without_migrations_has_an_empty_chain() {
        assert_eq!(expanded(&[], "").expect("is fine"), "::autogen::Plugin{name:\"usb\",chains:&[]}");
        assert!(expanded(&[], "core").expect("is fine").contains("name:\"core\""));
        assert!(expanded(&[], "\"usb-devices\",").expect("is fine").contains("name:\"usb-devices\""));
    }

    #[test]
    fn what_diesel_takes_for_a_migration_is_one() {
        let files = [
            "migrations/2_b/up.sql",
            "migrations/1_a/up.sql",
            "migrations/1_a/down.sql",
            "migrations/.keep/x",
            "migrations/README",
        ];
        let told = expanded(&files, "").expect("is fine");
        assert!(told.contains("dialect:::core::option::Option::None"), "{told}");
        let names: Vec<_> = told.match_indices("name:").map(|(at, _)| &told[at..at + 10]).collect();
        assert_eq!(names, ["name:\"usb\"", "name:\"1_a\"", "name:\"2_b\""]);
        assert_eq!(told.matches("/down.sql").count(), 1);
    }

    #[test]
    fn a_folder_per_dialect_is_a_chain_per_dialect() {
        let files = ["db/sqlite/1_a/up.sql", "db/postgres/1_a/up.sql"];
        let told = expanded(&files, "migrations = \"db\"").expect("is fine");
        assert_eq!(told.matches("Chain{").count(), 2);
        assert!(told.contains("Some(\"postgres\")") && told.contains("\"/db/sqlite/1_a/up.sql\""), "{told}");
    }

    #[test]
    fn what_would_be_missed_is_refused() {
        let refused = |files: &[&str], arguments: &str| expanded(files, arguments).expect_err("is refused");
        assert_eq!(refused(&["migrations/1_a/down.sql"], ""), "`migrations/1_a` holds no up.sql");
        assert_eq!(refused(&[], "migrations = \"nowhere\""), "there is no folder `/usb/nowhere`");
        assert!(refused(&[], "folder = \"x\"").starts_with("write `plugin!("));
        let mixed = refused(&["migrations/sqlite/1_a/up.sql", "migrations/1_a/up.sql"], "");
        assert!(mixed.ends_with("migrations (`1_a`): move those into a dialect's"), "{mixed}");
        let root = crate_with(&["migrations/1_a/up.sql"]);
        let error = expand(TokenStream::new(), &root.path().join("usb"), false).expect_err("is refused");
        assert!(error.to_string().contains("cargo::rerun-if-changed=migrations"), "{error}");
    }
}
