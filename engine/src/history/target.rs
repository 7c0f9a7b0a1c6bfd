//! Finds the revisions that a user means by a short text: `usb@head`, `add_serial`, `head-2`, `+1`.

use std::collections::BTreeSet;

use super::{History, Revision, Version};
use crate::error::{Code, Error, Result};

/// A place in the chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point<'a> {
    /// Before the first revision of an owner, or of all.
    Base(Option<&'a str>),
    /// At these revisions: one, or the heads of several chains.
    At(Vec<&'a Revision>),
}

/// Resolves a text to the place that it names: `head` (of each chain), `heads` (of branched chains too),
/// `base`, or a revision as [`History::find`] takes it. `OWNER@` in front selects that owner's chain. `+N` or
/// `-N` behind it moves forward or back along the chain. `owner` is the owner whose chain is meant if the
/// text names none.
///
/// # Errors
/// `no-such-plugin`, `two-heads` for the `head` of a branched chain, `not-that-many` for steps that
/// lead out of a chain, `ambiguous-revision` where it branches on the way, and those of
/// [`History::find`].
pub fn point<'a>(history: &'a History, owner: Option<&str>, text: &str) -> Result<Point<'a>> {
    let stated = text;
    let (owner, text) = parted(history, owner, text)?;
    // A name may contain what looks like steps, so the whole text is tried first.
    let (anchor, steps) = match named(history, owner, text) {
        Ok(found) => return Ok(found),
        Err(error) if error.code() == Code::NoSuchRevision => match stepped(text) {
            Some(parts) => parts,
            // The owner was only a guess.
            None if !stated.contains('@') => {
                return history.find(text).map(|found| Point::At(vec![found])).map_err(|_| error);
            }
            None => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let mut here = named(history, owner, anchor)?;
    for _ in 0..steps.unsigned_abs() {
        let next = if steps > 0 { after(history, &here) } else { before(history, &here) };
        here = next.map_err(|found| astray(&found, text))?;
    }
    Ok(here)
}

/// Returns the revisions to apply for a text: a [`point`] and what it depends on, or, for `+N`, the next N
/// pending revisions in the chains of `owners`, in order.
///
/// # Errors
/// `bad-target` for a text that can't be a target of an upgrade, `not-that-many` for `+N`, and those of
/// [`point`].
pub fn to_apply<'a>(
    history: &'a History,
    owners: &[&str],
    text: &str,
    applied: &BTreeSet<Version>,
) -> Result<Vec<&'a Revision>> {
    let only = match owners {
        [only] => Some(*only),
        _ => None,
    };
    let (owner, rest) = parted(history, only, text)?;
    if let Some(count) = rest.strip_prefix('+') {
        let count = number(count, text)?;
        let is_meant = |revision: &&Revision| match owner {
            Some(owner) => revision.owner == owner,
            None => owners.contains(&revision.owner.as_str()),
        };
        let pending = history.revisions().iter().filter(|revision| !applied.contains(&revision.version));
        let mut pending: Vec<_> = pending.filter(is_meant).collect();
        if pending.len() < count {
            let whose = owner.map_or_else(|| "there".to_owned(), |owner| format!("`{owner}`"));
            return Err(too_few(&whose, if owner.is_some() { "has" } else { "are" }, pending.len(), "pending", count)
                .help("`head` applies them all"));
        }
        pending.truncate(count);
        return Ok(pending);
    }
    if rest.starts_with('-') {
        return Err(Error::new(Code::BadTarget, format!("`{text}` leads back, and upgrade goes forward"))
            .help("give `+N`, `head`, or a revision; `autogen downgrade` goes back"));
    }
    match point(history, only, text)? {
        Point::Base(_) => Err(Error::new(Code::BadTarget, format!("`{text}` lies before every revision"))
            .help("`autogen downgrade --plugin NAME base` goes back there")),
        // `head` without an owner means those asked for.
        Point::At(found) if owner.is_none() && found.len() > 1 => {
            Ok(found.into_iter().filter(|revision| owners.contains(&revision.owner.as_str())).collect())
        }
        Point::At(found) => Ok(found),
    }
}

