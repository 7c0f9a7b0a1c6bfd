//! Finds the matches over our own enums in which a new variant would vanish in a `_`.
//!
//! Types aren't known here, so an enum is told by the variants that arms name. A `_` may stand inside a variant, and for
//! the rest of somebody else's type. It hides something where the match would still be complete if the enum had one more
//! variant.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::Source;
use proc_macro2::Span;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, File, Item, Lit, Pat, Path, Token, Type, UseTree};

/// The variants of our enums. Several may share a name.
#[derive(Default)]
pub(crate) struct Enums(BTreeMap<String, Vec<BTreeSet<String>>>);

impl Enums {
    /// Adds the enums of a file.
    pub(crate) fn read(&mut self, file: &File) {
        self.visit_file(file);
    }

    fn has(&self, name: &str, variant: &str) -> bool {
        self.0.get(name).is_some_and(|all| all.iter().any(|variants| variants.contains(variant)))
    }

    /// Checks whether these are all variants of an enum of that name.
    fn is_whole(&self, name: &str, named: &BTreeSet<&str>) -> bool {
        let all = |variants: &BTreeSet<String>| variants.iter().all(|variant| named.contains(variant.as_str()));
        self.0.get(name).is_some_and(|enums| enums.iter().any(all))
    }
}

impl<'f> Visit<'f> for Enums {
    fn visit_item(&mut self, item: &'f Item) {
        if let Item::Enum(found) = item {
            let variants = found.variants.iter().map(|variant| variant.ident.to_string()).collect();
            self.0.entry(found.ident.to_string()).or_default().push(variants);
        }
        visit::visit_item(self, item);
    }
}

/// Reads a file as Rust.
pub(crate) fn parsed(source: &Source) -> File {
    syn::parse_file(&source.text).unwrap_or_else(|error| panic!("`{}` isn't Rust: {error}", source.path))
}

/// Returns the lines of a file where a new variant would vanish, each with its enum: in a `match`, and in a `matches!`
/// that lists several variants.
pub(crate) fn hidden(file: &File, enums: &Enums) -> Vec<(usize, String)> {
    let mut finder = Finder { enums, itself: Vec::new(), variants: BTreeMap::new(), found: Vec::new() };
    finder.visit_file(file);
    finder.found
}

struct Finder<'e> {
    enums: &'e Enums,
    /// What `Self` is, from the outside in.
    itself: Vec<String>,
    /// Imported variants, each with the enums that it may be of.
    variants: BTreeMap<String, Vec<String>>,
    found: Vec<(usize, String)>,
}

/// What a pattern takes.
#[derive(Clone)]
enum Want {
    Any,
    Is(Head, Vec<Want>),
    Or(Vec<Want>),
}

/// What a value begins with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    /// A variant of one of our enums.
    Ours(String, String),
    /// A tuple.
    Tuple,
    /// One of two: `Some` or `None`, `Ok` or `Err`, `true` or `false`.
    OneOfTwo(&'static str),
    /// A number, a text, somebody else's variant: nobody names them all.
    Other,
}

impl Head {
    fn variant(&self) -> Option<&str> {
        if let Self::Ours(_, variant) = self { Some(variant) } else { None }
    }
}

/// The patterns of an arm, side by side, and whether it has a guard.
type Row = (Vec<Want>, bool);

