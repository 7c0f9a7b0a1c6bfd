//! How long revisions took to apply or to revert, for `-v`.

use std::time::{Duration, Instant};

use autogen_engine::history::Event;

use crate::words::counted;

/// The times of the revisions that have run, the last of which may still be running.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Timed>);

#[derive(Debug)]
struct Timed {
    revision: String,
    begun: Instant,
    took: Option<Duration>,
}

impl Times {
    /// Notes what has just happened.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Applying(revision) | Event::Reverting(revision) | Event::Undoing(revision) => {
                self.stop();
                self.0.push(Timed { revision: revision.to_string(), begun: Instant::now(), took: None });
            }
            // Another program's work isn't this one's.
            Event::Overtaken(_) => drop(self.0.pop()),
            Event::Waiting(..) => {}
        }
    }

    /// Notes that the last revision has ended.
    fn stop(&mut self) {
        if let Some(last) = self.0.last_mut().filter(|last| last.took.is_none()) {
            last.took = Some(last.begun.elapsed());
        }
    }

    /// Ends the last revision, and tells how long each one took, and all of them.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        self.stop();
        let each = self.0.iter().map(|timed| (&timed.revision, timed.took.unwrap_or_default()));
        let mut lines: Vec<String> = each.map(|(revision, took)| format!("{revision} took {}", shown(took))).collect();
        if self.0.len() > 1 {
            let total = self.0.iter().filter_map(|timed| timed.took).sum();
            lines.push(format!("{} took {}", counted(self.0.len(), "revision"), shown(total)));
        }
        lines
    }
}

/// Writes a time as people read it: `0.04 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{:.2} s", time.as_secs_f64()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_precise_as_they_are_short() {
        for (milliseconds, text) in [
            (42, "0.04 s"),
            (12_345, "12.3 s"),
            (185_000, "3 min 05 s"),
            (3_599_000, "59 min 59 s"),
            (7_620_000, "2 h 07 min"),
        ] {
            assert_eq!(shown(Duration::from_millis(milliseconds)), text);
        }
    }
}
