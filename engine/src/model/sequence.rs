//! How identities and serials of PostgreSQL count.

use std::fmt;

/// How an identity or a serial counts. Options with their default value aren't stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sequence {
    /// The first number.
    pub start: Option<i64>,
    /// The step from each number to the next.
    pub increment: Option<i64>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The largest number.
    pub max: Option<i64>,
    /// How many numbers a session takes at once.
    pub cache: Option<i64>,
    /// Whether it begins anew at its end.
    pub cycle: bool,
}

impl Sequence {
    /// Returns what is stated, with the words of definitions.
    pub fn stated(&self) -> impl Iterator<Item = (&'static str, i64)> {
        [
            ("start", self.start),
            ("increment", self.increment),
            ("min", self.min),
            ("max", self.max),
            ("cache", self.cache),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Returns `true` if the sequence counts downwards.
    pub fn descends(&self) -> bool {
        self.increment.is_some_and(|increment| increment < 0)
    }

    /// Returns the first number, whether it is stated or not.
    pub fn first(&self) -> i64 {
        let bound = if self.descends() { self.max.unwrap_or(-1) } else { self.min.unwrap_or(1) };
        self.start.unwrap_or(bound)
    }

    /// Returns the smallest and the largest number. `None` stands for the end of the type.
    pub fn bounds(&self) -> (Option<i64>, Option<i64>) {
        if self.descends() { (self.min, self.max.or(Some(-1))) } else { (self.min.or(Some(1)), self.max) }
    }

    /// Returns `true` if every number of the other sequence lies within this one's bounds and both count in
    /// the same direction.
    pub fn covers(&self, other: &Self) -> bool {
        let (own, others) = (self.bounds(), other.bounds());
        self.descends() == other.descends()
            && own.0.is_none_or(|least| others.0.is_some_and(|other| other >= least))
            && own.1.is_none_or(|most| others.1.is_some_and(|other| other <= most))
    }

    /// Removes the options that equal their defaults.
    #[must_use]
    pub fn plain(self) -> Self {
        let kept = Self {
            increment: self.increment.filter(|increment| *increment != 1),
            cache: self.cache.filter(|cache| *cache != 1),
            ..self
        };
        let usual = if kept.descends() { (None, Some(-1)) } else { (Some(1), None) };
        let kept = Self {
            min: kept.min.filter(|min| Some(*min) != usual.0),
            max: kept.max.filter(|max| Some(*max) != usual.1),
            ..kept
        };
        let start = kept.start.filter(|start| *start != Self { start: None, ..kept }.first());
        Self { start, ..kept }
    }
}

/// Writes nothing for a sequence that counts in the default way.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stated().try_for_each(|(name, value)| write!(f, " {name} {value}"))?;
        f.write_str(if self.cycle { " cycle" } else { "" })
    }
}
