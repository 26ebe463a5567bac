//! The cells of a table, without an allocation for each row: an answer of 32 MiB may have five million rows.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Null,
    Whole(i64),
    Number(f64),
    /// Text, for example.
    Other,
}

impl Cell {
    pub(super) fn millis(self) -> Option<i64> {
        if let Self::Whole(millis) = self { Some(millis) } else { None }
    }

    /// The number, a gap for null; `None` for text.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Null => Some(f64::NAN),
            Self::Whole(number) => Some(number as f64),
            Self::Number(number) => Some(number),
            Self::Other => None,
        }
    }
}

/// The rows of a table, one after another, all with the same number of cells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TableCells {
    all: Vec<Cell>,
    width: Option<usize>,
}

impl TableCells {
    /// The number of cells in a row; 0 without rows.
    pub(super) fn width(&self) -> usize {
        self.width.unwrap_or(0)
    }

    /// The cells of a column, from the first row on.
    pub(super) fn column(&self, index: usize) -> impl Iterator<Item = Cell> {
        self.all.iter().skip(index).step_by(self.width().max(1)).copied()
    }
}

impl<'de> Deserialize<'de> for TableCells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = TableCells;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<TableCells, A::Error> {
        let mut cells = TableCells::default();
        while let Some(width) = rows.next_element_seed(Row(&mut cells.all))? {
            if *cells.width.get_or_insert(width) != width {
                return Err(A::Error::invalid_length(width, &"as many cells as in the first row"));
            }
        }
        Ok(cells)
    }
}

/// Appends a row, and returns its number of cells.
struct Row<'a>(&'a mut Vec<Cell>);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row of cells")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<usize, A::Error> {
        let before = self.0.len();
        while let Some(cell) = row.next_element()? {
            self.0.push(cell);
        }
        Ok(self.0.len() - before)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Whole(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cell, E> {
        Ok(i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Whole))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Cell, E> {
        Ok(Cell::Number(number))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Cell, E> {
        Ok(Cell::Other)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Cell, E> {
        Ok(Cell::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cell, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Cell, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_without_their_rows() {
        let json = r#"[[1, 1.5, null], [-2, 18446744073709551615, "x"], [3, true, {"a": [1]}]]"#;
        let cells: TableCells = serde_json::from_str(json).unwrap();
        assert_eq!(cells.width(), 3);
        let column = |index| cells.column(index).collect::<Vec<_>>();
        assert_eq!(column(0), [1, -2, 3].map(Cell::Whole));
        assert_eq!(
            column(1),
            [Cell::Number(1.5), Cell::Number(18446744073709551615.0), Cell::Other]
        );
        assert_eq!(column(2), [Cell::Null, Cell::Other, Cell::Other]);
        // A cell is no larger than its number and a word.
        assert_eq!(size_of::<Cell>(), 16);

        for (json, said) in [
            ("[[1, 2], [3]]", "invalid length 1, expected as many cells as in the first row"),
            ("[[1], []]", "invalid length 0"),
            ("[[], [1]]", "invalid length 1"),
            ("[1]", "a row of cells"),
            ("{}", "a list of rows"),
        ] {
            let error = serde_json::from_str::<TableCells>(json).unwrap_err().to_string();
            assert!(error.contains(said), "{json}: {error}");
        }
        for json in ["[]", "[[], []]"] {
            let cells: TableCells = serde_json::from_str(json).unwrap();
            assert_eq!((cells.width(), cells.column(0).count()), (0, 0), "{json}");
        }
    }
}
