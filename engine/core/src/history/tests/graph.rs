//! Order, heads, names and mistakes of chains.

use crate::error::Code;

use super::*;

fn refused(revisions: impl IntoIterator<Item = Revision>) -> (Code, String) {
    let error = History::from_revisions(revisions.into_iter().collect()).expect_err("is not sound");
    (error.code(), error.to_string())
}

#[test]
fn cores_own_migrations_go_first_and_then_the_earlier_version() {
    let history = history([
        plain("usb", "2020_usb"),
        plain("core", "2024_late"),
        plain("net", "2019_net"),
        plain("core", "2021_early"),
    ]);
    assert_eq!(names(history.revisions()), ["2021_early", "2024_late", "2019_net", "2020_usb"]);
    assert_eq!(history.owners().collect::<Vec<_>>(), ["core", "net", "usb"]);
}

#[test]
fn chains_are_woven_as_they_were_written() {
    let history = history([
        ours("core", "2026-01-01-000000-core_base", &[]),
        ours("usb", "2026-01-01-000000-usb_base", &[]).needs(&["20260101000000core"]),
        ours("core", "2026-01-02-000000-core_rename", &["20260101000000core"]),
        ours("usb", "2026-01-03-000000-usb_next", &["20260101000000usb"]),
        ours("a", "2026-01-02-000000-a_base", &[]),
    ]);
    let names = names(history.revisions());
    let titles: Vec<_> = names.iter().map(|name| &name["2026-01-01-000000-".len()..]).collect();
    assert_eq!(titles, ["core_base", "usb_base", "core_rename", "a_base", "usb_next"]);
}

#[test]
fn what_is_needed_comes_before_even_against_versions() {
    let history = history([
        ours("core", "3_core", &[]).needs(&["9-usb"]),
        ours("usb", "9-usb_base", &[]).needs(&["gone"]),
        ours("usb", "1-usb_next", &["9-usb"]),
    ]);
    assert_eq!(names(history.revisions()), ["9-usb_base", "1-usb_next", "3_core"]);
    let core = history.find("3_core").expect("is there");
    assert_eq!(names(history.with_ancestors(&[core])), ["9-usb_base", "3_core"]);
    let base = history.find("9-usb").expect("is there");
    assert_eq!(names(history.with_descendants(&[base])), ["9-usb_base", "1-usb_next", "3_core"]);
}

#[test]
fn plain_directories_follow_each_other() {
    let history = history([plain("core", "3_c"), plain("core", "1_a"), plain("core", "2_b"), plain("usb", "0_x")]);
    let parents = |name: &str| history.find(name).expect("is there").revises.clone();
    assert_eq!(parents("1_a"), []);
    assert_eq!(parents("2_b"), [Version::of("1")]);
    assert_eq!(parents("3_c"), [Version::of("2")]);
    assert_eq!(parents("0_x"), []);
    assert_eq!(names(history.heads("core")), ["3_c"]);
}

#[test]
fn a_plain_directory_goes_on_where_ours_ends() {
    let history = history([plain("core", "1_a"), ours("core", "2_b", &["1"]), plain("core", "3_c")]);
    assert_eq!(history.find("3_c").expect("is there").revises, [Version::of("2")]);
    assert_eq!(names(history.heads("core")), ["3_c"]);
}

#[test]
fn branches_have_two_heads_until_they_are_merged() {
    let branches = [ours("usb", "1_a", &[]), ours("usb", "2_b", &["1"]), ours("usb", "3_c", &["1"])];
    assert_eq!(names(history(branches.clone()).heads("usb")), ["2_b", "3_c"]);
    let merged = history(branches.into_iter().chain([ours("usb", "4_m", &["2", "3"])]));
    assert_eq!(names(merged.heads("usb")), ["4_m"]);
    assert!(merged.heads("core").is_empty());
}

#[test]
fn two_heads_are_refused_wherever_something_would_be_applied_or_marked() {
    let mut chains = vec![ours("usb", "1_a", &[]), ours("usb", "2_b", &["1"]), ours("usb", "3_c", &["1"])];
    chains.extend([plain("core", "7_core"), plain("net", "8_x"), plain("net", "9_y")]);
    let history = history(chains.clone());
    assert_eq!(history.branched(history.owners()), ["usb"]);
    assert!(history.check_heads(["core", "net"]).is_ok());
    let code = |done: crate::error::Result<String>| done.map_err(|error| error.code());
    let script = |names: &[&str], applied: &[&str]| {
        let wanted: Vec<_> = names.iter().map(|name| history.find(name).expect("is there")).collect();
        let applied = applied.iter().map(|version| Version::of(version)).collect();
        code(upgrade_script(&history, &wanted, &applied, &Default::default(), Dialect::Sqlite)).map(drop)
    };
    for applied in [&[][..], &["1"], &["1", "2"], &["1", "3"], &["1", "2", "3"]] {
        assert_eq!(script(&["2_b", "3_c"], applied), Err(Code::TwoHeads), "{applied:?}");
        assert_eq!(script(&["1_a"], applied), Err(Code::TwoHeads), "{applied:?}");
    }
    assert_eq!(script(&["7_core", "9_y"], &[]), Ok(()));
    let marks = |text: &str, applied: &[&str]| {
        let applied = applied.iter().map(|version| Version::of(version)).collect();
        code(
            to_mark(&history, &["usb"], &[text], &applied)
                .map(|marks| format!("{} {}", marks.new.len(), marks.gone.len())),
        )
    };
    assert_eq!(marks("2_b", &[]), Err(Code::TwoHeads));
    assert_eq!(marks("heads", &["1"]), Err(Code::TwoHeads));
    assert_eq!(marks("base", &["1", "2", "3"]), Ok("0 3".to_owned()), "the way back stays open");
    let applied = ["1", "2", "3"].into_iter().map(Version::of).collect();
    assert_eq!(to_revert(&history, "usb", "1_a", &applied).map(names).ok(), Some(vec!["2_b", "3_c"]));
    let merged = self::history(chains.into_iter().chain([ours("usb", "6_m", &["2", "3"])]));
    assert!(merged.check_heads(merged.owners()).is_ok());
}

