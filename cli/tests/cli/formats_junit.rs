//! Reports in JUnit's form.

use expect_test::expect;

use crate::formats::{badly_revised, drifted, shows};

#[test]
fn junit() {
    shows(
        &drifted(),
        "check --database-url app.db --format junit",
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="autogen check" tests="3" skipped="0" failures="2" errors="0">
            <testsuite name="core" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="check"/>
            </testsuite>
            <testsuite name="net" tests="1" skipped="0" errors="0" failures="1">
                <testcase name="check: database-drifted">
                    <failure message="the database is not what its applied revisions make; to mend it:" type="database-drifted">the database is not what its applied revisions make; to mend it:
        - index by_hand on ports (speed)
        help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        at plugins/net/src/schema.rs:2:5</failure>
                </testcase>
            </testsuite>
            <testsuite name="usb" tests="1" skipped="0" errors="0" failures="1">
                <testcase name="check: models-ahead">
                    <failure message="the models are ahead of the chain" type="models-ahead">the models are ahead of the chain
        ~ devices.serial  null -&gt; not null
        help: run `autogen` to write the next revision
        at plugins/usb/src/schema.rs:8:9</failure>
                </testcase>
            </testsuite>
        </testsuites>
        --- exit 1
    "#]],
    );
    let host = badly_revised();
    shows(
        &host,
        "verify --format junit",
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="autogen verify" tests="4" skipped="0" failures="1" errors="0">
            <testsuite name="core" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="2026-11-21-071100-core_baseline"/>
            </testsuite>
            <testsuite name="net" tests="2" skipped="0" errors="0" failures="1">
                <testcase name="2026-11-21-071100-net_baseline"/>
                <testcase name="2026-11-21-071101-net_add_ports_duplex: proof-failed">
                    <failure message="down.sql doesn&apos;t give back the schema that up.sql started from" type="proof-failed">down.sql doesn&apos;t give back the schema that up.sql started from
        column ports.duplex should not be there
        help: make down.sql take back every change of up.sql
        at plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql:1:1</failure>
                </testcase>
            </testsuite>
            <testsuite name="usb" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="2026-11-21-071100-usb_baseline"/>
            </testsuite>
        </testsuites>
        --- exit 1
    "#]],
    );
    let report = quick_junit::Report::deserialize_from_str(&host.run("verify --format junit").stdout).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (4, 1, 0));
    let report =
        quick_junit::Report::deserialize_from_str(&host.run("verify none --format junit").stdout).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (1, 0, 1));
}
