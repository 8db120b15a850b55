//! The bearer token. Digests of equal length are compared in constant time, so that neither a wrong character nor another
//! length shows in how long the answer takes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use axum::http::HeaderValue;

/// The scheme before the token in an `Authorization` header.
const SCHEME: &[u8] = b"bearer ";

/// What the token is compared by; the token itself is not kept.
pub struct Token(Digest);

impl Token {
    /// Returns the token for this secret.
    pub fn new(secret: &str) -> Self {
        Self(digest(&SHA256, secret.as_bytes()))
    }

    /// Tells whether an `Authorization` header carries the token.
    pub fn opens(&self, header: Option<&HeaderValue>) -> bool {
        let given = header.map_or(&[][..], HeaderValue::as_bytes);
        let (scheme, token) = given.split_at_checked(SCHEME.len()).unwrap_or((&[], &[]));
        let same = verify_slices_are_equal(digest(&SHA256, token).as_ref(), self.0.as_ref()).is_ok();
        same && scheme.eq_ignore_ascii_case(SCHEME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_opens() {
        let token = Token::new("right-and-long-enough");
        let opens = |header: &str| token.opens(Some(&HeaderValue::from_str(header).unwrap()));
        assert!(opens("Bearer right-and-long-enough") && opens("bearer right-and-long-enough"));
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer right-and-long-enougH",
            "Bearer right-and-long-enoug",
            "Bearer right-and-long-enough ",
            "Basic  right-and-long-enough",
            "right-and-long-enough",
            "Bearer  right-and-long-enough",
        ] {
            assert!(!opens(wrong), "{wrong:?}");
        }
        assert!(!token.opens(None));
        assert!(!Token::new("another").opens(Some(&HeaderValue::from_static("Bearer "))));
    }
}
