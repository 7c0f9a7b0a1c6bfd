//! Reports in SARIF.

use expect_test::expect;

use crate::formats::{badly_revised, drifted, is_valid, shows, validator};

#[test]
fn sarif() {
    shows(
        &drifted(),
        "check --database-url app.db --format sarif",
        expect![[r#"
        {
          "version": "2.1.0",
          "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "autogen",
                  "version": "[TOOL]",
                  "informationUri": "https://github.com/autogen/autogen",
                  "rules": [
                    {
                      "id": "models-ahead",
                      "shortDescription": {
                        "text": "Finding: the definitions say more than the chain."
                      },
                      "help": {
                        "text": "Run `autogen`, which writes the revision."
                      }
                    },
                    {
                      "id": "database-drifted",
                      "shortDescription": {
                        "text": "Somebody changed an owner's tables by hand. `check` reports it; `generate` and `diff` stop, because the change is in no chain."
                      },
                      "help": {
                        "text": "Undo the change. Or put it into the definitions, run `autogen --no-database`, and mark the revision with `autogen stamp`."
                      }
                    }
                  ]
                }
              },
              "automationDetails": {
                "id": "autogen/check/"
              },
              "columnKind": "unicodeCodePoints",
              "invocations": [
                {
                  "executionSuccessful": true
                }
              ],
              "results": [
                {
                  "ruleId": "database-drifted",
                  "ruleIndex": 1,
                  "level": "error",
                  "message": {
                    "text": "net: the database is not what its applied revisions make; to mend it:\n- index by_hand on ports (speed)\nhelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "plugins/net/src/schema.rs"
                        },
                        "region": {
                          "startLine": 2,
                          "startColumn": 5
                        }
                      }
                    }
                  ],
                  "relatedLocations": [],
                  "partialFingerprints": {
                    "finding/v1": "00c2c12008167bffc2f7b487b1e98cda"
                  },
                  "properties": {
                    "plugin": "net",
                    "dialect": "sqlite"
                  }
                },
                {
                  "ruleId": "models-ahead",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "usb: the models are ahead of the chain\n~ devices.serial  null -> not null\nhelp: run `autogen` to write the next revision"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "plugins/usb/src/schema.rs"
                        },
                        "region": {
                          "startLine": 8,
                          "startColumn": 9
                        }
                      }
                    }
                  ],
                  "relatedLocations": [],
                  "partialFingerprints": {
                    "finding/v1": "b2931c41794303323d774ab3871f5f73"
                  },
                  "properties": {
                    "plugin": "usb",
                    "dialect": "sqlite"
                  }
                }
              ]
            }
          ]
        }
        --- exit 1
    "#]],
    );
}

/// The schema of SARIF.
pub fn sarif_schema() -> jsonschema::Validator {
    // The pattern of languages has a bracket too many, which no library takes; a log of ours states none.
    let pattern = r#"^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"#;
    validator(&include_str!("../schemas/sarif-2.1.0.json").replace(pattern, "^[a-zA-Z]{2}$"))
}

#[test]
fn sarif_is_as_its_schema_says() {
    let schema = sarif_schema();
    let (drifted, bad) = (drifted(), badly_revised());
    let commands = ["check --database-url app.db", "check --plugin core", "diff", "check --plugin none"];
    let runs = commands.map(|command| (&drifted, command)).into_iter().chain([(&bad, "verify")]);
    for (host, command) in runs {
        let document = host.run(&format!("{command} --format sarif")).document();
        is_valid(&schema, &document, command);
    }
    let mut document = drifted.run("check --format sarif").document();
    document["runs"][0]["results"][0]["level"] = "dreadful".into();
    assert!(!schema.is_valid(&document), "the schema refuses nothing");
}
