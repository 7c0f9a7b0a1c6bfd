//! What a terminal shows beyond the results: colours and times.

use crate::support::{Host, PORTS};

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const GREEN: &str = "\u{1b}[32m";

/// Returns what a command prints with these variables set.
fn printed(host: &Host, arguments: &str, variables: &[(&str, &str)]) -> String {
    let mut command = host.command(arguments);
    command.env_remove("CLICOLOR").env("TERM", "xterm").envs(variables.iter().copied());
    let run = host.output(command.output().expect("runs"));
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
fn status_has_colours_by_what_is_to_be_done() {
    let host = Host::with_database();
    host.write(
        "plugins/net/src/schema.rs",
        &PORTS.replace("Nullable<Integer>,", "Nullable<Integer>,\nname -> Nullable<Text>,"),
    );
    host.done("--plugin net");
    let status = "status --database-url app.db --color always";
    let text = printed(&host, status, &[]);
    let line =
        |start: &str| text.lines().find(|line| line.contains(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    assert!(line("core").starts_with(GREEN), "{text}");
    assert!(line("net ").starts_with(YELLOW), "{text}");
    assert!(line("pending 2026").starts_with(YELLOW), "{text}");
    let folder = &host.folders("migrations")[0];
    host.edit(&format!("migrations/{folder}/up.sql"), "CREATE TABLE", "SELECT 1;\nCREATE TABLE");
    let text = printed(&host, status, &[]);
    assert!(text.contains(&format!("{RED}        edited since")), "{text}");
}

#[test]
fn hazards_have_colours_by_how_severe_they_are() {
    let host = Host::with_rows();
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Text");
    host.edit("src/schema.rs", "tag -> Text,", "");
    let text = printed(&host, "diff --database-url app.db --color always", &[]);
    assert!(text.contains(&format!("{RED}  at risk: drop-column")), "{text}");
    assert!(text.contains(&format!("{YELLOW}  at risk: not-null")), "{text}");
}

#[test]
fn colours_can_be_refused_and_forced() {
    let host = Host::with_database();
    let status = "status --database-url app.db";
    for (arguments, variables, is_colored) in [
        ("", &[][..], false),
        ("", &[("CLICOLOR_FORCE", "1")], true),
        ("", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (" --color never", &[("CLICOLOR_FORCE", "1")], false),
        (" --color always", &[("NO_COLOR", "1"), ("TERM", "dumb")], true),
    ] {
        let text = printed(&host, &format!("{status}{arguments}"), variables);
        assert_eq!(text.contains('\u{1b}'), is_colored, "{arguments} {variables:?}: {text}");
    }
    for (color, is_colored) in [("never", false), ("always", true)] {
        let text = printed(&host, &format!("--color {color} --help"), &[]);
        assert_eq!(text.contains('\u{1b}'), is_colored, "{text}");
    }
}

#[test]
fn verbose_says_how_long_each_revision_took() {
    let host = Host::with_baselines();
    let run = host.run("upgrade -v --database-url app.db");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let lines: Vec<_> = run.stderr.lines().filter(|line| line.contains(" took ") && line.ends_with(" s")).collect();
    assert_eq!(lines.len(), 4, "three revisions and all of them: {}", run.stderr);
    assert!(lines[3].starts_with("3 revisions took "), "{}", run.stderr);
    let run = host.run("downgrade -v usb@base --database-url app.db");
    assert_eq!(run.stderr.lines().filter(|line| line.contains("usb's ") && line.contains(" took ")).count(), 1);
    assert!(!host.run("downgrade net@base --database-url app.db").stderr.contains(" took "));
}
