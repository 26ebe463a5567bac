//! The body of a response: bounded, unpacked if a store or a proxy packed it.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::faults;
use crate::error::AskError;

/// Reads a body of at most `largest` bytes, counted unpacked. We ask for no compression, but some proxies compress
/// unasked. An error comes with the part that was read.
pub(super) async fn body(
    mut response: Response,
    largest: usize,
) -> Result<Vec<u8>, (Vec<u8>, AskError)> {
    let url = response.url().clone();
    if response.content_length().is_some_and(|length| length > largest as u64) {
        return Err((Vec::new(), AskError::TooLarge(largest)));
    }
    let encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    let encodings = encodings.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let encoding = encodings.collect::<Vec<_>>().join(", ");
    let mut read = match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => BodyReader::Plain(BoundedBytes::new(largest)),
        "gzip" | "x-gzip" => {
            BodyReader::Gzip(Box::new(MultiGzDecoder::new(BoundedBytes::new(largest))))
        }
        _ => return Err((Vec::new(), AskError::Encoding(encoding))),
    };
    loop {
        let added = match response.chunk().await {
            Ok(None) => return read.finish(),
            Ok(Some(chunk)) => read.add(&chunk),
            Err(error) => Err(faults::of_request(error, &url)),
        };
        if let Err(error) = added {
            return Err((read.into_bytes(), error));
        }
    }
}

/// Collects a body.
enum BodyReader {
    Plain(BoundedBytes),
    Gzip(Box<MultiGzDecoder<BoundedBytes>>),
}

impl BodyReader {
    fn add(&mut self, chunk: &[u8]) -> Result<(), AskError> {
        let added = match self {
            Self::Plain(bytes) => bytes.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        added.map_err(|error| self.fault(&error))
    }

    /// The body, if it is whole.
    fn finish(mut self) -> Result<Vec<u8>, (Vec<u8>, AskError)> {
        let finished = match &mut self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
        };
        match finished.map_err(|error| self.fault(&error)) {
            Ok(()) => Ok(self.into_bytes()),
            Err(error) => Err((self.into_bytes(), error)),
        }
    }

    fn bytes(&mut self) -> &mut BoundedBytes {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Gzip(decoder) => decoder.get_mut(),
        }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes().bytes)
    }

    fn fault(&mut self, error: &io::Error) -> AskError {
        let BoundedBytes { largest, is_full, .. } = *self.bytes();
        if is_full {
            AskError::TooLarge(largest)
        } else {
            AskError::BrokenOff(format!("cannot unpack its gzip: {error}"))
        }
    }
}

/// Takes at most `largest` bytes.
struct BoundedBytes {
    bytes: Vec<u8>,
    largest: usize,
    is_full: bool,
}

impl BoundedBytes {
    fn new(largest: usize) -> Self {
        Self { bytes: Vec::new(), largest, is_full: false }
    }
}

impl Write for BoundedBytes {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.largest {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
