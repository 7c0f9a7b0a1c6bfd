//! What an owner says about itself: `[package.metadata.autogen]` in its `Cargo.toml`, or
//! `plugin.toml`.

use std::path::Path;

use serde::Deserialize;

use super::config::{OwnerKeys, RawKeys};
use crate::error::{Code, Diagnostic, Result};
use crate::files::{FileScope, LARGEST_SETTINGS};
use crate::toml_file::{CORRECT_IT, TomlFile};

/// The file for plugins that aren't crates of their own.
pub(super) const PLUGIN_FILE: &str = "plugin.toml";

/// Of a `Cargo.toml`, the part that concerns us; all the rest is cargo's.
#[derive(Deserialize)]
struct CargoToml {
    package: Option<Package>,
}

#[derive(Deserialize)]
struct Package {
    metadata: Option<PackageMetadata>,
}

#[derive(Deserialize)]
struct PackageMetadata {
    autogen: Option<RawKeys>,
}

/// A `plugin.toml` that other programs read too keeps our keys in a table of their own.
#[derive(Deserialize)]
struct Shared {
    autogen: Option<RawKeys>,
}

/// Reads the manifest in an owner's folder; an owner without one states nothing.
///
/// # Errors
/// `bad-manifest` with the place, `two-manifests` when both files state something; `outside-plugin` and `too-large`.
pub(super) fn read(folder: &Path, scope: &FileScope) -> Result<OwnerKeys> {
    let own = read_plugin_toml(&folder.join(PLUGIN_FILE), scope)?;
    let cargo = read_cargo_toml(&folder.join("Cargo.toml"), scope)?;
    match (own, cargo) {
        (Some(_), Some(_)) => Err(Diagnostic::error(
            Code::TwoManifests,
            format!("`{}` has both a plugin.toml and a [package.metadata.autogen]", folder.display()),
        )
        .help("keep one of them")
        .into()),
        (Some(keys), None) | (None, Some(keys)) => Ok(keys),
        (None, None) => Ok(OwnerKeys::default()),
    }
}

fn read_plugin_toml(path: &Path, scope: &FileScope) -> Result<Option<OwnerKeys>> {
    let Some(text) = scope.read_text(path, LARGEST_SETTINGS)? else { return Ok(None) };
    let file = TomlFile::new(path, &text, Code::BadManifest);
    let keys = match file.parse::<Shared>(CORRECT_IT)?.autogen {
        Some(keys) => keys,
        None => file.parse::<RawKeys>(CORRECT_IT).map_err(|error| match error.diagnostics[0].help.clone() {
            Some(help) => error.help(format!("{help}; other programs' keys may stay beside a table [autogen]")),
            None => error,
        })?,
    };
    Ok(Some(keys.placed(&file)))
}

fn read_cargo_toml(path: &Path, scope: &FileScope) -> Result<Option<OwnerKeys>> {
    let Some(text) = scope.read_text(path, LARGEST_SETTINGS)? else { return Ok(None) };
    // A host has many of these files, and most say nothing about us.
    if memchr::memmem::find(text.as_bytes(), b"autogen").is_none() {
        return Ok(None);
    }
    let file = TomlFile::new(path, &text, Code::BadManifest);
    let package = file.parse::<CargoToml>(CORRECT_IT)?.package;
    let keys = package.and_then(|package| package.metadata).and_then(|metadata| metadata.autogen);
    Ok(keys.map(|keys| keys.placed(&file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("write");
        }
        folder
    }

    #[test]
    fn cargo_metadata_states_pins() {
        let cargo = "[package]\nname = 'usb'\n[package.metadata.autogen]\r\ntables = ['usbdevices']\r\n";
        let keys = read(folder(&[("Cargo.toml", cargo)]).path(), &FileScope::default()).expect("is well-formed");
        let pins = keys.tables.expect("stated");
        assert_eq!((pins[0].text.as_str(), pins[0].place.line, pins[0].place.column), ("usbdevices", 4, 11));
    }

    #[test]
    fn a_crate_that_only_depends_on_us_states_nothing() {
        let cargo = "[package]\nname = 'usb'\n[dependencies]\nautogen = '1'\n";
        assert!(
            read(folder(&[("Cargo.toml", cargo)]).path(), &FileScope::default())
                .expect("is well-formed")
                .tables
                .is_none()
        );
    }

    #[test]
    fn plugin_toml_may_be_shared_with_other_programs() {
        let shared = "title = 'USB'\n[autogen]\nprefix = 'usb'\n";
        let keys = read(folder(&[("plugin.toml", shared)]).path(), &FileScope::default()).expect("is well-formed");
        assert_eq!(keys.prefix.expect("stated").text, "usb");
        let error =
            read(folder(&[("plugin.toml", "tabels = ['a']\n")]).path(), &FileScope::default()).expect_err("misspelled");
        assert_eq!((error.code(), error.to_string().as_str()), (Code::BadManifest, "unknown key `tabels`"));
        assert!(error.diagnostics[0].help.as_ref().is_some_and(|help| help.contains("`tables`")));
    }

    #[test]
    fn two_manifests_are_one_too_many() {
        let cargo = "[package.metadata.autogen]\nprefix = 'usb'\n";
        let error =
            read(folder(&[("Cargo.toml", cargo), ("plugin.toml", "")]).path(), &FileScope::default()).expect_err("two");
        assert_eq!(error.code(), Code::TwoManifests);
    }
}
