//! Who owns which table.

use std::collections::BTreeMap;

use super::{Host, Owner, Stated};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic};
use crate::model::{Place, Schema, TableName};

/// Which owner each table and enumerated type has. Every one that some source defines or some manifest pins has
/// exactly one; names compare as the dialect compares them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    ignores_case: bool,
    /// By [`Ownership::key`]: the name as it is written, and the owner's.
    tables: BTreeMap<TableName, (TableName, String)>,
    /// Enumerated types, whose names no manifest pins.
    enums: BTreeMap<TableName, String>,
}

impl Ownership {
    /// Determines who owns what from the definitions of every owner (by name) in a dialect and the pins in the
    /// manifests, and reports where these disagree. A pin, whose case doesn't count, beats a definition, and the
    /// first owner beats a later one, so that work can continue in spite of errors.
    ///
    /// Codes: `pin-without-definition`, `definition-not-pinned`, `table-owned-twice`,
    /// `definition-of-anothers-table`, `prefix`. That a table is defined twice is for
    /// [`scan`](crate::scan) to say.
    pub fn resolve(host: &Host, schemas: &BTreeMap<String, Schema>, dialect: Dialect) -> (Self, Vec<Diagnostic>) {
        let ignores_case = dialect.facts().names_ignore_case;
        let mut claims = Claims { ownership: Self { ignores_case, ..Self::default() }, ..Claims::default() };
        for owner in &host.owners {
            claims.pins(owner);
        }
        for owner in &host.owners {
            if let Some(schema) = schemas.get(&owner.name) {
                claims.definitions(owner, schema);
            }
        }
        claims.undefined_pins(&host.owners);
        (claims.ownership, claims.diagnostics)
    }

    /// Returns the owner of a table or an enumerated type, which share one namespace. Returns `None` when nobody
    /// defines or pins it.
    pub fn owner_of(&self, name: &TableName) -> Option<&str> {
        let of_table = self.tables.get(&self.key(name)).map(|(_, owner)| owner.as_str());
        of_table.or_else(|| self.enums.get(name).map(String::as_str))
    }

    fn key(&self, name: &TableName) -> TableName {
        if self.ignores_case { folded(name) } else { name.clone() }
    }

    fn own(&mut self, table: &TableName, owner: &Owner) {
        self.tables.entry(self.key(table)).or_insert_with(|| (table.clone(), owner.name.clone()));
    }

    /// Returns the tables of an owner, by name.
    pub fn tables_of(&self, owner: &str) -> impl Iterator<Item = &TableName> {
        self.tables.values().filter(move |(_, other)| other == owner).map(|(table, _)| table)
    }
}

/// What is claimed so far.
#[derive(Default)]
struct Claims<'a> {
    ownership: Ownership,
    pinned: BTreeMap<TableName, Pin<'a>>,
    diagnostics: Vec<Diagnostic>,
}

struct Pin<'a> {
    owner: &'a str,
    pin: &'a Stated,
    defined: bool,
}

impl<'a> Claims<'a> {
    fn pins(&mut self, owner: &'a Owner) {
        for pin in owner.pins.iter().flatten() {
            let table = table_name(&pin.text);
            let key = folded(&table);
            match self.pinned.get(&key) {
                Some(first) => self.diagnostics.push(
                    Diagnostic::error(Code::TableOwnedTwice, format!("table `{table}` is pinned twice"))
                        .at(pin.place.clone(), format!("by `{}`", owner.name))
                        .at(first.pin.place.clone(), format!("and by `{}`", first.owner))
                        .help("take it out of one of the two lists"),
                ),
                None => {
                    self.pinned.insert(key, Pin { owner: &owner.name, pin, defined: false });
                    self.ownership.own(&table, owner);
                }
            }
        }
    }

