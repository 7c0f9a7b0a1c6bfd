//! Choices out of a row of numbers.

/// The numbers that are left.
pub(crate) struct Draw<'a>(std::slice::Iter<'a, u16>);

impl<'a> Draw<'a> {
    pub(crate) fn new(numbers: &'a [u16]) -> Self {
        Self(numbers.iter())
    }

    /// A number below `count`; zero where none are left.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0.next().map_or(0, |number| usize::from(*number) % count.max(1))
    }

    /// True once in so many times, and never where no numbers are left.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let position = self.below(all.len());
        all.get(position).cloned()
    }
}
