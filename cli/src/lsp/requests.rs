//! Requests about open files, and what the server tells an editor about itself.

use std::io;
use std::path::Path;
use std::sync::Arc;

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::{
    CodeActionParams, DocumentSymbolParams, GotoDefinitionParams, HoverParams, TextDocumentPositionParams,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::names::{self, At};
use super::show::Files;
use super::work::Read;
use super::{Event, Server, actions, hover};

/// The requests that are answered.
pub(super) const METHODS: &[&str] =
    &["textDocument/hover", "textDocument/definition", "textDocument/documentSymbol", "textDocument/codeAction"];

/// Returns what the server can do.
pub(super) fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": {} },
        "hoverProvider": true,
        "definitionProvider": true,
        "documentSymbolProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    })
}

/// Returns the request to be told of files that change on disk: sources, settings and revisions.
pub(super) fn watch() -> Request {
    let globs = [
        "**/*.rs",
        "**/autogen.toml",
        "**/diesel.toml",
        "**/plugin.toml",
        "**/Cargo.toml",
        "**/up.sql",
        "**/metadata.toml",
    ];
    let watchers: Vec<Value> = globs.iter().map(|glob| json!({ "globPattern": glob })).collect();
    let method = "workspace/didChangeWatchedFiles";
    let options = json!({ "watchers": watchers });
    let params = json!({ "registrations": [{ "id": "files", "method": method, "registerOptions": options }] });
    Request::new(RequestId::from("watch".to_owned()), "client/registerCapability".to_owned(), params)
}

impl Server {
    /// Answers a request about a file of a host that has been read.
    pub(super) fn answer(&mut self, request: Request, root: &Path, read: &Arc<Read>) -> io::Result<()> {
        let Request { id, method, params } = request;
        let known = self.state.names();
        let files = Files { root, texts: &read.texts, names: &known };
        let at = |params: &TextDocumentPositionParams| (params.text_document.uri.clone(), params.position);
        let result = match method.as_str() {
            "textDocument/hover" => parsed(params).map(|params: HoverParams| {
                let (uri, position) = at(&params.text_document_position_params);
                let Some(named) = names::named(read, &At { files, uri: &uri, position }) else {
                    return Some(Value::Null);
                };
                self.hover(id.clone(), read.clone(), named);
                None
            }),
            "textDocument/definition" => parsed(params).map(|params: GotoDefinitionParams| {
                let (uri, position) = at(&params.text_document_position_params);
                Some(json!(names::definitions(read, &At { files, uri: &uri, position })))
            }),
            "textDocument/documentSymbol" => parsed(params).map(|params: DocumentSymbolParams| {
                Some(json!(names::symbols(read, &files, &params.text_document.uri)))
            }),
            _ => parsed(params).map(|params: CodeActionParams| {
                let host = self.state.hosts.get(root);
                let plan = host.and_then(|host| host.plan.as_ref().filter(|(version, _)| *version == host.version));
                let concerns = plan.map_or(&[][..], |(_, plan)| &plan.concerns);
                Some(json!(actions::actions(concerns, &files, &params.text_document.uri, params.range)))
            }),
        };
        match result {
            Ok(Some(result)) => self.send(Response::new_ok(id, result)),
            // It is answered from another thread.
            Ok(None) => Ok(()),
            Err(reason) => self.send(Response::new_err(id, ErrorCode::InvalidParams as i32, reason)),
        }
    }

    /// Answers a hover without waiting for the live database here.
    fn hover(&self, id: RequestId, read: Arc<Read>, named: names::Named) {
        let (events, is_plain) = (self.events.clone(), self.is_plain);
        hover::answer(read, named, move |text| {
            let kind = if is_plain { "plaintext" } else { "markdown" };
            let result = text.map_or(Value::Null, |text| json!({ "contents": { "kind": kind, "value": text } }));
            // The session may be over.
            let _unheard = events.send(Event::Answered(Response::new_ok(id, result)));
        });
    }
}

fn parsed<P: DeserializeOwned>(params: Value) -> Result<P, String> {
    serde_json::from_value(params).map_err(|error| format!("the request can't be understood: {error}"))
}
