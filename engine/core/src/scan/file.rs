//! Files: their macro calls, the names that these go by, and the conditions around them.

use autogen_syntax::plain;
use std::collections::{BTreeMap, BTreeSet};

use autogen_syntax::{EnumMacro, Joinable, joins_without_key, table};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Ident, ImplItem, Item, ItemEnum, ItemMacro, ItemMod, ItemStruct, Stmt, UseTree};

use super::sources::Text;
use super::wrapper::{Wrapper, looks_like_table, wrapper};
use super::{Cfg, Definition, Definitions, Join, Macro, SourceFile, cfg, enums};
use crate::error::{Code, Diagnostic};

/// Reads the files of one owner into its definitions.
pub(super) struct Reader<'a> {
    definitions: &'a mut Definitions,
    /// The owner's `macro_rules!` around `table!`, wherever they are defined.
    wrappers: BTreeMap<String, Wrapper>,
    /// Calls of macros that may turn out to be such a wrapper, in a file that is read later.
    calls: Vec<Call>,
}

struct Call {
    name: String,
    body: syn::Macro,
    around: Around,
}

/// What a macro call stands in.
#[derive(Clone)]
struct Around {
    cfgs: Vec<Cfg>,
    file: SourceFile,
    modules: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(definitions: &'a mut Definitions) -> Self {
        Self { definitions, wrappers: BTreeMap::new(), calls: Vec::new() }
    }

    /// Reads a file that stands under conditions.
    pub(super) fn read(&mut self, text: &Text, cfgs: Vec<Cfg>) {
        if cfg::never(&cfgs) {
            return;
        }
        match syn::parse_str::<syn::File>(&text.text) {
            Ok(parsed) => {
                let modules = Vec::new();
                Finder { file: &text.file, cfgs, modules, scopes: Vec::new(), reader: self }.visit_file(&parsed);
            }
            Err(error) => self.definitions.diagnostics.push(
                Diagnostic::error(Code::RustSyntax, format!("this is not Rust: {error}"))
                    .at(text.file.place(error.span()), "")
                    .help("the compiler says the same; fix it, or leave the file out of `sources`"),
            ),
        }
    }

    /// Looks at the calls that had to wait until all files were read.
    pub(super) fn finish(mut self) {
        for call in std::mem::take(&mut self.calls) {
            match self.wrappers.get(&call.name) {
                Some(Wrapper::Forwards(whose)) => self.table(&call.body, *whose, true, call.around),
                Some(Wrapper::Hides(_)) | None => {}
            }
        }
        // Tables of wrappers were found last, but belong to their place in the file.
        self.definitions.tables.sort_by_cached_key(|table| {
            let place = table.place();
            (place.file, place.span.start)
        });
    }

    /// Reads a `table!`. `sure` says that it can't be the `table!` of some other crate.
    fn table(&mut self, call: &syn::Macro, whose: Macro, sure: bool, around: Around) {
        let Around { cfgs, file, modules } = around;
        match call.parse_body_with(table(whose)) {
            Ok(table) => {
                for attribute in &table.unread {
                    let message = format!("`#[{attribute}]` isn't read here: this `table!` is taken for Diesel's");
                    let help = format!(
                        "call it `autogen::table!`, or write `#[cfg_attr(any(), autogen({attribute}...))]`, which needs no dependency"
                    );
                    self.definitions.diagnostics.push(
                        Diagnostic::warning(Code::AttributeNotRead, message)
                            .at(file.place(attribute.span()), "")
                            .help(help),
                    );
                }
                let span = call.delimiter.span().join();
                self.definitions.tables.push(Definition { table, whose, cfgs, file, modules, span });
            }
            Err(_) if !sure && !looks_like_table(&call.tokens) => {}
            Err(error) => {
                let help = match whose {
                    Macro::Autogen => {
                        "docs/reference.md in autogen's repository shows every form; the compiler says the same"
                    }
                    Macro::Diesel => "a table is `name (key) { column -> Type, }`",
                };
                self.grammar(error, &file, help);
            }
        }
    }

    fn join(&mut self, call: &syn::Macro, attributes: &[Attribute], around: Around) {
        let Around { cfgs, file, modules } = around;
        match joins_without_key(attributes) {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => self.grammar(error, &file, "write `#[cfg_attr(any(), autogen(no_key))]`"),
        }
        match call.parse_body::<Joinable>() {
            Ok(join) => self.definitions.joins.push(Join { join, cfgs, file, modules }),
            Err(error) => self.grammar(error, &file, "the form is `joinable!(child -> parent (column))`"),
        }
    }

