//! Proving revisions that are on disk, hand-edited ones included.

use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::{Revision, Standing, record, trespasses, write_up};
use autogen_engine::plan::Measured;
use autogen_engine::scratch::{
    Proof, Script, Trial, Undeclared, order_matters, prove, replay_before, replay_only, require_trust,
};

use autogen_codegen::revision::with_proof;

use crate::dialects::Workspaces;
use crate::options::Options;
use crate::settings::Settings;
use crate::workspace::Workspace;

/// A revision that was tried.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The host in the revision's dialect.
    pub workspace: &'a Workspace,
    /// The revision.
    pub revision: &'a Revision,
    /// What was proven, or why nothing was.
    pub proof: Result<Proof>,
}

impl Workspaces {
    /// Proves revisions of the selected owners in each dialect, or those at one place in their chains.
    ///
    /// # Errors
    /// Fails if there is no such place in any dialect. A revision that can't be proven isn't an error.
    pub fn verify(&self, place: Option<&str>) -> Result<Vec<Verified<'_>>> {
        let mut verified = Vec::new();
        let mut unknown = None;
        for workspace in &self.here {
            let revisions: Vec<&Revision> = match place.map(|place| workspace.revisions_at(place)) {
                Some(Ok(found)) => found,
                Some(Err(error)) => {
                    unknown = Some(error);
                    continue;
                }
                None => {
                    let all = workspace.history.revisions().iter();
                    all.filter(|revision| workspace.is_selected(&revision.owner)).collect()
                }
            };
            let strays = trespasses(&workspace.history, workspace.dialect)?;
            verified.extend(revisions.into_iter().map(|revision| {
                let stray = strays.iter().find(|(stray, _)| stray.version == revision.version);
                let proof = match stray {
                    // `upgrade` would refuse the revision, whatever it does to rows.
                    Some((_, found)) => Err(Error::from(found.clone())),
                    None => workspace.verify(revision),
                };
                Verified { workspace, revision, proof }
            }));
        }
        // A revision in the folder of a single dialect is enough.
        match unknown.filter(|_| verified.is_empty()) {
            Some(error) => Err(error),
            None => Ok(verified),
        }
    }

    /// Certifies what was just proven and has no valid certificate, in `metadata.toml` and in the header of
    /// `up.sql`. Returns those revisions.
    ///
    /// # Errors
    /// Fails if a file can't be written.
    pub fn record<'a>(&self, verified: &[Verified<'a>]) -> Result<Vec<&'a Revision>> {
        let mut recorded = Vec::new();
        for workspace in &self.here {
            let standings = workspace.history.standings();
            let wants = |found: &&Verified<'_>| {
                let is_it = |(revision, standing): &(&Revision, Standing)| {
                    revision.version == found.revision.version && *standing != Standing::Proven
                };
                found.workspace.dialect == workspace.dialect && standings.iter().any(is_it)
            };
            let proven =
                verified.iter().filter(wants).filter_map(|found| Some((found.revision, found.proof.as_ref().ok()?)));
            let proven: Vec<(&Revision, &Proof)> = proven.collect();
            let text = |(revision, proof): &(&Revision, &Proof)| Revision {
                up: with_proof(&revision.up, &proof.sentences()),
                ..Revision::clone(revision)
            };
            let new: Vec<Revision> = proven.iter().map(text).collect();
            // A certificate covers the bytes of the revisions below too, so all texts come first.
            let history = workspace.history.with(new.clone())?;
            for ((old, proof), new) in proven.into_iter().zip(&new) {
                let scope = &workspace.host.owner(&new.owner)?.scope;
                if new.up != old.up {
                    write_up(new, scope)?;
                }
                record(new, scope, &history.certify(new, &proof.server()), &proof.sentences())?;
                recorded.push(old);
            }
        }
        Ok(recorded)
    }

    /// Returns pairs of revisions that need an order which nothing states, at most one pair for each dialect.
    ///
    /// # Errors
    /// Fails if the chains can't be tried.
    pub fn undeclared_orders(&self) -> Result<Vec<(&Workspace, Undeclared<'_>)>> {
        let mut orders = Vec::new();
        for workspace in &self.here {
            let found = order_matters(&workspace.history, &workspace.scratch_server()?)?;
            orders.extend(found.map(|found| (workspace, found)));
        }
        Ok(orders)
    }
}

impl Workspace {
    /// Opens a host in every dialect, or in the one asked for, for a question about its files alone. No server is
    /// needed.
    ///
    /// # Errors
    /// Fails if configuration or chains can't be read.
    pub fn chains(options: &Options) -> Result<Vec<Self>> {
        let nothing_set = |_: &str| Some(std::ffi::OsString::new());
        let options = Options { no_database: true, database_url: None, variables: nothing_set, ..options.clone() };
        let settings = Settings::read(&options)?;
        let asked = settings.dialects.iter().filter(|dialect| options.dialect.is_none_or(|asked| asked == **dialect));
        asked.map(|dialect| settings.workspace(*dialect)).collect()
    }

    /// Proves one revision on a scratch database that has applied everything before it.
    ///
    /// # Errors
    /// Says why the revision isn't proven.
    pub fn verify(&self, revision: &Revision) -> Result<Proof> {
        let server = self.scratch_server()?;
        let mut start = match replay_before(&self.history, revision, &server) {
            Ok(replayed) => replayed.database,
            // Another chain doesn't run, which isn't this one's fault. The part that this one needs may run.
            Err(_) => {
                let mut needed = self.history.with_ancestors(&[revision]);
                needed.retain(|found| found.version != revision.version);
                replay_only(&self.history, &needed, &server)?.database
            }
        };
        require_trust(&mut start, revision)?;
        let script = |sql| Script { sql, run_in_transaction: revision.run_in_transaction };
        let trial = Trial {
            start: &mut start,
            up: script(&revision.up),
            down: revision.down.as_deref().map(script),
            plan: None,
            changes: &[],
            models: None,
            owned: &|_| true,
        };
        let proof = prove(trial).map_err(|error| in_folder(error, revision))?;
        match worse(revision, &proof) {
            None => Ok(proof),
            Some(error) => Err(error),
        }
    }
}

/// Finds the tables that a revision now locks more strongly than was measured when it was written.
fn worse(revision: &Revision, proof: &Proof) -> Option<Error> {
    let of_server = revision.measured.get(&proof.server()).or(revision.measured.values().next())?;
    let is_worse =
        |found: &&Measured| found.is_stronger_than(of_server.get(&found.table.to_string()).map(String::as_str));
    let worse: Vec<Diagnostic> = (proof.measured.from.iter())
        .filter(is_worse)
        .map(|found| {
            let before = of_server.get(&found.table.to_string()).map_or("nothing", String::as_str);
            Diagnostic::note(Code::ProofFailed, format!("{}: {found}, where {before} is stated", found.table))
        })
        .collect();
    if worse.is_empty() {
        return None;
    }
    let mut error = Error::new(Code::ProofFailed, "up.sql locks tables more strongly than metadata.toml states");
    error.diagnostics.extend(worse);
    Some(error.help("undo what was edited; or, if the locks are meant, state them there under `[autogen.measured]`"))
}

/// Names the files of a revision in full in an error about them.
fn in_folder(mut error: Error, revision: &Revision) -> Error {
    let labels = error.diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.labels);
    for label in labels.filter(|label| label.place.file.components().count() == 1) {
        label.place.file = revision.dir.join(&label.place.file).into();
    }
    error
}
