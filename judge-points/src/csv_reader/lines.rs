//! On which line each row of a table begins.

/// The lines of rows. Mostly each row stands on the line after the one before; the others are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowLines {
    /// Rows whose line is not the one after that of the row before, with their lines.
    breaks: Vec<(usize, u64)>,
    rows: usize,
    /// The line on which the next row is expected.
    next: u64,
}

impl RowLines {
    /// No rows yet; the first one is expected on `line`.
    pub(super) fn after(line: u64) -> Self {
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
    fn rows_know_their_lines() {
        let lines = [3, 4, 7, 8, 20, 22];
        let mut rows = RowLines::after(2);
        for line in lines {
            rows.push(line);
        }
        let found: Vec<u64> = (0..lines.len()).map(|row| rows.line(row)).collect();
        assert_eq!(found, lines);
        assert_eq!(rows.breaks, [(0, 2), (0, 3), (2, 7), (4, 20), (5, 22)]);
    }
}
