//! Which operators bind tighter than which, and how each is spelled.

use sqlite3_parser::ast::{Expr, Operator, UnaryOperator};

/// Binding strength, from loose to tight; SQLite's table.
pub(super) mod level {
    pub(crate) const OR: u8 = 1;
    pub(crate) const AND: u8 = 2;
    pub(crate) const NOT: u8 = 3;
    pub(crate) const EQUAL: u8 = 4;
    pub(crate) const LESS: u8 = 5;
    pub(crate) const BITS: u8 = 6;
    pub(crate) const SUM: u8 = 7;
    pub(crate) const PRODUCT: u8 = 8;
    pub(crate) const CONCAT: u8 = 9;
    pub(crate) const COLLATE: u8 = 10;
    pub(crate) const SIGN: u8 = 11;
    pub(crate) const ATOM: u8 = 12;
}

/// Returns how tightly an expression binds.
pub(super) fn strength(expr: &Expr<'_>) -> u8 {
    match expr {
        Expr::Binary(_, op, _) => operator(*op).1,
        Expr::Between { .. } | Expr::InList { .. } | Expr::IsNull(_) | Expr::Like { .. } | Expr::NotNull(_) => {
            level::EQUAL
        }
        Expr::Unary(UnaryOperator::Not, _) => level::NOT,
        Expr::Unary(_, _) => level::SIGN,
        Expr::Collate(..) => level::COLLATE,
        _ => level::ATOM,
    }
}

/// Returns an operator's only spelling and its level.
pub(super) fn operator(op: Operator) -> (&'static str, u8) {
    match op {
        Operator::Or => ("OR", level::OR),
        Operator::And => ("AND", level::AND),
        Operator::Equals => ("=", level::EQUAL),
        Operator::NotEquals => ("<>", level::EQUAL),
        Operator::Is => ("IS", level::EQUAL),
        Operator::IsNot => ("IS NOT", level::EQUAL),
        Operator::Less => ("<", level::LESS),
        Operator::LessEquals => ("<=", level::LESS),
        Operator::Greater => (">", level::LESS),
        Operator::GreaterEquals => (">=", level::LESS),
        Operator::BitwiseAnd => ("&", level::BITS),
        Operator::BitwiseOr => ("|", level::BITS),
        Operator::LeftShift => ("<<", level::BITS),
        Operator::RightShift => (">>", level::BITS),
        Operator::Add => ("+", level::SUM),
        Operator::Subtract => ("-", level::SUM),
        Operator::Multiply => ("*", level::PRODUCT),
        Operator::Divide => ("/", level::PRODUCT),
        Operator::Modulus => ("%", level::PRODUCT),
        Operator::Concat => ("||", level::CONCAT),
        Operator::ArrowRight => ("->", level::CONCAT),
        Operator::ArrowRightShift => ("->>", level::CONCAT),
    }
}
