//! What proptest makes: numbers and flags, without any promise that they fit together.
//!
//! A [`Pick`] chooses from whatever there is to choose from, so that a recipe stays meaningful when
//! shrinking takes parts of it away. Zero and `false` always stand for the plainest choice.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Chooses one of several: the number modulo their count.
pub type Pick = u16;

/// Two schemas.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The tables that exist.
    pub start: Vec<TableRecipe>,
    /// What is wanted.
    pub goal: Goal,
}

/// How the wanted schema comes about.
#[derive(Debug, Clone)]
pub enum Goal {
    /// The start with changes.
    Mutated(Vec<Mutation>),
    /// Something else altogether, though names may be the same.
    Independent(Vec<TableRecipe>),
}

/// A table.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct TableRecipe {
    pub name: Pick,
    pub key: KeyRecipe,
    pub columns: Vec<ColumnRecipe>,
    pub rules: Vec<RuleRecipe>,
    pub strict: bool,
    pub without_rowid: bool,
}

/// A primary key.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct KeyRecipe {
    pub kind: Pick,
    pub name: Pick,
    pub types: [Pick; 2],
}

/// A column.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct ColumnRecipe {
    pub name: Pick,
    pub data_type: Pick,
    pub required: bool,
    pub default: Option<Pick>,
    pub collation: Option<Pick>,
    pub generated: Option<(Pick, Pick, bool)>,
    pub backfill: bool,
}

/// A rule or an index.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub enum RuleRecipe {
    Unique { columns: Vec<Pick>, as_index: bool, named: bool },
    Index { keys: Vec<KeyPick>, unique: bool, predicate: Option<(Pick, Pick)>, named: bool },
    ForeignKey(ForeignKeyRecipe),
    Check { template: Pick, columns: [Pick; 2], named: bool },
}

/// A key of an index.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct KeyPick {
    pub column: Pick,
    pub expression: Option<Pick>,
    pub descending: bool,
    pub collation: Option<Pick>,
}

/// A foreign key, and the columns that it needs.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub struct ForeignKeyRecipe {
    /// Which table; often the table itself, or one that points back.
    pub parent: Pick,
    /// A unique rule of the parent instead of its primary key.
    pub to_unique: Option<Pick>,
    /// Whether the referenced columns stay unsaid where they are the primary key.
    pub unsaid: bool,
    /// Whether it goes out of columns that another foreign key goes out of.
    pub doubled: bool,
    pub required: bool,
    pub on_delete: Pick,
    pub on_update: Pick,
    pub deferrable: Pick,
    pub named: bool,
}

/// A change to a schema. One that doesn't fit does nothing.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub enum Mutation {
    AddTable(TableRecipe),
    DropTable(Pick),
    RenameTable(Pick, Pick),
    AddColumn(Pick, ColumnRecipe),
    DropColumn(Pick, Pick),
    RenameColumn(Pick, Pick, Pick),
    AlterColumn(Pick, Pick, Alteration),
    AlterKey(Pick, KeyRecipe),
    AddRule(Pick, RuleRecipe),
    DropRule(Pick, Pick),
    ToggleStrict(Pick),
    ToggleRowid(Pick),
    ReverseColumns(Pick),
}

/// A change to a column.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the model's")]
pub enum Alteration {
    Type(Pick),
    Required { backfill: bool },
    Default(Option<Pick>),
    Collation(Option<Pick>),
    Generated(Option<(Pick, Pick, bool)>),
}

/// All recipes.
pub fn recipes() -> impl Strategy<Value = Recipe> {
    let goal = prop_oneof![
        7 => vec(mutation(), 0..=5).prop_map(Goal::Mutated),
        1 => vec(table(), 0..=3).prop_map(Goal::Independent),
    ];
    (vec(table(), 1..=5), goal).prop_map(|(start, goal)| Recipe { start, goal })
}

fn pick() -> impl Strategy<Value = Pick> + Clone {
    0..1000u16
}

/// Rarely true.
fn rarely() -> impl Strategy<Value = bool> + Clone {
    prop::bool::weighted(0.15)
}

fn table() -> impl Strategy<Value = TableRecipe> + Clone {
    let columns = prop_oneof![
        12 => vec(column(), 0..=5),
        1 => vec(column(), 0..=40),
    ];
    (pick(), key(), columns, vec(rule(), 0..=4), rarely(), rarely()).prop_map(
        |(name, key, columns, rules, strict, without_rowid)| TableRecipe {
            name,
            key,
            columns,
            rules,
            strict,
            without_rowid,
        },
    )
}

