//! The domain's terms as plain data: no I/O, and no behaviour that belongs to a stage.
//!
//! One [`Schema`] type serves both sides of a comparison. [`Hints`] holds what only a *definition* can say:
//! places in source, rename hints, permissions. [`Speaks`] tells which parts of a table a definition speaks for.
//! A schema read from a database speaks for everything.

mod bystander;
mod change;
mod edit;
mod enumeration;
mod expression;
mod facets;
mod index;
mod lineage;
mod name;
mod pair;
mod permissions;
mod reserved;
mod rule;
mod rules;
mod sequence;
mod summary;
mod table;
mod tables;
mod types;

pub use bystander::{Bystander, BystanderKind};
pub use change::{Change, Subject};
pub use edit::{Edit, Rename};
pub use enumeration::{EnumSpeaks, EnumType, EnumUser, EnumValue, RenamedValues};
pub use expression::Expr;
pub use facets::{Aspect, Differing, Facet, differing, line};
pub use index::{Hidden, Index, IndexColumn, IndexKey, Nulls, parameter_value};
pub use lineage::Lineage;
pub use name::{Place, STATE_TABLES, TableName, whose};
pub use pair::Pair;
pub use permissions::Permissions;
pub use reserved::Reserved;
pub use rule::{Action, Check, Deferrable, Exclusion, ForeignKey, PrimaryKey, Rule, Unique, UniqueForm};
pub use rules::{RuleKind, Rules};
pub use sequence::Sequence;
pub use table::{Allow, Column, Generated, Hints, MysqlServer, Numbering, Schema, Speaks, Table, TableOptions, Unread};
pub use tables::Tables;
pub use types::DataType;
