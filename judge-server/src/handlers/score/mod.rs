//! Scores without storing a canary: as Prometheus's API, as small JSON, and for Flagger's hooks.

mod flagger;
mod look;
mod look_query;
mod selector;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

pub(crate) use look::SharedLooks;

use super::params::Params;
use super::routes::ScoreCall;
use super::{Answered, Context, Failure, Handlers, http as plain};
use crate::convert::refusal::Refusal;
use look::LookAnswer;
use look_query::LookQuery;
use selector::{ScoreSelector, ScoreSeries};

/// The largest form of a query.
const FORM_BYTES: u64 = 64 << 10;

impl Handlers {
    /// Handler of the calls for scores.
    pub(super) async fn score(
        &self,
        call: ScoreCall,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let canaries = self.canaries.clone().ok_or(Refusal::Stateless)?;
        let mut params = Params::read(context.route, request.uri())?;
        match call {
            ScoreCall::Query => {
                let form = plain::read(request.into_body(), FORM_BYTES).await?;
                params.add_form(&form);
                Ok(self.query(&canaries, &params).await)
            }
            ScoreCall::Verdict => {
                let query = LookQuery::from_params(&params, canaries.now_millis());
                let answer = match query {
                    Ok(query) => self.looks.ask(&canaries, query).await,
                    Err(why) => LookAnswer::Refused(why),
                };
                Ok(plain::json(StatusCode::OK, verdict(&answer).to_string()))
            }
            ScoreCall::Flagger => {
                let body = plain::read(request.into_body(), FORM_BYTES).await?;
                Ok(self.flagger(&canaries, &params, &body, &context.actor()).await)
            }
        }
    }

    /// `/api/v1/query`.
    async fn query(&self, canaries: &judge_canary::Canaries, params: &Params) -> Answered {
        let now = canaries.now_millis();
        let (series, query) = match ScoreSelector::read(params.get("query").unwrap_or_default()) {
            Ok(ScoreSelector::Number(number)) => return vector(now, &[], Some(number), &[]),
            Ok(ScoreSelector::Sum) => {
                let data = json!({"resultType": "scalar", "result": [seconds(now), "2"]});
                let body = json!({"status": "success", "data": data});
                return plain::json(StatusCode::OK, body.to_string());
            }
            Ok(ScoreSelector::Look(series, labels)) => {
                let query = selector::time(params.get("time"), now)
                    .and_then(|time| LookQuery::from_labels(&labels, time));
                match query {
                    Ok(query) => (series, query),
                    Err(why) => return error(StatusCode::BAD_REQUEST, "bad_data", &why),
                }
            }
            Err(why) => return error(StatusCode::BAD_REQUEST, "bad_data", &why),
        };
        let labels = query.labels();
        match self.looks.ask(canaries, query).await {
            LookAnswer::Refused(why) => error(StatusCode::BAD_REQUEST, "bad_data", &why),
            LookAnswer::Failed(why) => error(StatusCode::UNPROCESSABLE_ENTITY, "execution", &why),
            LookAnswer::NotYet => {
                vector(now, &[], None, &["no data yet: a look is under way".to_owned()])
            }
            LookAnswer::Seen(seen) => {
                let value = match series {
                    _ if !seen.has_data => None,
                    ScoreSeries::Score => Some(seen.score),
                    ScoreSeries::Verdict => Some(seen.number()),
                };
                let mut warnings = vec![seen.line(canaries.now_millis())];
                warnings.extend(seen.warnings.iter().cloned());
                vector(now, &labels, value, &warnings)
            }
        }
    }
}

/// The small answer for Argo Rollouts' `web` provider: always a verdict, so that its user sees the reason.
fn verdict(answer: &LookAnswer) -> Value {
    let plain = |word: &str, why: &str| json!({"verdict": word, "reason": why});
    match answer {
        LookAnswer::Refused(why) | LookAnswer::Failed(why) => plain("error", why),
        LookAnswer::NotYet => plain("noData", "a look is under way"),
        LookAnswer::Seen(seen) => json!({
            "verdict": seen.word(), "score": seen.score, "reason": seen.reason,
            "warnings": seen.warnings, "at": seen.at(),
        }),
    }
}

/// A time as Prometheus writes it.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of this age are exact")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// An instant vector of one sample, or of none.
fn vector(
    now: i64,
    labels: &[(String, String)],
    value: Option<f64>,
    warnings: &[String],
) -> Answered {
    let time = seconds(now);
    let metric: serde_json::Map<String, Value> =
        labels.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let sample = value.map(|value| json!({"metric": metric, "value": [time, value.to_string()]}));
    let result: Vec<Value> = sample.into_iter().collect();
    let mut body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    if !warnings.is_empty() {
        body["warnings"] = json!(warnings);
    }
    plain::json(StatusCode::OK, body.to_string())
}

fn error(status: StatusCode, kind: &str, why: &str) -> Answered {
    let body = json!({"status": "error", "errorType": kind, "error": why});
    plain::json(status, body.to_string())
}
