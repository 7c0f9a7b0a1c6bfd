//! Reads `joinable!`, which says that a column references another table's primary key.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Token, parenthesized};

use crate::table::TableRef;

/// `joinable!(child -> parent (column))`; both sides may be paths.
///
/// ```
/// let join: autogen_syntax::Joinable = syn::parse_str("super::a::posts -> crate::users (user_id)").unwrap();
/// assert_eq!(join.child.name(), "posts");
/// assert_eq!(join.parent.name(), "users");
/// assert_eq!(join.column, "user_id");
/// ```
#[derive(Debug, Clone)]
pub struct Joinable {
    /// The table that has the column.
    pub child: TableRef,
    /// The table that it references.
    pub parent: TableRef,
    /// The column by its Rust name.
    pub column: Ident,
}

impl Parse for Joinable {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let child = TableRef { schema: None, path: path(input)? };
        input.parse::<Token![->]>()?;
        let parent = TableRef { schema: None, path: path(input)? };
        let column;
        parenthesized!(column in input);
        let join = Self { child, parent, column: column.parse()? };
        if column.is_empty() { Ok(join) } else { Err(column.error("expected one column")) }
    }
}

/// Reads a path of plain segments. `crate`, `self` and `super` are segments too.
pub(crate) fn path(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    input.parse::<Option<Token![::]>>()?;
    let segments = Punctuated::<Ident, Token![::]>::parse_separated_nonempty_with(input, |segment| {
        if segment.peek(Token![crate]) || segment.peek(Token![self]) || segment.peek(Token![super]) {
            return syn::ext::IdentExt::parse_any(segment);
        }
        segment.parse()
    })?;
    Ok(segments.into_iter().collect())
}
