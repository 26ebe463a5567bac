//! The line on which each row of a table begins.

/// The lines of rows. Most rows begin on the line after the previous row; we store only the exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowLines {
    /// Rows that do not begin on the line after the previous row, with their lines.
    breaks: Vec<(usize, u64)>,
    rows: usize,
    /// The line on which the next row is expected.
    next: u64,
}

impl RowLines {
    /// Has no rows yet; the first one is expected on `line`.
    pub(super) fn starting_at(line: u64) -> Self {
        Self { breaks: vec![(0, line)], rows: 0, next: line }
    }

    /// Adds a row that begins on `line`.
    pub(super) fn push(&mut self, line: u64) {
        if line != self.next {
            self.breaks.push((self.rows, line));
        }
        self.rows += 1;
        self.next = line + 1;
    }

    /// The line of `row`, from 1.
    pub(super) fn line(&self, row: usize) -> u64 {
        let after = self.breaks.partition_point(|&(first, _)| first <= row);
        let (first, line) = self.breaks[after.saturating_sub(1)];
        line + (row - first) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_line() {
        let lines = [3, 4, 7, 8, 20, 22];
        let mut rows = RowLines::starting_at(2);
        for line in lines {
            rows.push(line);
        }
        let found: Vec<u64> = (0..lines.len()).map(|row| rows.line(row)).collect();
        assert_eq!(found, lines);
        assert_eq!(rows.breaks, [(0, 2), (0, 3), (2, 7), (4, 20), (5, 22)]);
    }
}
