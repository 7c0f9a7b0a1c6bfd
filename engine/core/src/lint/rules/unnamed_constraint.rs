//! Finds rules without a name.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "unnamed-constraint",
    level: Level::Off,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "A rule is added to a table without a name.",
    why: "The database makes one up, and another database may make up another: a later migration can't name it.",
    bad: "ALTER TABLE posts ADD CHECK (id > 0);",
    good: "ALTER TABLE posts ADD CONSTRAINT posts_id CHECK (id > 0);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (_, _, span, alteration) in context.alterations() {
        let Alteration::AddConstraint(constraint) = alteration else { continue };
        // A primary key has the same name everywhere.
        if constraint.name.is_none() && constraint.kind != ConstraintKind::PrimaryKey {
            found.push(Remark::new(
                span.clone(),
                "the database makes up a name for this rule",
                "add `CONSTRAINT name`",
            ));
        }
    }
    found
}
