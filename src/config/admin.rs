//! The operators' endpoint.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use secrecy::SecretString;

use super::form::{self, Form, Takes, Wrong};
use super::key::{Key, key};

/// Shortest bearer token: shorter ones could be guessed.
const TOKEN_LEN_MIN: usize = 16;
/// Port that the endpoint listens on unless told otherwise.
const PORT: u16 = 8_787;

/// Who may look in, and where.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Bearer token; without one nothing listens.
    pub token: Option<SecretString>,
    /// Where the endpoint listens; port 0 lets the system choose.
    pub addr: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self { token: None, addr: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT) }
    }
}

const TOKEN: Form<SecretString> = Form {
    expected: "a token of 16 characters or more: letters, digits and -._~+/=",
    example: "\"text\"",
    takes: Takes::Text,
    read: |text| match form::text(text)? {
        text if text.len() < TOKEN_LEN_MIN => Err(Wrong("is too short".to_owned())),
        text if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) => {
            Err(Wrong("holds a character that no bearer token has".to_owned()))
        }
        text => Ok(SecretString::from(text)),
    },
    show: |_| "set".to_owned(),
};

const ADDRESS: Form<SocketAddr> = Form {
    expected: "an address and port",
    example: "\"127.0.0.1:8787\"",
    takes: Takes::Text,
    read: |text| text.parse().map_err(|_| Wrong("is no address with a port".to_owned())),
    show: ToString::to_string,
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!("admin.token", Some("OUTCRY_ADMIN_TOKEN"), "Bearer token of the operators' endpoint; none opens no endpoint.", optional TOKEN, admin.token).secret(),
    key!("admin.addr", Some("OUTCRY_ADMIN_ADDR"), "Address the operators' endpoint listens on.", ADDRESS, admin.addr),
];
