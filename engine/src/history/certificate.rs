//! Records a revision's proof, and checks whether the proof still holds. No database is needed for that.
//!
//! A certificate names the bytes that were proven, so any edit of them, or of a revision below, shows. It is a
//! claim by whoever wrote it: anybody who doesn't trust that person can prove the revision again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::ledger::hex;
use super::{History, Revision, Version};

/// The version of the proof's rules. It rises when a proof shows more than before, so that older proofs no longer
/// count.
const RULES: u32 = 1;

/// What was proven, and on what: the table `[certificate]` of `metadata.toml`. Sums are SHA-256 of texts whose lines end
/// with a line feed alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Certificate {
    /// The rules that it was proven by.
    pub rules: u32,
    /// On which server: `PostgreSQL 15.18`.
    pub server: String,
    /// Whether the runner opened a transaction.
    pub run_in_transaction: bool,
    /// The sum of `up.sql`.
    pub up: String,
    /// The sum of `down.sql`; empty where there is none.
    pub down: String,
    /// The checksum of everything below: the revisions that it revises or depends on, those that these depend on,
    /// and so on.
    pub below: String,
}

/// Whether a revision is proven as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its certificate matches its present files.
    Proven,
    /// Its certificate no longer matches, for these reasons.
    Stale(Vec<Outdated>),
    /// It has no certificate.
    Unproven,
}

/// Why a certificate no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// `up.sql` was edited.
    Up,
    /// `down.sql` was edited.
    Down,
    /// Whether the runner opens a transaction has changed.
    Transaction,
    /// It builds on other revisions than before, or one of them was edited.
    Below,
    /// A proof shows more now.
    Rules,
}

impl fmt::Display for Outdated {
    /// Writes the reason as sentences need it: `up.sql was edited`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up.sql was edited",
            Self::Down => "down.sql was edited",
            Self::Transaction => "`run_in_transaction` was edited",
            Self::Below => "a revision below it is not the one that it was proven on",
            Self::Rules => "proofs say more now",
        })
    }
}

impl fmt::Display for Standing {
    /// Writes the standing with its reasons: `stale: up.sql was edited`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => f.write_str("proven"),
            Self::Unproven => f.write_str("unproven"),
            Self::Stale(why) => {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                write!(f, "stale: {}", why.join(", "))
            }
        }
    }
}

impl Standing {
    /// Returns the word alone: `proven`, `stale` or `unproven`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Stale(_) => "stale",
            Self::Unproven => "unproven",
        }
    }
}

impl History {
    /// Returns for each revision, in order, whether it is proven as it is now.
    pub fn standings(&self) -> Vec<(&Revision, Standing)> {
        let certificates = self.certificates();
        let standing = |revision: &Revision| {
            let Some(recorded) = &revision.certificate else { return Standing::Unproven };
            let now = &certificates[&revision.version];
            let reasons = [
                (recorded.up != now.up, Outdated::Up),
                (recorded.down != now.down, Outdated::Down),
                (recorded.run_in_transaction != now.run_in_transaction, Outdated::Transaction),
                (recorded.below != now.below, Outdated::Below),
                (recorded.rules != now.rules, Outdated::Rules),
            ];
            match reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why).collect::<Vec<_>>() {
                why if why.is_empty() => Standing::Proven,
                why => Standing::Stale(why),
            }
        };
        self.revisions().iter().map(|revision| (revision, standing(revision))).collect()
    }

    /// Creates the certificate of a revision that was just proven on a server.
    pub fn certify(&self, revision: &Revision, server: &str) -> Certificate {
        let certificates = self.certificates();
        let below = certificates.get(&revision.version).map_or("", |found| found.below.as_str());
        certificate(revision, below, server)
    }

    /// Returns the certificate that each revision would get now, without a server.
    fn certificates(&self) -> BTreeMap<&Version, Certificate> {
        let mut certificates: BTreeMap<&Version, Certificate> = BTreeMap::new();
        let mut whole: BTreeMap<&Version, String> = BTreeMap::new();
        for revision in self.revisions() {
            let parents: BTreeSet<&Version> = revision.revises.iter().chain(&revision.depends_on).collect();
            // A plugin's chain may be read without the chains that it depends on.
            let line = |parent: &&Version| {
                format!("{} {}\n", parent.as_str(), whole.get(*parent).map_or("missing", String::as_str))
            };
            let own = certificate(revision, &sum(&parents.iter().map(line).collect::<String>()), "");
            let all = format!("{} {} {} {}", own.run_in_transaction, own.up, own.down, own.below);
            whole.insert(&revision.version, sum(&all));
            certificates.insert(&revision.version, own);
        }
        certificates
    }
}

fn certificate(revision: &Revision, below: &str, server: &str) -> Certificate {
    Certificate {
        rules: RULES,
        server: server.to_owned(),
        run_in_transaction: revision.run_in_transaction,
        up: sum(&revision.up),
        down: revision.down.as_deref().map(sum).unwrap_or_default(),
        below: below.to_owned(),
    }
}

/// Returns a text's checksum, ignoring how a checkout ends lines.
fn sum(text: &str) -> String {
    match text.contains('\r') {
        true => hex(&Hash::hash(text.replace("\r\n", "\n").as_bytes())),
        false => hex(&Hash::hash(text.as_bytes())),
    }
}
