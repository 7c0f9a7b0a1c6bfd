//! Revisions that people write themselves, such as new contents of rows: autogen gives them their place in a chain.

use autogen_codegen::revision::empty;
use autogen_engine::error::Result;
use autogen_engine::history::{Autogen, Metadata, NewRevision, RevisionFiles, Version, next_version, slug};

use crate::dialects::Workspaces;

impl Workspaces {
    /// Makes the next revision of the selected chain without a statement, in every dialect. Nothing is written.
    ///
    /// # Errors
    /// `no-plugin` if several chains are selected. Fails too if the chain has branched, or if no version can be
    /// made.
    pub fn empty(&self, title: &str) -> Result<Vec<NewRevision>> {
        let first = &self.here[0];
        let owner = match &first.host.owners[..] {
            [only] if !first.is_about_some() => only.name.clone(),
            [..] => first.one_selected("generate --empty")?.name.clone(),
        };
        let heads = self.all().map(|workspace| Ok(workspace.head(&owner)?.map(|head| head.version.clone())));
        let heads: Vec<Option<Version>> = heads.collect::<Result<_>>()?;
        let later_than: Vec<Version> = heads.iter().flatten().cloned().collect();
        let name = format!("{}_{}", next_version(first.now()?, &owner, &later_than)?, slug(title));
        let files = empty(title);
        let new = self.all().zip(heads).map(|(workspace, head)| {
            let autogen = Autogen::of(&owner, head.into_iter().collect());
            Ok(NewRevision {
                migrations: workspace.migrations(&owner)?,
                within: workspace.host.owner(&owner)?.scope.clone(),
                name: name.clone(),
                files: RevisionFiles {
                    up: files.up.clone(),
                    down: files.down.clone(),
                    metadata: Metadata { run_in_transaction: true, autogen: Some(autogen), certificate: None },
                },
            })
        });
        new.collect()
    }
}
