//! What a browser keeps: the style sheet, the scripts and the libraries, each under an address that changes with its
//! content.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use minijinja::Value;
use minijinja::value::Serde;
use sha2::{Digest, Sha256};

struct Source {
    name: &'static str,
    kind: &'static str,
    /// One behind the other.
    parts: &'static [&'static [u8]],
}

macro_rules! sources {
    ($($name:literal $kind:literal [$($path:literal),*])*) => {
        const SOURCES: &[Source] = &[$(Source {
            name: $name,
            kind: $kind,
            parts: &[$(include_bytes!(concat!("../../templates/page/", $path))),*],
        }),*];
    };
}

// htmx begins as soon as it has been run: what extends it must be there by then, in the same file.
sources! {
    "page.css" "text/css; charset=utf-8" ["page.css"]
    "page.js" "text/javascript; charset=utf-8" ["vendor/htmx.min.js", "vendor/hx-sse.min.js", "page.js"]
    "icon.svg" "image/svg+xml" ["icon.svg"]
    "uplot.css" "text/css; charset=utf-8" ["vendor/uplot.min.css"]
    "curve.js" "text/javascript; charset=utf-8" ["vendor/uplot.min.js", "chart.js"]
}

/// What a view loads that has a curve: style sheets and scripts.
pub(super) const CURVE: &[&str] = &["uplot.css", "curve.js"];

struct Asset {
    source: &'static Source,
    /// The beginning of its digest.
    version: String,
    text: Bytes,
    zipped: Bytes,
}

fn assets() -> &'static [Asset] {
    static ASSETS: OnceLock<Vec<Asset>> = OnceLock::new();
    ASSETS.get_or_init(|| SOURCES.iter().map(asset).collect())
}

fn asset(source: &'static Source) -> Asset {
    let text = source.parts.join(&b'\n');
    let version = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Asset { source, version, zipped: zip(&text), text: text.into() }
}

fn zip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A Vec takes everything.
    let _ = encoder.write_all(text);
    encoder.finish().unwrap_or_default().into()
}

/// The address of each, for templates: `{{ assets["page.css"] }}`.
pub(super) fn addresses() -> Value {
    let address =
        |asset: &Asset| (asset.source.name, format!("/static/{}/{}", asset.version, asset.source.name));
    Value::from(Serde(assets().iter().map(address).collect::<BTreeMap<_, _>>()))
}

/// One of them; `None`: there is none of that name and version.
pub(super) fn get(version: &str, name: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = assets().iter().find(|asset| asset.source.name == name && asset.version == version)?;
    let kind = [
        (header::CONTENT_TYPE, asset.source.kind),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    Some(match takes_gzip(headers) {
        true => (kind, [(header::CONTENT_ENCODING, "gzip")], asset.zipped.clone()).into_response(),
        false => (kind, asset.text.clone()).into_response(),
    })
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| one.trim().split(';').next() == Some("gzip"))
}

/// A page of HTML, compressed where the browser takes that.
pub(super) fn html(status: StatusCode, text: String, headers: &HeaderMap) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    match takes_gzip(headers) && text.len() > 1024 {
        true => (status, kind, [(header::CONTENT_ENCODING, "gzip")], zip(text.as_bytes())).into_response(),
        false => (status, kind, text).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_version_alone_and_compressed_for_whoever_takes_it() {
        let asset = &assets()[0];
        let gzip: HeaderMap =
            [(header::ACCEPT_ENCODING, "br, gzip;q=0.8".parse().unwrap())].into_iter().collect();
        let zipped = get(&asset.version, "page.css", &gzip).unwrap();
        assert_eq!(zipped.headers()[header::CONTENT_ENCODING], "gzip");
        let plain = get(&asset.version, "page.css", &HeaderMap::new()).unwrap();
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert!(get("000000000000", "page.css", &gzip).is_none());
        assert!(get(&asset.version, "../page.css", &gzip).is_none());
        let address = addresses().get_item(&Value::from("page.css")).unwrap().to_string();
        assert_eq!(address, format!("/static/{}/page.css", asset.version));
    }

    #[test]
    fn the_first_view_is_sent_small() {
        let first = assets().iter().filter(|asset| !CURVE.contains(&asset.source.name));
        let sent: usize = first.map(|asset| asset.zipped.len()).sum();
        assert!(sent < 60_000, "{sent} bytes of scripts and styles");
    }
}