/// Returns an owner's applied revisions that must be reverted to bring a database back to the place that a
/// text names, in the order in which they were applied: `base` (all), `-2` (the last two), or everything that
/// builds on a [`point`]. Another branch of the chain, which doesn't build on it, stays.
/// # Errors
/// `bad-target` for `-0`, `+1` and other revisions than this owner's, `not-that-many`, `not-applied`,
/// and those of [`point`].
pub fn to_revert<'a>(
    history: &'a History,
    owner: &str,
    text: &str,
    applied: &BTreeSet<Version>,
) -> Result<Vec<&'a Revision>> {
    let mut there: Vec<_> = history.of(owner).filter(|revision| applied.contains(&revision.version)).collect();
    let (of, rest) = parted(history, Some(owner), text)?;
    if of != Some(owner) {
        return Err(not_of(owner, text, of.unwrap_or_default()));
    }
    if let Some(count) = rest.strip_prefix('-') {
        let count = number(count, text)?;
        let Some(first) = there.len().checked_sub(count) else {
            return Err(
                too_few(&format!("`{owner}`"), "has", there.len(), "applied", count).help("`base` reverts them all")
            );
        };
        return Ok(there.split_off(first));
    }
    if rest.starts_with('+') {
        return Err(Error::new(Code::BadTarget, format!("`{text}` leads forward, and downgrade goes back"))
            .help("give `-N`, `base`, or the revision to go back to"));
    }
    let goal = match point(history, Some(owner), text)? {
        Point::Base(_) => return Ok(there),
        Point::At(found) => found,
    };
    for goal in &goal {
        if goal.owner != owner {
            return Err(not_of(owner, &goal.to_string(), &goal.owner));
        }
        if !applied.contains(&goal.version) {
            return Err(Error::new(
                Code::NotApplied,
                format!("{goal} isn't applied, so nothing can be reverted down to it"),
            )
            .help("`autogen status` shows what is applied"));
        }
    }
    let above: BTreeSet<_> = history.with_descendants(&goal).into_iter().map(|revision| &revision.version).collect();
    there.retain(|revision| above.contains(&revision.version) && !goal.contains(revision));
    Ok(there)
}

/// Returns the revisions from one place to another, both included, in order. The text is `FROM:TO`, and
/// either side may be left out. Without a `:`, the range leads up to the place.
///
/// # Errors
/// Those of [`point`].
pub fn range<'a>(history: &'a History, owner: Option<&str>, text: &str) -> Result<Vec<&'a Revision>> {
    let (from, to) = text.split_once(':').unwrap_or(("", text));
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    let mut found = match point(history, owner, &or(to, "heads"))? {
        Point::Base(_) => Vec::new(),
        Point::At(last) => history.with_ancestors(&last),
    };
    if let Point::At(first) = point(history, owner, &or(from, "base"))? {
        let later = history.with_descendants(&first);
        found.retain(|revision| later.contains(revision));
    }
    Ok(found)
}

/// Splits a text into the owner whose chain it means and the rest.
///
/// # Errors
/// `no-such-plugin` if there is no such owner.
fn parted<'t>(history: &'t History, owner: Option<&'t str>, text: &'t str) -> Result<(Option<&'t str>, &'t str)> {
    let Some((name, rest)) = text.split_once('@') else { return Ok((owner, text)) };
    match history.owners().find(|owner| *owner == name) {
        Some(owner) => Ok((Some(owner), rest)),
        None => {
            let all: Vec<_> = history.owners().collect();
            Err(Error::new(Code::NoSuchPlugin, format!("there is no plugin `{name}`"))
                .help(format!("there are: {}", all.join(", "))))
        }
    }
}

