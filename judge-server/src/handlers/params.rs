//! Names in a path and a query string, for calls that accept more names than they read.

use std::borrow::Cow;

use http::Uri;

use super::route::Route;
use crate::convert::refusal::Refusal;

/// Names in a path and a query string.
#[derive(Debug, Default)]
pub(super) struct Params {
    path: Vec<String>,
    pairs: Vec<(String, String)>,
}

impl Params {
    pub(super) fn read(route: &Route, uri: &Uri) -> Result<Self, Refusal> {
        Self::read_form(route, uri, uri.query().unwrap_or_default().as_bytes(), usize::MAX)
    }

    /// Names in a path and in a form of a browser: at most `most` of them.
    pub(super) fn read_form(
        route: &Route,
        uri: &Uri,
        form: &[u8],
        most: usize,
    ) -> Result<Self, Refusal> {
        let path = route.params(uri.path()).ok_or(Refusal::Internal)?;
        let pairs = form_urlencoded::parse(form).into_owned().take(most).collect();
        Ok(Self { path: path.into_iter().map(Cow::into_owned).collect(), pairs })
    }

    /// Adds the names of a form or a query string.
    pub(super) fn add_form(&mut self, form: &[u8]) {
        self.pairs.extend(form_urlencoded::parse(form).into_owned());
    }

    /// Value of the first name in the path; empty if there is none.
    pub(super) fn id(&self) -> &str {
        self.at(0)
    }

    /// Value of a name in the path, by its index; empty if there is none.
    pub(super) fn at(&self, index: usize) -> &str {
        self.path.get(index).map(String::as_str).unwrap_or_default()
    }

    /// A value of the query string, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a name of the query string that are not empty.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.pairs.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All names and values of the query string.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.pairs.iter()
    }

    /// A whole number of the query string.
    pub(super) fn whole(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let wrong = |_| Refusal::Unusable(format!("{name}: expected a whole number, got {text:?}"));
        text.parse().map_err(wrong)
    }
}
