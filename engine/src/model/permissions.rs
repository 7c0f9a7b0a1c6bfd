//! What a host lets its plugins do.

/// What the host lets a plugin's migrations do beyond the plugin's own tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Tables of others that the migrations may change.
    pub may_alter: Vec<String>,
    /// Whether the migrations may do anything, as the core's may.
    pub trust: bool,
}