/// Resolves a name without steps to a place.
fn named<'a>(history: &'a History, owner: Option<&str>, text: &str) -> Result<Point<'a>> {
    let owners = || history.owners().filter(|name| owner.is_none_or(|owner| owner == *name));
    match text.to_ascii_lowercase().as_str() {
        "base" => Ok(Point::Base(owners().next().filter(|_| owner.is_some()))),
        "heads" => Ok(Point::At(owners().flat_map(|owner| history.heads(owner)).collect())),
        "head" => {
            let mut found = Vec::new();
            for owner in owners() {
                let heads = history.heads(owner);
                if heads.len() > 1 {
                    return Err(history.two_heads(owner).into());
                }
                found.extend(heads);
            }
            match owner {
                Some(owner) if found.is_empty() => {
                    Err(Error::new(Code::NoSuchRevision, format!("`{owner}` has no revisions"))
                        .help(format!("`autogen --plugin {owner}` writes the first one")))
                }
                Some(_) | None => Ok(Point::At(found)),
            }
        }
        _ => history.find_of(owner, text).map(|found| Point::At(vec![found])),
    }
}

/// Splits a text into its anchor and the steps behind it. Returns `None` if it doesn't end in steps.
fn stepped(text: &str) -> Option<(&str, i32)> {
    let at = text.rfind(['+', '-'])?;
    let steps: i32 = text[at + 1..].parse().ok().filter(|steps| *steps > 0)?;
    Some((text[..at].trim(), if text[at..].starts_with('+') { steps } else { -steps }))
        .filter(|(name, _)| !name.is_empty())
}

/// The places one step further, if there isn't exactly one.
type Astray<'a> = Vec<&'a Revision>;

fn after<'a>(history: &'a History, here: &Point<'a>) -> Result<Point<'a>, Astray<'a>> {
    let next: Vec<&Revision> = match here {
        Point::Base(owner) => {
            let of = |revision: &&Revision| owner.is_none_or(|owner| revision.owner == owner);
            history.revisions().iter().filter(of).filter(|revision| revision.revises.is_empty()).collect()
        }
        Point::At(found) => {
            let builds = |revision: &&Revision| found.iter().any(|here| revision.revises.contains(&here.version));
            history.revisions().iter().filter(builds).collect()
        }
    };
    if next.len() == 1 { Ok(Point::At(next)) } else { Err(next) }
}

fn before<'a>(history: &'a History, here: &Point<'a>) -> Result<Point<'a>, Astray<'a>> {
    let Point::At(found) = here else { return Err(Vec::new()) };
    let parents: BTreeSet<&Version> = found.iter().flat_map(|revision| &revision.revises).collect();
    let parents: Vec<&Revision> = parents.into_iter().filter_map(|version| history.get(version)).collect();
    match (parents.len(), found.as_slice()) {
        (0, [only]) => Ok(Point::Base(history.owners().find(|owner| *owner == only.owner))),
        (1, _) => Ok(Point::At(parents)),
        (_, _) => Err(parents),
    }
}

fn astray(found: &[&Revision], text: &str) -> Error {
    if found.is_empty() {
        return Error::new(Code::NotThatMany, format!("`{text}` leads out of the chain"))
            .help("`autogen history` shows the chains");
    }
    let names: Vec<_> = found.iter().map(|revision| format!("`{}`", revision.name)).collect();
    Error::new(Code::AmbiguousRevision, format!("`{text}` passes a branch of the chain"))
        .help(format!("name the revision meant, or one of {}", names.join(", ")))
}

fn number(count: &str, text: &str) -> Result<usize> {
    count.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
        Error::new(Code::BadTarget, format!("`{text}` is no number of revisions"))
            .help("give `-1`, `-2`, ... to go back, `+1`, `+2`, ... to go on, `base`, `head`, or a revision")
    })
}

fn too_few(whose: &str, has: &str, length: usize, what: &str, count: usize) -> Error {
    let noun = if length == 1 { "revision" } else { "revisions" };
    Error::new(Code::NotThatMany, format!("{whose} {has} {length} {what} {noun}, not {count}"))
}

fn not_of(owner: &str, what: &str, whose: &str) -> Error {
    Error::new(Code::BadTarget, format!("{what} is no revision of `{owner}`"))
        .help(format!("name a revision of `{owner}`, or downgrade `{whose}`"))
}
