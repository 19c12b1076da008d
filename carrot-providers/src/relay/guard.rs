use std::net::SocketAddr;
use std::sync::Arc;

use http::header::HOST;
use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::server::{Route, Table};

/// Who may come in: requests to this very address that carry a known token. Gives the route, and the path and query that
/// follow the token.
pub(super) fn admitted<'a>(
    request: &'a Request<Incoming>,
    table: &Table,
) -> Result<(Arc<Route>, &'a str), (StatusCode, &'static str)> {
    let host = request.headers().get(HOST);
    // A page on the web may have its own name lead here: it is known by that name.
    if !host.is_some_and(|host| is_here(host.as_bytes(), table.address)) {
        let message = "this is Carrot's relay; it answers to the address that url() gives only";
        return Err((StatusCode::FORBIDDEN, message));
    }
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let target = target.strip_prefix('/').unwrap_or_default();
    let (token, rest) = target.split_at(target.find(['/', '?']).unwrap_or(target.len()));
    match table.route(token) {
        Some(route) => Ok((route, rest)),
        None => {
            let message = "no relay is open at this path: use the whole of url(), and keep its \
                           handle while you call";
            Err((StatusCode::NOT_FOUND, message))
        }
    }
}

fn is_here(host: &[u8], address: SocketAddr) -> bool {
    let Some((name, port)) = std::str::from_utf8(host)
        .ok()
        .and_then(|it| it.split_once(':'))
    else {
        return false;
    };
    port.parse() == Ok(address.port())
        && (name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_this_machines_own_names_are_answered_to() {
        let address = "127.0.0.1:8080".parse().unwrap();
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080"] {
            assert!(is_here(host.as_bytes(), address), "{host}");
        }
        for host in [
            "evil.example:8080",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.evil.example:8080",
            "",
            "127.0.0.1:8080:1",
        ] {
            assert!(!is_here(host.as_bytes(), address), "{host}");
        }
    }
}
