//! What headers say of how MariaDB and MySQL alter tables, tried on every story.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use autogen_tests::algorithms::tried;
use autogen_tests::server::Server;
use autogen_tests::story::Story;

#[test]
fn tables_are_altered_as_plans_say() {
    let (right, wrong) = on(Server::Mariadb);
    println!("{right:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for algorithm in ["INSTANT", "INPLACE, LOCK=NONE", "INPLACE, LOCK=SHARED", "COPY, LOCK=SHARED"] {
        assert!(right.contains_key(algorithm), "no story is altered by {algorithm}: {right:?}");
    }
}

/// On MySQL no table is copied that isn't said to be.
#[test]
fn mysql_copies_no_more_than_plans_say() {
    if Server::present().all(|server| server != Server::Mysql) {
        return;
    }
    let (right, wrong) = on(Server::Mysql);
    println!("{right:?}\n{}", wrong.join("\n"));
    assert!(right.len() == 4, "some algorithm isn't tried: {right:?}");
    let copied: Vec<&String> = wrong.iter().filter(|wrong| wrong.contains(" is COPY")).collect();
    assert!(copied.is_empty(), "{copied:?}");
}

/// How often each algorithm was right, and what was wrong.
fn on(server: Server) -> (BTreeMap<String, usize>, Vec<String>) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut right: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for folder in fs::read_dir(cases).expect("stories") {
        for file in fs::read_dir(folder.expect("a folder").path()).expect("stories") {
            let path = file.expect("a story").path();
            let story = Story::parse(&fs::read_to_string(&path).expect("readable")).expect("a story");
            if story.not_for(server).is_some() {
                continue;
            }
            let tried = tried(&story, server).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for algorithm in tried.right {
                *right.entry(algorithm.to_string()).or_default() += 1;
            }
            wrong.extend(tried.wrong.into_iter().map(|wrong| format!("{}: {wrong}", path.display())));
        }
    }
    (right, wrong)
}