    fn hidden(&mut self, name: &Ident, file: &SourceFile) {
        let message = format!("the tables that the macro `{name}!` makes can't be seen");
        let help =
            "write the `table!`s out, or let the macro pass all its tokens on: `($($t:tt)*) => { table! { $($t)* } }`";
        self.definitions
            .diagnostics
            .push(Diagnostic::warning(Code::WrappedTable, message).at(file.place(name.span()), "").help(help));
    }

    fn grammar(&mut self, errors: syn::Error, file: &SourceFile, help: &str) {
        // Found column by column and then for the whole table, but reported from top to bottom.
        let mut errors: Vec<_> = errors.into_iter().map(|error| (file.place(error.span()), error)).collect();
        errors.sort_by_key(|(place, _)| (place.line, place.column));
        for (place, error) in errors {
            self.definitions
                .diagnostics
                .push(Diagnostic::error(Code::TableSyntax, error.to_string()).at(place, "").help(help));
        }
    }
}

/// What a macro name in scope means.
#[derive(Clone, Copy)]
enum Meaning {
    Table(Macro),
    Join,
    /// A local macro called `table` around this one. A call that has a table's form is taken for
    /// one: projects shadow `table!` to do something more with each table.
    Shadowed(Macro),
}

#[derive(Default)]
struct Scope {
    names: BTreeMap<String, Meaning>,
    /// Whether there is a `use autogen::*`.
    all_of_autogen: bool,
    /// Derives that are imported from other crates than Diesel's, by the name that they have here.
    others_derives: BTreeSet<String>,
}

struct Finder<'r, 'a> {
    file: &'r SourceFile,
    /// Conditions from the outermost to the innermost.
    cfgs: Vec<Cfg>,
    /// Modules from the outermost to the innermost.
    modules: Vec<String>,
    /// Scopes from the outermost to the innermost.
    scopes: Vec<Scope>,
    reader: &'r mut Reader<'a>,
}

impl Finder<'_, '_> {
    /// Visits an item with attributes, unless only tests compile it.
    fn under(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outer = self.cfgs.len();
        self.cfgs.extend(Cfg::of(attributes));
        let is_test = attributes.iter().any(|a| a.path().segments.last().is_some_and(|last| last.ident == "test"));
        if !is_test && !cfg::never(&self.cfgs) {
            visit(self);
        }
        self.cfgs.truncate(outer);
    }

    /// Visits what is in a scope with these items. Their imports hold from the scope's first line.
    fn within<'i>(&mut self, items: impl Iterator<Item = &'i Item>, visit: impl FnOnce(&mut Self)) {
        let mut scope = Scope::default();
        for item in items {
            if let Item::Use(item) = item
                && !cfg::never(&Cfg::of(&item.attrs))
            {
                import(&item.tree, &mut Vec::new(), &mut scope);
            }
        }
        self.scopes.push(scope);
        visit(self);
        self.scopes.pop();
    }

    fn meaning(&self, path: &syn::Path) -> Option<Meaning> {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let [word] = words.as_slice() else { return by_path(&words) };
        if let Some(meaning) = self.scopes.iter().rev().find_map(|scope| scope.names.get(word)) {
            return Some(*meaning);
        }
        match word.as_str() {
            "table" if self.scopes.iter().any(|scope| scope.all_of_autogen) => Some(Meaning::Table(Macro::Autogen)),
            "table" => Some(Meaning::Table(Macro::Diesel)),
            "joinable" => Some(Meaning::Join),
            _ => None,
        }
    }

    fn define_macro(&mut self, item: &ItemMacro) {
        let Some(name) = &item.ident else { return };
        let Some(wrapper) = wrapper(&item.mac.tokens) else { return };
        let meaning = match wrapper {
            Wrapper::Forwards(whose) => Some(Meaning::Table(whose)),
            Wrapper::Hides(whose) if name == "table" => Some(Meaning::Shadowed(whose)),
            Wrapper::Hides(_) => {
                self.reader.hidden(name, self.file);
                None
            }
        };
        // Like `macro_rules!` itself, known from here on; to other files through the reader.
        if let (Some(scope), Some(meaning)) = (self.scopes.last_mut(), meaning) {
            scope.names.insert(name.to_string(), meaning);
        }
        self.reader.wrappers.insert(name.to_string(), wrapper);
    }
}

