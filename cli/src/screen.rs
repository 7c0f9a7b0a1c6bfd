//! The line at the bottom of a terminal that says what is going on, and the remarks about what is waited for.
//!
//! Without a terminal there is no such line, and everything else that is printed is the same.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use autogen_engine::database::activity::{self, Progress, Running};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Global;
use crate::plain::plain;
use crate::times::shown;

/// How often the line is drawn.
const BEAT: Duration = Duration::from_millis(100);
/// How long something may take without a word.
const SILENCE: Duration = Duration::from_millis(500);
/// How long a statement runs before its server is asked about it, and at least between two questions.
const PAUSE: Duration = Duration::from_secs(1);

/// Standard error, and the line at its bottom if one is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Screen {
    line: Arc<Mutex<Option<ProgressBar>>>,
}

impl Screen {
    /// Prints something, with the line out of the way meanwhile.
    pub(crate) fn print(&self, print: impl FnOnce()) {
        match &*self.line() {
            Some(line) => line.suspend(print),
            None => print(),
        }
    }

    /// Prints a remark to standard error.
    pub(crate) fn remark(&self, text: &str) {
        // Nothing is left to tell a failure by.
        self.print(|| _ = writeln!(std::io::stderr(), "{}", plain(text)));
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        if let Some(line) = self.line().take() {
            line.finish_and_clear();
        }
    }

    /// Starts to watch what this process runs.
    pub(crate) fn watch(&self, global: &Global) {
        let is_drawn = global.verbose < 2
            && !global.quiet
            && std::io::stderr().is_terminal()
            && std::env::var_os("CI").is_none()
            && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
        let watch = Watch { screen: self.clone(), is_drawn, is_quiet: global.quiet, asked: None, told: None };
        // Without the thread nothing is shown, and everything else works.
        let _unshown = thread::Builder::new().name("screen".to_owned()).spawn(|| watch.run());
    }

    fn draw(&self, text: String) {
        let mut line = self.line();
        let line = line.get_or_insert_with(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            line.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or(ProgressStyle::default_spinner()),
            );
            line
        });
        line.set_message(text);
        line.tick();
    }

    fn line(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the watching thread knows.
struct Watch {
    screen: Screen,
    is_drawn: bool,
    is_quiet: bool,
    /// The last answer of the server, when it came, and when the statement began that it is about.
    asked: Option<(Instant, Instant, Option<Progress>)>,
    /// What was said last of what is waited for.
    told: Option<String>,
}

impl Watch {
    fn run(mut self) {
        loop {
            thread::sleep(BEAT);
            if let Some(since) = activity::locked_since().filter(|since| since.elapsed() >= PAUSE) {
                self.tell("another program, which has the database locked");
                self.show(|| format!("waiting for another program, {}", shown(since.elapsed())));
                continue;
            }
            let Some(running) = activity::running().filter(|running| running.since.elapsed() >= SILENCE) else {
                self.screen.clear();
                continue;
            };
            let progress = self.ask(&running);
            match progress.as_ref().and_then(|progress| progress.waits_for.as_deref()) {
                Some("") => self.tell("a lock that another session holds"),
                Some(who) => self.tell(&format!("a lock that another session holds: {who}")),
                None => self.told = None,
            }
            self.show(|| described(&running, progress.as_ref()));
        }
    }

    fn show(&self, text: impl FnOnce() -> String) {
        if self.is_drawn {
            self.screen.draw(text());
        }
    }

    /// Says once what is waited for.
    fn tell(&mut self, what: &str) {
        if self.told.as_deref() != Some(what) && !self.is_quiet {
            self.screen.remark(&format!("waiting for {what}"));
        }
        self.told = Some(what.to_owned());
    }

    /// Asks the server about a statement, unless it has been asked just now.
    fn ask(&mut self, running: &Running) -> Option<Progress> {
        if running.since.elapsed() < PAUSE {
            return None;
        }
        // What takes an hour needn't be asked about every second.
        let pause = PAUSE.max(running.since.elapsed() / 20);
        let is_fresh = |(at, since, _): &&(Instant, Instant, _)| *since == running.since && at.elapsed() < pause;
        if let Some((_, _, known)) = self.asked.as_ref().filter(is_fresh) {
            return known.clone();
        }
        let progress = running.progress();
        self.asked = Some((Instant::now(), running.since, progress.clone()));
        progress
    }
}

/// Describes a statement in one line, without what a terminal obeys.
fn described(running: &Running, progress: Option<&Progress>) -> String {
    const LONGEST: usize = 60;
    let mut parts = Vec::new();
    if let Some((revision, number, of)) = &running.revision {
        parts.push(if *of > 1 { format!("{revision} ({number} of {of})") } else { revision.clone() });
    }
    if let Some((number, of)) = running.number {
        parts.push(format!("statement {number} of {of}"));
    }
    parts.push(shown(running.since.elapsed()));
    parts.extend(progress.and_then(|progress| progress.stage.clone()));
    let words = running.statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = words.char_indices().nth(LONGEST).map_or(words.len(), |(end, _)| end);
    parts.push(words[..end].to_owned());
    plain(&parts.join(", "))
}
