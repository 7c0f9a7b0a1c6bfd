//! Numbers that look random and are always the same.

/// A SplitMix64 generator: what it gives depends on nothing but what it was made from.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(name: &str, number: usize) -> Self {
        // FNV-1a: the standard library's hashers may change between releases.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
        Self(seed.wrapping_add(number as u64))
    }

    /// Returns a number below `end`, or 0 if there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed.checked_rem(end as u64).unwrap_or_default() as usize
    }

    pub(super) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}
