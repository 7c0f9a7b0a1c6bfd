//! The invariants of the source tree, as tests: who may name Diesel, who may print, who may depend
//! on whom, and what nobody may write.
//!
//! Sources are read as tokens, so that a comment or a string never counts and a line break never
//! hides anything. Nothing here runs or knows autogen.

use std::collections::{BTreeMap, BTreeSet};

mod closed;
mod sources;

use sources::{Source, code, everything, files, lex, nobody_imports, nobody_writes, read, source};

/// What users get: everything that isn't a test, a chore or an input.
const PRODUCT: &[&str] = &[
    "engine/src",
    "engine/core/src",
    "engine/syntax/src",
    "engine/macros/src",
    "codegen/src",
    "cli/workspace/src",
    "cli/src",
];

/// The product without the program: what hosts may embed.
const LIBRARIES: &[&str] =
    &["engine/src", "engine/core/src", "engine/syntax/src", "engine/macros/src", "codegen/src", "cli/workspace/src"];

/// The stages that are functions of their input, and the words and facts that they share.
const PURE: &[&str] = &[
    "engine/src/model",
    "engine/src/dialect",
    "engine/src/sql",
    "engine/core/src/sql",
    "engine/core/src/diff",
    "engine/core/src/plan",
    "engine/core/src/lint",
    "codegen/src",
];

#[test]
fn only_who_talks_to_a_database_names_diesel() {
    let allowed = [
        "engine/core/src/database/",
        "engine/core/src/introspect/",
        "engine/core/src/scratch/",
        "engine/src/history/",
        "engine/core/src/history/",
        "engine/src/link/",
        "engine/core/src/spelling/",
        // The macro's expansion names `diesel::table!` in the caller's crate.
        "engine/macros/",
        "engine/syntax/src/expand.rs",
    ];
    let mut sources = code(PRODUCT);
    sources.retain(|source| !allowed.iter().any(|allowed| source.path.starts_with(allowed)));
    nobody_writes(
        &["diesel ::", "diesel_migrations ::", "libsqlite3_sys ::"],
        &sources,
        "only introspect, scratch and history talk to a database; put the query into one of them, \
         and hand plain data of `model` on",
    );
}

#[test]
fn only_the_program_prints_reads_the_environment_or_exits() {
    let mut sources = code(LIBRARIES);
    let advice = "a library returns what it has to say, takes what it has to know as arguments, and never exits; \
                  print, read variables and exit in `cli`";
    nobody_writes(
        &["println !", "print !", "eprintln !", "eprint !", "stdout (", "stderr (", "process ::"],
        &sources,
        advice,
    );
    // Which crate a macro is called in, cargo tells only by variables.
    sources.retain(|source| source.path != "engine/macros/src/lib.rs");
    nobody_writes(&["env ::"], &sources, advice);
}

#[test]
fn pure_stages_touch_no_files_and_no_clock() {
    nobody_writes(
        &["fs ::", "File ::", "SystemTime", "Instant", "Timestamp :: now", "Zoned :: now"],
        &code(PURE),
        "the same input must give the same bytes; read or write files in `scan`, `host` or `history`, \
         and take the time as an argument",
    );
}

#[test]
fn stages_at_the_rim_dont_know_each_other() {
    for (folder, others) in [
        ("engine/core/src/scan", ["introspect", "history"]),
        ("engine/core/src/introspect", ["scan", "history"]),
        ("engine/core/src/history", ["scan", "introspect"]),
    ] {
        nobody_imports(&others, folder, "pass what they share through `model`, or join the two in a stage after both");
    }
}

#[test]
fn the_model_knows_no_stage() {
    let stages = [
        "database",
        "diff",
        "history",
        "host",
        "introspect",
        "normalize",
        "plan",
        "scan",
        "scratch",
        "autogen_codegen",
    ];
    nobody_imports(&stages, "engine/src/model", "behaviour that needs a stage belongs to that stage");
}

/// What reads a text twice reads it differently some day, and then one of the two is a hole in a fence.
#[test]
fn sql_is_read_in_one_place() {
    // What a server prints of a table is read where it is asked for; the proof's judge shares nothing on purpose; odd texts
    // are fed to the lexer itself.
    const ALSO: [&str; 5] = [
        "engine/core/src/fuzz/",
        "engine/core/src/introspect/",
        "engine/core/src/scratch/copy/mysql.rs",
        "engine/core/src/spelling/mysql.rs",
        "engine/core/src/scratch/prove/judge.rs",
    ];
    let mut sources = code(PRODUCT);
    sources
        .retain(|source| !["engine/src/sql/", "engine/core/src/sql/"].iter().any(|room| source.path.starts_with(room)));
    sources.retain(|source| !ALSO.iter().any(|place| source.path.starts_with(place)));
    nobody_writes(
        &[". tokens (", "sql :: Kind", "sql :: Token", "sql :: { Kind", "sql :: { Token"],
        &sources,
        "a question about the text of a statement is answered by `sql`, which alone cuts it into tokens and knows keywords",
    );
}

