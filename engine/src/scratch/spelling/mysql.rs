//! MySQL: temporary tables, which are made and dropped without a commit.

use diesel::QueryResult;

use crate::database::MysqlDatabase;

use super::{Answer, Question};

pub(super) fn spelled(_: &mut MysqlDatabase, questions: &[Question]) -> QueryResult<Vec<Answer>> {
    Ok(questions.iter().map(|question| vec![None; question.parts.len()]).collect())
}
