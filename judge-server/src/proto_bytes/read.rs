//! Requests.

use prost::Message;

use super::fields::{Field, Fields, Malformed};
use crate::proto;

/// Reads an encoded `JudgeRequest`.
///
/// # Errors
/// When it is none.
pub(crate) fn read_request(message: &[u8]) -> Result<proto::JudgeRequest, Malformed> {
    let mut request = proto::JudgeRequest::default();
    merge_request(&mut request, message)?;
    Ok(request)
}

/// Reads the request of an encoded `JudgeStreamRequest`, an empty one where there is none.
///
/// # Errors
/// When it is none.
pub(crate) fn read_stream_request(message: &[u8]) -> Result<proto::JudgeRequest, Malformed> {
    let mut request = proto::JudgeRequest::default();
    for field in Fields(message) {
        match field? {
            Field { tag: 1, inner: Some(inner), .. } => merge_request(&mut request, inner)?,
            Field { whole, .. } => proto::JudgeStreamRequest::default().merge(whole)?,
        }
    }
    Ok(request)
}

// The numbers of the fields are those of the published contract, which cannot change. A message that
// comes in parts is all of them.

fn merge_request(request: &mut proto::JudgeRequest, message: &[u8]) -> Result<(), Malformed> {
    request.pairs.reserve(Fields(message).filter(|field| is_message(field, 5)).count());
    for field in Fields(message) {
        match field? {
            Field { tag: 5, inner: Some(inner), .. } => request.pairs.push(read_pair(inner)?),
            Field { whole, .. } => request.merge(whole)?,
        }
    }
    Ok(())
}

fn read_pair(message: &[u8]) -> Result<proto::MetricPair, Malformed> {
    let mut pair = proto::MetricPair::default();
    for field in Fields(message) {
        match field? {
            Field { tag: 4, inner: Some(inner), .. } => {
                merge_series(pair.baseline.get_or_insert_default(), inner)?;
            }
            Field { tag: 5, inner: Some(inner), .. } => {
                merge_series(pair.canary.get_or_insert_default(), inner)?;
            }
            Field { tag: 6, inner: Some(inner), .. } => {
                let mut series = proto::Series::default();
                merge_series(&mut series, inner)?;
                pair.history.push(series);
            }
            Field { whole, .. } => pair.merge(whole)?,
        }
    }
    Ok(pair)
}

fn merge_series(series: &mut proto::Series, message: &[u8]) -> Result<(), Malformed> {
    for field in Fields(message) {
        match field? {
            Field { tag: 1, inner: Some(packed), .. } => {
                let (points, []) = packed.as_chunks() else { return Err(Malformed::Doubles) };
                series.values.extend(points.iter().copied().map(f64::from_le_bytes));
            }
            Field { whole, .. } => series.merge(whole)?,
        }
    }
    Ok(())
}

fn is_message(field: &Result<Field<'_>, Malformed>, tag: u32) -> bool {
    matches!(field, Ok(field) if field.tag == tag && field.inner.is_some())
}
