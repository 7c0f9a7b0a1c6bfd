//! `autogen lsp`: the language server, for editors.
//!
//! The thread that reads messages from the editor never waits for work: sources are read and chains are replayed on two
//! threads of their own, and of several versions only the newest counts. Nothing is written, and no live database is
//! changed.

mod actions;
mod framing;
mod hosts;
mod hover;
mod names;
mod queue;
mod requests;
mod show;
mod state;
mod text;
mod work;

use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use autogen_engine::error::{Code, Error, Result};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, InitializeParams, MessageType, PublishDiagnosticsParams,
    ShowMessageParams, Url,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::Global;
use show::ByFile;
use state::State;
use work::{Plan, Read};

/// What has happened.
#[derive(Debug)]
enum Event {
    /// The editor has sent something.
    Sent(framing::Read),
    /// A host's sources have been read.
    Read(PathBuf, u64, Arc<Read>),
    /// What would be written next is known.
    Planned(PathBuf, u64, Plan),
    /// Reading or planning has panicked.
    Failed(PathBuf, u64),
    /// A request is answered.
    Answered(Response),
}

pub(crate) fn run(global: &Global) -> Result<Outcome> {
    let (events, happened) = mpsc::channel();
    let options = global.options();
    let stated = global.root.as_ref().and_then(|root| root.canonicalize().ok());
    let state = State::new(options, stated);
    let started = work::start(&state.reading, &state.planning, &events).and_then(|()| listen(events.clone()));
    started.map_err(|cause| {
        Error::new(Code::CantRead, format!("can't start to listen: {cause}"))
            .caused_by(cause)
            .help("close other programs")
    })?;
    let mut server = Server { state, events, out: io::stdout(), phase: Phase::New, is_plain: false, watches: false };
    Ok(server.serve(&happened))
}

/// Reads messages from standard input, on a thread of its own.
fn listen(events: Sender<Event>) -> io::Result<()> {
    let reading = move || {
        let mut stream = BufReader::new(io::stdin());
        loop {
            let read = framing::read(&mut stream).unwrap_or(framing::Read::End);
            let is_end = matches!(read, framing::Read::End);
            if events.send(Event::Sent(read)).is_err() || is_end {
                return;
            }
        }
    };
    thread::Builder::new().name("listening".to_owned()).spawn(reading).map(drop)
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    /// The editor is about to end the server.
    Down,
}

/// A session with an editor.
struct Server {
    state: State,
    events: Sender<Event>,
    out: io::Stdout,
    phase: Phase,
    /// Whether the editor shows hovers as plain text only.
    is_plain: bool,
    /// Whether the editor can tell of files that change on disk.
    watches: bool,
}

impl Server {
    /// Answers until the editor ends the session. As the protocol wants it, an end without a request for it is told by
    /// the exit code.
    fn serve(&mut self, happened: &Receiver<Event>) -> Outcome {
        while let Ok(event) = happened.recv() {
            let told = match event {
                Event::Sent(framing::Read::End) => break,
                Event::Sent(framing::Read::Malformed(reason)) => framing::write_malformed(&mut self.out, &reason),
                Event::Sent(framing::Read::Message(message)) => match *message {
                    Message::Notification(note) if note.method == "exit" => break,
                    Message::Notification(note) => self.notified(note),
                    Message::Request(request) => self.requested(request),
                    Message::Response(_) => Ok(()),
                },
                Event::Read(root, version, read) => self.has_read(root, version, read),
                Event::Planned(root, version, plan) => self.has_planned(root, version, plan),
                Event::Failed(root, version) => self.has_failed(root, version),
                Event::Answered(response) => self.send(response),
            };
            // The editor has gone away.
            if told.is_err() {
                break;
            }
        }
        if self.phase == Phase::Down { Outcome::Clean } else { Outcome::Findings }
    }

