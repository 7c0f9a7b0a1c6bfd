//! Conditions on module files: `#[cfg(test)] mod fixtures;` is about `fixtures.rs` and all below it.

use autogen_syntax::plain;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, MetaNameValue, Token};

use super::Cfg;
use super::sources::Text;

/// The conditions that files stand under.
#[derive(Default)]
pub(super) struct Gates {
    /// By file, or by the folder of a module: the conditions of each declaration of it.
    declarations: BTreeMap<PathBuf, Vec<Vec<Cfg>>>,
}

impl Gates {
    /// Returns all conditions on a file: its own, and those of the modules around it.
    pub(super) fn of(&self, path: &Path) -> Vec<Cfg> {
        let mut cfgs = Vec::new();
        for declarations in path.ancestors().filter_map(|part| self.declarations.get(part)) {
            match declarations.as_slice() {
                [one] => cfgs.extend(one.iter().cloned()),
                // Declared twice, a module is compiled as soon as one of the declarations is.
                several => cfgs.push(Cfg::Any(several.iter().cloned().map(Cfg::All).collect())),
            }
        }
        cfgs
    }

    fn add(&mut self, path: PathBuf, cfgs: &[Cfg]) {
        self.declarations.entry(path).or_default().push(cfgs.to_vec());
    }
}

/// Finds the conditions. A file that doesn't parse states none: if it defines tables its syntax is
/// reported elsewhere, and otherwise it is none of our business.
pub(super) fn gates(texts: &[Text]) -> Gates {
    let mut gates = Gates::default();
    for text in texts.iter().filter(|text| text.may_gate) {
        let Ok(file) = syn::parse_file(&text.text) else { continue };
        let parent = text.path.parent().unwrap_or(Path::new("")).to_owned();
        let is_root = ["lib.rs", "main.rs", "mod.rs"].iter().any(|name| text.path.ends_with(name));
        let folder = if is_root { parent.clone() } else { text.path.with_extension("") };
        find(&file.items, &folder, &parent, &[], &mut gates);
    }
    gates
}

/// Finds the conditions on module files. `folder` is where module files are looked for, and `beside` is what a
/// `#[path]` is relative to.
fn find(items: &[Item], folder: &Path, beside: &Path, around: &[Cfg], gates: &mut Gates) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = plain(&module.ident);
        let mut cfgs = around.to_vec();
        cfgs.extend(Cfg::of(&module.attrs));
        if let Some((_, items)) = &module.content {
            let folder = folder.join(&name);
            find(items, &folder, &folder, &cfgs, gates);
            continue;
        }
        let paths = paths(&module.attrs);
        if paths.is_empty() {
            let folder = folder.join(&name);
            gates.add(folder.with_extension("rs"), &cfgs);
            gates.add(folder, &cfgs);
        }
        for (condition, path) in paths {
            let file = without_dots(&beside.join(path));
            let cfgs: Vec<_> = cfgs.iter().cloned().chain(condition).collect();
            match file.parent() {
                Some(folder) if file.ends_with("mod.rs") => gates.add(folder.to_owned(), &cfgs),
                Some(_) | None => gates.add(file, &cfgs),
            }
        }
    }
}

/// Returns the paths in `#[path = "..."]` and `#[cfg_attr(condition, path = "...")]`.
fn paths(attributes: &[Attribute]) -> Vec<(Option<Cfg>, String)> {
    let mut paths = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta {
            paths.extend(path_of(pair).map(|path| (None, path)));
        } else if attribute.path().is_ident("cfg_attr")
            && let Ok(parts) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            && let Some(condition) = parts.first().map(Cfg::of_meta)
        {
            for part in parts.iter().skip(1) {
                if let Meta::NameValue(pair) = part {
                    paths.extend(path_of(pair).map(|path| (Some(condition.clone()), path)));
                }
            }
        }
    }
    paths
}

fn path_of(pair: &MetaNameValue) -> Option<String> {
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if pair.path.is_ident("path") => Some(text.value()),
        _ => None,
    }
}

/// Resolves `a/../b` to `b`, as text. Files are compared as they were found, not as links resolve.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            Component::ParentDir | Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    clean
}
