//! Who may speak to the private API: known hosts, no foreign origins, good tokens.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use empmix_protocol::{ApiError, ErrorCode};

use super::{Shared, json::Failure};

/// The hosts that this process answers to.
#[derive(Debug, Clone)]
pub struct Hosts {
    allowed: Vec<String>,
}

impl Hosts {
    /// The loopback names with the port, and the authorities of further addresses.
    pub fn new(port: u16, public_urls: &[String]) -> Self {
        let loopback = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .map(|name| format!("{name}:{port}"));
        let further = public_urls.iter().filter_map(|url| {
            let uri: Uri = url.parse().ok()?;
            Some(uri.authority()?.as_str().to_lowercase())
        });
        Self {
            allowed: loopback.chain(further).collect(),
        }
    }

    /// Whether a request's one `Host` is among them.
    fn admit(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let Ok(host) = host.to_str() else {
            return false;
        };
        let of_target = uri
            .authority()
            .is_none_or(|authority| self.knows(authority.as_str()));
        self.knows(host) && of_target
    }

    fn knows(&self, host: &str) -> bool {
        self.allowed.contains(&host.to_lowercase())
    }

    fn admit_origin(&self, headers: &HeaderMap) -> bool {
        let cross_site = headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site");
        let foreign = headers.get(header::ORIGIN).is_some_and(|origin| {
            let origin = origin.to_str().unwrap_or_default();
            !origin
                .split_once("://")
                .is_some_and(|(_, authority)| self.knows(authority))
        });
        !cross_site && !foreign
    }
}

/// Lets through what was sent to a known host.
pub(super) async fn known_host(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    if app.hosts.admit(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let message = "This host name is not allowed. Use the address that the sidecar printed, or start it with --public-url.";
    Failure(ApiError::new(ErrorCode::Forbidden, message)).into_response()
}

/// Lets through what comes from no foreign page.
pub(super) async fn no_foreign_origin(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    if app.hosts.admit_origin(request.headers()) {
        return next.run(request).await;
    }
    Failure(ApiError::new(
        ErrorCode::Forbidden,
        "Pages of other origins may not use this API.",
    ))
    .into_response()
}

/// Lets through what carries a good token.
pub(super) async fn good_token(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = token
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if token.is_some_and(|(_, token)| app.tokens.is_good(token.trim())) {
        return next.run(request).await;
    }
    let message = "A bearer token is needed: `empmix-sidecar token` prints it, `empmix-sidecar token --link` opens the console.";
    Failure(ApiError::new(ErrorCode::Unauthorized, message)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(host: &[&str]) -> bool {
        let hosts = Hosts::new(7070, &["https://analytics.example.org".to_owned()]);
        let mut headers = HeaderMap::new();
        for host in host {
            headers.append(header::HOST, host.parse().unwrap());
        }
        hosts.admit(&headers, &Uri::from_static("/api/v1/status"))
    }

    #[test]
    fn only_known_hosts_pass() {
        for good in [
            "127.0.0.1:7070",
            "localhost:7070",
            "LOCALHOST:7070",
            "[::1]:7070",
            "analytics.example.org",
        ] {
            assert!(admits(&[good]), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "localhost",
            "localhost:80",
            "localhost.:7070",
            "evil.test",
            "evil.test:7070",
            "127.0.0.1:7070.evil.test",
            "127.0.0.2:7070",
            "0.0.0.0:7070",
            "[::]:7070",
            "127.1:7070",
            "user@localhost:7070",
            "analytics.example.org:8443",
            "analytics.example.org.",
            "xanalytics.example.org",
        ] {
            assert!(!admits(&[bad]), "{bad}");
        }
        assert!(!admits(&[]), "HTTP/1.0 without Host");
        assert!(!admits(&["localhost:7070", "evil.test"]), "two hosts");
    }

    #[test]
    fn pages_of_other_origins_do_not_pass() {
        let hosts = Hosts::new(7070, &[]);
        let with = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            hosts.admit_origin(&headers)
        };
        assert!(with("origin", "http://localhost:7070"));
        assert!(!with("origin", "http://evil.test"));
        assert!(!with("origin", "null"));
        assert!(!with("sec-fetch-site", "cross-site"));
        assert!(with("sec-fetch-site", "same-origin"));
    }
}
