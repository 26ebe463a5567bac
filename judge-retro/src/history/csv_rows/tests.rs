use std::fs;

use polars::prelude::{LazyCsvReader, LazyFileListReader, LazyFrame, PlRefPath};
use proptest::prelude::*;

use super::*;

fn rows(text: &[u8]) -> Result<CsvRows, CsvRowsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, text).unwrap();
    CsvRows::read(&path)
}

#[test]
fn rows_know_their_lines() {
    let text = "\u{feff}\r\n\na, \"b\nc\" ,\"d\"\"\"\r\n0,1,2\n\n\n3,\"\n\n,\",4\r\n5,6,7\r\n\r\n";
    assert!(matches!(
        rows(text.as_bytes()),
        Err(CsvRowsError::Table(TableError::StrayQuote { line: 3 }))
    ));
    let text = text.replace(", \"b\nc\" ,", ",\" b\nc \",");
    let rows = rows(text.as_bytes()).unwrap();
    assert_eq!(rows.header, ["a", "b\nc", "d\""]);
    assert_eq!(rows.filled(&(0..6)), [0..1, 3..5]);
    assert_eq!(rows.blank, [1..3, 5..6]);
    assert!(rows.filled(&(1..3)).is_empty());
    assert_eq!([0, 3, 4].map(|row| rows.line(row)), [5, 8, 11]);
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    use TableError::{
        Fields, LoneReturn, NotUtf8, OpenQuote, RepeatedColumn, StrayQuote, UnnamedColumn,
    };
    let cases: [(&[u8], TableError); 13] = [
        (b"a,b\n1,2\n1\n", Fields { line: 3, found: 1, expected: 2 }),
        (b"a,b\r\n\r\n1,2,\r\n", Fields { line: 3, found: 3, expected: 2 }),
        (b"a,b\n1,\"2,3\"\n1,\"2\n\",3\n", Fields { line: 3, found: 3, expected: 2 }),
        (b"a,b\n1,2\n \n", Fields { line: 3, found: 1, expected: 2 }),
        (b"a,b\n1,2\n1,\xff\n", NotUtf8 { line: 3 }),
        (b"a,b\n1,2\"\n", StrayQuote { line: 2 }),
        (b"a,b\n1,\"2\"3\n", StrayQuote { line: 2 }),
        (b"a,b\n1, \"2\"\n", StrayQuote { line: 2 }),
        (b"a,b\n1,\"2\n3\"\"\n", OpenQuote { line: 2 }),
        (b"a,b\r1,2\r", LoneReturn { line: 1 }),
        (b"a,b\n\"1\"\r,2\n", LoneReturn { line: 2 }),
        (b"a, b ,b\n", RepeatedColumn("b".to_owned())),
        (b"a,,b\n", UnnamedColumn(2)),
    ];
    for (text, expected) in cases {
        let Err(CsvRowsError::Table(error)) = rows(text) else {
            panic!("{:?}", String::from_utf8_lossy(text));
        };
        assert_eq!(error, expected, "{:?}", String::from_utf8_lossy(text));
    }
    for nothing in ["\n\r\n", "\u{feff}", "\u{feff}\n"] {
        assert!(matches!(rows(nothing.as_bytes()), Err(CsvRowsError::Empty)), "{nothing:?}");
    }
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let text = [b"a,b\n".as_slice(), &vec![b'1'; usize::try_from(LONGEST).unwrap()]].concat();
    let expected = TableError::LongLine { line: 2 };
    assert!(matches!(rows(&text), Err(CsvRowsError::Table(error)) if error == expected));
}

proptest! {
    /// What is accepted here is the same rows for polars, and for the reader of `judge run`.
    #[test]
    fn every_reader_sees_the_same_rows(
        lines in proptest::collection::vec(
            prop_oneof!["\r?", "([a1é ]{0,2}|\"([a, \n]|\"\"){0,3}\"),(1?|\"[,\n]{0,3}\")\r?"], 0..8,
        ),
        end in "\n?",
    ) {
        let text = format!("x,y\n{}{end}", lines.join("\n"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        fs::write(&path, &text).unwrap();
        let Ok(rows) = CsvRows::read(&path) else { return Ok(()) };
        let read = LazyCsvReader::new(PlRefPath::try_from_path(&path).unwrap());
        let read = read.with_infer_schema_length(Some(0)).finish().and_then(LazyFrame::collect);
        let filled = rows.filled(&(0..read.unwrap().height()));
        let filled: Vec<usize> = filled.into_iter().flatten().collect();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut records = 0;
        for (record, row) in reader.records().zip(&filled) {
            let start = usize::try_from(record.unwrap().position().unwrap().byte()).unwrap();
            let passed = text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
            let line = text[..start + passed].matches('\n').count() as u64 + 1;
            prop_assert_eq!(rows.line(*row), line, "{:?}", text);
            records += 1;
        }
        prop_assert_eq!(records, filled.len(), "{:?}", text);
        prop_assert_eq!(reader.records().count(), 0, "{:?}", text);
    }
}
