//! What the server knows: open files, and the hosts that they belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use autogen_workspace::Options;
use lsp_server::Request;
use lsp_types::{TextDocumentContentChangeEvent, Url};

use super::hosts::Folders;
use super::queue::{Queue, Task};
use super::show::{ByFile, Files};
use super::text;
use super::work::{Plan, Read};

/// How long nobody may have typed before sources are read.
const READING: Duration = Duration::from_millis(200);

/// How long nobody may have typed before chains are replayed.
const PLANNING: Duration = Duration::from_millis(500);

/// Open files and their hosts.
#[derive(Debug)]
pub(super) struct State {
    /// The options of the command line.
    options: Options,
    pub(super) folders: Folders,
    documents: BTreeMap<Url, Document>,
    pub(super) hosts: BTreeMap<PathBuf, Host>,
    pub(super) reading: Arc<Queue>,
    pub(super) planning: Arc<Queue>,
    /// The number of the newest version of anything.
    version: u64,
}

/// A file that the editor has open.
#[derive(Debug)]
struct Document {
    path: PathBuf,
    text: String,
    version: i32,
}

/// A host of open files.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// The newest version.
    pub(super) version: u64,
    /// What was last read, and which version that was.
    pub(super) read: Option<(u64, Arc<Read>)>,
    /// What was last planned.
    pub(super) plan: Option<(u64, Plan)>,
    /// What the editor shows.
    pub(super) shown: ByFile,
    /// Requests that wait until the newest version is read.
    pub(super) waiting: Vec<Request>,
}

impl Host {
    /// Returns what was read, if that is the newest version.
    pub(super) fn newest(&self) -> Option<&Arc<Read>> {
        self.read.as_ref().filter(|(version, _)| *version == self.version).map(|(_, read)| read)
    }
}

impl State {
    pub(super) fn new(options: Options, stated: Option<PathBuf>) -> Self {
        Self {
            options,
            folders: Folders { stated, open: Vec::new() },
            documents: BTreeMap::new(),
            hosts: BTreeMap::new(),
            reading: Arc::new(Queue::new(READING)),
            planning: Arc::new(Queue::new(PLANNING)),
            version: 0,
        }
    }

    /// Notes that a file is open. Anything but a file on disk is none of the server's.
    pub(super) fn open(&mut self, uri: Url, text: String, version: i32) {
        let Ok(path) = uri.to_file_path() else { return };
        self.documents.insert(uri.clone(), Document { path, text, version });
        self.refresh(&uri, true);
    }

    /// Notes what was typed.
    pub(super) fn change(&mut self, uri: &Url, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        let Some(document) = self.documents.get_mut(uri) else { return };
        for change in changes {
            text::apply(&mut document.text, change);
        }
        document.version = version;
        self.refresh(uri, false);
    }

    /// Notes that a file is open no more. What is on disk counts again.
    pub(super) fn close(&mut self, uri: &Url) {
        let root = self.host_of(uri);
        self.documents.remove(uri);
        root.into_iter().for_each(|root| self.read_again(root, true));
    }

    /// Has the host of a file read again.
    pub(super) fn refresh(&mut self, uri: &Url, asks_servers: bool) {
        self.host_of(uri).into_iter().for_each(|root| self.read_again(root, asks_servers));
    }

    /// Has all hosts read again: files that aren't open have changed.
    pub(super) fn refresh_all(&mut self) {
        let roots: Vec<PathBuf> = self.documents.keys().filter_map(|uri| self.host_of(uri)).collect();
        for root in roots.into_iter().chain(self.hosts.keys().cloned()).collect::<std::collections::BTreeSet<_>>() {
            self.read_again(root, true);
        }
    }

    fn read_again(&mut self, root: PathBuf, asks_servers: bool) {
        self.version += 1;
        let options = Options { root: root.clone(), edits: self.edits(&root), ..self.options.clone() };
        self.hosts.entry(root.clone()).or_default().version = self.version;
        let task = Task { root, version: self.version, options, asks_servers };
        self.reading.put(task.clone());
        self.planning.put(task);
    }

    /// Returns the texts of a host's open sources.
    fn edits(&self, root: &Path) -> BTreeMap<PathBuf, String> {
        let is_source = |document: &&Document| document.path.extension().is_some_and(|extension| extension == "rs");
        let own = self.documents.values().filter(is_source);
        let own = own.filter(|document| self.folders.host_of(&document.path).as_deref() == Some(root));
        own.map(|document| (document.path.clone(), document.text.clone())).collect()
    }

    /// Returns the host of an open file.
    pub(super) fn host_of(&self, uri: &Url) -> Option<PathBuf> {
        self.folders.host_of(&self.documents.get(uri)?.path)
    }

    /// Tells whether a file of a host is open.
    pub(super) fn is_open(&self, root: &Path) -> bool {
        self.documents.values().any(|document| self.folders.host_of(&document.path).as_deref() == Some(root))
    }

    /// Returns the editor's version of an open file.
    pub(super) fn version_of(&self, uri: &Url) -> Option<i32> {
        self.documents.get(uri).map(|document| document.version)
    }

    /// Returns what the editor calls its open files, by their real paths.
    pub(super) fn names(&self) -> BTreeMap<PathBuf, Url> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        self.documents.iter().map(|(uri, document)| (real(&document.path), uri.clone())).collect()
    }

    /// Returns what is to be shown of a host: what is wrong, and, with `with_plan`, the hazards of what would be
    /// written next.
    pub(super) fn shown(&self, root: &Path, with_plan: bool) -> ByFile {
        let mut shown = ByFile::new();
        let Some(host) = self.hosts.get(root) else { return shown };
        let Some(read) = host.newest() else { return shown };
        let names = self.names();
        let files = Files { root, texts: &read.texts, names: &names };
        files.add_findings(&read.findings, &mut shown);
        if let Some((_, plan)) = host.plan.as_ref().filter(|(version, _)| with_plan && *version == host.version) {
            files.add_findings(&plan.findings, &mut shown);
            files.add_concerns(&plan.concerns, &mut shown);
            // An editor is also told that nothing is wrong.
            for uri in self.documents.keys().filter(|uri| self.host_of(uri).as_deref() == Some(root)) {
                shown.entry(uri.clone()).or_default();
            }
        }
        shown
    }
}
