//! Hazards that a command line allows.

use autogen_engine::plan::HazardKind;

/// A value of `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Every hazard.
    All,
    /// One kind.
    Kind(HazardKind),
}

/// Returns the hazards that the command line allows.
pub(crate) fn allowed(values: &[Allowed]) -> Vec<HazardKind> {
    let kinds = values.iter().flat_map(|value| match value {
        Allowed::All => HazardKind::ALL,
        Allowed::Kind(kind) => std::slice::from_ref(kind),
    });
    kinds.copied().collect()
}

impl std::str::FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::Kind) }
    }
}
