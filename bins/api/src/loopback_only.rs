//! For `AUTH_MODE=dev`, whose tokens everybody knows: answers this machine alone.
//!
//! Listening on this machine only is not enough: a tunnel or proxy that runs here lets others in, and a page
//! of any site may have its own name lead here (DNS rebinding). The headers of such requests show it.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::ApiError;

/// Headers, besides `X-Forwarded-…`, in which proxies and tunnels name whom they speak for.
const SPOKEN_FOR: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
];

/// Refuses a request that comes, or may come, from another machine.
pub(crate) async fn only(request: Request, next: Next) -> Response {
    if is_from_here(request.uri(), request.headers()) {
        next.run(request).await
    } else {
        ApiError::ThisMachineOnly.into_response()
    }
}

/// Whether this host means the very machine that a program runs on.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_from_here(uri: &Uri, headers: &HeaderMap) -> bool {
    let spoken_for = headers.keys().any(|name| {
        name.as_str().starts_with("x-forwarded-") || SPOKEN_FOR.contains(&name.as_str())
    });
    let told = headers
        .get_all(header::HOST)
        .iter()
        .map(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let hosts: Vec<Option<Authority>> = told.chain(uri.authority().cloned().map(Some)).collect();
    let is_here =
        |host: &Option<Authority>| host.as_ref().is_some_and(|one| is_loopback(one.host()));
    !spoken_for && !hosts.is_empty() && hosts.iter().all(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str, told: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().uri(uri);
        for (name, value) in told {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        is_from_here(request.uri(), request.headers())
    }

    #[test]
    fn this_machine_has_several_names_and_no_other_name_is_one() {
        for host in
            ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.8.9.1", "[::1]", "[::1]:80"]
        {
            assert!(asked("/", &[("host", host)]), "{host}");
        }
        for host in [
            "",
            ":",
            "desk.example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:8000",
            "10.0.0.1",
            "0.0.0.0:8000",
            "[::]",
            "a b",
        ] {
            assert!(!asked("/", &[("host", host)]), "{host}");
        }
        assert!(!asked("/", &[]), "who names no host");
        assert!(!asked("/", &[("host", "localhost"), ("host", "desk.example.com")]));
        assert!(!asked("http://desk.example.com/", &[("host", "localhost")]));
        assert!(asked("http://localhost:8000/", &[("host", "localhost:8000")]));
    }

    #[test]
    fn who_is_spoken_for_is_elsewhere() {
        for name in SPOKEN_FOR.iter().chain(&["X-Forwarded-For", "X-Forwarded-Host"]) {
            assert!(!asked("/", &[("host", "localhost"), (*name, "127.0.0.1")]), "{name}");
        }
    }
}
