//! Finds rules that are validated in the transaction that adds them.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "validate-in-transaction",
    level: Level::Warn,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A rule is added as `NOT VALID` and validated in the same transaction.",
    why: "The lock that adding takes is held while all rows are read: nothing is gained by `NOT VALID`.",
    bad: "ALTER TABLE posts ADD CONSTRAINT c CHECK (id > 0) NOT VALID; ALTER TABLE posts VALIDATE CONSTRAINT c;",
    good: "ALTER TABLE posts VALIDATE CONSTRAINT c;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut added: Vec<(usize, &TableName)> = Vec::new();
    for (step, table, span, alteration) in context.alterations_of_old() {
        let Some(transaction) = step.transaction else { continue };
        match alteration {
            Alteration::AddConstraint(constraint) if constraint.not_valid => added.push((transaction, &table.name)),
            Alteration::Validate(_)
                if added.iter().any(|(known, name)| *known == transaction && is_same(name, &table.name)) =>
            {
                let message = format!("all rows of {} are read under the lock that adding the rule took", table.name);
                let help = "validate in a migration of its own";
                found.push(Remark::new(span.clone(), message, help).on(&table.name));
            }
            _ => {}
        }
    }
    found
}