/// The rooms of what hosts depend on, each after all that it knows: so no two know one another, however long the way.
const ROOMS_OF_HOSTS: &[&str] = &["model", "dialect", "error", "sql", "toml_file", "link", "history", "embedded"];

/// Those of the engine.
const ROOMS: &[&str] = &[
    "sql",
    "files",
    "database",
    "introspect",
    "spelling",
    "diff",
    "normalize",
    "plan",
    "lint",
    "gate",
    "host",
    "scan",
    "history",
    "scratch",
];

#[test]
fn rooms_know_only_those_before_them() {
    in_order("engine/src/", ROOMS_OF_HOSTS);
    in_order("engine/core/src/", ROOMS);
}

#[track_caller]
fn in_order(place: &str, rooms: &[&str]) {
    let mut seen = BTreeSet::new();
    for source in code(&[place.trim_end_matches('/')]) {
        let room = source.path.trim_start_matches(place).split(['/', '.']).next().expect("a path has a first part");
        // What puts the rooms together, and what tests all of them.
        if room == "lib" || room == "fuzz" {
            continue;
        }
        let position = rooms.iter().position(|known| *known == room).unwrap_or_else(|| {
            panic!("{}: the room `{room}` is new; say in this test after which others it comes", source.path)
        });
        seen.insert(rooms[position]);
        let later: Vec<_> = rooms[position + 1..].iter().map(|later| format!("crate :: {later}")).collect();
        let later: Vec<_> = later.iter().map(String::as_str).collect();
        nobody_writes(
            &later,
            &[source],
            "that room knows this one already, and a circle can only be understood as a whole; pass plain data, or move \
             what both need into a room before both",
        );
    }
    let missing: Vec<_> = rooms.iter().filter(|room| !seen.contains(**room)).collect();
    assert!(missing.is_empty(), "these rooms weren't found; take them out of this test: {missing:?}");
}

/// The files that apply and revert, each after all that it knows.
const APPLYING: [&str; 21] = [
    "event",
    "rows",
    "failure",
    "script",
    "next",
    "waiting",
    "runner",
    "temporary",
    "dangling",
    "together",
    "turn",
    "session",
    "notes",
    "sqlite",
    "postgres",
    "mysql",
    "undo",
    "steps",
    "lost",
    "review",
    "mod",
];

#[test]
fn files_that_apply_know_only_those_before_them() {
    const FOLDER: &str = "engine/src/history/apply";
    let name = |source: &Source| {
        let file = source.path.rsplit('/').next().expect("a path has a last part");
        file.trim_end_matches(".rs").to_owned()
    };
    let sources = code(&[FOLDER]);
    let mut found: Vec<_> = sources.iter().map(name).collect();
    found.sort();
    let mut known = APPLYING.map(str::to_owned);
    known.sort();
    assert_eq!(found, known, "say in this test after which others a file of {FOLDER} comes");
    for source in &sources {
        let file = name(source);
        let before: Vec<_> = APPLYING.iter().take_while(|known| **known != file).collect();
        // Whatever stands in `mod.rs` or comes by way of it is known by `mod.rs` alone.
        for (sibling, line) in source.siblings().into_iter().filter(|_| file != "mod") {
            assert!(
                before.contains(&&sibling.as_str()),
                "{}:{line}: `{sibling}` doesn't come before `{file}`; a circle can only be understood as a whole: pass plain \
                 data, or move what both need into a file before both",
                source.path
            );
        }
    }
}

#[test]
fn crates_depend_in_one_direction() {
    // Dev-dependencies don't count: a test may look at the layers above.
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("autogen-syntax", &[] as &[_]),
        ("autogen-macros", &["autogen-syntax"]),
        // What hosts pay for: nothing of the engine.
        ("autogen", &["autogen-macros"]),
        ("autogen-engine", &["autogen", "autogen-syntax"]),
        ("autogen-codegen", &["autogen-engine"]),
        ("autogen-workspace", &["autogen-codegen", "autogen-engine"]),
        ("autogen-cli", &["autogen-codegen", "autogen-engine", "autogen-workspace"]),
        ("autogen-test-servers", &[]),
        ("xtask", &["autogen-test-servers"]),
    ]);
    let manifests: Vec<_> = files(&["engine", "codegen", "cli", "tests/servers", "tests/xtask"], "Cargo.toml");
    let mut seen = BTreeSet::new();
    for path in &manifests {
        let manifest: toml::Table = toml::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = manifest["package"]["name"].as_str().expect("a package has a name");
        let name = name.strip_prefix("diesel-").unwrap_or(name);
        let allowed = allowed.get(name).unwrap_or_else(|| {
            panic!("{path}: the crate `{name}` is new; say in this test which of our crates it may depend on")
        });
        for section in ["dependencies", "build-dependencies"] {
            let Some(toml::Value::Table(dependencies)) = manifest.get(section) else { continue };
            for dependency in dependencies.keys().filter(|dependency| dependency.starts_with("autogen")) {
                assert!(
                    allowed.contains(&dependency.as_str()),
                    "{path}: `{name}` must not depend on `{dependency}`; the direction is \
                     cli -> workspace -> codegen -> engine -> autogen -> macros -> syntax",
                );
            }
        }
        seen.insert(name.to_owned());
    }
    let missing: Vec<_> = allowed.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "these crates weren't found; take them out of this test: {missing:?}");
}

