//! Brackets around an expression that is cut into pieces.

/// An expression without the brackets around the whole of it.
pub(in crate::sql) fn without_outer(mut pieces: &[String]) -> &[String] {
    while let [open, inside @ .., close] = pieces {
        if open != "(" || close != ")" || !closes_only_at_the_end(inside) {
            break;
        }
        pieces = inside;
    }
    pieces
}

/// Whether brackets within are balanced, so that those around belong together.
fn closes_only_at_the_end(inside: &[String]) -> bool {
    let mut depth = 0_i32;
    for piece in inside {
        match piece.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            // `(a, b)` is a row.
            "," if depth == 0 => return false,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    !inside.is_empty()
}
