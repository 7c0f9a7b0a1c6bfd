//! Holds plugins' revisions to their own objects on PostgreSQL.
//!
//! A revision runs in a transaction. Before it, `before.sql` notes what others own; after it, `after.sql` asks what this
//! transaction has written. Three things tell, none of which a statement's spelling hides:
//!
//! * each row of a catalog bears the transaction that wrote it;
//! * what is dropped, and what loses a part, stays locked until the transaction ends;
//! * so does a table whose rows are written, and a sequence that is drawn from.
//!
//! Scripts for psql hold the same statements. What reaches the server's machine can't be rolled back: `beyond` finds the
//! forms that do.

use std::collections::{BTreeMap, BTreeSet};

use super::owners::{Owners, named};
use crate::dialect::Dialect;
use crate::history::{CORE, Revision};
use crate::model::STATE_TABLES;

pub(super) use crate::sql::postgres::beyond;
pub(in crate::history) use crate::sql::postgres::{Form, form, probe};

/// Returns the functions, schemas, sequences and collations that a script makes, as kinds and names.
pub(super) fn objects(sql: &str) -> Vec<String> {
    let objects = crate::sql::postgres::objects(sql);
    objects.iter().map(|(kind, name)| format!("{kind} {}", name_of(name))).collect()
}

/// Begins a look at the catalog: from here on, names refer to PostgreSQL's own catalog.
pub(in crate::history) const ENTER: &str = "DO $autogen$ BEGIN PERFORM \
    pg_catalog.set_config('autogen.home', coalesce(pg_catalog.current_schema()::pg_catalog.text, ''), true), \
    pg_catalog.set_config('autogen.path', pg_catalog.current_setting('search_path'), true), \
    pg_catalog.set_config('autogen.schemas', pg_catalog.current_schemas(false)::pg_catalog.text, true); END $autogen$;\n\
    SET LOCAL search_path = pg_catalog, pg_temp;\nSET LOCAL jit = off;";

/// Ends a look at the catalog: names refer again to what they did before.
pub(in crate::history) const LEAVE: &str = "DO $autogen$ BEGIN PERFORM \
    pg_catalog.set_config('search_path', pg_catalog.current_setting('autogen.path'), true); END $autogen$;";

/// Checks deferred constraints now, while the transaction is watched.
pub(in crate::history) const SETTLE: &str = "SET CONSTRAINTS ALL IMMEDIATE";

/// The beginning of an error of `after.sql`.
pub(in crate::history) const FENCED: &str = "fenced: ";

/// Settings that this program makes for a transaction.
const OWN_SETTINGS: &str = "'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'jit'";

/// A relation's row in the catalog, without what changes by itself or by a foreign key that references it.
const CLASS: &str = "concat_ws('|', c.relname, c.relnamespace, c.relowner, c.relam, c.relfilenode, c.reltablespace, \
    c.relpersistence, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.relacl, \
    c.reloptions, c.relpartbound, c.reloftype)";

/// A description of a foreign key that stays the same if the key is dropped and added again.
const KEY: &str = "concat_ws('|', k.conrelid, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, \
    k.confrelid, k.confupdtype, k.confdeltype, k.confmatchtype, k.conislocal, k.connoinherit, k.conkey, k.confkey)";

impl Owners {
    /// Returns the query that notes, as one text, what doesn't belong to the revision's owner. `sql` is the
    /// file, whose `first` statements have run in transactions of their own. If the next statement runs
    /// `alone`, outside of any transaction, every change that happens meanwhile counts.
    pub(in crate::history) fn before(&self, revision: &Revision, (sql, first): (&str, usize), alone: bool) -> String {
        let (begun, makes) = self.made_around(sql, first);
        let own = self.own(revision).into_iter().chain(begun);
        let allowed = self.may_alter(&revision.owner);
        let any_kind = ["function", "sequence", "schema", "type", "collation"];
        let allowed = allowed.iter().flat_map(|name| any_kind.iter().map(move |kind| format!("{kind} {name}")));
        let made: Vec<String> = self.objects_of(&revision.owner).into_iter().chain(allowed).collect();
        let (tables, owners): (Vec<&str>, Vec<&str>) =
            self.whose().iter().map(|(table, owner)| (table.as_str(), owner.as_str())).unzip();
        let asked = format!(
            "{}::text AS plugin, {}::text[] AS owned, {}::text[] AS makes, {}::text[] AS made, {}::name[] AS words, \
             {}::text[] AS dotted, \
             jsonb_object({}, {}) AS whose, {alone} AS alone",
            literal(&revision.owner),
            array(own),
            array(makes),
            array(made),
            array(words(sql)),
            array(dotted(sql)),
            array(tables),
            array(owners),
        );
        // Names that people have chosen are filled in last, because a placeholder in them must not be filled.
        filled(include_str!("before.sql")).replacen("{asked}", &asked, 1)
    }

