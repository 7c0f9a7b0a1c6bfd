//! Finds values of enumerated types that are used before they can be.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "enum-value-in-transaction",
    level: Level::Deny,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A value is added to an enumerated type that was there before, and used in the same transaction.",
    why: "PostgreSQL refuses it: `unsafe use of new value`. The value can be used once the transaction is over.",
    bad: "ALTER TYPE mood ADD VALUE 'calm'; UPDATE posts SET mood = 'calm' WHERE id = 1;",
    good: "ALTER TYPE mood ADD VALUE 'calm';",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut added: Vec<(Option<usize>, &TableName, String)> = Vec::new();
    let mut made: Vec<&TableName> = Vec::new();
    for step in &context.steps {
        match &step.parsed.action {
            Action::CreateEnum(name) => made.push(name),
            Action::AddEnumValue { name, value, .. } => {
                if !made.iter().any(|known| is_same(known, name)) {
                    added.push((step.transaction, name, format!("'{}'", value.replace('\'', "''"))));
                }
            }
            _ => {
                let is_used = |(transaction, _, value): &&(Option<usize>, &TableName, String)| {
                    step.transaction.is_some()
                        && *transaction == step.transaction
                        && step.parsed.text.contains(value.as_str())
                };
                if let Some((_, name, value)) = added.iter().find(is_used) {
                    let message =
                        format!("{value} is new in {name}, and can't be used in the transaction that adds it");
                    let help = "add the value in a migration of its own";
                    found.push(Remark::new(step.parsed.span.clone(), message, help));
                }
            }
        }
    }
    found
}
