//! Who reviews what, as forges want to have it.

use expect_test::expect;

use crate::support::Host;

const STATED: &str = "[core]
reviewers = ['@shop/core']
[plugin.usb]
reviewers = ['@shop/usb', 'usb@example.org']
";

#[test]
fn each_owner_has_its_line() {
    let host = Host::small();
    host.says(
        "codeowners",
        expect![[r#"
        --- stderr
        error[no-reviewers]: autogen.toml states no reviewers
        help: add `reviewers = ["@organisation/team"]` under `[core]` or `[plugin.NAME]`
        --- exit 2
    "#]],
    );
    host.write("autogen.toml", STATED);
    host.says(
        "codeowners",
        expect![[r#"
        # Written by `autogen codeowners`. The last line that fits a file counts.
        /autogen.toml @shop/core
        /migrations/ @shop/core
        /src/ @shop/core
        /plugins/usb/ @shop/usb usb@example.org
        --- exit 0
    "#]],
    );
    host.says(
        "codeowners --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "codeowners",
          "owners": [
            {
              "plugin": "core",
              "pattern": "/autogen.toml",
              "reviewers": [
                "@shop/core"
              ]
            },
            {
              "plugin": "core",
              "pattern": "/migrations/",
              "reviewers": [
                "@shop/core"
              ]
            },
            {
              "plugin": "core",
              "pattern": "/src/",
              "reviewers": [
                "@shop/core"
              ]
            },
            {
              "plugin": "usb",
              "pattern": "/plugins/usb/",
              "reviewers": [
                "@shop/usb",
                "usb@example.org"
              ]
            }
          ]
        }
        --- exit 0
    "#]],
    );
}

#[test]
fn the_host_says_who_reviews() {
    let host = Host::small();
    host.write("plugins/usb/plugin.toml", "reviewers = ['@me']\n");
    host.says(
        "codeowners",
        expect![[r#"
        --- stderr
        error[leave-of-the-host]: a plugin can't say who reviews it
         --> plugins/usb/plugin.toml:1:14
          |
        1 | reviewers = ['@me']
          |              ^^^^^ stated here
        help: the host says so in autogen.toml: [plugin.NAME] reviewers = [...]
        --- exit 2
    "#]],
    );
    let host = Host::small();
    host.write("autogen.toml", "[core]\nreviewers = [\"@a\\n* @me\", 'b']\n");
    host.says(
        "codeowners",
        expect![[r#"
        --- stderr
        error[bad-config]: `@a
                           * @me` is no reviewer
         --> autogen.toml:2:14
          |
        2 | reviewers = ["@a\n* @me", 'b']
          |              ^^^^^^^^^^^ stated here
        help: write `@user`, `@organisation/team`, or an address

        error[bad-config]: `b` is no reviewer
         --> autogen.toml:2:27
          |
        2 | reviewers = ["@a\n* @me", 'b']
          |                           ^^^ stated here
        help: write `@user`, `@organisation/team`, or an address
        --- exit 2
    "#]],
    );
}
