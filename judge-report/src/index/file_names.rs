//! Makes file names from the names of releases.

use std::collections::HashSet;

/// At most this many characters of a release's name are in the file's name.
const LONGEST: usize = 60;

/// A file name for the page of each of `releases`, in their order.
///
/// A file name has the ASCII letters, digits, `-`, `_` and `.` of the release's name. No two are equal, even on file systems
/// that ignore case, and none is `index.html`.
///
/// # Example
/// ```
/// let names = judge_report::file_names(["v1.2", "v1.2", "../../etc", "§"]);
/// assert_eq!(names, ["v1.2.html", "v1.2-2.html", "etc.html", "release.html"]);
/// ```
pub fn file_names<'a>(releases: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::from(["index".to_owned()]);
    let mut name = |release: &str| {
        let stem = stem(release);
        let numbered = (2_u64..).map(|number| format!("{stem}-{number}"));
        let mut free = std::iter::once(stem.clone()).chain(numbered);
        // Names never run out.
        let free = free.find(|name| taken.insert(name.to_lowercase())).unwrap_or_default();
        format!("{free}.html")
    };
    releases.into_iter().map(&mut name).collect()
}

fn stem(release: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let replaced: String = release.chars().map(|c| if kept(c) { c } else { '-' }).collect();
    // No hidden file, no way up, no run of dashes where a word of another script stood.
    let parts: Vec<&str> =
        replaced.split('-').filter(|part| !part.trim_matches('.').is_empty()).collect();
    let joined = parts.join("-");
    let start: String = joined.trim_matches(['.', '-']).chars().take(LONGEST).collect();
    let stem = start.trim_end_matches(['.', '-']).to_owned();
    if stem.is_empty() { "release".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_differ() {
        let hostile = ["</script>", "a/b\\c", "..", ".hidden", "Index", "A-B", "a-b", "x\0y"];
        let names = file_names(hostile);
        assert_eq!(
            names,
            [
                "script.html",
                "a-b-c.html",
                "release.html",
                "hidden.html",
                "Index-2.html",
                "A-B.html",
                "a-b-2.html",
                "x-y.html"
            ]
        );
        let long = file_names([&*"long-".repeat(100)]);
        assert!(long[0].len() <= LONGEST + ".html".len());
    }
}
