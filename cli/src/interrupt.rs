//! What Ctrl-C and SIGTERM do: the first one ends the statement that is running, on its server too, and lets the command
//! say what stands. The second one ends the program at once.

use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use autogen_engine::database::activity;
use autogen_engine::error::{Code, Error};

use crate::screen::Screen;

/// The signal that has come, or zero.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How long the program goes on where nothing was running, and how long it may take to clean up where something was.
const PATIENCE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// Begins to hear signals.
#[cfg(unix)]
pub(crate) fn listen(screen: &Screen) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    let screen = screen.clone();
    // Without the thread, signals would go unheard; then they are left to the system.
    let handle = signals.handle();
    let heard = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if SIGNAL.swap(signal, Ordering::SeqCst) != 0 {
                screen.clear();
                std::process::exit(status(signal));
            }
            let screen = screen.clone();
            thread::spawn(move || end(&screen, signal));
        }
    });
    if heard.is_err() {
        handle.close();
    }
}

#[cfg(not(unix))]
pub(crate) fn listen(_: &Screen) {}

/// Notes that somebody pressed Ctrl-C at a question. The signal for it is on its way.
pub(crate) fn note_ctrl_c() {
    const SIGINT: i32 = 2;
    let _earlier = SIGNAL.compare_exchange(0, SIGINT, Ordering::SeqCst, Ordering::SeqCst);
}

/// Returns the exit code for the signal that has come, if one has.
pub(crate) fn code() -> Option<u8> {
    let signal = SIGNAL.load(Ordering::SeqCst);
    (signal != 0).then(|| u8::try_from(status(signal)).unwrap_or(u8::MAX))
}

/// Returns an error once a signal has come: what a command has found out since then may come of the signal alone.
pub(crate) fn refuse(command: &str) -> Result<(), Error> {
    if code().is_none() {
        return Ok(());
    }
    Err(Error::new(Code::Interrupted, format!("`{command}` was interrupted before it was done")).help("run it again"))
}

/// Returns the exit code by which shells know a signal.
fn status(signal: i32) -> i32 {
    128 + signal
}

/// Ends what is running, until the command has noticed. A command that does nothing in a database has nothing to undo.
fn end(screen: &Screen, signal: i32) {
    const BEAT: Duration = Duration::from_millis(200);
    let (mut idle, mut has_run) = (Instant::now(), false);
    let mut beats = 0;
    loop {
        if activity::running().is_some() {
            (idle, has_run) = (Instant::now(), true);
        }
        activity::interrupt();
        thread::sleep(BEAT);
        beats += 1;
        if beats == 5 {
            screen.remark("interrupted; ending what runs. Interrupt again to stop at once");
        }
        if idle.elapsed() > PATIENCE[usize::from(has_run)] {
            screen.remark("interrupted");
            screen.clear();
            std::process::exit(status(signal));
        }
    }
}
