//! Files that pages load.

use std::io::{Read, Write};
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::GzEncoder;
use judge_report::fragment;

/// A file that pages need: it never changes under the path that pages have for it.
#[derive(Debug)]
pub struct Asset {
    /// Its content type.
    pub content_type: &'static str,
    /// The bytes as they are.
    pub plain: Vec<u8>,
    /// The same, compressed by gzip.
    pub gzip: Vec<u8>,
    name: &'static str,
    digest: u64,
}

const OWN_STYLE: &str = include_str!("../assets/pages.css");
const LIVE: &str = include_str!("../assets/live.js");
const LIST: &str = include_str!("../assets/list.js");

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let script = "text/javascript; charset=utf-8";
    let style = [fragment::STYLE, OWN_STYLE].concat();
    vec![
        Asset::new("pages.css", "text/css; charset=utf-8", style.into_bytes()),
        Asset::new("plot.js", script, plot()),
        Asset::new("charts.js", script, fragment::CHARTS.into()),
        Asset::new("live.js", script, LIVE.into()),
        Asset::new("list.js", script, LIST.into()),
    ]
});

/// The file called `name`.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Where pages find the file called `name`: another path for other bytes.
pub(crate) fn path(name: &str) -> String {
    let digest = asset(name).map(|asset| asset.digest).unwrap_or_default();
    format!("/assets/{name}?{digest:016x}")
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, plain: Vec<u8>) -> Self {
        let gzip = compressed(&plain).unwrap_or_default();
        Self { content_type, digest: fnv(&plain), gzip, plain, name }
    }
}

fn compressed(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// The charting library with its licences, as `judge-report` has it, unpacked.
fn plot() -> Vec<u8> {
    let mut script = format!("/*\n{}\n*/\n", fragment::PLOT_LICENCE.replace("*/", "* /"));
    // A test reads it.
    let packed = STANDARD.decode(fragment::PLOT.trim()).unwrap_or_default();
    let _ = DeflateDecoder::new(packed.as_slice()).read_to_string(&mut script);
    script.into_bytes()
}

/// FNV-1a hash, which distinguishes versions of a file.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_whole_and_small() {
        let plot = asset("plot.js").unwrap();
        let text = String::from_utf8_lossy(&plot.plain);
        assert!(text.contains("Plot=") && text.contains("Mike Bostock"), "{}", plot.plain.len());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(plot.gzip.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plot.plain);
        let all: usize = ASSETS.iter().map(|asset| asset.gzip.len()).sum();
        assert!(all < 140_000, "{all} bytes");
        assert!(path("plot.js").starts_with("/assets/plot.js?") && asset("x").is_none());
    }
}
