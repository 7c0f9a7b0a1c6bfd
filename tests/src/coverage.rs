//! Which changes there are, so that a test can ask for a story about each.

use autogen::model::Change;

/// Every variant of [`Change`], by name.
pub const CHANGES: [&str; 19] = [
    "CreateTable",
    "DropTable",
    "RenameTable",
    "AlterOptions",
    "AddColumn",
    "DropColumn",
    "RenameColumn",
    "AlterColumn",
    "AlterPrimaryKey",
    "AddUnique",
    "DropUnique",
    "AddIndex",
    "DropIndex",
    "AddForeignKey",
    "DropForeignKey",
    "AddCheck",
    "DropCheck",
    "CommentTable",
    "Enum",
];

/// A change's variant. A new one doesn't compile until it stands here; put it into [`CHANGES`] too.
pub fn name(change: &Change) -> &'static str {
    match change {
        Change::CreateTable(_) => "CreateTable",
        Change::DropTable(_) => "DropTable",
        Change::RenameTable(_) => "RenameTable",
        Change::AlterOptions(..) => "AlterOptions",
        Change::AddColumn(..) => "AddColumn",
        Change::DropColumn(..) => "DropColumn",
        Change::RenameColumn(..) => "RenameColumn",
        Change::AlterColumn(..) => "AlterColumn",
        Change::AlterPrimaryKey(..) => "AlterPrimaryKey",
        Change::AddUnique(..) => "AddUnique",
        Change::DropUnique(..) => "DropUnique",
        Change::AddIndex(..) => "AddIndex",
        Change::DropIndex(..) => "DropIndex",
        Change::AddForeignKey(..) => "AddForeignKey",
        Change::DropForeignKey(..) => "DropForeignKey",
        Change::AddCheck(..) => "AddCheck",
        Change::DropCheck(..) => "DropCheck",
        Change::CommentTable(..) => "CommentTable",
        Change::Enum(_) => "Enum",
        // Only PostgreSQL has these: `codegen/tests/postgres_plans` executes them.
        Change::AddExclusion(..) => "AddExclusion",
        Change::DropExclusion(..) => "DropExclusion",
        Change::SettleRule(..) => "SettleRule",
    }
}
