//! Ways out of failures, with the names of settings as a program's users know them.

use std::time::Duration;

use judge_points::prometheus::ResponseError;

use crate::client::MOST_ATTEMPTS;
use crate::error::{AnswerError, AskError, Cause, ChoiceError, shown};
use crate::query_text::QueryError;
use crate::setting_names::SettingNames;
use crate::template::TemplateError;

impl Cause {
    /// The way out, as the end of a sentence; empty if there is none that a setting opens.
    pub(crate) fn way_out(&self, names: SettingNames) -> String {
        let way = match self {
            Self::Chosen(ChoiceError::None(kind)) => match names {
                SettingNames::Plain => "give one in a table [sources.NAME]".to_owned(),
                SettingNames::Flags => {
                    format!("give it with --{kind} URL, --source NAME=URL or --sources FILE")
                }
            },
            Self::Query(error) => return error.way_out(names),
            Self::Ask { cause: AskError::NotAsked(_), .. } => {
                let timeout = names.pick("the timeout", "--timeout");
                format!("raise max-queries in {}, or lengthen {timeout}", names.table_of_source())
            }
            Self::Ask { cause: AskError::OutOfTime, .. } | Self::Answer(AnswerError::OutOfTime) => {
                let timeout = names.pick("the timeout", "--timeout");
                format!("lengthen {timeout} or ask for less")
            }
            Self::Ask { cause: AskError::TooLarge(_), .. } => {
                format!("aggregate in the query, or lengthen {}", names.step())
            }
            Self::Ask { cause: AskError::Status { status: 401, .. }, .. } => {
                format!("give credentials in {}", names.table_of_source())
            }
            // We wait as long as a store asks, unless that is longer than the time left.
            Self::Ask {
                attempts,
                cause: cause @ AskError::Status { retry_after: Some(wait), .. },
            } if *attempts < MOST_ATTEMPTS && cause.may_pass() => {
                let timeout = names.pick("the timeout", "--timeout");
                let wait = shown(Duration::from_secs(wait.as_secs()));
                format!(
                    "the store asks for a wait of {wait} (Retry-After), longer than is left of {timeout}: lengthen \
                     it, or try again then"
                )
            }
            Self::Ask { cause: AskError::Tls { why, .. }, .. } if why.contains("UnknownIssuer") => {
                let table = names.table_of_source();
                format!("give the authority that issued its certificate as tls-ca in {table}")
            }
            // Without one, the metric's name is the database's, as in Kayenta.
            Self::Answer(AnswerError::Refused(said)) if said.starts_with("database not found") => {
                "give the database as ?db=NAME in the source's URL".to_owned()
            }
            Self::Answer(AnswerError::Response(
                ResponseError::Json(_) | ResponseError::NotAResponse(_),
            )) => "is the URL the store's own?".to_owned(),
            Self::Answer(error @ (AnswerError::NoSeries | AnswerError::TagKeys { .. })) => {
                let compat = names.pick("Kayenta's rules", "--compat kayenta");
                let judged = match error {
                    AnswerError::NoSeries => "it is judged with gaps",
                    _ => "they are paired",
                };
                format!("without {compat} {judged}")
            }
            _ => return String::new(),
        };
        format!("; {way}")
    }
}

impl QueryError {
    /// The way out, as the end of a sentence; empty if no setting opens one.
    pub fn way_out(&self, names: SettingNames) -> String {
        let name = match self {
            Self::Template(TemplateError::Unbound { name, .. }) => name,
            Self::NoLocation(_) => "location",
            Self::NoFilter => {
                let of_cloud = names.value_of("resourceType");
                return format!(
                    "; write the whole query after \"PromQL:\" into customInlineTemplate; for instances of GCE and EC2, {of_cloud}"
                );
            }
            Self::Empty(name) => name,
            Self::Template(_) | Self::ResourceType(_) | Self::NoTag(_) => return String::new(),
        };
        format!("; {}", names.value_of(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::StoreKind;

    #[test]
    fn a_service_names_no_flag_and_the_command_names_its_own() {
        let unbound = |name: &str| {
            let (name, template, known) = (name.to_owned(), String::new(), String::new());
            Cause::Query(TemplateError::Unbound { name, template, known }.into())
        };
        let ask = |cause| Cause::Ask { attempts: 1, cause };
        let status =
            |status| ask(AskError::Status { status, said: String::new(), retry_after: None });
        let hour = Some(Duration::from_hours(1));
        let tls = |why: &str| ask(AskError::Tls { to: "h".to_owned(), why: why.to_owned() });
        let (baseline, canary) = ("pod".to_owned(), "version".to_owned());
        for (cause, plain, flags) in [
            (
                Cause::Chosen(ChoiceError::None(StoreKind::Graphite)),
                "[sources.NAME]",
                "--graphite URL",
            ),
            (unbound("scope"), "for each side", "--baseline-scope and --canary-scope"),
            (unbound("location"), "for each side", "--location"),
            (unbound("tier"), "among the parameters", "--param tier=VALUE"),
            (
                Cause::Query(QueryError::NoFilter),
                "; write the whole query after \"PromQL:\" into customInlineTemplate; for instances of GCE and EC2, give it among the parameters",
                "into customInlineTemplate; for instances of GCE and EC2, give it with --param resourceType=VALUE",
            ),
            (Cause::Query(QueryError::Empty("scope")), "for each side", "--baseline-scope"),
            (
                Cause::Query(QueryError::NoLocation("gce_instance".to_owned())),
                "for each",
                "--location",
            ),
            (ask(AskError::OutOfTime), "lengthen the timeout", "lengthen --timeout"),
            (
                ask(AskError::NotAsked(8)),
                "raise max-queries in the source's table",
                "raise max-queries in --sources FILE, or lengthen --timeout",
            ),
            (Cause::Answer(AnswerError::OutOfTime), "lengthen the timeout", "lengthen --timeout"),
            (ask(AskError::TooLarge(1)), "lengthen the step", "lengthen --step"),
            (status(401), "in the source's table [sources.NAME]", "in --sources FILE"),
            (
                ask(AskError::Status { status: 429, said: String::new(), retry_after: hour }),
                "; the store asks for a wait of 1h (Retry-After), longer than is left of the timeout",
                "of --timeout: lengthen it, or try again then",
            ),
            (tls("UnknownIssuer"), "tls-ca in the source's table", "tls-ca in --sources FILE"),
            (
                Cause::Answer(AnswerError::Refused("database not found: cpu".to_owned())),
                "?db=",
                "?db=",
            ),
            (
                Cause::Answer(ResponseError::NotAResponse("it has no status").into()),
                "is the URL the store's own?",
                "is the URL the store's own?",
            ),
            (Cause::Answer(AnswerError::NoSeries), "Kayenta's rules", "--compat kayenta"),
            (
                Cause::Answer(AnswerError::TagKeys { baseline, canary }),
                "rules they",
                "--compat kayenta",
            ),
        ] {
            let of = |names| format!("{cause}{}", cause.way_out(names));
            let said = of(SettingNames::Plain);
            assert!(said.contains(plain) && !said.contains("--"), "{said}");
            let said = of(SettingNames::Flags);
            assert!(said.contains(flags), "{said}");
        }
        let refused = Cause::Answer(AnswerError::Refused("no such function".to_owned()));
        for cause in
            [refused, status(403), tls("expired"), Cause::Query(QueryError::NoTag(String::new()))]
        {
            assert_eq!(cause.way_out(SettingNames::Flags), "", "{cause}");
        }
    }
}
