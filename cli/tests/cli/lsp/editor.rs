//! An editor with one server, and texts as the protocol counts them, without the program's own code.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Host;

/// How long an editor's patience lasts here: servers are slow where many tests run.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with one server.
pub struct Editor<'h> {
    host: &'h Host,
    server: Child,
    pub input: Option<ChildStdin>,
    received: Receiver<Value>,
    /// What came while something else was expected.
    pub kept: VecDeque<Value>,
    id: i64,
}

impl<'h> Editor<'h> {
    /// Starts a server in a host's folder.
    pub fn start(host: &'h Host, arguments: &str) -> Self {
        let mut command = host.command(&format!("lsp {arguments}"));
        let mut server = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let (input, output) = (server.stdin.take(), server.stdout.take().expect("a pipe"));
        let (sender, received) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { host, server, input, received, kept: VecDeque::new(), id: 0 }
    }

    /// Starts a server and a session.
    pub fn begin(host: &'h Host) -> Self {
        let mut editor = Self::start(host, "");
        let folder = json!({ "uri": editor.uri(""), "name": "host" });
        let answer = editor.ask("initialize", json!({ "capabilities": {}, "workspaceFolders": [folder] }));
        assert_eq!(answer["serverInfo"]["name"], "autogen");
        editor.tell("initialized", json!({}));
        editor
    }

    pub fn uri(&self, path: &str) -> String {
        let root = self.host.root().canonicalize().expect("the folder is there");
        format!("file://{}/{path}", root.display()).trim_end_matches('/').to_owned()
    }

    pub fn raw(&mut self, text: &str) {
        let input = self.input.as_mut().expect("is open");
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(&format!("Content-Length: {}\r\n\r\n{text}", text.len()));
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Returns the whole answer to a request.
    pub fn asked(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.expect(&format!("the answer to {method}"), |message| message["id"] == id)
    }

    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.asked(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Returns the first message that is what is expected. Keeps others.
    #[track_caller]
    pub fn expect(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&is_it) {
            return self.kept.remove(at).expect("is there");
        }
        loop {
            match self.received.recv_timeout(PATIENCE) {
                Ok(message) if is_it(&message) => return message,
                Ok(message) => self.kept.push_back(message),
                Err(RecvTimeoutError::Timeout) => panic!("{what} didn't come; {:?} did", self.kept),
                Err(RecvTimeoutError::Disconnected) => panic!("the server has ended without {what}"),
            }
        }
    }

    pub fn open(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces a file's text.
    pub fn change(&mut self, path: &str, version: i64, text: &str) {
        let document = json!({ "uri": self.uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    /// Waits until a file has exactly the diagnostics with these codes. Returns them.
    #[track_caller]
    pub fn shows(&mut self, path: &str, codes: &[&str]) -> Vec<Value> {
        let uri = self.uri(path);
        let found = |message: &Value| -> Vec<String> {
            let all = message["params"]["diagnostics"].as_array().cloned().unwrap_or_default();
            all.iter().map(|shown| shown["code"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && found(message) == codes
        };
        let shown = self.expect(&format!("{codes:?} in {path}"), is_it);
        // What was shown before doesn't count any more.
        self.kept.retain(|message| message["params"]["uri"] != uri);
        shown["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    pub fn at(&self, path: &str, text: &str, word: &str) -> Value {
        let position = position(text, text.find(word).unwrap_or_else(|| panic!("{word} isn't there")));
        json!({ "textDocument": { "uri": self.uri(path) }, "position": position })
    }

    /// Ends the session. Returns the exit code.
    pub fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.ended()
    }

    pub fn ended(&mut self) -> i32 {
        self.server.wait().expect("the server ends").code().expect("by itself")
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        // A test that fails must not leave it behind.
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}

fn message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(value) => length = value.parse().expect("a number"),
            None if line == "\r\n" => break,
            None => panic!("no header: {line:?}"),
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    Some(serde_json::from_slice(&text).expect("JSON"))
}

/// The place of a byte, counted here without the program's own code.
pub fn position(text: &str, offset: usize) -> Value {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": line, "character": before[start..].encode_utf16().count() })
}

pub fn range(text: &str, word: &str) -> Value {
    let start = text.find(word).unwrap_or_else(|| panic!("{word} isn't there"));
    json!({ "start": position(text, start), "end": position(text, start + word.len()) })
}

/// Applies the edit of an action to the text of its only file.
pub fn edited(text: &str, action: &Value) -> String {
    let changes = action["edit"]["changes"].as_object().expect("changes");
    let edits = changes.values().next().and_then(Value::as_array).expect("edits");
    let [edit] = edits.as_slice() else { panic!("one edit: {action}") };
    assert_eq!(edit["range"]["start"], edit["range"]["end"], "nothing is replaced");
    let number = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("fits");
    let (line, character) = (number(&edit["range"]["start"]["line"]), number(&edit["range"]["start"]["character"]));
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let units: Vec<u16> = text[start..].encode_utf16().take(character).collect();
    let at = start + String::from_utf16(&units).expect("whole letters").len();
    format!("{}{}{}", &text[..at], edit["newText"].as_str().expect("a text"), &text[at..])
}
