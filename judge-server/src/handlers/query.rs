//! What a path and a query string say, as fields of messages.

use std::borrow::Cow;

use http::Uri;
use judge_core::Problem;

use super::route::Route;
use crate::convert::refusal::{Refusal, quoted};
use crate::proto;

/// Names of a path and of a query string; each is taken once.
pub(super) struct Query {
    params: std::vec::IntoIter<String>,
    pairs: Vec<(String, String)>,
}

impl Query {
    /// # Errors
    /// When a path is not the route's, which is excluded where it was found.
    pub(super) fn read(route: &Route, uri: &Uri) -> Result<Self, Refusal> {
        let params = route.params(uri.path()).ok_or(Refusal::Internal)?;
        let params: Vec<String> = params.into_iter().map(Cow::into_owned).collect();
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Ok(Self { params: params.into_iter(), pairs })
    }

    /// What the next name of the path stands for.
    fn param(&mut self, field: &mut String) {
        if let Some(value) = self.params.next() {
            *field = value;
        }
    }

    fn text(&mut self, name: &str, field: &mut String) {
        if let Some(index) = self.pairs.iter().position(|(key, _)| key == name) {
            *field = self.pairs.swap_remove(index).1;
        }
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str, field: &mut T) -> Result<(), Refusal> {
        let mut text = String::new();
        self.text(name, &mut text);
        if !text.is_empty() {
            let wrong =
                |_| Refusal::from(Problem::error(name, format!("{:?}", quoted(&text)), "a number"));
            *field = text.parse().map_err(wrong)?;
        }
        Ok(())
    }

    /// A word of an enum, whole or without its prefix, in any case.
    fn word(
        &mut self,
        name: &str,
        prefix: &str,
        field: &mut i32,
        read: impl Fn(&str) -> Option<i32>,
    ) -> Result<(), Refusal> {
        let mut text = String::new();
        self.text(name, &mut text);
        if !text.is_empty() {
            let word = text.to_ascii_uppercase();
            let found = read(&word).or_else(|| read(&format!("{prefix}{word}")));
            let allowed = format!("a word such as {prefix}…");
            let wrong = || Problem::error(name, format!("{:?}", quoted(&text)), allowed);
            *field = found.ok_or_else(wrong)?;
        }
        Ok(())
    }

    /// # Errors
    /// When something is left that no field is called.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => {
                let found = "a name that this call does not have";
                Err(Problem::error(quoted(name), found, "what /openapi.json has").into())
            }
        }
    }
}

/// A message whose fields the path and the query of a request may have.
pub(super) trait FromQuery {
    /// Sets the fields that path and query have.
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal>;
}

/// Messages whose first field is the name in the path.
macro_rules! by_id {
    ($($message:ty),+) => {
        $(impl FromQuery for $message {
            fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
                query.param(&mut self.id);
                Ok(())
            }
        })+
    };
}

by_id!(
    proto::GetCanaryRequest,
    proto::CancelCanaryRequest,
    proto::CreateConfigRequest,
    proto::UpdateConfigRequest,
    proto::ListConfigVersionsRequest,
    proto::DeleteConfigRequest
);

impl FromQuery for proto::StartCanaryRequest {
    fn read_query(&mut self, _: &mut Query) -> Result<(), Refusal> {
        Ok(())
    }
}

impl FromQuery for proto::WatchCanaryRequest {
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        query.param(&mut self.id);
        query.number("afterLook", &mut self.after_look)
    }
}

impl FromQuery for proto::GetConfigRequest {
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        query.param(&mut self.id);
        query.number("version", &mut self.version)
    }
}

impl FromQuery for proto::ListConfigsRequest {
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        query.text("application", &mut self.application);
        Ok(())
    }
}

impl FromQuery for proto::ListCanariesRequest {
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        query.text("application", &mut self.application);
        query.text("configName", &mut self.config_name);
        query.text("configId", &mut self.config_id);
        query.text("pageToken", &mut self.page_token);
        query.number("pageSize", &mut self.page_size)?;
        query.word("state", "CANARY_STATE_", &mut self.state, |word| {
            proto::CanaryState::from_str_name(word).map(Into::into)
        })?;
        query.word("verdict", "VERDICT_", &mut self.verdict, |word| {
            proto::Verdict::from_str_name(word).map(Into::into)
        })
    }
}

impl FromQuery for proto::ListAuditEntriesRequest {
    fn read_query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        query.text("subject", &mut self.subject);
        query.text("pageToken", &mut self.page_token);
        query.number("pageSize", &mut self.page_size)
    }
}
