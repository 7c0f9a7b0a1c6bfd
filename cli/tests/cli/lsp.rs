//! `autogen lsp` as an editor meets it: scripted sessions over the program's standard input and output.

mod editor;

use serde_json::{Value, json};

use crate::support::{ASSETS, DEVICES, Host};
use editor::{Editor, edited, position, range};

#[test]
fn a_mistake_is_shown_while_it_is_typed_and_goes_when_it_is_mended() {
    let host = Host::with_baselines();
    let path = "plugins/usb/src/schema.rs";
    let mut editor = Editor::begin(&host);
    editor.open(path, DEVICES);
    editor.shows(path, &[]);
    // With letters before it that UTF-16 counts otherwise than bytes and characters.
    let broken = DEVICES.replace("serial -> Nullable<Text>", "/* é😀 */ serial -> Inet");
    editor.change(path, 2, &broken);
    let shown = editor.shows(path, &["type-not-in-dialect"]);
    assert_eq!(shown[0]["range"], range(&broken, "Inet"), "{shown:?}");
    assert_eq!(shown[0]["severity"], 1);
    editor.change(path, 3, "autogen::table! { devices (id) { id -> Integer, id2 } }");
    editor.shows(path, &["table-syntax"]);
    editor.change(path, 4, "fn (");
    editor.change(path, 5, DEVICES);
    editor.shows(path, &[]);
    assert_eq!(host.read(path), DEVICES, "nothing is written");
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_reference_to_no_table_and_to_no_column() {
    let host = Host::with_baselines();
    let path = "plugins/usb/src/schema.rs";
    let mut editor = Editor::begin(&host);
    let text = DEVICES.replace("assets(id)", "asets(id)");
    editor.open(path, &text);
    let shown = editor.shows(path, &["missing-parent"]);
    assert!(shown[0]["message"].as_str().is_some_and(|text| text.contains("references asets")), "{shown:?}");
    assert_eq!(shown[0]["range"]["start"]["line"], 5);
    let text = DEVICES.replace("assets(id)", "assets(uid)");
    editor.change(path, 2, &text);
    let shown = editor.shows(path, &["unknown-column"]);
    assert_eq!(shown[0]["range"], range(&text, "uid"));
    let table = &shown[0]["relatedInformation"][0]["location"];
    assert_eq!((&table["uri"], &table["range"]), (&json!(editor.uri("src/schema.rs")), &range(ASSETS, "assets")));
    editor.change(path, 3, DEVICES);
    editor.shows(path, &[]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_rename_and_missing_values_are_mended_by_actions() {
    let host = Host::with_baselines();
    let mut editor = Editor::begin(&host);
    let path = "src/schema.rs";
    editor.open(path, ASSETS);
    editor.shows(path, &[]);
    let mut version = 1;
    for (old, new, code, title, attribute) in [
        (
            "tag -> Text",
            "label -> Text",
            "drop-column",
            "It was called tag before: keep its rows",
            "#[renamed_from(tag)]",
        ),
        (
            "tag -> Text",
            "tag -> Text,\n        kept -> Bool",
            "not-null",
            "Write `#[default = false]`",
            "#[default = false]",
        ),
        (
            "tag -> Text",
            "tag -> Text,\n        kept -> Bool",
            "not-null",
            "Write `#[backfill(\"false\")]`",
            "#[backfill(\"false\")]",
        ),
        (
            "tag -> Text",
            "/* 😀 */ tag -> Text,\n        kept -> Text",
            "not-null",
            "Write `#[default = \"\"]`",
            "#[default = \"\"]",
        ),
        ("tag -> Text,", "", "drop-column", "Allow drop-column here", "#[allow(drop_column)]"),
    ] {
        let text = ASSETS.replace(old, new);
        version += 1;
        editor.change(path, version, &text);
        let uri = editor.uri(path);
        let shown = editor.expect(code, |message| {
            let shown = message["params"]["diagnostics"].as_array();
            message["params"]["uri"] == uri && shown.is_some_and(|all| all.iter().any(|shown| shown["code"] == code))
        });
        let shown = shown["params"]["diagnostics"].as_array().expect("diagnostics");
        let found = shown.iter().find(|shown| shown["code"] == code).expect("is there");
        let params =
            json!({ "textDocument": { "uri": uri }, "range": found["range"], "context": { "diagnostics": [found] } });
        let actions = editor.ask("textDocument/codeAction", params);
        let actions = actions.as_array().expect("actions");
        let titles: Vec<_> = actions.iter().map(|action| &action["title"]).collect();
        let action = actions.iter().find(|action| action["title"] == title).unwrap_or_else(|| panic!("{titles:?}"));
        assert!(action["diagnostics"].as_array().is_some_and(|mends| mends.contains(found)), "{action}");
        let mended = edited(&text, action);
        assert!(mended.contains(attribute), "{mended}");
        version += 1;
        editor.change(path, version, &mended);
        let is_gone = |message: &Value| {
            let shown = message["params"]["diagnostics"].as_array();
            message["params"]["uri"] == uri
                && message["params"]["version"] == version
                && shown.is_some_and(|all| all.iter().all(|shown| shown["code"] != code))
        };
        editor.expect(&format!("{code} goes"), is_gone);
        editor.kept.clear();
    }
    assert_eq!(editor.end(), 0);
}

#[test]
fn stock_definitions_get_attributes_that_no_compiler_reads() {
    let host = Host::fixture("blog");
    let path = "src/schema.rs";
    let text = host.read(path);
    let mut editor = Editor::begin(&host);
    let new = text.replacen("title -> Text,", "title -> Text,\n        published -> Bool,", 1);
    editor.open(path, &new);
    let uri = editor.uri(path);
    let is_it = |message: &Value| {
        let shown = message["params"]["diagnostics"].as_array();
        shown.is_some_and(|all| all.iter().any(|shown| shown["code"] == "not-null"))
    };
    editor.expect("not-null", is_it);
    let params =
        json!({ "textDocument": { "uri": uri }, "range": range(&new, "published"), "context": { "diagnostics": [] } });
    let actions = editor.ask("textDocument/codeAction", params);
    let titles: Vec<&str> =
        actions.as_array().expect("actions").iter().filter_map(|action| action["title"].as_str()).collect();
    assert!(titles.contains(&"Write `#[cfg_attr(any(), autogen(default = false))]`"), "{titles:?}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn names_lead_to_definitions_of_other_owners() {
    let host = Host::with_baselines();
    let path = "plugins/usb/src/schema.rs";
    let mut editor = Editor::begin(&host);
    let text = format!("{DEVICES}\n/* 😀 */ diesel::joinable!(devices -> assets (asset_id));\n");
    editor.open(path, &text);
    for (word, file, target, name) in [
        ("assets(id)", "src/schema.rs", ASSETS, "assets"),
        ("id), on_delete", "src/schema.rs", ASSETS, "id -> Integer"),
        ("assets (asset_id)", "src/schema.rs", ASSETS, "assets"),
        ("asset_id));", path, &text, "asset_id ->"),
        ("serial)]", path, &text, "serial ->"),
    ] {
        let found = editor.ask("textDocument/definition", editor.at(path, &text, word));
        let name = name.split(' ').next().expect("a word");
        let start = if word == "serial)]" { target.find("serial ->") } else { target.find(&format!("{name} ")) };
        let start = start.or_else(|| target.find(name)).expect("is there");
        assert_eq!(found[0]["uri"], editor.uri(file), "{word}: {found}");
        assert_eq!(found[0]["range"]["start"], position(target, start), "{word}: {found}");
    }
    // Nothing is meant by a keyword.
    let nothing = editor.ask("textDocument/definition", editor.at(path, &text, "on_delete"));
    assert_eq!(nothing, json!([]));
    assert_eq!(editor.end(), 0);
}

#[test]
fn hovers_show_sql_in_each_dialect_and_the_live_form() {
    let host = Host::with_database();
    host.sql("app.db", "ALTER TABLE assets ADD COLUMN `by ``hand` TEXT");
    host.write("autogen.toml", "dialects = ['sqlite', 'postgres']\n[database]\nurl = 'app.db'\n");
    for owner in ["", "plugins/usb/", "plugins/net/"] {
        let (old, new) = (host.path(&format!("{owner}migrations")), host.path(&format!("{owner}sqlite")));
        std::fs::rename(&old, &new).expect("a chain");
        std::fs::create_dir(&old).expect("a folder");
        std::fs::rename(new, old.join("sqlite")).expect("renamed");
    }
    let mut editor = Editor::begin(&host);
    let path = "src/schema.rs";
    editor.open(path, ASSETS);
    let found = editor.ask("textDocument/hover", editor.at(path, ASSETS, "assets"));
    let text = found["contents"]["value"].as_str().expect("a text").to_owned();
    assert_eq!(found["contents"]["kind"], "markdown");
    for part in [
        "table `assets` of `core`",
        "-- sqlite\nCREATE TABLE \"assets\"",
        "-- postgres\nCREATE TABLE \"assets\"",
        "-- sqlite, live in sqlite:",
        "\"by `hand\" TEXT",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let found = editor.ask("textDocument/hover", editor.at(path, ASSETS, "tag"));
    let text = found["contents"]["value"].as_str().expect("a text").to_owned();
    assert!(text.contains("column `assets.tag` of `core`") && text.contains("\"tag\" TEXT NOT NULL"), "{text}");
    assert!(!text.contains("CREATE TABLE"), "{text}");
    let nothing = editor.ask("textDocument/hover", editor.at(path, ASSETS, "auto_increment"));
    assert_eq!(nothing, Value::Null);
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_database_that_is_away_keeps_nobody_waiting() {
    let host = Host::with_baselines();
    host.write("autogen.toml", "dialects = ['sqlite']\n[database]\nurl = 'not/there.db'\n");
    let mut editor = Editor::begin(&host);
    let path = "src/schema.rs";
    editor.open(path, ASSETS);
    let found = editor.ask("textDocument/hover", editor.at(path, ASSETS, "assets"));
    let text = found["contents"]["value"].as_str().expect("a text").to_owned();
    assert!(text.contains("CREATE TABLE") && text.contains("-- it can't be read:"), "{text}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_file_has_its_tables_and_columns_as_symbols() {
    let host = Host::with_baselines();
    let path = "plugins/usb/src/schema.rs";
    let mut editor = Editor::begin(&host);
    let text = format!("{DEVICES}autogen::sql_enum! {{ enum Level {{ Low, High }} }}\n");
    editor.open(path, &text);
    let found = editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": editor.uri(path) } }));
    let names = |symbols: &Value| -> Vec<String> {
        symbols
            .as_array()
            .expect("symbols")
            .iter()
            .map(|symbol| symbol["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&found), ["devices", "Level"]);
    assert_eq!(names(&found[0]["children"]), ["id", "asset_id", "serial"]);
    assert_eq!(names(&found[1]["children"]), ["Low", "High"]);
    assert_eq!(found[0]["children"][2]["detail"], "Nullable<Text>");
    assert_eq!(found[0]["selectionRange"], range(&text, "devices"));
    assert_eq!(editor.end(), 0);
}

#[test]
fn settings_that_cant_be_read_are_a_diagnostic() {
    let host = Host::with_baselines();
    host.write("autogen.toml", "dialects = ['oracle']\n");
    let mut editor = Editor::begin(&host);
    editor.open("src/schema.rs", ASSETS);
    let shown = editor.shows("autogen.toml", &["bad-config"]);
    assert_eq!(shown[0]["range"]["start"], json!({ "line": 0, "character": 12 }), "{shown:?}");
    host.write("autogen.toml", "");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    editor.shows("autogen.toml", &[]);
    // A chain that doesn't run has no line in source.
    host.revision("", "2027-01-01-000000_broken", "SELECT nonsense;", "");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let uri = editor.uri("");
    let shown = editor.expect("the broken chain", |message| {
        let shown = message["params"]["diagnostics"].as_array();
        shown.is_some_and(|all| all.iter().any(|shown| shown["severity"] == 1))
    });
    assert!(shown["params"]["uri"].as_str().is_some_and(|shown| shown.starts_with(&uri)), "{shown}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn hosts_are_told_apart_and_files_of_none_left_alone() {
    let host = Host::of(&[
        ("one/autogen.toml", ""),
        ("one/src/schema.rs", ASSETS),
        ("two/autogen.toml", ""),
        ("two/src/schema.rs", "autogen::table! { assets (id) { id -> Inet } }"),
        ("none/lib.rs", "autogen::table! { x (id) { id } }"),
    ]);
    let mut editor = Editor::start(&host, "");
    editor.ask("initialize", json!({ "capabilities": {}, "workspaceFolders": null }));
    editor.tell("initialized", json!({}));
    for path in ["none/lib.rs", "one/src/schema.rs", "two/src/schema.rs"] {
        editor.open(path, &host.read(path));
    }
    editor.shows("two/src/schema.rs", &["type-not-in-dialect"]);
    let symbols =
        editor.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": editor.uri("none/lib.rs") } }));
    assert_eq!(symbols, Value::Null);
    let none = editor.uri("none/lib.rs");
    assert!(editor.kept.iter().all(|message| message["params"]["uri"] != none), "{:?}", editor.kept);
    // What is closed is shown no more.
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("two/src/schema.rs") } }));
    editor.shows("two/src/schema.rs", &[]);
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_an_editor_should_not_send_ends_nothing() {
    let host = Host::with_baselines();
    host.write("autogen.toml", "");
    let mut editor = Editor::start(&host, "");
    let code = |answer: &Value| answer["error"]["code"].as_i64().unwrap_or_default();
    let early = editor.asked("textDocument/hover", json!({}));
    assert_eq!(code(&early), -32002, "{early}");
    editor.ask("initialize", json!({ "capabilities": {} }));
    let again = editor.asked("initialize", json!({ "capabilities": {} }));
    assert_eq!(code(&again), -32600, "{again}");
    for malformed in ["Content-Length: 3\r\n\r\n{x}", "what?\r\n", "Content-Length: 99999999999999999999\r\n", "\r\n"] {
        editor.raw(malformed);
        let answer = editor.expect(malformed, |message| message.get("error").is_some() && message["id"].is_null());
        assert_eq!(code(&answer), -32700, "{answer}");
    }
    let unknown = editor.asked("textDocument/rename", json!({}));
    assert_eq!(code(&unknown), -32601, "{unknown}");
    editor.open("src/schema.rs", ASSETS);
    let bad = editor.asked("textDocument/hover", json!({ "textDocument": { "uri": editor.uri("src/schema.rs") } }));
    assert_eq!(code(&bad), -32602, "{bad}");
    editor.tell("textDocument/didChange", json!({ "what": 1 }));
    editor.tell("nobody/knows", json!({}));
    let far = json!({ "textDocument": { "uri": editor.uri("src/schema.rs") }, "position": { "line": 4294967295u32, "character": 4294967295u32 } });
    assert_eq!(editor.ask("textDocument/hover", far), Value::Null);
    let elsewhere = json!({ "textDocument": { "uri": "untitled:1" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/definition", elsewhere), Value::Null);
    assert_eq!(editor.end(), 0);
}

#[test]
fn hostile_names_and_secrets_are_shown_harmlessly() {
    let host = Host::with_baselines();
    host.write(
        "autogen.toml",
        "dialects = ['sqlite', 'postgres']\n[database]\nurl = 'postgres://u:hunter2@127.0.0.1:1/d?connect_timeout=1'\n",
    );
    let path = "src/schema.rs";
    let text = ASSETS.replace("tag -> Text", "#[sql_name = \"a```\\u{1b}]0;<b>\"]\n        tag -> Text");
    let mut editor = Editor::begin(&host);
    editor.open(path, &text);
    let found = editor.ask("textDocument/hover", editor.at(path, &text, "tag ->"));
    let shown = found.to_string();
    assert!(!shown.contains("hunter2") && !shown.contains("\\u001b"), "{shown}");
    let text = found["contents"]["value"].as_str().unwrap_or_default();
    assert!(text.is_empty() || text.contains("````"), "{text}");
    // The server is away: what can be had without it is shown, and why the rest isn't.
    let uri = editor.uri("autogen.toml");
    let is_it = |message: &Value| {
        message["params"]["uri"] == uri
            && message["params"]["diagnostics"].as_array().is_some_and(|shown| !shown.is_empty())
    };
    let shown = editor.expect("why nothing is planned", is_it).to_string();
    assert!(shown.contains("u:*******@127.0.0.1") || !shown.contains("127.0.0.1"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_editor_that_goes_away_takes_the_server_along() {
    let host = Host::with_baselines();
    let mut editor = Editor::begin(&host);
    editor.open("src/schema.rs", ASSETS);
    drop(editor.input.take());
    assert_eq!(editor.ended(), 1, "there was no shutdown");
}