#[test]
fn a_plain_directory_joins_no_heads() {
    let branched =
        [ours("usb", "1_a", &[]), ours("usb", "2_b", &["1"]), ours("usb", "3_c", &["1"]), plain("usb", "4_d")];
    let history = history(branched);
    assert_eq!(history.find("4_d").expect("is there").revises, [Version::of("3")]);
    assert_eq!(names(history.heads("usb")), ["2_b", "4_d"]);
}

#[test]
fn a_version_is_taken_once() {
    let (code, message) = refused([plain("core", "2020-01-01_a"), plain("usb", "20200101_b")]);
    assert_eq!(code, Code::VersionTaken);
    assert_eq!(
        message,
        "`core/migrations/2020-01-01_a` and `usb/migrations/20200101_b` have the same version `20200101`"
    );
}

#[test]
fn parents_must_be_there_and_of_the_same_owner() {
    assert_eq!(
        refused([ours("usb", "2_b", &["1"])]),
        (Code::UnknownParent, "usb's 2_b builds on `1`, which isn't there".into())
    );
    let other = [plain("core", "1_a"), ours("usb", "2_b", &["1"])];
    assert_eq!(refused(other), (Code::UnknownParent, "usb's 2_b builds on `1`, which is a revision of `core`".into()));
}

#[test]
fn circles_are_named() {
    let circle = [
        plain("core", "0_fine"),
        ours("core", "1_a", &["0"]).needs(&["2"]),
        ours("usb", "2_b", &[]).needs(&["1"]),
        ours("usb", "3_c", &["2"]),
    ];
    assert_eq!(
        refused(circle),
        (Code::RevisionCycle, "these revisions depend on each other: core's 1_a, usb's 2_b".into())
    );
    assert_eq!(refused([ours("usb", "1_a", &["1"])]).0, Code::RevisionCycle);
}

#[test]
fn revisions_are_found_by_what_people_type() {
    let history = history([
        plain("usb", "2026-11-21-071100-usb_add_serial"),
        plain("usb", "2026-11-22-071100-usb_add_index"),
        plain("core", "0001_größe"),
    ]);
    let find = |text: &str| history.find(text).map(|revision| revision.name.as_str()).map_err(|error| error.code());
    assert_eq!(find("20261121071100usb"), Ok("2026-11-21-071100-usb_add_serial"));
    assert_eq!(find("2026-11-21-071100-usb"), Ok("2026-11-21-071100-usb_add_serial"));
    assert_eq!(find("2026-11-22"), Ok("2026-11-22-071100-usb_add_index"));
    assert_eq!(find("add_i"), Ok("2026-11-22-071100-usb_add_index"));
    assert_eq!(find("grö"), Ok("0001_größe"));
    assert_eq!(find("add"), Err(Code::AmbiguousRevision));
    assert_eq!(find("2026-11-21-071100-usb_other"), Err(Code::NoSuchRevision));
    for nothing in ["", "-", "_", "nope"] {
        assert_eq!(find(nothing), Err(Code::NoSuchRevision), "{nothing:?}");
    }
}

#[test]
fn an_exact_name_beats_longer_ones() {
    let history = history([plain("core", "1_a"), plain("core", "10_b"), plain("core", "11_a")]);
    assert_eq!(history.find("1").map(|found| found.name.as_str()).ok(), Some("1_a"));
    assert_eq!(history.find("1_a").map(|found| found.name.as_str()).ok(), Some("1_a"));
}

#[test]
fn targets_of_downgrade() {
    let history = history([
        ours("usb", "1_a", &[]),
        ours("usb", "2_b", &["1"]),
        ours("usb", "3_c", &["2"]),
        ours("usb", "4_d", &["3"]),
        plain("core", "0_x"),
    ]);
    let applied = ["0", "1", "2", "3"].into_iter().map(Version::of).collect();
    let target = |target: &str| to_revert(&history, "usb", target, &applied).map(names).map_err(|error| error.code());
    assert_eq!(target("base"), Ok(vec!["1_a", "2_b", "3_c"]));
    assert_eq!(target("-1"), Ok(vec!["3_c"]));
    assert_eq!(target("-3"), Ok(vec!["1_a", "2_b", "3_c"]));
    assert_eq!(target("1_a"), Ok(vec!["2_b", "3_c"]));
    assert_eq!(target("3"), Ok(vec![]));
    assert_eq!(target("-4"), Err(Code::NotThatMany));
    assert_eq!(target("-0"), Err(Code::BadTarget));
    assert_eq!(target("--1"), Err(Code::BadTarget));
    assert_eq!(target("4_d"), Err(Code::NotApplied));
    assert_eq!(target("0_x"), Err(Code::BadTarget));
    assert_eq!(target("zzz"), Err(Code::NoSuchRevision));
}
