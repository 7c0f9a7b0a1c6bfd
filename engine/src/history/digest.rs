//! A digest of chains: two histories with the same one do the same to the same database.

use hmac_sha256::Hash;

use super::ledger::hex;
use super::{History, Revision};
use crate::model::Permissions;

impl History {
    /// Returns a digest of everything about the chains that decides what they make and whether they may: their up
    /// scripts in order, their metadata, their owners, and what the host lets each of them do. Proofs,
    /// certificates and ways back don't count.
    ///
    /// ```
    /// use autogen::history::History;
    /// let none = History::from_revisions(Vec::new()).unwrap();
    /// assert_eq!(none.digest(), History::default().digest());
    /// ```
    pub fn digest(&self) -> String {
        let Self { owners, revisions, index: _, comes_before: _, permissions } = self;
        let mut digest = Digest(Hash::new());
        digest.list("owners", owners);
        for (owner, Permissions { may_alter, trust }) in permissions {
            digest.text(owner);
            digest.list("may alter", may_alter);
            digest.text(if *trust { "trusted" } else { "not trusted" });
        }
        for revision in revisions {
            digest.revision(revision);
        }
        hex(&digest.0.finalize())
    }
}

struct Digest(Hash);

impl Digest {
    fn revision(&mut self, revision: &Revision) {
        let Revision {
            owner,
            version,
            name,
            dir: _,
            revises,
            depends_on,
            after,
            takes,
            gives,
            renamed_values,
            run_in_transaction,
            by_autogen,
            verified: _,
            measured: _,
            certificate: _,
            up,
            down: _,
        } = revision;
        self.list("revision", &[owner, version.as_str(), name]);
        for (what, versions) in [("revises", revises), ("depends on", depends_on), ("after", after)] {
            self.list(what, &versions.iter().map(|version| version.as_str()).collect::<Vec<_>>());
        }
        self.list("takes", takes);
        self.list("gives", &gives.iter().flat_map(|(table, to)| [table, to]).collect::<Vec<_>>());
        self.list("renamed values", &renamed_values.iter().flatten().collect::<Vec<_>>());
        self.text(if *run_in_transaction { "in a transaction" } else { "without a transaction" });
        self.text(if *by_autogen { "generated" } else { "by hand" });
        self.text(up);
    }

    fn list<T: AsRef<str>>(&mut self, what: &str, texts: &[T]) {
        self.text(what);
        self.0.update(texts.len().to_le_bytes());
        texts.iter().for_each(|text| self.text(text.as_ref()));
    }

    /// Adds a text with its length, so that no two lists of texts look alike.
    fn text(&mut self, text: &str) {
        self.0.update(text.len().to_le_bytes());
        self.0.update(text);
    }
}
