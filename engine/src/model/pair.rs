//! Both sides of a comparison, named once.

/// Two values of one type: the present one, and the wanted one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pair<T> {
    /// The side that exists.
    pub from: T,
    /// The side that is wanted.
    pub to: T,
}

impl<T> Pair<T> {
    /// Creates a pair from both sides, in the order of time.
    pub fn new(from: T, to: T) -> Self {
        Self { from, to }
    }

    /// Swaps the sides, for the way back.
    ///
    /// ```
    /// use autogen::model::Pair;
    /// assert_eq!(Pair::new(1, 2).reverse(), Pair::new(2, 1));
    /// ```
    pub fn reverse(self) -> Self {
        Self { from: self.to, to: self.from }
    }

    /// Applies a function to both sides.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair { from: f(self.from), to: f(self.to) }
    }

    /// Borrows both sides.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { from: &self.from, to: &self.to }
    }
}

impl<T: PartialEq> Pair<T> {
    /// Returns `true` if the sides differ.
    pub fn differs(&self) -> bool {
        self.from != self.to
    }
}