impl<'ast> Visit<'ast> for Finder<'_, '_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        self.under(&file.attrs, |this| this.within(file.items.iter(), |this| visit::visit_file(this, file)));
    }

    fn visit_item(&mut self, item: &'ast Item) {
        self.under(attributes(item), |this| visit::visit_item(this, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Fn(function) => self.under(&function.attrs, |this| visit::visit_impl_item(this, item)),
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let items = module.content.iter().flat_map(|(_, items)| items);
        self.modules.push(plain(&module.ident));
        self.within(items, |this| visit::visit_item_mod(this, module));
        self.modules.pop();
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            Stmt::Local(_) | Stmt::Expr(..) | Stmt::Macro(_) => None,
        });
        self.within(items, |this| visit::visit_block(this, block));
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Macro(call) => self.under(&call.attrs, |this| this.call(&call.mac, &call.attrs)),
            Stmt::Local(_) | Stmt::Item(_) | Stmt::Expr(..) => visit::visit_stmt(self, statement),
        }
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        enums::derived_type(item, self.file, self.reader.definitions);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        let is_others = |name: &str| self.scopes.iter().any(|scope| scope.others_derives.contains(name));
        let whose = autogen_syntax::enum_macro(item).filter(|whose| match whose {
            EnumMacro::Autogen => true,
            EnumMacro::DbEnum => !is_others("DbEnum"),
            EnumMacro::Diesel => !is_others("Enum"),
        });
        if let Some(whose) = whose {
            enums::read(item, whose, self.cfgs.clone(), self.file, self.reader.definitions);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.ident.is_some() {
            self.define_macro(item);
        } else {
            self.call(&item.mac, &item.attrs);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.call(call, &[]);
    }
}

impl Finder<'_, '_> {
    /// Reads a call of a macro that has these attributes.
    fn call(&mut self, call: &syn::Macro, attributes: &[Attribute]) {
        let around = Around { cfgs: self.cfgs.clone(), file: self.file.clone(), modules: self.modules.clone() };
        match self.meaning(&call.path) {
            Some(Meaning::Table(whose)) => {
                let sure = call.path.segments.iter().any(|word| word.ident == "diesel" || word.ident == "autogen");
                self.reader.table(call, whose, sure, around);
            }
            Some(Meaning::Join) => self.reader.join(call, attributes, around),
            Some(Meaning::Shadowed(whose)) => match (call.path.get_ident(), call.parse_body_with(table(whose))) {
                (Some(name), Err(_)) => self.reader.hidden(name, self.file),
                _ => self.reader.table(call, whose, true, around),
            },
            None if call.path.segments.last().is_some_and(|last| last.ident == "sql_enum") => {
                enums::read_macro(call, around.cfgs, self.file, self.reader.definitions);
            }
            None if looks_like_table(&call.tokens) => {
                if let Some(last) = call.path.segments.last() {
                    self.reader.calls.push(Call { name: last.ident.to_string(), body: call.clone(), around });
                }
            }
            None => {}
        }
    }
}

/// Returns the meaning of a macro's path of several words.
fn by_path(words: &[String]) -> Option<Meaning> {
    match words.last()?.as_str() {
        "table" if words.iter().any(|word| word == "autogen") => Some(Meaning::Table(Macro::Autogen)),
        "table" => Some(Meaning::Table(Macro::Diesel)),
        "joinable" => Some(Meaning::Join),
        _ => None,
    }
}

fn import(tree: &UseTree, before: &mut Vec<String>, scope: &mut Scope) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            import(&path.tree, before, scope);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| import(tree, before, scope)),
        UseTree::Glob(_) => scope.all_of_autogen |= before.iter().any(|word| word == "autogen"),
        UseTree::Name(name) => {
            note_derive(before, &name.ident, scope);
            before.push(name.ident.to_string());
            // `use schema::users::table` brings a type called `table`, not the macro.
            if before.iter().any(|word| word == "autogen" || word == "diesel")
                && let Some(meaning) = by_path(before)
            {
                scope.names.insert(name.ident.to_string(), meaning);
            }
            before.pop();
        }
        UseTree::Rename(rename) => {
            note_derive(before, &rename.rename, scope);
            before.push(rename.ident.to_string());
            if let Some(meaning) = by_path(before) {
                scope.names.insert(rename.rename.to_string(), meaning);
            }
            before.pop();
        }
    }
}

/// Notes an import that makes a derive's name another crate's.
fn note_derive(before: &[String], name: &Ident, scope: &mut Scope) {
    let is_theirs = before.first().is_some_and(|root| root.starts_with("diesel") || root == "crate");
    if (name == "Enum" || name == "DbEnum") && !is_theirs {
        scope.others_derives.insert(name.to_string());
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        // Syn's enum is non-exhaustive. What syn can't parse contains no macro call either.
        _ => &[],
    }
}
