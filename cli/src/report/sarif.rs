//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeMap;

use autogen_engine::error::Code;
use autogen_engine::lint::RULES;
use autogen_workspace::Finding;
use serde_json::{Value, json};

use super::identity::Fingerprints;
use super::{Paths, Report, sentences, word};
use crate::plain::{plain, printable_json};

/// Where the format is laid down.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// Renders a log of one run.
pub(super) fn render(report: &Report, warnings: &[Finding], paths: &Paths) -> String {
    let findings: Vec<&Finding> = report.findings().chain(warnings).collect();
    let rules: BTreeMap<(Code, &str), &Finding> =
        findings.iter().map(|finding| ((finding.code, finding.id()), *finding)).collect();
    let ids: Vec<&str> = rules.keys().map(|(_, id)| *id).collect();
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let mut result = result(finding, paths);
            result["ruleIndex"] = ids.iter().position(|id| *id == finding.id()).into();
            result["partialFingerprints"] = json!({ "finding/v1": fingerprints.of(finding) });
            result
        })
        .collect();
    let log = json!({
        "version": "2.1.0",
        "$schema": SCHEMA,
        "runs": [{
            "tool": { "driver": {
                "name": "autogen",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": format!("{}/", report.name().replace(' ', "/")) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": report.is_complete }],
            "results": results,
        }],
    });
    format!("{}\n", printable_json(&format!("{log:#}")))
}

/// Describes the rule or the code of a finding. A rule of the host's own has only what it says.
fn rule(finding: &Finding) -> Value {
    let built_in = RULES.iter().find(|rule| rule.name == finding.id());
    let (what, help) = match (built_in, &finding.rule) {
        (Some(rule), _) => (rule.what, rule.why),
        (None, Some(_)) => (finding.message.as_str(), finding.code.next_step()),
        (None, None) => (finding.code.meaning(), finding.code.next_step()),
    };
    json!({
        "id": plain(finding.id()),
        "shortDescription": { "text": plain(what) },
        "help": { "text": help },
    })
}

fn result(finding: &Finding, paths: &Paths) -> Value {
    let owner = finding.plugin.as_ref().map(|plugin| format!("{plugin}: ")).unwrap_or_default();
    let location = |text: &str, place: &autogen_engine::model::Place| {
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&paths.in_repository(&place.file)) },
                "region": { "startLine": place.line, "startColumn": place.column },
            },
        });
        if !text.is_empty() {
            location["message"] = json!({ "text": plain(text) });
        }
        location
    };
    let labels = finding.labels.iter().map(|label| location(&label.text, &label.place));
    let anchor = finding.anchor.iter().filter(|_| finding.labels.is_empty());
    let mut locations = labels.chain(anchor.map(|place| location("", place)));
    let mut result = json!({
        "ruleId": plain(finding.id()),
        "ruleIndex": null,
        "level": word(finding.severity),
        "message": { "text": plain(&format!("{owner}{}", sentences(finding).join("\n"))) },
        "locations": locations.next().into_iter().collect::<Vec<_>>(),
        "relatedLocations": locations.collect::<Vec<_>>(),
        "partialFingerprints": null,
        "properties": {
            "plugin": finding.plugin,
            "dialect": finding.dialect.map(|dialect| dialect.name()),
            "revision": finding.revision,
        },
    });
    if let Some(properties) = result["properties"].as_object_mut() {
        properties.retain(|_, value| !value.is_null());
    }
    result
}

/// Writes a path as a URI. Whatever isn't a letter, a digit or one of a few signs is percent-encoded.
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
