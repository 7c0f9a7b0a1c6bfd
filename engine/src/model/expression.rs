//! SQL expressions: how they are written, and the form in which they are compared.

/// An SQL expression of a default, check, index or generated column.
///
/// `sql` is what gets written into migrations. `canonical` is what gets compared; until
/// the engine has brought it into one spelling it is the same text.
///
/// ```
/// use autogen::model::Expr;
/// let mut a = Expr::new("(0)");
/// a.canonical = "0".into();
/// assert!(a.same_as(&Expr::new("0")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Expr {
    /// The expression as it is written, in the dialect of the schema that holds it.
    pub sql: String,
    /// The expression in the form that comparisons use.
    pub canonical: String,
}

impl Expr {
    /// Creates an expression that isn't normalised yet.
    pub fn new(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        Self { canonical: sql.clone(), sql }
    }

    /// Returns `true` if two expressions mean the same, as far as normalisation can tell.
    pub fn same_as(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}
