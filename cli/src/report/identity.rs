//! The identity of a finding, whatever its line and its wording. Forges follow a finding from run to run by it.

use std::collections::BTreeMap;

use autogen_codegen::report;
use autogen_workspace::Finding;
use sha2::{Digest as _, Sha256};

/// Fingerprints of a report's findings, in their order; no two are the same.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// Returns the next finding's fingerprint. It is made of the finding's code, owner, dialect and revision, and
    /// of what it wants changed. The sentence is only part of it if there is nothing else.
    pub(super) fn of(&mut self, finding: &Finding) -> String {
        let mut parts = vec![finding.id().to_owned()];
        parts.extend(finding.plugin.clone());
        parts.extend(finding.dialect.map(|dialect| dialect.to_string()));
        parts.extend(finding.revision.clone());
        match (&finding.revision, finding.changes.as_slice()) {
            (_, [_, ..]) => parts.extend(report::lines(&finding.changes)),
            (Some(_), []) => {}
            (None, []) => parts.push(finding.message.clone()),
        }
        let key = parts.join("\n");
        let count = self.seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(0);
        let text = if *count == 0 { key } else { format!("{key}\n{count}") };
        Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}
