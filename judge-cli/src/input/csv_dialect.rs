//! The separator of a CSV file, and where its table begins.

/// What separates the fields of a table, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CsvDialect<'a> {
    /// The character between two fields.
    pub(crate) delimiter: u8,
    /// The bytes from the header on.
    pub(crate) table: &'a [u8],
    /// Number of lines before the header.
    pub(crate) lines_before: u64,
}

/// The header of the tables that Grafana exported up to its version 7: semicolons, whatever the locale.
const GRAFANA_6: &[u8] = b"Series;Time;Value";

impl<'a> CsvDialect<'a> {
    /// The dialect of `bytes`: a first line `sep=;` names the separator, as Excel and Grafana write it.
    pub(crate) fn detect(bytes: &'a [u8]) -> Self {
        let plain = Self { delimiter: b',', table: bytes, lines_before: 0 };
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let line = bytes[..end].trim_ascii_end();
        if line.eq_ignore_ascii_case(GRAFANA_6) {
            return Self { delimiter: b';', ..plain };
        }
        match line {
            [b'"', inner @ .., b'"'] => inner,
            line => line,
        }
        .strip_prefix(b"sep=")
        .and_then(|separator| match separator {
            [separator @ (b',' | b';' | b'\t' | b'|')] => Some(*separator),
            _ => None,
        })
        .map_or(plain, |delimiter| Self {
            delimiter,
            table: bytes.get(end + 1..).unwrap_or_default(),
            lines_before: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_may_name_the_separator() {
        let dialect = |delimiter, table: &'static [u8], lines_before| CsvDialect {
            delimiter,
            table,
            lines_before,
        };
        for (bytes, expected) in [
            (&b"a,b\n1,2\n"[..], dialect(b',', b"a,b\n1,2\n", 0)),
            (b"sep=;\r\na;b\n", dialect(b';', b"a;b\n", 1)),
            (b"\"sep=,\"\na,b\n", dialect(b',', b"a,b\n", 1)),
            (b"sep=", dialect(b',', b"sep=", 0)),
            (b"sep=,", dialect(b',', b"", 1)),
            (b"sep=a\nb", dialect(b',', b"sep=a\nb", 0)),
            (b"Series;Time;Value\n", dialect(b';', b"Series;Time;Value\n", 0)),
            // Others may have commas in their numbers.
            (b"timestamp;a\n", dialect(b',', b"timestamp;a\n", 0)),
        ] {
            assert_eq!(CsvDialect::detect(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
