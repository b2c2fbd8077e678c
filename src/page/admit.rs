//! Who is let in, and to do what. Every process and every page of this machine can reach a port of 127.0.0.1: what keeps
//! them out is a token that only this user's files have, and that a browser sends only for the page itself.

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use super::kept::Kept;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rights {
    Look,
    All,
}

/// Why somebody is not let in. Whoever is refused learns no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// Asked under another name: by DNS rebinding, most likely.
    #[error("this page is served as localhost and 127.0.0.1 only")]
    Host,
    /// Another page asks.
    #[error("another page may not ask for this")]
    Origin,
    /// No token, or a wrong one.
    #[error("a token is needed: `cluster ui` prints the address that has it")]
    Token,
    /// The token is one to look.
    #[error("this address lets you look, and change nothing")]
    ReadOnly,
}

impl Refused {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Refused::Host => StatusCode::MISDIRECTED_REQUEST,
            Refused::Origin | Refused::ReadOnly => StatusCode::FORBIDDEN,
            Refused::Token => StatusCode::UNAUTHORIZED,
        }
    }
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Knows the tokens by their digests: comparing those takes as long for a near miss as for any other.
#[derive(Clone)]
pub(super) struct Gate {
    port: u16,
    all: [u8; 32],
    look: [u8; 32],
}

impl Gate {
    pub(super) fn new(kept: &Kept) -> Self {
        Gate { port: kept.port, all: digest(&kept.token), look: digest(&kept.read_token) }
    }

    /// Cookies are shared by all ports of a host, so that each page has a name for its own.
    pub(super) fn cookie_name(&self) -> String {
        format!("cluster-{}", self.port)
    }

    /// What a token lets somebody do.
    pub(super) fn rights_of(&self, token: &str) -> Option<Rights> {
        match digest(token) {
            token if token == self.all => Some(Rights::All),
            token if token == self.look => Some(Rights::Look),
            _ => None,
        }
    }

    /// Whether the page is asked as itself, and not by another one. Holds for everything, the entrance included.
    pub(super) fn check_names(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        if !text(headers, &HOST).is_some_and(|host| self.is_own(host)) {
            return Err(Refused::Host);
        }
        let is_safe = method == Method::GET || method == Method::HEAD;
        if let Some(origin) = text(headers, &ORIGIN) {
            let host = origin.strip_prefix("http://");
            // Where a browser withholds it, it still says how far away the asking page is.
            let is_withheld = origin == "null" && is_safe;
            if !host.is_some_and(|host| self.is_own(host)) && !is_withheld {
                return Err(Refused::Origin);
            }
        } else if headers.contains_key(ORIGIN) {
            return Err(Refused::Origin);
        }
        // Another port of localhost is the same site, and not the same origin.
        let is_far = text(headers, &FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none"));
        let is_navigation = is_safe && text(headers, &FETCH_MODE) == Some("navigate");
        match is_far && !is_navigation {
            true => Err(Refused::Origin),
            false => Ok(()),
        }
    }

    /// What whoever asks may do: by `Authorization: Bearer`, as programs do it, or by the cookie.
    pub(super) fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<Rights, Refused> {
        self.check_names(method, headers)?;
        let bearer = text(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let is_safe = method == Method::GET || method == Method::HEAD;
        if bearer.is_none() && !is_safe && !headers.contains_key(ORIGIN) {
            // A browser says where a change comes from; a cookie alone changes nothing.
            return Err(Refused::Origin);
        }
        let rights = match bearer {
            Some(token) => self.rights_of(token.trim()),
            None => self.cookies(headers).filter_map(|token| self.rights_of(token)).max(),
        };
        let rights = rights.ok_or(Refused::Token)?;
        match rights == Rights::Look && !is_safe {
            true => Err(Refused::ReadOnly),
            false => Ok(rights),
        }
    }

    fn cookies<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let name = self.cookie_name();
        cookies(headers).filter(move |(key, _)| *key == name).map(|(_, value)| value)
    }

    fn is_own(&self, host: &str) -> bool {
        let Some((name, port)) = host.rsplit_once(':') else { return false };
        port.parse() == Ok(self.port) && (name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1")
    }
}

/// Every cookie that was sent, by name.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(&Kept { port: 9000, token: "all".into(), read_token: "look".into() })
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    const OWN: (&str, &str) = ("host", "localhost:9000");
    const HOME: (&str, &str) = ("origin", "http://localhost:9000");
    const COOKIE: (&str, &str) = ("cookie", "theme=dark; cluster-9000=all");

    fn get(pairs: &[(&'static str, &str)]) -> Result<Rights, Refused> {
        gate().admit(&Method::GET, &headers(pairs))
    }

    fn post(pairs: &[(&'static str, &str)]) -> Result<Rights, Refused> {
        gate().admit(&Method::POST, &headers(pairs))
    }

    #[test]
    fn a_token_lets_in_by_cookie_and_as_bearer() {
        assert_eq!(get(&[OWN, COOKIE]), Ok(Rights::All));
        assert_eq!(get(&[OWN, ("authorization", "Bearer all")]), Ok(Rights::All));
        assert_eq!(get(&[("host", "127.0.0.1:9000"), ("cookie", "cluster-9000=look")]), Ok(Rights::Look));
        for wrong in ["", "cluster-9000=", "cluster-9000=al", "cluster-9001=all", "all", "cluster-9000=all2"]
        {
            assert_eq!(get(&[OWN, ("cookie", wrong)]), Err(Refused::Token), "{wrong}");
        }
        assert_eq!(get(&[OWN]), Err(Refused::Token));
        assert_eq!(get(&[OWN, COOKIE, ("authorization", "Bearer x")]), Err(Refused::Token));
    }

    #[test]
    fn another_name_for_this_machine_is_refused_whatever_it_brings() {
        for host in
            ["evil.example:9000", "localhost", "localhost:9001", "127.0.0.1.evil:9000", "[::1]:9000", ""]
        {
            assert_eq!(get(&[("host", host), COOKIE]), Err(Refused::Host), "{host}");
        }
        assert_eq!(get(&[COOKIE]), Err(Refused::Host));
    }

    #[test]
    fn another_page_can_neither_ask_nor_change_with_our_cookie() {
        assert_eq!(post(&[OWN, COOKIE, HOME]), Ok(Rights::All));
        assert_eq!(post(&[OWN, COOKIE]), Err(Refused::Origin), "a browser says where it comes from");
        for origin in ["http://localhost:3000", "https://localhost:9000", "http://evil.example", "null", ""] {
            assert_eq!(post(&[OWN, COOKIE, ("origin", origin)]), Err(Refused::Origin), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(get(&[OWN, COOKIE, ("sec-fetch-site", site)]), Err(Refused::Origin), "{site}");
            let navigation = [OWN, COOKIE, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
            assert_eq!(get(&navigation), Ok(Rights::All), "a link may lead here");
            assert_eq!(post(&[&navigation[..], &[HOME]].concat()), Err(Refused::Origin));
        }
        assert_eq!(post(&[OWN, ("authorization", "Bearer all")]), Ok(Rights::All), "a program has no origin");
    }

    #[test]
    fn who_may_look_may_change_nothing() {
        let look = ("cookie", "cluster-9000=look");
        assert_eq!(get(&[OWN, look]), Ok(Rights::Look));
        assert_eq!(post(&[OWN, look, HOME]), Err(Refused::ReadOnly));
        assert_eq!(post(&[OWN, ("authorization", "Bearer look")]), Err(Refused::ReadOnly));
    }
}
