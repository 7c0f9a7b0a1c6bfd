//! The lines beside revisions that lead from each to those that it stands on.

use autogen_engine::history::Version;

/// The rows of a revision: those above it, where lines come together; its own; and those below, where they part.
pub(super) struct Rows {
    pub(super) above: Option<String>,
    pub(super) own: String,
    pub(super) below: Option<String>,
}

/// What lines lead to, from left to right; revisions are drawn with the newest first.
#[derive(Default)]
pub(super) struct Lanes {
    awaited: Vec<Option<Version>>,
}

impl Lanes {
    /// Returns the rows of the next revision.
    pub(super) fn rows(&mut self, version: &Version, parents: &[&Version], glyph: &str) -> Rows {
        let lines: Vec<usize> = self.waiting_for(version);
        let at = lines.first().copied().unwrap_or_else(|| self.free());
        // Lines of several children come together above their parent.
        let ends = lines.get(1..).unwrap_or_default();
        let above = (!ends.is_empty()).then(|| self.bridge(at, ends, '╯'));
        ends.iter().for_each(|end| self.awaited[*end] = None);
        self.awaited[at] = Some(version.clone());
        self.trim();
        let own = self.row(|lane| if lane == at { glyph.to_owned() } else { "│".to_owned() });
        self.awaited[at] = parents.first().map(|parent| (*parent).clone());
        // Lines to further parents part below it, unless one leads there already.
        let mut ends = Vec::new();
        for parent in parents.iter().skip(1) {
            let end = self.waiting_for(parent).first().copied().unwrap_or_else(|| self.free_behind(at));
            self.awaited[end] = Some((*parent).clone());
            ends.push(end);
        }
        let below = (!ends.is_empty()).then(|| self.bridge(at, &ends, '╮'));
        self.trim();
        Rows { above, own, below }
    }

    /// Returns a row in which nothing happens.
    pub(super) fn between(&self) -> String {
        self.row(|_| "│".to_owned())
    }

    /// Forgets the lanes on the right that lead nowhere.
    fn trim(&mut self) {
        while self.awaited.last().is_some_and(Option::is_none) {
            self.awaited.pop();
        }
    }

    fn waiting_for(&self, version: &Version) -> Vec<usize> {
        (0..self.awaited.len()).filter(|lane| self.awaited[*lane].as_ref() == Some(version)).collect()
    }

    fn free(&mut self) -> usize {
        self.awaited.iter().position(Option::is_none).unwrap_or_else(|| {
            self.awaited.push(None);
            self.awaited.len() - 1
        })
    }

    fn free_behind(&mut self, at: usize) -> usize {
        let free = (at + 1..self.awaited.len()).find(|lane| self.awaited[*lane].is_none());
        free.unwrap_or_else(|| {
            self.awaited.push(None);
            self.awaited.len() - 1
        })
    }

    fn row(&self, glyph: impl Fn(usize) -> String) -> String {
        let lane = |lane: usize| if self.awaited[lane].is_some() { glyph(lane) } else { " ".to_owned() };
        (0..self.awaited.len()).map(lane).collect::<Vec<_>>().join(" ")
    }

    /// Returns a row in which lines lead from one lane to others; `corner` is drawn at each of these.
    fn bridge(&self, at: usize, ends: &[usize], corner: char) -> String {
        let (first, last) =
            (at.min(ends.iter().copied().min().unwrap_or(at)), ends.iter().copied().max().unwrap_or(at));
        let last = last.max(at);
        let mut text = String::new();
        for (lane, awaited) in self.awaited.iter().enumerate() {
            let is_crossed = lane > first && lane < last;
            text.push(match (lane == at, ends.contains(&lane), awaited.is_some()) {
                (true, ..) if lane == first => '├',
                (true, ..) if lane == last => '┤',
                (true, ..) => '┼',
                (false, true, _) if lane == last => corner,
                (false, true, _) => {
                    if corner == '╯' {
                        '┴'
                    } else {
                        '┬'
                    }
                }
                (false, false, true) => {
                    if is_crossed {
                        '┼'
                    } else {
                        '│'
                    }
                }
                (false, false, false) => {
                    if is_crossed {
                        '─'
                    } else {
                        ' '
                    }
                }
            });
            if lane + 1 < self.awaited.len() {
                text.push(if lane >= first && lane < last { '─' } else { ' ' });
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws revisions, each with its parents, the newest first.
    fn drawn(chain: &[(&str, &[&str])]) -> String {
        let mut lanes = Lanes::default();
        let mut text = String::new();
        for (name, parents) in chain {
            let parents: Vec<Version> = parents.iter().map(|parent| Version::of(parent)).collect();
            let parents: Vec<&Version> = parents.iter().collect();
            let Rows { above, own, below } = lanes.rows(&Version::of(name), &parents, name);
            for row in above.into_iter().chain([own]).chain(below) {
                text.push_str(row.trim_end());
                text.push('\n');
            }
        }
        text
    }

    #[test]
    fn chains_branch_and_merge() {
        assert_eq!(drawn(&[("b", &["a"]), ("a", &[])]), "b\na\n");
        assert_eq!(drawn(&[("c", &["a"]), ("b", &["a"]), ("a", &[])]), "c\n│ b\n├─╯\na\n");
        assert_eq!(
            drawn(&[("d", &["c", "b"]), ("c", &["a"]), ("b", &["a"]), ("a", &[])]),
            "d\n├─╮\nc │\n│ b\n├─╯\na\n"
        );
        assert_eq!(
            drawn(&[("e", &["a"]), ("d", &["a"]), ("c", &["b"]), ("b", &["a"]), ("a", &[])]),
            "e\n│ d\n│ │ c\n│ │ b\n├─┴─╯\na\n"
        );
        // A base of its own beside a line that goes on.
        assert_eq!(drawn(&[("c", &["a"]), ("b", &[]), ("a", &[])]), "c\n│ b\na\n");
    }
}
