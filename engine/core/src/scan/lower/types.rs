//! Diesel's type names, under all their aliases.

use autogen_syntax::plain;
use autogen_syntax::{Column, ColumnType, Table};
use syn::UseTree;

use crate::model::DataType;

/// Returns a column's type, and whether it may be NULL.
pub(super) fn data_type(column: &Column, table: &Table) -> (DataType, bool) {
    let mut renames = Vec::new();
    for item in &table.uses {
        find_renames(&item.tree, &mut renames);
    }
    let max_length = column.max_length.as_ref().and_then(|length| length.base10_parse().ok());
    let precision = column.precision.as_ref().and_then(|(digits, after)| {
        let after = after.as_ref().map_or(Ok(0), |after| after.base10_parse());
        Some((digits.base10_parse().ok()?, after.ok()?))
    });
    let read = Read { renames, max_length, precision };
    read.nullable(&column.ty)
}

struct Read {
    /// `use x::Original as Alias`: alias and original.
    renames: Vec<(String, String)>,
    max_length: Option<u32>,
    precision: Option<(u32, u32)>,
}

impl Read {
    fn nullable(&self, ty: &ColumnType) -> (DataType, bool) {
        match (self.word(ty).as_str(), &ty.argument) {
            ("Nullable", Some(inner)) => (self.nullable(inner).0, true),
            _ => (self.plain(ty), false),
        }
    }

    fn plain(&self, ty: &ColumnType) -> DataType {
        let word = self.word(ty);
        match word.as_str() {
            "Bool" => DataType::Bool,
            "TinyInt" | "Tinyint" => DataType::TinyInt,
            "SmallInt" | "Smallint" | "Int2" | "SmallSerial" => DataType::SmallInt,
            "Integer" | "Int4" | "Serial" => DataType::Integer,
            "BigInt" | "Bigint" | "Int8" | "BigSerial" => DataType::BigInt,
            "Float" | "Float4" => DataType::Float,
            "Double" | "Float8" => DataType::Double,
            "Numeric" | "Decimal" => DataType::Numeric(self.precision),
            "Text" | "Tinytext" | "Mediumtext" | "Longtext" => match self.max_length {
                None => DataType::Text,
                length => DataType::Varchar(length),
            },
            "Varchar" | "VarChar" => DataType::Varchar(self.max_length),
            "Char" | "Bpchar" => DataType::Char(self.max_length),
            "Binary" | "Bytea" | "Blob" | "Tinyblob" | "Mediumblob" | "Longblob" | "Varbinary" | "Bit" => {
                DataType::Binary
            }
            "Date" => DataType::Date,
            "Time" => DataType::Time,
            "Timestamp" | "Datetime" => DataType::Timestamp,
            "Timestamptz" | "TimestamptzSqlite" => DataType::Timestamptz,
            "Json" => DataType::Json,
            "Jsonb" => DataType::Jsonb,
            "Uuid" => DataType::Uuid,
            "Interval" => DataType::Interval,
            "Macaddr" => DataType::Other("MacAddr".to_owned()),
            "Macaddr8" => DataType::Other("MacAddr8".to_owned()),
            _ => match (word.as_str(), &ty.argument) {
                ("Unsigned", Some(inner)) => DataType::Unsigned(Box::new(self.plain(inner))),
                ("Array", Some(inner)) => {
                    let (inner, nullable) = self.nullable(inner);
                    DataType::Array(Box::new(inner), nullable)
                }
                (_, Some(inner)) => DataType::Other(format!("{word}<{}>", self.plain(inner))),
                (_, None) => DataType::Other(word),
            },
        }
    }

    /// Returns the last word of a path, with its original name.
    fn word(&self, ty: &ColumnType) -> String {
        let word = plain(&ty.name);
        let renamed = self.renames.iter().find(|(alias, _)| ty.is_bare && *alias == word);
        renamed.map_or(word, |(_, original)| original.clone())
    }
}

fn find_renames(tree: &UseTree, renames: &mut Vec<(String, String)>) {
    match tree {
        UseTree::Path(path) => find_renames(&path.tree, renames),
        UseTree::Group(group) => group.items.iter().for_each(|tree| find_renames(tree, renames)),
        UseTree::Rename(rename) => renames.push((rename.rename.to_string(), rename.ident.to_string())),
        UseTree::Name(_) | UseTree::Glob(_) => {}
    }
}