impl Finder<'_> {
    fn note(&mut self, span: Span, enums: impl Iterator<Item = String>) {
        self.found.extend(enums.map(|name| (span.start().line, name)));
    }

    /// Checks whether rows take every value, even when one of our enums gets another variant.
    fn take_all(&self, rows: &[Row], grown: &str) -> bool {
        let rows: Vec<Row> = split(rows).into_iter().filter(|(_, has_guard)| !has_guard).collect();
        let Some((first, _)) = rows.first() else { return false };
        if first.is_empty() {
            return true;
        }
        let heads: BTreeSet<Head> = rows.iter().filter_map(|(wants, _)| head_of(wants)).cloned().collect();
        let is_whole = match heads.first() {
            Some(Head::Ours(name, _)) => {
                name != grown && self.enums.is_whole(name, &heads.iter().filter_map(Head::variant).collect())
            }
            Some(Head::Tuple) => true,
            Some(Head::OneOfTwo(_)) => heads.len() == 2,
            Some(Head::Other) | None => false,
        };
        if is_whole {
            heads.iter().all(|head| self.take_all(&inside(&rows, head), grown))
        } else {
            self.take_all(&without(&rows), grown)
        }
    }

    fn want(&self, pattern: &Pat) -> Want {
        match pattern {
            Pat::Ident(name) => match (&name.subpat, self.lone(&name.ident.to_string())) {
                (Some((_, inner)), _) => self.want(inner),
                (None, Some(head)) => Want::Is(head, Vec::new()),
                (None, None) => Want::Any,
            },
            Pat::Path(path) => Want::Is(self.head(&path.path), Vec::new()),
            Pat::TupleStruct(found) => Want::Is(self.head(&found.path), self.parts(&found.elems)),
            Pat::Struct(found) => Want::Is(self.head(&found.path), Vec::new()),
            Pat::Tuple(tuple) => Want::Is(Head::Tuple, self.parts(&tuple.elems)),
            Pat::Or(or) => Want::Or(or.cases.iter().map(|case| self.want(case)).collect()),
            Pat::Paren(inner) => self.want(&inner.pat),
            Pat::Reference(inner) => self.want(&inner.pat),
            Pat::Lit(literal) => match &literal.lit {
                Lit::Bool(value) => Want::Is(Head::OneOfTwo(if value.value { "true" } else { "false" }), Vec::new()),
                _ => Want::Is(Head::Other, Vec::new()),
            },
            Pat::Range(_) | Pat::Const(_) | Pat::Macro(_) | Pat::Slice(_) => Want::Is(Head::Other, Vec::new()),
            _ => Want::Any,
        }
    }

    fn parts<'p>(&self, patterns: impl IntoIterator<Item = &'p Pat>) -> Vec<Want> {
        patterns.into_iter().filter(|pattern| !matches!(pattern, Pat::Rest(_))).map(|part| self.want(part)).collect()
    }

    fn head(&self, path: &Path) -> Head {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let last = names.last().expect("a path has a name");
        if let [.., of, _] = names.as_slice() {
            let of = if of == "Self" { self.itself.last().unwrap_or(of) } else { of };
            if self.enums.has(of, last) {
                return Head::Ours(of.clone(), last.clone());
            }
        }
        self.lone(last).unwrap_or(Head::Other)
    }

    /// Returns the variant that a name alone is.
    fn lone(&self, name: &str) -> Option<Head> {
        if let Some(known) = ["Some", "None", "Ok", "Err"].into_iter().find(|known| *known == name) {
            return Some(Head::OneOfTwo(known));
        }
        let of = self.variants.get(name)?.iter().find(|of| self.enums.has(of, name))?;
        Some(Head::Ours(of.clone(), name.to_owned()))
    }

    fn import(&mut self, tree: &UseTree, of: Option<&str>) {
        match tree {
            UseTree::Path(path) => {
                let name = path.ident.to_string();
                let of = if name == "Self" { self.itself.last().cloned().unwrap_or(name) } else { name };
                self.import(&path.tree, Some(&of));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, of)),
            UseTree::Name(name) => {
                self.variants.entry(name.ident.to_string()).or_default().extend(of.map(str::to_owned));
            }
            UseTree::Glob(_) => {
                let all = of.and_then(|of| self.enums.0.get(of));
                for variant in all.into_iter().flatten().flatten() {
                    self.variants.entry(variant.clone()).or_default().extend(of.map(str::to_owned));
                }
            }
            UseTree::Rename(_) => {}
        }
    }

    fn one_macro(&mut self, found: &syn::Macro) -> syn::Result<()> {
        let tokens = found.tokens.clone();
        if !found.path.is_ident("matches") {
            let arguments = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens)?;
            arguments.iter().for_each(|argument| self.visit_expr(argument));
            return Ok(());
        }
        let parse = |input: syn::parse::ParseStream<'_>| {
            let value: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<proc_macro2::TokenStream>()?;
            Ok((value, pattern))
        };
        let (value, pattern) = parse.parse2(tokens)?;
        self.visit_expr(&value);
        let mut listed = BTreeMap::new();
        list(&self.want(&pattern), &mut listed);
        let partial = |(name, variants): &(String, BTreeSet<String>)| {
            variants.len() > 1 && !self.enums.is_whole(name, &variants.iter().map(String::as_str).collect())
        };
        let partial: Vec<_> = listed.into_iter().filter(partial).map(|(name, _)| name).collect();
        self.note(found.path.span(), partial.into_iter());
        Ok(())
    }
}

impl<'f> Visit<'f> for Finder<'_> {
    fn visit_item_use(&mut self, item: &'f syn::ItemUse) {
        self.import(&item.tree, None);
    }

    fn visit_item_impl(&mut self, item: &'f syn::ItemImpl) {
        let path = if let Type::Path(path) = &*item.self_ty { path.path.segments.last() } else { None };
        self.itself.push(path.map_or_else(String::new, |last| last.ident.to_string()));
        visit::visit_item_impl(self, item);
        self.itself.pop();
    }

    fn visit_item_mod(&mut self, item: &'f syn::ItemMod) {
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_expr_match(&mut self, found: &'f syn::ExprMatch) {
        let rows: Vec<Row> = found.arms.iter().map(|arm| (vec![self.want(&arm.pat)], arm.guard.is_some())).collect();
        let mut matched = BTreeMap::new();
        rows.iter().for_each(|(wants, _)| list(&wants[0], &mut matched));
        let hidden: Vec<_> = matched.into_keys().filter(|name| self.take_all(&rows, name)).collect();
        self.note(found.match_token.span(), hidden.into_iter());
        visit::visit_expr_match(self, found);
    }

    fn visit_macro(&mut self, found: &'f syn::Macro) {
        // What isn't made of expressions holds no match of ours.
        let _unread = self.one_macro(found);
    }
}

