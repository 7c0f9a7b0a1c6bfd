//! Brackets around an expression that is cut into pieces.

/// Removes the brackets around a whole expression.
pub(in crate::sql) fn without_outer(mut pieces: &[String]) -> &[String] {
    while let [open, inside @ .., close] = pieces {
        if open != "(" || close != ")" || !closes_only_at_the_end(inside) {
            break;
        }
        pieces = inside;
    }
    pieces
}

/// Checks whether the brackets within are balanced, so that those around belong together.
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
