use proptest::prelude::*;

use super::*;

/// Each row's line and fields.
type Lined = Vec<(u64, Vec<String>)>;

fn read(text: &[u8]) -> Result<(CsvTable, Lined), CsvReadError> {
    let table = CsvTable::scan(text)?;
    let mut reader = CsvReader::new(&table, text)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        let fields = (0..table.header().len()).map(|field| row.text(field).map(str::to_owned));
        rows.push((row.line(), fields.collect::<Result<_, _>>()?));
    }
    drop(reader);
    Ok((table, rows))
}

#[test]
fn each_row_has_its_line() {
    let text = "\u{feff}\r\n\na,\" b\nc \",\"d\"\"\"\r\n0,1,2\n\n\n3,\"\n\n,\",4\r\n5,6,7\r\n\r\n";
    let (table, rows) = read(text.as_bytes()).unwrap();
    assert_eq!(table.header(), ["a", "b\nc", "d\""]);
    let fields = |fields: [&str; 3]| fields.map(str::to_owned).to_vec();
    let expected =
        [(5, fields(["0", "1", "2"])), (8, fields(["3", ",", "4"])), (11, fields(["5", "6", "7"]))];
    assert_eq!(rows, expected);
}

#[test]
fn other_dialects_are_read_by_the_same_rules() {
    for text in [
        "sep=;\r\ntime;a;b\r\n0;1,5;x\r\n60;\"2,25\";\"y;\"\"z\"\r\n",
        "\u{feff}sep=;\ntime;a;b\n0;1,5;x\n60;2,25;\"y;\"\"z\"",
        "\ntime;a;b\n0;1,5;x\n60;2,25;\"y;\"\"z\"\n",
    ] {
        let (table, rows) = read(text.as_bytes()).unwrap();
        assert!(table.dialect().decimal_comma, "{text}");
        let cells: Vec<&str> = rows.iter().flat_map(|(_, row)| row).map(String::as_str).collect();
        assert_eq!(cells, ["0", "1,5", "x", "60", "2,25", "y;\"z"], "{text}");
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4], "{text}");
    }
    let error = read(b"time;a\n0;1\n60\n").unwrap_err();
    let expected = TableError::Fields { line: 3, found: 1, expected: 2 };
    assert!(matches!(error, CsvReadError::Table(error) if error == expected));
}

#[test]
fn a_file_that_is_no_table_is_refused_with_the_line() {
    use TableError::{
        Fields, LoneReturn, NotUtf8, OpenQuote, RepeatedColumn, StrayQuote, UnnamedColumn,
    };
    let cases: [(&[u8], TableError); 13] = [
        (b"a,b\n1,2\n1\n", Fields { line: 3, found: 1, expected: 2 }),
        (b"a,b\r\n\r\n1,2,\r\n", Fields { line: 3, found: 3, expected: 2 }),
        (b"a,b\n1,\"2,3\"\n1,\"2\n\",3\n", Fields { line: 3, found: 3, expected: 2 }),
        (b"a,b\n1,2\n \n", Fields { line: 3, found: 1, expected: 2 }),
        (b"a,b\n1,2\n1,\xff\n", NotUtf8 { line: 3 }),
        (b"a,b\n1,\"2\"3\n", StrayQuote { line: 2 }),
        (b"a,b\n1, \"2\"\n", StrayQuote { line: 2 }),
        (b"a, \"b\"\n1,2\n", StrayQuote { line: 1 }),
        (b"a,b\n1,\"2\n3\"\"\n", OpenQuote { line: 2 }),
        (b"a,b\r1,2\r", LoneReturn { line: 1 }),
        (b"a,b\n\"1\"\r,2\n", LoneReturn { line: 2 }),
        (b"a, b ,b\n", RepeatedColumn("b".to_owned())),
        (b"a,,b\n", UnnamedColumn(2)),
    ];
    for (text, expected) in cases {
        let Err(CsvReadError::Table(error)) = read(text) else {
            panic!("{:?}", String::from_utf8_lossy(text));
        };
        assert_eq!(error, expected, "{:?}", String::from_utf8_lossy(text));
    }
    for nothing in ["", "\n\r\n", "\u{feff}", "\u{feff}\n", "sep=;\n"] {
        assert!(matches!(read(nothing.as_bytes()), Err(CsvReadError::Empty)), "{nothing:?}");
    }
}

#[test]
fn a_quote_within_a_field_is_literal() {
    let (table, rows) = read(b"time,a{pod=\"x\"},b\n0,5\",\"\"\"\"\n").unwrap();
    assert_eq!(table.header(), ["time", "a{pod=\"x\"}", "b"]);
    assert_eq!(rows[0].1, ["0", "5\"", "\""]);
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let text = b"a,b\n".chain(io::repeat(b'1'));
    let expected = TableError::LongLine { line: 2 };
    let read = CsvTable::scan(text);
    assert!(matches!(read, Err(CsvReadError::Table(error)) if error == expected));
}

#[test]
fn a_file_that_changes_between_scan_and_reading_is_refused() {
    let table = CsvTable::scan(b"a,b\n1,2\n".as_slice()).unwrap();
    let mut reader = CsvReader::new(&table, b"a,b\n1,2,3\n".as_slice()).unwrap();
    let expected = TableError::Fields { line: 2, found: 3, expected: 2 };
    assert!(matches!(reader.next_row(), Err(CsvReadError::Table(error)) if error == expected));
}

proptest! {
    /// In every table that the scan accepts, the csv crate sees the same rows.
    #[test]
    fn rows_are_found_where_the_csv_crate_finds_them(
        lines in proptest::collection::vec(
            prop_oneof!["\r?", "([a1é \"]{0,2}|\"([a, \n]|\"\"){0,3}\"),(1?|\"[,\n]{0,3}\")\r?"], 0..8,
        ),
        end in "\n?",
    ) {
        let text = format!("x,y\n{}{end}", lines.join("\n"));
        let Ok((table, rows)) = read(text.as_bytes()) else { return Ok(()) };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut records = 0;
        for (record, (found, _)) in reader.records().zip(&rows) {
            let start = usize::try_from(record.unwrap().position().unwrap().byte()).unwrap();
            let passed = text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
            let line = text[..start + passed].matches('\n').count() as u64 + 1;
            prop_assert_eq!(*found, line, "{:?}", text);
            records += 1;
        }
        prop_assert_eq!(records, rows.len(), "{:?}", text);
        prop_assert_eq!(reader.records().count(), 0, "{:?}", text);
        prop_assert_eq!(table.header(), ["x", "y"]);
    }

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes: Vec<u8>, text in "[a,;\"\r\n \t1]{0,40}") {
        let _ = read(&bytes);
        let _ = read(text.as_bytes());
    }
}
