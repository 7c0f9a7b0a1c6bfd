//! The type of a column: its words, without the tree that they were read from, which is ten times as large.

use proc_macro2::Span;
use syn::{GenericArgument, Ident, PathArguments, Type, TypePath};

/// A type as it is written.
#[derive(Debug, Clone)]
pub struct ColumnType {
    /// The last word of its path.
    pub name: Ident,
    /// Whether that is the whole path.
    pub is_bare: bool,
    /// What stands first in its angle brackets, where that is a type.
    pub argument: Option<Box<ColumnType>>,
    /// Where all of it stands.
    pub span: Span,
}

impl ColumnType {
    pub(crate) fn of(ty: &TypePath) -> Option<Self> {
        let last = ty.path.segments.last()?;
        let (argument, end) = match &last.arguments {
            PathArguments::None => (None, last.ident.span()),
            PathArguments::AngleBracketed(arguments) => {
                let argument = match arguments.args.first() {
                    Some(GenericArgument::Type(Type::Path(inner))) => Self::of(inner).map(Box::new),
                    Some(_) | None => None,
                };
                (argument, arguments.gt_token.span)
            }
            PathArguments::Parenthesized(arguments) => (None, arguments.paren_token.span.close()),
        };
        let first = ty.path.segments.first().map_or(end, |first| first.ident.span());
        let start = ty.path.leading_colon.map_or(first, |colon| colon.spans[0]);
        let start = ty.qself.as_ref().map_or(start, |outer| outer.lt_token.span);
        let (name, is_bare) = (last.ident.clone(), ty.path.segments.len() == 1);
        Some(Self { name, is_bare, argument, span: start.join(end).unwrap_or(start) })
    }

    /// Returns the type inside `Nullable`, or this one.
    pub fn not_null(&self) -> &Self {
        self.inside(&["Nullable"])
    }

    /// Returns the type inside any number of these, or this one.
    pub(crate) fn inside(&self, outer: &[&str]) -> &Self {
        match &self.argument {
            Some(inner) if outer.iter().any(|word| self.name == word) => inner.inside(outer),
            Some(_) | None => self,
        }
    }
}
