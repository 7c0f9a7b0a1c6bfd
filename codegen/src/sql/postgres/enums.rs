//! The statements that make, alter and drop enumerated types.

use autogen_engine::model::EnumType;
use autogen_engine::plan::{Commented, EnumOperation, ValuePlace};

use super::{literal, name, quoted, table};

/// Writes the statements of one step.
pub(super) fn statements(operation: &EnumOperation) -> Vec<String> {
    match operation {
        EnumOperation::Create(found) => create(found),
        EnumOperation::Drop(dropped) => vec![format!("DROP TYPE {}", name(dropped))],
        EnumOperation::Rename(names) | EnumOperation::SetAside(names) => {
            vec![format!("ALTER TYPE {} RENAME TO {}", name(&names.from), quoted(&names.to.name))]
        }
        EnumOperation::RenameValue(owner, values) => {
            let (from, to) = (literal(&values.from), literal(&values.to));
            vec![format!("ALTER TYPE {} RENAME VALUE {from} TO {to}", name(owner))]
        }
        EnumOperation::AddValue { name: owner, value, place } => {
            let place = match place {
                ValuePlace::Last => String::new(),
                ValuePlace::Before(next) => format!(" BEFORE {}", literal(next)),
                ValuePlace::After(previous) => format!(" AFTER {}", literal(previous)),
            };
            vec![format!("ALTER TYPE {} ADD VALUE {}{place}", name(owner), literal(value))]
        }
    }
}

fn create(found: &EnumType) -> Vec<String> {
    let values: Vec<String> = found.values.iter().map(|value| literal(&value.name)).collect();
    let make = format!("CREATE TYPE {} AS ENUM ({})", name(&found.name), values.join(", "));
    let about = |comment: &String| table::comment(&Commented::Enum(found.name.clone()), Some(comment));
    std::iter::once(make).chain(found.comment.iter().map(about)).collect()
}
