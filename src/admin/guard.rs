//! What every request passes: the count of its peer, the token, the deadline; and what every answer carries.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::clock::Stopwatch;
use crate::engine::deadline::within;

use super::listen::Peer;
use super::refused::Refused;
use super::routes;
use super::window::Window;

/// How long an answer may take, the reading of the body included.
const REQUEST_MAX: Duration = Duration::from_secs(10);
/// Peers whose count is kept; those that were quiet are forgotten first.
const PEERS_MAX: usize = 4_096;

/// What every answer carries: it is no page, belongs in no cache and in nobody's frame.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Lets a request in, and writes down that it came. The route is logged and not the path: a path may hold anything.
pub async fn pass(State(window): State<Arc<Window>>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0);
    let mut response = match judge(&window, &route, peer, &request) {
        Ok(()) => within(REQUEST_MAX, next.run(request)).await.unwrap_or_else(|| Refused::Deadline.into_response()),
        Err(refused) => refused.into_response(),
    };
    response.headers_mut().extend(HEADERS);
    let status = response.status().as_u16();
    window.metrics.request(&route, status);
    let duration_ms = watch.passed().as_millis();
    tracing::info!(%method, route, status, duration_ms, %peer, "an operator's request");
    response
}

fn judge(window: &Window, route: &str, peer: IpAddr, request: &Request) -> Result<(), Refused> {
    if window.limiter.len() > PEERS_MAX {
        window.limiter.retain_recent();
    }
    if window.limiter.check_key(&counted_as(peer)).is_err() {
        return Err(Refused::TooMany);
    }
    if routes::is_open(route) || window.token.opens(request.headers().get(header::AUTHORIZATION)) {
        return Ok(());
    }
    Err(Refused::Unauthorized)
}

/// Returns what a peer is counted as: a network of IPv6 is one peer, for its addresses cost nothing.
fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_addresses_is_one_peer() {
        let counted = |text: &str| counted_as(text.parse().unwrap());
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:10.0.0.1"), counted("10.0.0.1"));
        assert_ne!(counted("10.0.0.1"), counted("10.0.0.2"));
    }
}
