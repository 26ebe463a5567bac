//! A column of names, in which neighbouring rows mostly have the same name.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, StringViewArray};
use judge_replay::{NameColumn, run_of_views};

/// A name for each row.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    /// The same for all.
    Once(Arc<str>),
    /// One for each.
    Column(StringViewArray),
}

impl Names {
    /// The name of `row`; empty if there is none.
    pub(crate) fn get(&self, row: usize) -> &str {
        match self {
            Self::Once(name) => name,
            Self::Column(names) => {
                if names.is_null(row) {
                    ""
                } else {
                    names.value(row)
                }
            }
        }
    }
}

impl NameColumn for Names {
    fn name(&self, row: usize) -> &str {
        self.get(row)
    }

    fn run(&self, rows: &Range<usize>) -> usize {
        let Self::Column(names) = self else {
            return rows.end;
        };
        if names.null_count() > 0 {
            let first = self.get(rows.start);
            let other = rows.clone().find(|&row| self.get(row) != first);
            return other.unwrap_or(rows.end);
        }
        let views = &names.views()[rows.clone()];
        let name = |index| names.value(rows.start + index);
        rows.start + run_of_views(views, |view| *view, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(names: &[Option<&str>]) -> Names {
        Names::Column(names.iter().collect::<StringViewArray>())
    }

    #[test]
    fn runs_end_where_the_name_changes() {
        let long = "a name of more than twelve bytes";
        let other = "a name of more than twelve bites";
        let cases: [(&[Option<&str>], usize, usize); 6] = [
            (&[Some("a"), Some("a"), Some("b")], 0, 2),
            (&[Some("a"), Some("a"), Some("b")], 2, 3),
            (&[Some(long), Some(long), Some(other)], 0, 2),
            (&[Some("a"), Some("ab"), Some("a")], 0, 1),
            (&[Some("a"), None, Some("a")], 0, 1),
            (&[None, None, Some("a")], 0, 2),
        ];
        for (names, start, end) in cases {
            assert_eq!(column(names).run(&(start..names.len())), end, "{names:?}");
        }
        assert_eq!(Names::Once("x".into()).run(&(3..7)), 7);
        assert_eq!(column(&[None]).get(0), "");
    }

    #[test]
    fn runs_end_at_the_same_row_however_long_they_are() {
        for length in 1..=50 {
            let mut names = vec![Some("before"), Some("before")];
            names.extend(vec![Some("a name of more than twelve bytes"); length]);
            names.push(Some("after"));
            assert_eq!(column(&names).run(&(2..names.len())), 2 + length);
            assert_eq!(column(&names).run(&(2..2 + length)), 2 + length);
        }
    }

    #[test]
    fn equal_long_names_at_other_places_are_one_run() {
        let long = "a name of more than twelve bytes";
        let twice = StringViewArray::from_iter([Some(long), Some(long)]);
        let views = twice.views();
        assert_ne!(views[0], views[1], "written twice");
        assert_eq!(Names::Column(twice).run(&(0..2)), 2);
    }
}