/// Enums that are open by their nature, where they are: each has a variant for what nobody has named.
const OPEN: [(&str, &str); 7] = [
    // `Other`: whatever a database or a host calls a type. What isn't said of a type holds for those.
    ("DataType", ""),
    ("Held", "engine/core/src/plan/"),
    ("Class", "engine/core/src/plan/sqlite/convert.rs"),
    ("Affinity", "engine/core/src/plan/sqlite/convert.rs"),
    // `Unread`: whatever a script does. A rule is about a few statements, and has nothing to say about others.
    ("Action", "engine/core/src/lint/"),
    ("Alteration", "engine/core/src/lint/"),
    // Reasons for an order are about pairs of steps; a step without one runs where it stands.
    ("Kind", "engine/core/src/plan/postgres/order.rs"),
];

/// A question about one variant is an `if let` or a `matches!`. An answer for each is a `match`, which the compiler holds to
/// that word.
#[test]
fn a_new_variant_vanishes_in_no_rest() {
    let sources = code(PRODUCT);
    let parsed: Vec<_> = sources.iter().map(|source| (source, closed::parsed(source))).collect();
    let mut enums = closed::Enums::default();
    parsed.iter().for_each(|(_, file)| enums.read(file));
    let is_open = |name: &str, path: &str| OPEN.iter().any(|(open, place)| *open == name && path.starts_with(place));
    let mut places = Vec::new();
    for (source, file) in parsed {
        let hidden = closed::hidden(&file, &enums).into_iter().filter(|(_, name)| !is_open(name, &source.path));
        places.extend(hidden.map(|(line, name)| format!("{}:{line}: {name}", source.path)));
    }
    assert!(
        places.is_empty(),
        "a new variant of the enum would vanish here; name all cases, ask for one by `if let`, or give the enum a method \
         that answers for each:\n  {}",
        places.join("\n  ")
    );
}

/// A schema of the model is made in one place from what authors write, and that place ends with the gate.
#[test]
fn no_text_of_a_definition_passes_by_the_gate() {
    let mut sources = code(&["engine/src", "engine/core/src", "codegen/src", "cli/workspace/src", "cli/src"]);
    sources.retain(|source| !source.path.starts_with("engine/core/src/scan/"));
    nobody_writes(
        &["autogen_syntax ::"],
        &sources,
        "what authors write is read by `scan` alone; hand it on through `scan::lower`, which checks every text",
    );
    for source in code(&["engine/core/src/scan"]).iter().filter(|source| !source.path.contains("/scan/lower/")) {
        let places = ["model :: Place", "model :: { Place , TableName }"].map(|pattern| source.find(pattern).len());
        assert_eq!(
            source.find("model ::").len(),
            places.iter().sum::<usize>(),
            "{}: only `scan::lower` makes tables of the model, because it checks every text in the end",
            source.path
        );
    }
    let lower = source("engine/core/src/scan/lower/mod.rs".to_owned(), false);
    assert_eq!(
        lower.find("gate :: check ( schema , dialect )").len(),
        1,
        "`scan::lower` checks each schema that it makes"
    );
}

/// The lint can be switched off anywhere; this says where it may be.
#[test]
fn two_modules_hold_unsafe_code() {
    const HANDLES: [&str; 2] =
        ["engine/core/src/database/sqlite_guard.rs", "engine/src/history/fence/sqlite/handle.rs"];
    let mut sources = everything(&["engine", "codegen", "cli", "tests", "fixtures"]);
    sources.retain(|source| !HANDLES.contains(&source.path.as_str()));
    nobody_writes(
        &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "allow (unsafe_code", "expect (unsafe_code"],
        &sources,
        "handles of SQLite are those modules'; whatever else seems to need `unsafe` needs a library with a safe interface",
    );
}

