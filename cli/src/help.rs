//! Help pages: what the derived ones say, with examples, and with the global options on one page only.

use clap::{Command, CommandFactory as _};

use crate::args::Cli;

/// Command lines, and what they do.
type Examples = &'static [(&'static str, &'static str)];

/// Examples of each command, by its name.
const EXAMPLES: &[(&str, Examples)] = &[
    (
        "generate",
        &[
            ("autogen", "Write what the definitions ask for"),
            ("autogen generate --dry-run", "Show it first"),
            ("autogen generate --allow drop-column", "Allow one hazard"),
        ],
    ),
    (
        "diff",
        &[
            ("autogen diff", "Show what differs"),
            ("autogen diff --format sql", "Show the SQL"),
            ("autogen diff base..head", "Show what lies between two places"),
        ],
    ),
    (
        "dump",
        &[
            ("autogen dump --format sql", "Print the schema as SQL"),
            ("autogen dump --format rust", "Print definitions"),
        ],
    ),
    (
        "forget",
        &[("autogen forget usb", "Forget a plugin that is gone"), ("autogen forget usb --format json", "For programs")],
    ),
    (
        "check",
        &[
            ("autogen check", "Compare everything"),
            ("autogen check --no-database", "Compare definitions with chains only"),
            ("autogen check --deny --format github", "Annotate a pull request"),
        ],
    ),
    ("drift", &[("autogen drift", "Show what was changed by hand"), ("autogen drift --format json", "For programs")]),
    (
        "verify",
        &[
            ("autogen verify", "Prove every revision"),
            ("autogen verify usb@head --record", "Prove the newest of usb, and certify it"),
            ("autogen verify --certificates", "Compare certificates, without a server"),
        ],
    ),
    (
        "review",
        &[
            ("autogen review", "Against origin's main branch"),
            ("autogen review --base v1.2 --deny", "Against a tag, with the policy"),
            ("autogen review --format markdown", "As a comment"),
        ],
    ),
    (
        "lint",
        &[
            ("autogen lint", "Look at all revisions"),
            ("autogen lint --base origin/main --deny", "At new ones, for CI"),
            ("autogen lint up.sql", "At a file"),
        ],
    ),
    (
        "upgrade",
        &[
            ("autogen upgrade", "Apply everything that is pending"),
            ("autogen upgrade +1", "Apply the next revision"),
            ("autogen upgrade --sql > up.sql", "Write a script, change nothing"),
        ],
    ),
    (
        "downgrade",
        &[
            ("autogen downgrade -1", "Revert the last revision"),
            ("autogen downgrade usb@base", "Revert all of usb"),
            ("autogen downgrade -1 --sql", "Print a script, change nothing"),
        ],
    ),
    (
        "stamp",
        &[("autogen stamp head", "Mark all as applied"), ("autogen stamp usb@base", "Mark nothing of usb as applied")],
    ),
    (
        "adopt",
        &[
            ("autogen adopt --dry-run", "Show what would be written"),
            ("autogen adopt --plugin usb --tables 'usb_*'", "Give tables to a plugin"),
            ("autogen adopt --existing", "For one more database of the same kind"),
        ],
    ),
    ("status", &[("autogen status", "Show every plugin"), ("autogen status --plugin usb", "Show one")]),
    (
        "heads",
        &[("autogen heads", "Show every chain's newest revision"), ("autogen heads --format json", "For programs")],
    ),
    (
        "history",
        &[
            ("autogen history", "List everything"),
            ("autogen history --plugin usb", "List one chain"),
            ("autogen history usb@head-2:", "List the last three of usb"),
        ],
    ),
    (
        "show",
        &[
            ("autogen show usb@head", "The newest of usb"),
            ("autogen show 2026-11-21-071100 --format sql", "The SQL of a version"),
        ],
    ),
    ("explain", &[("autogen explain core.users", "A table"), ("autogen explain usb.devices.serial", "A column")]),
    (
        "merge",
        &[
            ("autogen merge --plugin usb", "Join the heads of usb"),
            ("autogen merge -m 'Both indexes'", "Name the revision"),
        ],
    ),
    (
        "rebase",
        &[
            ("autogen rebase 2026-11-21-071100", "Move a branch onto the other head"),
            ("autogen rebase usb@head --onto usb@head-2", "Name the place"),
        ],
    ),
    (
        "graph",
        &[
            ("autogen graph --tables --output schema.html", "A page to look at"),
            ("autogen graph --format dot | dot -Tsvg > chains.svg", "The chains, by Graphviz"),
        ],
    ),
    ("plugins", &[("autogen plugins", "List owners and tables"), ("autogen plugins --format json", "For programs")]),
    (
        "codeowners",
        &[("autogen codeowners", "Print the lines"), ("autogen codeowners >> .github/CODEOWNERS", "Add them")],
    ),
    ("init", &[("autogen init", "Begin here"), ("autogen init --root app", "Begin in a folder")]),
    ("new", &[("autogen new usb", "Begin a plugin in plugins/usb"), ("autogen new usb --format json", "For programs")]),
    (
        "completions",
        &[
            ("source <(autogen completions bash)", "For this shell"),
            ("autogen completions fish > ~/.config/fish/completions/autogen.fish", "For every fish"),
        ],
    ),
    ("man", &[("autogen man man1", "Write the pages"), ("man ./man1/autogen.1", "Read one")]),
    (
        "lsp",
        &[
            ("autogen lsp", "What an editor starts; docs/how-to/editor.md has the settings of some"),
            ("autogen lsp --no-database", "The same without a look into the live database"),
        ],
    ),
];

