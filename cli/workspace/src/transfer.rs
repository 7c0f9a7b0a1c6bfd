//! Tables that change their owner: one chain has made them, another owner defines them now.

use autogen::error::{Diagnostic, Error, Result};
use autogen::model::Schema;

use crate::models::Makers;

/// A table that changes its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The table's name.
    pub table: String,
    /// Whose chain has made it.
    pub from: String,
}

/// Tables of an owner that another owner's chain has made.
///
/// Whoever takes one has to say so: else a plugin could get at another one's rows by writing a
/// definition.
pub(crate) fn transfers(owner: &str, wanted: &Schema, makers: &Makers) -> Result<Vec<Transfer>> {
    let mut transfers = Vec::new();
    let mut mistakes = Vec::new();
    for table in wanted.tables.values() {
        let Some(maker) = makers.get(&table.name).filter(|maker| *maker != owner) else { continue };
        if table.hints.moved_from.as_ref() == Some(maker) {
            transfers.push(Transfer { table: table.name.to_string(), from: maker.clone() });
            continue;
        }
        let message = format!("`{owner}` defines table `{}`, which the chain of `{maker}` has made", table.name);
        let mut mistake = Diagnostic::error("table-of-another-chain", message);
        if let Some(place) = &table.hints.place {
            mistake = mistake.at(place.clone(), "defined here");
        }
        mistakes.push(mistake.help(format!(
            "if it is to belong to `{owner}` from now on, write `#[moved_from({maker})]` on it; else leave its \
             definition to `{maker}`"
        )));
    }
    Error::unless_clean(mistakes)?;
    Ok(transfers)
}

/// What a revision that takes tables over is called where nothing else is in it.
pub(crate) fn title(transfers: &[Transfer]) -> String {
    let tables: Vec<&str> = transfers.iter().map(|transfer| transfer.table.as_str()).collect();
    format!("take over {}", tables.join(", "))
}
