//! What headers say of how MariaDB and MySQL alter tables, tried on every story.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use autogen_engine::dialect::Dialect;
use autogen_engine::plan::{Algorithm, HazardKind, MysqlOperation, Operation};
use autogen_tests::algorithms::{asking_too_much, tried};
use autogen_tests::server::Server;
use autogen_tests::story::Story;

#[test]
fn mariadb_alters_tables_as_plans_say() {
    let found = Found::on(Server::Mariadb);
    println!("{:?}", found.right);
    assert!(found.worse.is_empty(), "{}", found.worse.join("\n"));
    assert!(found.better.is_empty(), "{}", found.better.join("\n"));
    found.refuse_untried();
}

/// MySQL does a few things better, which are said as MariaDB does them.
#[test]
fn mysql_alters_tables_as_plans_say() {
    if Server::present().all(|server| server != Server::Mysql) {
        return;
    }
    let found = Found::on(Server::Mysql);
    println!("{:?}", found.right);
    assert!(found.worse.is_empty(), "{}", found.worse.join("\n"));
    assert!(found.better.len() <= 6, "{}", found.better.join("\n"));
    found.refuse_untried();
}

/// What came of all stories.
#[derive(Default)]
struct Found {
    /// How often each algorithm was right.
    right: BTreeMap<String, usize>,
    worse: Vec<String>,
    better: Vec<String>,
}

impl Found {
    fn on(server: Server) -> Self {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let mut all = Self::default();
        for folder in fs::read_dir(cases).expect("stories") {
            for file in fs::read_dir(folder.expect("a folder").path()).expect("stories") {
                let path = file.expect("a story").path();
                let story = Story::parse(&fs::read_to_string(&path).expect("readable")).expect("a story");
                if story.not_for(server).is_some() {
                    continue;
                }
                let tried = tried(&story, server).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                for algorithm in tried.right {
                    *all.right.entry(algorithm.to_string()).or_default() += 1;
                }
                let told = |wrong: String| format!("{}: {wrong}", path.display());
                all.worse.extend(tried.worse.into_iter().map(told));
                all.better.extend(tried.better.into_iter().map(told));
            }
        }
        all
    }

    fn refuse_untried(&self) {
        for algorithm in ["INSTANT", "INPLACE, LOCK=NONE", "INPLACE, LOCK=SHARED", "COPY, LOCK=SHARED"] {
            assert!(self.right.contains_key(algorithm), "no story is altered by {algorithm}: {:?}", self.right);
        }
    }
}

/// A plan that asks for more than the server can do asks for less, until the server does it.
#[test]
fn a_plan_follows_the_proof() {
    for server in Server::present().filter(|server| server.dialect() == Dialect::Mysql) {
        let story = Story::parse(
            "# Asks for too much.\n-- live.sql --\nCREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER);\n-- models.rs --\n\
             autogen::table! { t { id -> Integer, a -> Nullable<Integer>, #[default = 1] #[check(\"b > 0\")] b -> Integer, } }\n",
        )
        .expect("a story");
        let (draft, is_less) = asking_too_much(&story, server).expect("is proven");
        assert!(is_less);
        let operations: Vec<_> = draft.plans.up.steps.iter().map(|step| &step.operation).collect();
        let [Operation::Mysql(MysqlOperation::AlterTable(_, _, found))] = operations[..] else {
            panic!("{operations:?}")
        };
        assert_eq!(found.everywhere(), Algorithm::Copy);
        let hazards: Vec<_> = draft.plans.up.steps[0].hazards.iter().map(|hazard| hazard.kind).collect();
        assert!(hazards.contains(&HazardKind::Rebuild), "{hazards:?}");
    }
}
