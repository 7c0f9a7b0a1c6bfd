//! The words of the domain as plain data: no I/O, no behaviour that belongs to a stage.
//!
//! One [`Schema`] type serves both sides of a comparison. What only a *definition* can say
//! (places in source, rename hints, permissions) sits in [`Hints`]; which parts of a table a
//! definition speaks for sits in [`Speaks`]. A schema read from a database speaks for everything.

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
mod rule;
mod rules;
mod sequence;
mod summary;
mod table;
mod types;

pub use change::{Change, Subject};
pub use edit::{Edit, Rename};
pub use enumeration::{EnumSpeaks, EnumType, EnumUser, EnumValue, RenamedValues};
pub use expression::Expr;
pub use facets::{Aspect, Differing, Facet, differing, line};
pub use index::{Index, IndexColumn, IndexKey, Nulls, parameter_value};
pub use lineage::Lineage;
pub use name::{Place, STATE_TABLES, TableName, whose};
pub use pair::Pair;
pub use permissions::Permissions;
pub use rule::{Action, Check, Deferrable, Exclusion, ForeignKey, PrimaryKey, Rule, Unique, UniqueForm};
pub use rules::{RuleKind, Rules};
pub use sequence::Sequence;
pub use table::{
    Allow, Bystander, BystanderKind, Column, Generated, Hints, MysqlServer, Numbering, Schema, Speaks, Table,
    TableOptions, Unread,
};
pub use types::DataType;
