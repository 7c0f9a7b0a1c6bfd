//! Certificates for the tests of TLS.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::program::write;

/// An authority in `folder`, and a certificate of its for `localhost` in `data`, with the key.
pub(crate) fn make_certificates(folder: &Path, data: &Path, user: Option<(u32, u32)>) -> Result<()> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    write(&folder.join("authority.pem"), &authority.pem())?;
    write(&data.join("server.pem"), &certificate.pem())?;
    let path = data.join("server.key");
    write(&path, &key.serialize_pem())?;
    // PostgreSQL refuses a key that others may read.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    if let Some((user, group)) = user {
        chown(&path, Some(user), Some(group))?;
    }
    Ok(())
}