    fn definitions(&mut self, owner: &Owner, schema: &Schema) {
        // Where nobody defines a type, whoever names it is its owner. Such a type isn't judged either.
        for name in schema.enums.keys() {
            self.ownership.enums.entry(name.clone()).or_insert_with(|| owner.name.clone());
        }
        for table in schema.tables.values() {
            let place = table.hints.place.as_ref();
            let key = folded(&table.name);
            match self.pinned.get_mut(&key) {
                Some(pin) if pin.owner == owner.name => {
                    pin.defined = true;
                    // The definition knows how the name is really written.
                    self.ownership.tables.remove(&self.ownership.key(&table_name(&pin.pin.text)));
                    self.ownership.own(&table.name, owner);
                }
                Some(pin) => {
                    // The pin has a definition, whoever states it.
                    pin.defined = true;
                    let message =
                        format!("`{}` defines table `{}`, which belongs to `{}`", owner.name, table.name, pin.owner);
                    let diagnostic = Diagnostic::error(Code::DefinitionOfAnothersTable, message);
                    let diagnostic = with_place(diagnostic, place, "defined here");
                    self.diagnostics.push(
                        diagnostic.at(pin.pin.place.clone(), format!("pinned by `{}`", pin.owner)).help(format!(
                            "refer to the definition in `{}`, or move the pin to `{}`",
                            pin.owner, owner.name
                        )),
                    );
                    continue;
                }
                None => {
                    self.ownership.own(&table.name, owner);
                    if owner.pins.is_some() {
                        let message = format!("`{}` defines table `{}` but doesn't pin it", owner.name, table.name);
                        let diagnostic = Diagnostic::error(Code::DefinitionNotPinned, message);
                        let help = format!("add \"{}\" to the `tables` of `{}`", table.name, owner.name);
                        let diagnostic = with_place(diagnostic, place, "defined here");
                        let list = owner.pins.iter().flatten().last().map(|pin| &pin.place);
                        self.diagnostics.push(with_place(diagnostic, list, "the list of its tables").help(help));
                    }
                }
            }
            self.prefix(owner, &table.name, place);
        }
    }

    fn prefix(&mut self, owner: &Owner, table: &TableName, place: Option<&Place>) {
        let Some(rule) = &owner.prefix else { return };
        let wanted = rule.prefix.text.to_ascii_lowercase();
        let excepted = rule.exceptions.iter().any(|name| folded(&table_name(&name.text)) == folded(table));
        if excepted || table.name.to_ascii_lowercase().starts_with(&wanted) {
            return;
        }
        let message = format!("table `{table}` of `{}` doesn't begin with `{}`", owner.name, rule.prefix.text);
        let diagnostic = with_place(Diagnostic::error(Code::Prefix, message), place, "defined here");
        let help = format!("rename it, or add \"{table}\" to `prefix_exceptions`");
        self.diagnostics.push(diagnostic.at(rule.prefix.place.clone(), "the rule").help(help));
    }

    fn undefined_pins(&mut self, owners: &[Owner]) {
        // In the order of owners and of their lists, as a reader would go through them.
        for owner in owners {
            for pin in owner.pins.iter().flatten() {
                let undefined = |claim: &Pin<'_>| !claim.defined && claim.owner == owner.name && claim.pin == pin;
                if self.pinned.get(&folded(&table_name(&pin.text))).is_some_and(undefined) {
                    let message = format!("`{}` pins table `{}` but doesn't define it", owner.name, pin.text);
                    self.diagnostics.push(
                        Diagnostic::error(Code::PinWithoutDefinition, message)
                            .at(pin.place.clone(), "pinned here")
                            .help("define the table in the owner's sources, or take the pin out"),
                    );
                }
            }
        }
    }
}

fn with_place(diagnostic: Diagnostic, place: Option<&Place>, text: &str) -> Diagnostic {
    match place {
        Some(place) => diagnostic.at(place.clone(), text),
        None => diagnostic,
    }
}

/// Parses a table as a manifest writes it: `name`, or `schema.name`.
fn table_name(text: &str) -> TableName {
    match text.split_once('.') {
        Some((schema, name)) => TableName::stated(Some(schema.to_owned()), name),
        None => TableName::new(text),
    }
}

fn folded(table: &TableName) -> TableName {
    TableName {
        schema: table.schema.as_ref().map(|schema| schema.to_ascii_lowercase()),
        name: table.name.to_ascii_lowercase(),
    }
}