/// Examples on the program's own page.
const FIRST_STEPS: Examples = &[
    ("autogen", "Write the next revision of each chain"),
    ("autogen upgrade", "Apply it"),
    ("autogen check", "Compare definitions, chains and database"),
];

/// Returns the command line as the manual pages have it: with examples.
pub(crate) fn with_examples() -> Command {
    let command = Cli::command().after_help(listed(FIRST_STEPS));
    command.mut_subcommands(|sub| {
        let examples = EXAMPLES.iter().find(|(name, _)| *name == sub.get_name());
        match examples {
            Some((_, examples)) => sub.after_help(listed(examples)),
            None => sub,
        }
    })
}

/// Returns the command line as `-h` and `--help` show it. Only `autogen --help` describes the global options; every
/// other page names them.
pub(crate) fn command() -> Command {
    let mut command = with_examples();
    let globals = global_options(&command);
    let pointer = |examples: Option<&clap::builder::StyledStr>| {
        let examples = examples.map(ToString::to_string).unwrap_or_default();
        format!("{examples}\n\nGlobal options, described by `autogen --help`:\n{globals}")
    };
    let pages: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for page in pages {
        command = command.mut_subcommand(page, |sub| {
            let text = pointer(sub.get_after_help());
            sub.after_help(text)
        });
    }
    let (short, long) = (pointer(command.get_after_help()), listed(FIRST_STEPS));
    command = command.after_help(short).after_long_help(long);
    command = command.mut_args(|arg| if arg.is_global_set() { arg.hide_short_help(true) } else { arg });
    // This hands the global options on to the other pages, where they can then be hidden.
    command.build();
    command.mut_subcommands(|sub| sub.mut_args(|arg| if arg.is_global_set() { arg.hide_long_help(true) } else { arg }))
}

/// Lists the global options with their values, in lines that fit a page.
fn global_options(command: &Command) -> String {
    const WIDTH: usize = 90;
    let mut lines = vec![String::new()];
    for option in command.get_arguments().filter(|arg| arg.is_global_set()) {
        let short = option.get_short().map(|letter| format!("-{letter}"));
        let name = short.or_else(|| option.get_long().map(|long| format!("--{long}"))).unwrap_or_default();
        if lines.last().is_some_and(|line| line.len() + name.len() > WIDTH) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if line.is_empty() { "  " } else { ", " });
            line.push_str(&name);
        }
    }
    lines.join(",\n")
}

/// Lays out examples: command lines, each with what it does.
fn listed(examples: Examples) -> String {
    let width = examples.iter().map(|(line, _)| line.len()).max().unwrap_or_default();
    let lines = examples.iter().map(|(line, what)| format!("\n  {line:width$}  {what}"));
    format!("Examples:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn each_command_has_examples() {
        for sub in Cli::command().get_subcommands() {
            let name = sub.get_name();
            let examples = EXAMPLES.iter().find(|(known, _)| *known == name).map(|(_, examples)| *examples);
            assert!(examples.is_some_and(|examples| (2..=3).contains(&examples.len())), "{name}");
        }
    }

    #[test]
    fn each_example_is_understood() {
        let lines = EXAMPLES.iter().flat_map(|(_, examples)| *examples).chain(FIRST_STEPS).map(|(line, _)| *line);
        for line in lines.filter(|line| line.starts_with("autogen")) {
            let words = line.split(['|', '>']).next().unwrap_or_default().replace("'Both indexes'", "both");
            let parsed = Cli::try_parse_from(words.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
        }
    }

    #[test]
    fn a_page_of_a_command_fits_a_screen() {
        for sub in command().get_subcommands_mut() {
            let name = sub.get_name().to_owned();
            let page = sub.clone().term_width(100).render_help().to_string();
            assert!(page.lines().count() <= 40, "{name}:\n{page}");
        }
    }
}