    /// Returns the plugin's own function that a statement names.
    pub(in crate::history) fn own_function(&self, revision: &Revision, statement: &str) -> Option<String> {
        let made = self.objects_of(&revision.owner);
        let names: Vec<&str> = made.iter().filter_map(|object| object.strip_prefix("function ")).collect();
        let words = Dialect::Postgres.unquoted_words(statement);
        words.into_iter().find(|word| names.iter().any(|name| name.rsplit('.').next() == Some(word)))
    }
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Writes an array of texts as one literal, which PostgreSQL parses faster than thousands of them.
fn array(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
    literal(&format!("{{{}}}", texts.join(",")))
}

/// Returns all words of a script that may be names, also within strings and blocks. Each word is also
/// returned in lower case, because PostgreSQL folds unquoted names.
fn words(sql: &str) -> BTreeSet<String> {
    let words = sql.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let words = words.filter(|word| !word.is_empty());
    words.flat_map(|word| [word.to_owned(), word.to_ascii_lowercase()]).collect()
}

/// Returns all words with a dot in a script that may be names of settings, also within strings and blocks.
fn dotted(sql: &str) -> BTreeSet<String> {
    let words = sql.split(|letter: char| !letter.is_ascii_alphanumeric() && !['_', '$', '.'].contains(&letter));
    let is_name = |word: &&str| {
        let parts = word.split('.');
        parts.clone().count() > 1
            && parts.clone().all(|part| part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
    };
    let names = words.map(|word| word.trim_matches('.')).filter(is_name).map(str::to_ascii_lowercase);
    names.filter(|name| !name.starts_with("autogen.")).collect()
}

/// Returns the statement that fails if others' objects have changed since [`Owners::before`], whose answer is
/// in the setting `autogen.before`. The statement restores every session setting that it changes.
pub(in crate::history) fn after() -> String {
    filled(include_str!("after.sql"))
}

/// A query for the owner of a relation, or of an index's relation. It returns a row with its name, which is NULL
/// if it isn't another's.
pub(in crate::history) const RESOLVE: &str = "SELECT o.name FROM (SELECT CAST(? AS jsonb) AS note) AS given, \
    unnest((note ->> 'oids')::oid[], (note ->> 'names')::text[]) AS o (oid, name), pg_class c \
    LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid = to_regclass(?) AND o.oid = coalesce(i.indrelid, c.oid)";

/// A query for a function that a statement outside of a transaction would run: by an index that its table has, or by one that
/// [`probe`] has made. It takes the table's name.
pub(in crate::history) const RUNS: &str = include_str!("runs.sql");

/// The statement that passes on what was noted, as the value of its placeholder.
pub(in crate::history) const HAND_ON: &str = "SELECT pg_catalog.set_config('autogen.before', ?, true)";

/// What foreign servers know users as. Nobody but a superuser may read the table itself.
const MAPPINGS: &str = "(SELECT md5(coalesce(string_agg(concat_ws('|', umid, srvid, umuser, umoptions), ',' ORDER BY umid), '')) \
    FROM pg_user_mappings)";

/// Writes `{part:x}` in a query as the part of a name that `owners` compares.
fn with_parts(sql: &str) -> String {
    let mut pieces = sql.split("{part:");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        text += &format!(
            "CASE WHEN {name} ~ '[.\"]' THEN '\"' || replace({name}::text, '\"', '\"\"') || '\"' ELSE {name}::text END"
        );
        text += rest;
    }
    text
}

/// Whether a type is none of what others have: what takes it is called by nobody else.
const NEW_TYPE: &str = "t.oid >= 16384 AND NOT note -> 'things' ? ('1247 ' || coalesce(nullif(t.typelem, 0), t.oid)) \
    AND t.typrelid <> ALL ((note ->> 'oids')::oid[])";

fn filled(sql: &str) -> String {
    with_parts(sql.trim())
        .replace("{things}", include_str!("things.sql").trim())
        .replace("{rows}", include_str!("rows.sql").trim())
        .replace("{counted}", include_str!("counted.sql").trim())
        .replace("{state_tables}", &STATE_TABLES.map(|table| format!("'{table}'")).join(", "))
        .replace("{own_settings}", OWN_SETTINGS)
        .replace("{mappings}", MAPPINGS)
        .replace("{new_type}", NEW_TYPE)
        .replace("{class}", CLASS)
        .replace("{key}", KEY)
}

/// Returns the owner of each object without rows, by kind and name: the core, or else the owner that made it
/// first. A function is whose who made it last: none makes another's anew, and no statement about functions does nothing.
pub(super) fn makers<'a>(deeds: impl Iterator<Item = (&'a str, &'a [String])>) -> BTreeMap<&'a str, &'a str> {
    let mut makers = BTreeMap::new();
    for (owner, objects) in deeds {
        for object in objects {
            let known = makers.entry(object.as_str()).or_insert(owner);
            if owner == CORE || object.starts_with("function ") {
                *known = owner;
            }
        }
    }
    makers
}

/// Returns a name as the fence compares it.
fn name_of(table: &crate::model::TableName) -> String {
    named(Dialect::Postgres, table)
}