fn key() -> impl Strategy<Value = KeyRecipe> + Clone {
    (pick(), pick(), [pick(), pick()]).prop_map(|(kind, name, types)| KeyRecipe { kind, name, types })
}

fn column() -> impl Strategy<Value = ColumnRecipe> + Clone {
    let default = option::weighted(0.35, pick());
    let collation = option::weighted(0.15, pick());
    (pick(), pick(), any::<bool>(), default, collation, option::weighted(0.12, generated()), any::<bool>()).prop_map(
        |(name, data_type, required, default, collation, generated, backfill)| ColumnRecipe {
            name,
            data_type,
            required,
            default,
            collation,
            generated,
            backfill,
        },
    )
}

fn generated() -> impl Strategy<Value = (Pick, Pick, bool)> + Clone {
    (pick(), pick(), any::<bool>())
}

fn rule() -> impl Strategy<Value = RuleRecipe> + Clone {
    prop_oneof![
        (vec(pick(), 1..=3), any::<bool>(), any::<bool>()).prop_map(|(columns, as_index, named)| RuleRecipe::Unique {
            columns,
            as_index,
            named
        }),
        (vec(key_pick(), 1..=3), rarely(), option::weighted(0.3, (pick(), pick())), any::<bool>())
            .prop_map(|(keys, unique, predicate, named)| RuleRecipe::Index { keys, unique, predicate, named }),
        foreign_key().prop_map(RuleRecipe::ForeignKey),
        (pick(), [pick(), pick()], any::<bool>()).prop_map(|(template, columns, named)| RuleRecipe::Check {
            template,
            columns,
            named
        }),
    ]
}

fn key_pick() -> impl Strategy<Value = KeyPick> + Clone {
    (pick(), option::weighted(0.25, pick()), rarely(), option::weighted(0.2, pick()))
        .prop_map(|(column, expression, descending, collation)| KeyPick { column, expression, descending, collation })
}

fn foreign_key() -> impl Strategy<Value = ForeignKeyRecipe> + Clone {
    let whereto = (pick(), option::weighted(0.3, pick()), any::<bool>(), rarely());
    let how = (any::<bool>(), pick(), pick(), prop_oneof![3 => Just(0), 1 => pick()], any::<bool>());
    (whereto, how).prop_map(
        |((parent, to_unique, unsaid, doubled), (required, on_delete, on_update, deferrable, named))| {
            ForeignKeyRecipe { parent, to_unique, unsaid, doubled, required, on_delete, on_update, deferrable, named }
        },
    )
}

fn mutation() -> impl Strategy<Value = Mutation> + Clone {
    let alteration = prop_oneof![
        3 => pick().prop_map(Alteration::Type),
        3 => any::<bool>().prop_map(|backfill| Alteration::Required { backfill }),
        2 => option::of(pick()).prop_map(Alteration::Default),
        1 => option::of(pick()).prop_map(Alteration::Collation),
        1 => option::of(generated()).prop_map(Alteration::Generated),
    ];
    prop_oneof![
        2 => table().prop_map(Mutation::AddTable),
        2 => pick().prop_map(Mutation::DropTable),
        2 => (pick(), pick()).prop_map(|(table, name)| Mutation::RenameTable(table, name)),
        4 => (pick(), column()).prop_map(|(table, column)| Mutation::AddColumn(table, column)),
        4 => (pick(), pick()).prop_map(|(table, column)| Mutation::DropColumn(table, column)),
        3 => (pick(), pick(), pick()).prop_map(|(table, column, name)| Mutation::RenameColumn(table, column, name)),
        6 => (pick(), pick(), alteration).prop_map(|(table, column, how)| Mutation::AlterColumn(table, column, how)),
        2 => (pick(), key()).prop_map(|(table, key)| Mutation::AlterKey(table, key)),
        7 => (pick(), rule()).prop_map(|(table, rule)| Mutation::AddRule(table, rule)),
        7 => (pick(), pick()).prop_map(|(table, rule)| Mutation::DropRule(table, rule)),
        1 => pick().prop_map(Mutation::ToggleStrict),
        1 => pick().prop_map(Mutation::ToggleRowid),
        1 => pick().prop_map(Mutation::ReverseColumns),
    ]
}