    fn requested(&mut self, request: Request) -> io::Result<()> {
        let refused = match (self.phase, request.method.as_str()) {
            (Phase::New, "initialize") => return self.initialize(request),
            (Phase::New, _) => (ErrorCode::ServerNotInitialized, "the first request is `initialize`"),
            (Phase::Running, "initialize") | (Phase::Down, _) => (ErrorCode::InvalidRequest, "not at this time"),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::Down;
                return self.send(Response::new_ok(request.id, Value::Null));
            }
            (Phase::Running, method) if requests::METHODS.contains(&method) => return self.ask(request),
            (Phase::Running, _) => (ErrorCode::MethodNotFound, "there is no such request"),
        };
        self.refuse(request.id, refused.0, refused.1)
    }

    fn initialize(&mut self, request: Request) -> io::Result<()> {
        let params: InitializeParams = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(error) => return self.refuse(request.id, ErrorCode::InvalidParams, &error.to_string()),
        };
        #[expect(deprecated, reason = "older editors state only one folder")]
        let one = params.root_uri.into_iter();
        let folders = params.workspace_folders.map(|folders| folders.into_iter().map(|folder| folder.uri).collect());
        let folders: Vec<Url> =
            folders.filter(|folders: &Vec<Url>| !folders.is_empty()).unwrap_or_else(|| one.collect());
        self.state.folders.open = folders.iter().filter_map(|folder| folder.to_file_path().ok()).collect();
        let forms = params.capabilities.text_document.and_then(|text| text.hover?.content_format);
        self.is_plain = forms.is_some_and(|forms| !forms.contains(&lsp_types::MarkupKind::Markdown));
        let watching = params.capabilities.workspace.and_then(|workspace| workspace.did_change_watched_files);
        self.watches = watching.and_then(|watching| watching.dynamic_registration).unwrap_or_default();
        self.phase = Phase::Running;
        let result = json!({
            "capabilities": requests::capabilities(),
            "serverInfo": { "name": "autogen", "version": env!("CARGO_PKG_VERSION") },
        });
        self.send(Response::new_ok(request.id, result))
    }

    /// Answers a request about an open file, or keeps it until the file is read.
    fn ask(&mut self, request: Request) -> io::Result<()> {
        let uri = request.params["textDocument"]["uri"].as_str().and_then(|uri| Url::parse(uri).ok());
        let Some(root) = uri.and_then(|uri| self.state.host_of(&uri)) else {
            return self.send(Response::new_ok(request.id, Value::Null));
        };
        let host = self.state.hosts.entry(root.clone()).or_default();
        match host.newest().cloned() {
            Some(read) => self.answer(request, &root, &read),
            None => {
                host.waiting.push(request);
                self.state.reading.hurry(&root);
                Ok(())
            }
        }
    }

    fn notified(&mut self, note: Notification) -> io::Result<()> {
        if self.phase != Phase::Running {
            return Ok(());
        }
        match note.method.as_str() {
            "initialized" if self.watches => return self.send(requests::watch()),
            "textDocument/didOpen" => self.noted(note, |state, params: DidOpenTextDocumentParams| {
                let document = params.text_document;
                state.open(document.uri, document.text, document.version);
            }),
            "textDocument/didChange" => self.noted(note, |state, params: DidChangeTextDocumentParams| {
                let document = params.text_document;
                state.change(&document.uri, params.content_changes, document.version);
            }),
            "textDocument/didSave" => self.noted(note, |state, params: DidSaveTextDocumentParams| {
                state.refresh(&params.text_document.uri, true);
            }),
            "textDocument/didClose" => self.noted(note, |state, params: DidCloseTextDocumentParams| {
                state.close(&params.text_document.uri);
            }),
            "workspace/didChangeWorkspaceFolders" => {
                self.noted(note, |state, params: DidChangeWorkspaceFoldersParams| {
                    let paths = |folders: Vec<lsp_types::WorkspaceFolder>| -> Vec<PathBuf> {
                        folders.into_iter().filter_map(|folder| folder.uri.to_file_path().ok()).collect()
                    };
                    let gone = paths(params.event.removed);
                    state.folders.open.retain(|folder| !gone.contains(folder));
                    state.folders.open.extend(paths(params.event.added));
                    state.refresh_all();
                })
            }
            "workspace/didChangeWatchedFiles" => self.state.refresh_all(),
            _ => {}
        }
        Ok(())
    }

    /// Does what a notification says. One that can't be understood has nobody to be told of it.
    fn noted<P: DeserializeOwned>(&mut self, note: Notification, act: impl FnOnce(&mut State, P)) {
        if let Ok(params) = serde_json::from_value(note.params) {
            act(&mut self.state, params);
        }
    }

    fn has_read(&mut self, root: PathBuf, version: u64, read: Arc<Read>) -> io::Result<()> {
        let Some(host) = self.state.hosts.get_mut(&root).filter(|host| host.version == version) else { return Ok(()) };
        let was_wrong = host.read.as_ref().is_some_and(|(_, earlier)| !earlier.findings.is_empty());
        let waiting = std::mem::take(&mut host.waiting);
        let is_new = host.read.is_none();
        let is_planned = host.plan.as_ref().is_some_and(|(planned, _)| *planned == version);
        host.read = Some((version, read.clone()));
        for request in waiting {
            self.answer(request, &root, &read)?;
        }
        let is_open = self.state.is_open(&root);
        // Until the plan is there too, an editor moves what it shows along with the text.
        if is_open && (is_new || was_wrong || is_planned || !read.findings.is_empty()) {
            self.show(&root, self.state.shown(&root, true))?;
        }
        Ok(())
    }

    fn has_planned(&mut self, root: PathBuf, version: u64, plan: Plan) -> io::Result<()> {
        let Some(host) = self.state.hosts.get_mut(&root).filter(|host| host.version == version) else { return Ok(()) };
        host.plan = Some((version, plan));
        // What is planned is shown with what was read.
        if host.newest().is_none() {
            return Ok(());
        }
        if self.state.is_open(&root) {
            return self.show(&root, self.state.shown(&root, true));
        }
        self.show(&root, ByFile::new())?;
        self.state.hosts.remove(&root);
        Ok(())
    }

    fn has_failed(&mut self, root: PathBuf, version: u64) -> io::Result<()> {
        let message = format!(
            "autogen failed while it read `{}`; please report it",
            crate::plain::plain(&root.display().to_string())
        );
        let params = ShowMessageParams { typ: MessageType::ERROR, message };
        self.send(Notification::new("window/logMessage".to_owned(), params))?;
        let is_read = self.state.hosts.get(&root).is_some_and(|host| host.newest().is_some());
        if is_read {
            self.has_planned(root, version, Plan::default())
        } else {
            self.has_read(root, version, Arc::default())
        }
    }

    /// Has the editor show diagnostics, as far as it doesn't show them already.
    fn show(&mut self, root: &Path, new: ByFile) -> io::Result<()> {
        let Some(host) = self.state.hosts.get_mut(root) else { return Ok(()) };
        let old = std::mem::replace(&mut host.shown, new.clone());
        let gone = old.keys().filter(|uri| !new.contains_key(uri)).map(|uri| (uri.clone(), Vec::new()));
        let changed = new.iter().filter(|(uri, shown)| old.get(uri) != Some(shown));
        let all = gone.chain(changed.map(|(uri, shown)| (uri.clone(), shown.clone())));
        for (uri, diagnostics) in all.collect::<Vec<_>>() {
            let version = self.state.version_of(&uri);
            let params = PublishDiagnosticsParams { uri, diagnostics, version };
            self.send(Notification::new("textDocument/publishDiagnostics".to_owned(), params))?;
        }
        Ok(())
    }

    fn refuse(&mut self, id: RequestId, code: ErrorCode, message: &str) -> io::Result<()> {
        self.send(Response::new_err(id, code as i32, message.to_owned()))
    }

    fn send(&mut self, message: impl Into<Message>) -> io::Result<()> {
        message.into().write(&mut self.out)?;
        self.out.flush()
    }
}
