//! Finds tables that change their owner: one chain has made them, and another owner now defines them.

use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::model::{Schema, TableName};

use crate::draft::Draft;
use crate::models::{Makers, Models};
use crate::workspace::Workspace;

/// A table that changes its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The table's name.
    pub table: String,
    /// The owner whose chain has made it.
    pub from: String,
    /// The new owner.
    pub to: String,
}

/// Finds the tables of an owner that another owner's chain has made. An owner has to say that it takes a table
/// over. Otherwise a plugin could get at another one's rows by writing a definition.
pub(crate) fn transfers(owner: &str, wanted: &Schema, makers: &Makers) -> Result<Vec<Transfer>> {
    let mut transfers = Vec::new();
    let mut mistakes = Vec::new();
    for table in wanted.tables.values() {
        let Some(maker) = makers.get(&table.name).filter(|maker| *maker != owner) else { continue };
        if table.hints.moved_from.as_ref() == Some(maker) {
            transfers.push(Transfer { table: table.name.to_string(), from: maker.clone(), to: owner.to_owned() });
            continue;
        }
        let message = format!("`{owner}` defines table `{}`, which the chain of `{maker}` has made", table.name);
        let mut mistake = Diagnostic::error(Code::TableOfAnotherChain, message);
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

/// Refuses a table that changes its owner and its name at once, if these owners are concerned. Nobody could tell by the
/// name what the old owner gives away, whose revision would drop it.
pub(crate) fn refuse_renamed(owners: &[&str], models: &Models, makers: &Makers) -> Result<()> {
    let mut mistakes = Vec::new();
    for table in models.schema.tables.values() {
        let (Some(from), Some(old)) = (&table.hints.moved_from, &table.hints.renamed_from) else { continue };
        let Some(to) = models.ownership.owner_of(&table.name).filter(|to| to != from) else { continue };
        let old = TableName { schema: table.name.schema.clone(), name: old.clone() };
        let is_concerned = owners.contains(&from.as_str()) || owners.contains(&to);
        if !is_concerned || makers.contains_key(&table.name) || makers.get(&old) != Some(from) {
            continue;
        }
        let message = format!("table `{old}` of `{from}` can't become `{}` of `{to}` in one revision", table.name);
        let mut mistake = Diagnostic::error(Code::TableOfAnotherChain, message);
        if let Some(place) = &table.hints.place {
            mistake = mistake.at(place.clone(), "defined here");
        }
        mistakes.push(mistake.help(format!(
            "define it here as `{old}` with `#[moved_from({from})]`, write the revisions of both, and rename it in the next \
             one"
        )));
    }
    Error::unless_clean(mistakes).map(drop)
}

/// Finds the tables of an owner that others' definitions want and that nobody has given them yet. Their revisions
/// take the tables over only after a revision of the owner's gives them.
pub(crate) fn wanted_by_others(workspace: &Workspace, owner: &str, models: &Models, makers: &Makers) -> Vec<Transfer> {
    let wanted = models.schema.tables.values().filter_map(|table| {
        let (name, to) = (&table.name, models.ownership.owner_of(&table.name)?);
        let is_moved = table.hints.moved_from.as_deref() == Some(owner) && to != owner;
        let is_made = makers.get(name).is_some_and(|maker| maker == owner);
        let may_take = || workspace.history.may_take(workspace.dialect, to, &name.to_string());
        let is_missing = is_moved && is_made && !may_take();
        is_missing.then(|| Transfer { table: name.to_string(), from: owner.to_owned(), to: to.to_owned() })
    });
    wanted.collect()
}

/// Refuses tables that a draft takes over and that nobody has given to its owner, nor will in the revisions
/// `before` it.
pub(crate) fn refuse_not_given(workspace: &Workspace, draft: &Draft, before: &[&Draft]) -> Result<()> {
    for taken in &draft.takes {
        let is_given = before.iter().any(|earlier| earlier.gives.contains(taken));
        if is_given || workspace.history.may_take(workspace.dialect, &taken.to, &taken.table) {
            continue;
        }
        let Transfer { table, from, to } = taken;
        let message = format!("`{to}` takes over the table `{table}`, which `{from}` hasn't given away");
        let mut error = Diagnostic::error(Code::TableNotGiven, message);
        let models = draft.models.tables.values().find(|model| model.name.to_string() == *table);
        if let Some(place) = models.and_then(|model| model.hints.place.clone()) {
            error = error.at(place, "defined here");
        }
        Error::unless_clean(vec![error.help(format!(
            "write the revisions of both, so that `{from}` gives it: `autogen --plugin {from} --plugin {to}`; or let the host \
             say so by `may_alter = [\"{table}\"]` under `[plugin.{to}]` in autogen.toml"
        ))])?;
    }
    Ok(())
}

/// Returns the title of a revision that only hands tables over.
pub(crate) fn title(takes: &[Transfer], gives: &[Transfer]) -> String {
    let names = |transfers: &[Transfer]| -> String {
        let tables: Vec<&str> = transfers.iter().map(|transfer| transfer.table.as_str()).collect();
        tables.join(", ")
    };
    match takes {
        [] => format!("give away {}", names(gives)),
        [_, ..] => format!("take over {}", names(takes)),
    }
}

/// Describes each table that changes hands in one line.
pub(crate) fn lines(takes: &[Transfer], gives: &[Transfer]) -> Vec<String> {
    let takes = takes.iter().map(|taken| format!("> {} comes from {}", taken.table, taken.from));
    takes.chain(gives.iter().map(|given| format!("> {} goes to {}", given.table, given.to))).collect()
}