fn is_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
}

/// Lists the variants that are matched: of the value itself, and of a tuple's parts.
fn list(want: &Want, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match want {
        Want::Any | Want::Is(Head::Other, _) => {}
        Want::Or(cases) => cases.iter().for_each(|case| list(case, found)),
        Want::Is(Head::Ours(name, variant), _) => {
            found.entry(name.clone()).or_default().insert(variant.clone());
        }
        Want::Is(Head::Tuple | Head::OneOfTwo(_), parts) => parts.iter().for_each(|part| list(part, found)),
    }
}

fn head_of(wants: &[Want]) -> Option<&Head> {
    if let Some(Want::Is(head, _)) = wants.first() { Some(head) } else { None }
}

/// Returns the rows with a row for each alternative of the first pattern.
fn split(rows: &[Row]) -> Vec<Row> {
    let each = rows.iter().flat_map(|(wants, has_guard)| match wants.first() {
        Some(Want::Or(cases)) => {
            let row = |case: &Want| ([std::slice::from_ref(case), &wants[1..]].concat(), *has_guard);
            split(&cases.iter().map(row).collect::<Vec<_>>())
        }
        Some(Want::Any | Want::Is(..)) | None => vec![(wants.clone(), *has_guard)],
    });
    each.collect()
}

/// Returns the rest of the rows that take anything in the first place.
fn without(rows: &[Row]) -> Vec<Row> {
    let any = rows.iter().filter(|(wants, _)| matches!(wants.first(), Some(Want::Any)));
    any.map(|(wants, has_guard)| (wants[1..].to_vec(), *has_guard)).collect()
}

/// Returns the rows that take a head, with its parts in its place.
fn inside(rows: &[Row], head: &Head) -> Vec<Row> {
    let parts = |wants: &[Want]| match wants.first() {
        Some(Want::Is(one, parts)) if one == head => Some(parts.clone()),
        Some(Want::Any) => Some(Vec::new()),
        Some(Want::Is(..) | Want::Or(_)) | None => None,
    };
    let width = rows.iter().filter_map(|(wants, _)| parts(wants)).map(|parts| parts.len()).max().unwrap_or(0);
    let taken = rows.iter().filter_map(|(wants, has_guard)| {
        let mut parts = parts(wants)?;
        parts.resize(width, Want::Any);
        parts.extend_from_slice(&wants[1..]);
        Some((parts, *has_guard))
    });
    taken.collect()
}

#[test]
fn a_hidden_variant_is_found() {
    let lines = |body: &str| {
        let text = format!("enum A {{ X, Y(B), Z }}\nenum B {{ P, Q }}\nuse super::B::*;\nfn f() {{\n{body}\n}}");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut enums = Enums::default();
        enums.read(&file);
        hidden(&file, &enums).into_iter().map(|(line, name)| format!("{line} {name}")).collect::<Vec<_>>()
    };
    let hides_a = ["5 A"];
    for body in [
        "match a { A::X => 1, _ => 2 }",
        "match a { A::X => 1, other => 2 }",
        "match a { Some(A::X) => 1, _ => 2 }",
        "match (a, 1) { (A::X, 1) => 1, (_, _) => 2 }",
        "match (a, a) { (A::X, A::X) => 1, (..) => 2 }",
        "g(match &a { A::X | A::Y(_) => 1, _ => 2 })",
        "println!(\"{}\", match a { A::X => 1, _ => 2 })",
        "g(matches!(a, A::X | A::Y(_) if h))",
    ] {
        assert_eq!(lines(body), hides_a, "{body}");
    }
    assert_eq!(lines("match b { P => 1, _ => 2 }"), ["5 B"]);
    for body in [
        "match a { A::X => 1, A::Y(_) | A::Z => 2 }",
        "match a { A::X if h => 1, A::X | A::Y(_) | A::Z => 2 }",
        "match (a, b) { (A::X, P) => 1, (A::X, Q) => 2, (A::Y(_) | A::Z, _) => 3 }",
        "match a { A::Y(P) => 1, A::X | A::Y(_) | A::Z => 2 }",
        "match a { Some(A::X | A::Y(_) | A::Z) => 1, None => 2 }",
        "match word { \"x\" => 1, _ => 2 }",
        "match kind { foreign::Kind::X => 1, _ => 2 }",
        "g(matches!(a, A::X))",
        "if let A::X = a { 1 } else { 2 }",
    ] {
        assert_eq!(lines(body), Vec::<String>::new(), "{body}");
    }
}
