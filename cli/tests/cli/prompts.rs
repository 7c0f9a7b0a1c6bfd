//! Questions on a terminal, which a real one asks: a pseudo-terminal that is typed into and read from.

#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::support::Host;

const DOWN: &str = "\u{1b}[B";
const CTRL_C: &str = "\u{3}";

/// A program that has a terminal for its input and its bad news.
struct Terminal {
    program: Child,
    keys: File,
    screen: Arc<Mutex<String>>,
    /// What was on the screen before the last answer.
    seen: String,
}

impl Terminal {
    fn start(host: &Host, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("granted");
        let name = ptsname(&ours, Vec::new()).expect("its name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let open = || OpenOptions::new().read(true).write(true).open(path).expect("opens");
        // Otherwise keys that come before the question reads them wait for the end of a line.
        let mut settings = tcgetattr(open()).expect("settings");
        settings.make_raw();
        tcsetattr(open(), OptionalActions::Now, &settings).expect("set");
        let theirs = || Stdio::from(open());
        let program = host
            .command(arguments)
            .env("TERM", "xterm")
            .envs(variables.iter().copied())
            .stdin(theirs())
            .stdout(Stdio::piped())
            .stderr(theirs())
            .spawn()
            .expect("starts");
        let keys = File::from(ours);
        let (mut reader, screen) = (keys.try_clone().expect("a copy"), Arc::<Mutex<String>>::default());
        let written = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It fails once nobody has the terminal any more.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                written.lock().expect("no panic").push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        Self { program, keys, screen, seen: String::new() }
    }

    /// Waits until something is on the screen, then types.
    #[track_caller]
    fn answer(&mut self, shown: &str, keys: &str) {
        let started = Instant::now();
        loop {
            let mut screen = self.screen.lock().expect("no panic");
            if let Some(at) = screen.find(shown) {
                let rest = screen.split_off(at + shown.len());
                self.seen.push_str(&std::mem::replace(&mut *screen, rest));
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "never shown: {shown}\n{screen}");
            drop(screen);
            std::thread::sleep(Duration::from_millis(10));
        }
        for key in keys.split_inclusive(['B', '\r']) {
            // As fast as people type.
            std::thread::sleep(Duration::from_millis(50));
            self.keys.write_all(key.as_bytes()).expect("typed");
        }
    }

    /// Waits for the end; returns the exit code, the results and the rest of the screen.
    fn end(mut self) -> (i32, String, String) {
        let mut results = String::new();
        self.program.stdout.take().expect("piped").read_to_string(&mut results).expect("text");
        let code = self.program.wait().expect("ends").code().expect("by itself");
        std::thread::sleep(Duration::from_millis(100));
        let screen = self.screen.lock().expect("no panic").clone();
        (code, results, screen)
    }
}

/// A host whose column `tag` seems to have another name now.
fn renamed() -> Host {
    let host = Host::with_rows();
    host.edit("src/schema.rs", "tag -> Text", "label -> Text");
    host
}

#[test]
fn a_rename_is_asked_about_and_written_into_the_source() {
    let host = renamed();
    let mut terminal = Terminal::start(&host, "--database-url app.db", &[]);
    terminal.answer("What is meant?", "\r");
    let (code, results, screen) = terminal.end();
    assert_eq!(code, 0, "{results}{screen}");
    assert!(screen.contains("wrote #[renamed_from(tag)] into src/schema.rs"), "{screen}");
    assert!(host.read("src/schema.rs").contains("#[renamed_from(tag)]\n"), "{}", host.read("src/schema.rs"));
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT label AS value FROM assets"), ["a"]);
    host.in_sync("--plugin core --database-url app.db");
}

#[test]
fn a_rename_in_a_stock_table_is_written_as_diesel_lets_it() {
    let host = Host::of(&[("src/schema.rs", "diesel::table! { notes (id) { id -> Integer, title -> Text, } }\n")]);
    host.done("");
    host.edit("src/schema.rs", "title", "headline");
    let mut terminal = Terminal::start(&host, "", &[]);
    terminal.answer("What is meant?", "\r");
    let (code, results, screen) = terminal.end();
    assert_eq!(code, 0, "{results}{screen}");
    let written = "id -> Integer, #[cfg_attr(any(), autogen(renamed_from(title)))] headline -> Text,";
    assert!(host.read("src/schema.rs").contains(written), "{}", host.read("src/schema.rs"));
    assert!(results.contains("title"), "{results}");
}

#[test]
fn what_is_no_rename_is_dropped_once_that_is_meant() {
    let host = renamed();
    let source = host.read("src/schema.rs");
    let mut terminal = Terminal::start(&host, "--database-url app.db", &[]);
    terminal.answer("What is meant?", &format!("{DOWN}\r"));
    terminal.answer("Is drop-column meant?", "y");
    terminal.answer("Is not-null meant?", "n");
    let (code, results, screen) = terminal.end();
    assert_eq!((code, results.as_str()), (2, ""), "{screen}");
    assert!(screen.contains("error[hazard-not-allowed]"), "{screen}");
    assert_eq!(host.folders("migrations").len(), 1);

    host.edit("src/schema.rs", "label -> Text", "label -> Nullable<Text>");
    let mut terminal = Terminal::start(&host, "--database-url app.db", &[]);
    terminal.answer("What is meant?", &format!("{DOWN}\r"));
    terminal.answer("1 row", "");
    terminal.answer("Is drop-column meant?", "y");
    // Its colors are the terminal's to show.
    assert!(terminal.seen.contains("\u{1b}[") && !terminal.seen.contains("\\u{1b}"), "{}", terminal.seen);
    let (code, results, screen) = terminal.end();
    assert_eq!(code, 0, "{results}{screen}");
    assert_eq!(host.read("src/schema.rs"), source.replace("label -> Text", "label -> Nullable<Text>"));
}

#[test]
fn a_question_that_is_broken_off_leaves_everything() {
    let host = renamed();
    let before = host.files();
    for keys in ["\u{1b}", CTRL_C, &format!("{DOWN}{DOWN}\r")] {
        let mut terminal = Terminal::start(&host, "--database-url app.db", &[]);
        terminal.answer("What is meant?", keys);
        let (code, results, screen) = terminal.end();
        assert_eq!(code, if keys == CTRL_C { 130 } else { 2 }, "{keys:?} {results}{screen}");
        assert_eq!(host.files(), before, "{keys:?}");
    }
}

#[test]
fn nobody_is_asked_in_ci_or_for_a_program_or_by_a_run_that_writes_nothing() {
    let host = renamed();
    let before = host.files();
    for (arguments, variables) in [
        ("--database-url app.db", &[("CI", "true")][..]),
        ("--database-url app.db", &[("TERM", "dumb")]),
        ("--database-url app.db --format json", &[]),
        ("--database-url app.db --quiet", &[]),
        ("diff --database-url app.db", &[]),
        ("--database-url app.db --dry-run", &[]),
    ] {
        let (code, _, screen) = Terminal::start(&host, arguments, variables).end();
        assert!([1, 2].contains(&code), "{arguments} {variables:?}: {screen}");
        assert!(!screen.contains("What is meant?"), "{arguments} {variables:?}: {screen}");
        assert_eq!(host.files(), before, "{arguments}");
    }
}
