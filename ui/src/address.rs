//! The address of a page of the console, which holds its state: a copied one opens the same page.
//!
//! It is the fragment of the page's URL, so that no server sees it:
//! `#/p/<project>/<module>?r=1.<report>&…`. The report is its JSON, deflated (RFC 1951), in base64url;
//! `1` is the version of that encoding. All other parameters are the module's own.

use std::{
    fmt,
    io::{Read as _, Write as _},
    str::FromStr,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use empmix_model::ids::ProjectId;
use empmix_query::report::Report;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use crate::{
    module::{Module, ROWS},
    text,
};

/// The version of the encoding of reports.
const VERSION: &str = "1";
/// The most bytes that a report in an address may have when it is not compressed.
const MAX_REPORT: u64 = 64 * 1024;
/// The parameter of the report.
pub const REPORT: &str = "r";

/// The address of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The project.
    pub project: ProjectId,
    /// The module.
    pub module: Module,
    /// What the module has to say of its state.
    pub state: Parameters,
}

/// Names and values, each name at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds one, if there is a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "/p/{}/{}", self.project, self.module.row().name)?;
        if self.state.0.is_empty() {
            return Ok(());
        }
        let mut state = form_urlencoded::Serializer::new(String::new());
        state.extend_pairs(&self.state.0);
        write!(out, "?{}", state.finish())
    }
}

/// Why a text is not the address of a page of this console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnAddress {
    /// It does not have the form of one.
    Form,
    /// It has, and this release does not know the module.
    Module,
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (path, state) = text.split_once('?').unwrap_or((text, ""));
        let path = path.strip_prefix("/p/").ok_or(NotAnAddress::Form)?;
        let (project, name) = path.split_once('/').ok_or(NotAnAddress::Form)?;
        let project = project.parse().map_err(|_| NotAnAddress::Form)?;
        let module = ROWS.iter().find(|row| row.name == name);
        let pairs = form_urlencoded::parse(state.as_bytes()).into_owned();
        Ok(Self {
            project,
            module: module.ok_or(NotAnAddress::Module)?.module,
            state: Parameters(pairs.collect()),
        })
    }
}

/// A report as the value of a parameter.
pub fn encode(report: &Report) -> String {
    let json = serde_json::to_vec(report).unwrap_or_default();
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    let written = deflated.write_all(&json).and_then(|()| deflated.finish());
    format!(
        "{VERSION}.{}",
        URL_SAFE_NO_PAD.encode(written.unwrap_or_default())
    )
}

/// Reads the value of a parameter; the error says what is wrong and what to do.
pub fn decode(text: &str) -> Result<Report, String> {
    let (version, encoded) = text.split_once('.').unwrap_or((text, ""));
    if version != VERSION {
        return Err(text!("address-report-format", version = version));
    }
    let cut = || text!("address-report-cut");
    let deflated = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| cut())?;
    let mut json = Vec::new();
    let mut inflated = DeflateDecoder::new(&*deflated).take(MAX_REPORT);
    inflated.read_to_end(&mut json).map_err(|_| cut())?;
    let json = serde_json::from_slice(&json).map_err(|_| cut())?;
    empmix_query::parse(&json)
        .map_err(|error| text!("address-report-unknown", error = error.to_string()))
}

#[cfg(test)]
mod tests {
    use empmix_query::report::Granularity;

    use super::*;
    use crate::{
        insights::question::Builder,
        report::{Question as _, RangeChoice, Shared},
    };

    fn report() -> Report {
        let mut shared = Shared::of_range(RangeChoice::PRESETS[2], Granularity::Day);
        shared.breakdown = Some("größe & Farbe".to_owned());
        Builder::first(shared).report().unwrap()
    }

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let address = Address {
            project: ProjectId([7; 8]),
            module: Module::Live,
            state: Parameters::default()
                .with("q", "a&b=c #/?ü")
                .with("r", encode(&report())),
        };
        let text = address.to_string();
        assert!(text.is_ascii() && !text.contains(' '), "{text}");
        assert_eq!(text.parse(), Ok(address));
    }

    #[test]
    fn an_address_without_state_is_short() {
        let text = "/p/0707070707070707/settings";
        assert_eq!(
            text.parse::<Address>()
                .map(|read| read.to_string())
                .as_deref(),
            Ok(text)
        );
        let cut = ["", "/", "/p/", "/p/0707070707070707", "/p/07/live"];
        for other in cut {
            assert_eq!(other.parse::<Address>(), Err(NotAnAddress::Form), "{other}");
        }
        let newer = "/p/0707070707070707/nothing?r=1.x".parse::<Address>();
        assert_eq!(newer, Err(NotAnAddress::Module));
    }

    #[test]
    fn a_report_is_read_as_it_was_written_and_is_short() {
        let text = encode(&report());
        assert!(
            text.starts_with("1.") && text.len() < 240,
            "{} {text}",
            text.len()
        );
        assert_eq!(decode(&text), Ok(report()));
    }

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let text = encode(&report());
        let newer = text.replacen('1', "2", 1);
        assert!(decode(&newer).unwrap_err().contains("Update Emp-Mix"));
        assert!(
            decode(&text[..text.len() / 2])
                .unwrap_err()
                .contains("Copy it again")
        );
        assert!(decode("1.!!").unwrap_err().contains("Copy it again"));
        let unknown = serde_json::json!({"kind": "horoscope"}).to_string();
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        deflated.write_all(unknown.as_bytes()).unwrap();
        let unknown = format!("1.{}", URL_SAFE_NO_PAD.encode(deflated.finish().unwrap()));
        assert!(decode(&unknown).unwrap_err().contains("does not know"));
    }

    #[test]
    fn a_report_that_swells_is_refused() {
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        deflated.write_all(&vec![b' '; 10_000_000]).unwrap();
        let bomb = format!("1.{}", URL_SAFE_NO_PAD.encode(deflated.finish().unwrap()));
        assert!(decode(&bomb).is_err());
    }
}
