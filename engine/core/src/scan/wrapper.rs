//! `macro_rules!` around `table!`: those that only pass their tokens on are seen through.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use autogen_syntax::Macro;

/// What a `macro_rules!` does with `table!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// All its tokens go to `table!` as they are.
    Forwards(Macro),
    /// It makes tables in some other way, by this `table!`.
    Hides(Macro),
}

/// Reads the rules of a `macro_rules!`. Returns `None` if there is no `table!` in them.
pub(super) fn wrapper(rules: &TokenStream) -> Option<Wrapper> {
    let call = calls(rules).into_iter().next()?;
    Some(if forwards(rules, &call.body) { Wrapper::Forwards(call.whose) } else { Wrapper::Hides(call.whose) })
}

/// Checks whether tokens contain a brace with `->` in it, as each table does.
pub(super) fn looks_like_table(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && squeezed(&group.stream()).contains("->"),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

struct Call {
    whose: Macro,
    body: TokenStream,
}

/// Returns all `table! { ... }` in tokens, however deep.
fn calls(tokens: &TokenStream) -> Vec<Call> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = squeezed(&tokens[position.saturating_sub(5)..position].iter().cloned().collect());
        if let Some(path) = before.strip_suffix("table!")
            && !path.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            let whose = if path.ends_with("autogen::") { Macro::Autogen } else { Macro::Diesel };
            found.push(Call { whose, body: group.stream() });
        }
        found.append(&mut calls(&group.stream()));
    }
    found
}

/// Checks whether the only rule is `($($name:tt)*) => { ... }` and `body` is `$($name)*`.
fn forwards(rules: &TokenStream, body: &TokenStream) -> bool {
    let groups = rules.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    let groups: Vec<_> = groups.collect();
    let [matcher, _] = groups.as_slice() else { return false };
    let matcher = squeezed(&matcher.stream());
    let Some(name) = matcher.strip_prefix("$(").and_then(|rest| rest.strip_suffix(":tt)*")) else { return false };
    name.starts_with('$') && squeezed(body) == format!("$({name})*")
}

/// Returns tokens as text without white space, except between words.
fn squeezed(tokens: &TokenStream) -> String {
    let mut text = String::new();
    for part in tokens.to_string().split_whitespace() {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if word(text.chars().next_back()) && word(part.chars().next()) {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rules: &str) -> Option<Wrapper> {
        wrapper(&rules.parse().expect("tokens"))
    }

    #[test]
    fn only_a_macro_that_passes_everything_on_is_seen_through() {
        assert_eq!(of("($($t:tt)*) => { ::diesel::table! { $($t)* } };"), Some(Wrapper::Forwards(Macro::Diesel)));
        assert_eq!(
            of("( $( $all : tt )* ) => { pub mod m { autogen::table!( $( $all )* ); } }"),
            Some(Wrapper::Forwards(Macro::Autogen))
        );
        assert_eq!(of("($name:ident) => { table! { $name { id -> Integer } } };"), Some(Wrapper::Hides(Macro::Diesel)));
        assert_eq!(
            of("(a) => { table! { a { id -> Integer } } }; ($($t:tt)*) => { $($t)* };"),
            Some(Wrapper::Hides(Macro::Diesel))
        );
        assert_eq!(of("($($t:tt)*) => { vegetable! { $($t)* } };"), None);
        assert_eq!(of("() => { allow_tables_to_appear_in_same_query!(a, b); };"), None);
    }
}
