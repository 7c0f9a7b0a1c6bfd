//! Certificates: what makes one stale.

use super::*;

/// What is said of three revisions, each proven on top of the one before it, after an edit.
fn standings(edit: impl Fn(&mut Vec<Revision>)) -> Vec<String> {
    let mut revisions =
        vec![ours("core", "1_a", &[]), ours("usb", "2_b", &[]).needs(&["1"]), ours("usb", "3_c", &["2"])];
    let history = History::from_revisions(revisions.clone()).expect("is sound");
    for revision in &mut revisions {
        let certificate = history.certify(history.get(&revision.version).expect("is there"), "SQLite 3");
        revision.certificate = Some(certificate);
    }
    edit(&mut revisions);
    let history = History::from_revisions(revisions).expect("is sound");
    history.standings().into_iter().map(|(_, standing)| standing.to_string()).collect()
}

const BELOW: &str = "stale: a revision below it is not the one that it was proven on";

#[test]
fn an_edit_shows_in_all_that_stands_on_it() {
    assert_eq!(standings(|_| {}), ["proven"; 3]);
    assert_eq!(standings(|all| all[0].up.push(' ')), ["stale: up.sql was edited", BELOW, BELOW]);
    assert_eq!(standings(|all| all[1].down = None), ["proven", "stale: down.sql was edited", BELOW]);
    assert_eq!(standings(|all| all[2].depends_on = vec![Version::of("1")])[2], BELOW);
    assert_eq!(standings(|all| drop(all.remove(0))), [BELOW, BELOW]);
    let switched = standings(|all| all[2].run_in_transaction = false);
    assert_eq!(switched[2], "stale: `run_in_transaction` was edited");
}

#[test]
fn ends_of_lines_are_no_edit() {
    let (up, other) = ("SELECT 1;\nSELECT 2;\n", "SELECT 1;\r\nSELECT 2;\r\n");
    let mut revision = ours("core", "1_a", &[]).up(up);
    let history = History::from_revisions(vec![revision.clone()]).expect("is sound");
    revision.certificate = Some(history.certify(&revision, "SQLite 3"));
    let history = History::from_revisions(vec![revision.up(other)]).expect("is sound");
    assert_eq!(history.standings()[0].1, Standing::Proven);
}

#[test]
fn what_nobody_has_proven_is_no_edit() {
    assert_eq!(standings(|all| all[2].certificate = None), ["proven", "proven", "unproven"]);
    let older = standings(|all| all[2].certificate.iter_mut().for_each(|found| found.rules = 0));
    assert_eq!(older[2], "stale: proofs say more now");
}
