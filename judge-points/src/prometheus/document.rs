//! The response as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::ResponseError;

/// A response without its series: what shows whether the series can be read, and Prometheus's remarks.
#[derive(Deserialize)]
struct ResponseHead<'a> {
    status: Option<String>,
    #[serde(rename = "errorType", default)]
    error_type: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(borrow, default)]
    data: Option<ResponseDataHead<'a>>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
    #[serde(rename = "canaryConfig", default)]
    canary_config: Option<IgnoredAny>,
    #[serde(default)]
    metrics: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ResponseDataHead<'a> {
    #[serde(rename = "resultType", borrow, default)]
    result_type: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ResponseBody<'a> {
    #[serde(borrow)]
    data: ResponseData<'a>,
}

#[derive(Deserialize)]
struct ResponseData<'a> {
    #[serde(borrow)]
    result: Vec<RawSeries<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RawSeries<'a> {
    #[serde(default)]
    pub(super) metric: BTreeMap<String, String>,
    #[serde(borrow, default)]
    pub(super) values: Vec<RawPoint<'a>>,
    #[serde(default)]
    pub(super) histograms: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct RawPoint<'a>(pub(super) f64, #[serde(borrow)] pub(super) Cow<'a, str>);

/// Reads the series of a response, their points still as text, and its remarks.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<RawSeries<'_>>, Vec<String>), ResponseError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ResponseError::NotAResponse("this is a list"));
    }
    let remarks = check_head(parse(bytes)?)?;
    let body: ResponseBody = parse(bytes)?;
    Ok((body.data.result, remarks))
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ResponseError> {
    // To track paths takes time, so we read again with paths only after an error.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let source = error.into_inner();
        if source.is_data() && path != "." {
            ResponseError::Field { path, source }
        } else {
            ResponseError::Json(source)
        }
    })?;
    deserializer.end().map_err(ResponseError::Json)?;
    Ok(value)
}

/// Checks that the response has series, and returns its remarks.
fn check_head(head: ResponseHead) -> Result<Vec<String>, ResponseError> {
    let Some(status) = head.status else {
        return Err(ResponseError::NotAResponse(if head.canary_config.is_some() {
            "this is a remote-judge request; judge it with `judge run FILE`"
        } else if head.metrics.is_some() {
            "this is a canary config; give it as --config"
        } else {
            "there is no status"
        }));
    };
    match status.as_str() {
        "success" => {}
        "error" => {
            return Err(ResponseError::Answered {
                kind: head.error_type.unwrap_or_else(|| "no errorType".to_owned()),
                text: head.error.unwrap_or_else(|| "no error text".to_owned()),
            });
        }
        _ => return Err(ResponseError::Status(status)),
    }
    match head.data.map(|data| data.result_type) {
        Some(Some(matrix)) if matrix == "matrix" => {
            Ok([head.warnings, head.infos].into_iter().flatten().flatten().collect())
        }
        Some(Some(other)) => Err(ResponseError::ResultType(other.into_owned())),
        Some(None) => Err(ResponseError::NotAResponse("there is no data.resultType")),
        None => Err(ResponseError::NotAResponse("there is no data")),
    }
}