/// A file of that size has begun to hold two topics: in code that is pleasant to read, files have
/// a median of 100 to 200 lines, and the one where all cases meet is the one that grows.
#[test]
fn files_hold_one_topic() {
    const LINES: usize = 500;
    let long: Vec<_> = code(&[PRODUCT, &["tests/servers/src", "tests/xtask/src", "fixtures"]].concat())
        .iter()
        .map(|source| (source.text.lines().count(), source.path.clone()))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split by topic what has more than {LINES} lines:\n  {}", long.join("\n  "));
}

#[test]
fn nothing_is_left_for_later_in_code() {
    let sources = everything(&["engine", "codegen", "cli", "tests"]);
    nobody_writes(
        &["todo !", "unimplemented !", "dbg !", "# [ ignore"],
        &sources,
        "finish it, or make it an error with a code and a next step; a test that can't run yet isn't written yet",
    );
    // In two halves, or this file would be the first to break the rule.
    let word = concat!("FIX", "ME");
    let places: Vec<_> =
        sources.iter().filter(|source| source.text.contains(word)).map(|source| source.path.as_str()).collect();
    assert!(places.is_empty(), "`{word}` helps no reader; open an issue or fix it:\n  {}", places.join("\n  "));
}

#[test]
fn every_file_begins_by_saying_what_it_is_for() {
    let silent: Vec<_> = everything(
        &[PRODUCT, &["tests/src", "tests/servers/src", "tests/xtask/src", "tests/tests/tidy", "fixtures"]].concat(),
    )
    .iter()
    .filter(|source| {
        let first = source.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_none_or(|sentence| sentence.split_whitespace().count() < 3)
    })
    .map(|source| source.path.clone())
    .collect();
    assert!(
        silent.is_empty(),
        "begin the file with `//! ` and a sentence that says what it is for, and what it isn't:\n  {}",
        silent.join("\n  "),
    );
}

/// A comment that begins with what the function does can be read alone, in a list of search results too.
#[test]
fn comments_of_functions_begin_with_a_verb() {
    let mut others = Vec::new();
    for source in code(PRODUCT) {
        for (line, word) in source.first_words_about_functions() {
            if !is_verb_in_third_person(&word) {
                others.push(format!("{}:{line}: {word}", source.path));
            }
        }
    }
    assert!(others.is_empty(), "begin with Returns, Checks, Reads, Writes, ...:\n  {}", others.join("\n  "));
}

/// Checks whether a word may be a verb that says what something does. Plural nouns pass; readers see those.
fn is_verb_in_third_person(word: &str) -> bool {
    let is_capitalised = word.starts_with(|first: char| first.is_ascii_uppercase());
    is_capitalised && word.len() > 2 && word.ends_with('s') && !["This", "Its", "Always"].contains(&word)
}

/// The rules above are worth what their reading of sources is worth.
#[test]
fn the_rules_see_code_and_nothing_else() {
    let text = r##"
        //! Names diesel::table! in a comment.
        use std::{env, process::exit};
        /// Prints with println!.
        fn code() {
            println! ("todo!() in a string");
            match 1 { Some(_) => {}
                _
                    => env::var("x"),
            }
        }
        #[cfg(test)]
        use std::fs::File;
        #[cfg(test)]
        mod tests { fn read() { std::fs::read("x") } }
        #[ignore = "slow"]
        fn after() { diesel::insert() }
    "##;
    let source = |tests| Source { path: "x.rs".into(), tokens: lex("x.rs", text, tests), text: text.into() };
    let lines = |pattern: &str| source(false).find(pattern);
    assert_eq!(lines("diesel ::"), [17]);
    assert_eq!(lines("println !"), [6]);
    assert_eq!(lines("process ::"), [3]);
    assert_eq!(lines("env ::"), [9]);
    assert_eq!(lines("_ =>"), [8]);
    assert_eq!(lines("# [ ignore"), [16]);
    assert_eq!(lines("todo !"), []);
    assert_eq!(lines("fs ::"), []);
    assert_eq!(source(true).find("fs ::"), [13, 15]);

    let text = "/// The one.\n/// Reads.\n#[must_use]\npub fn a() {}\n    /// Makes `b`.\n    async fn b() {}\n/// C\nstruct C;";
    let source = Source { path: "x.rs".into(), tokens: lex("x.rs", text, false), text: text.into() };
    assert_eq!(source.first_words_about_functions(), [(1, "The".to_owned()), (5, "Makes".to_owned())]);
    assert!(is_verb_in_third_person("Reads"));
    assert_eq!(["The", "This", "As", "Whether", ""].map(is_verb_in_third_person), [false; 5]);

    let text = "use super::{a::{b, c}, d};\nuse crate::history::apply::e;\nfn f() { super::g() }";
    let source = Source { path: "x.rs".into(), tokens: lex("x.rs", text, false), text: text.into() };
    let siblings = [("a", 1), ("d", 1), ("e", 2), ("g", 3)].map(|(name, line)| (name.to_owned(), line));
    assert_eq!(source.siblings(), siblings);
}
