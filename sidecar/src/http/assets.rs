//! Files: the console, the SDK and the demo shop, carried inside the binary.

use std::{borrow::Cow, path::Path as FilePath, sync::LazyLock};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::Shared;
use crate::keys::Keys;

/// A file that the build carried in, compressed with brotli.
struct Carried {
    path: &'static str,
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// Every carried file, unpacked once: loopback gains nothing from compression.
static UNPACKED: LazyLock<Vec<(&'static str, Vec<u8>)>> = LazyLock::new(|| {
    let unpack = |carried: &Carried| {
        let mut bytes = Vec::new();
        let read = std::io::Read::read_to_end(
            &mut brotli::Decompressor::new(carried.brotli, 1 << 16),
            &mut bytes,
        );
        if let Err(error) = read {
            tracing::error!(%error, path = carried.path, "a carried file is damaged");
        }
        (carried.path, bytes)
    };
    CARRIED.iter().map(unpack).collect()
});

const CONSOLE_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

/// What is replaced by a project's key in the demo page.
const KEY_PLACE: &str = "__EMPMIX_PUBLIC_KEY__";

/// What apps load: any host, any origin.
pub(super) fn for_apps() -> Router<Shared> {
    Router::new()
        .route("/sdk/empmix.js", get(sdk))
        .route("/demo", get(demo))
}

/// The console.
pub(super) fn console() -> Router<Shared> {
    Router::new()
        .route("/", get(index))
        .route("/{file}", get(file))
}

async fn sdk() -> Response {
    match carried("/sdk/empmix.min.js") {
        Some(bytes) => {
            let mut response = (
                [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
                bytes,
            )
                .into_response();
            let headers = response.headers_mut();
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            );
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn demo(State(app): State<Shared>) -> Response {
    let Some(page) = carried("/demo/index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let key = Keys::first_public_key(app.service.store.as_ref())
        .await
        .map_or_else(String::new, |key| key.0);
    Html(String::from_utf8_lossy(page).replace(KEY_PLACE, &key)).into_response()
}

async fn index(State(app): State<Shared>) -> Response {
    console_file(&app, "index.html")
        .await
        .unwrap_or_else(|| Html(NOT_BUILT).into_response())
}

async fn file(State(app): State<Shared>, Path(name): Path<String>) -> Response {
    console_file(&app, &name)
        .await
        .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

async fn console_file(app: &Shared, name: &str) -> Option<Response> {
    let bytes = match &app.console_dir {
        Some(dir) => Cow::Owned(read_flat(dir, name).await?),
        None => Cow::Borrowed(carried(&format!("/{name}"))?),
    };
    let mut response = (
        [(header::CONTENT_TYPE, content_type(name))],
        bytes.into_owned(),
    )
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONSOLE_CSP),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Some(response)
}

/// A file directly in the folder: the name is one segment and no hidden file.
async fn read_flat(dir: &FilePath, name: &str) -> Option<Vec<u8>> {
    let is_plain = !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if is_plain {
        tokio::fs::read(dir.join(name)).await.ok()
    } else {
        None
    }
}

fn carried(path: &str) -> Option<&'static [u8]> {
    UNPACKED
        .iter()
        .find(|(carried, _)| *carried == path)
        .map(|(_, bytes)| bytes.as_slice())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Emp-Mix</title>\
    <body style='font:15px system-ui;margin:4rem auto;max-width:40rem'>\
    <h1>The sidecar runs</h1><p>It was built without the console: <code>cargo xtask build</code> builds both. \
    The ingest API and the private API still work.</p>";
