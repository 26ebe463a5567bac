//! A column of names, in which neighbouring rows mostly have the same name.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, Utf8ViewArray, View};

/// A name for each row.
#[derive(Debug, Clone)]
pub(crate) enum Names {
    /// The same for all.
    Once(Arc<str>),
    /// One for each.
    Column(Utf8ViewArray),
}

impl Names {
    /// The name of `row`; empty if there is none.
    pub(crate) fn get(&self, row: usize) -> &str {
        match self {
            Self::Once(name) => name,
            Self::Column(names) => names.get(row).unwrap_or_default(),
        }
    }

    /// The end of the run of the first name of `rows`: the first row with another name, or the end.
    pub(crate) fn run(&self, rows: &Range<usize>) -> usize {
        let Self::Column(names) = self else {
            return rows.end;
        };
        if names.has_nulls() {
            let first = self.get(rows.start);
            let other = rows.clone().find(|&row| self.get(row) != first);
            return other.unwrap_or(rows.end);
        }
        let views = &names.views()[rows.clone()];
        let Some(first) = views.first() else {
            return rows.end;
        };
        // Names of a dictionary page have one view each, and short names hold themselves: mostly the
        // views of a run are the same 16 bytes, and only where they differ are names compared.
        let mut view = first.as_u128();
        let alike = alike(views, view);
        for (offset, other) in views.iter().enumerate().skip(alike) {
            if other.as_u128() == view {
                continue;
            }
            let same_length = other.length == first.length;
            let may_be_equal = same_length && other.length > View::MAX_INLINE_SIZE;
            let row = rows.start + offset;
            if !may_be_equal || names.value(row) != names.value(rows.start) {
                return row;
            }
            view = other.as_u128();
        }
        rows.end
    }
}

/// Views that are compared before it is asked whether one differs, so that several fit an instruction.
const AT_ONCE: usize = 16;

/// Number of leading views equal to `view`, in whole blocks.
fn alike(views: &[View], view: u128) -> usize {
    let same = |block: &&[View]| {
        block.iter().fold(0, |differing, other| differing | (other.as_u128() ^ view)) == 0
    };
    AT_ONCE * views.chunks_exact(AT_ONCE).take_while(same).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(names: &[Option<&str>]) -> Names {
        Names::Column(Utf8ViewArray::from_slice(names))
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
        for length in 1..=3 * AT_ONCE {
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
        let twice = Utf8ViewArray::from_slice([Some(long), Some(long)]);
        let views = twice.views();
        assert_ne!(views[0].as_u128(), views[1].as_u128(), "written twice");
        assert_eq!(Names::Column(twice).run(&(0..2)), 2);
    }
}
