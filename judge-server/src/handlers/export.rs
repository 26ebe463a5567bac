//! Past releases as a history for `judge retro` and `judge calibrate`: CSV with one row per point.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::{Request, header};
use judge_canary::{
    Canaries, MOST_OF_A_PAGE, MetricSet, PastRelease, ReleaseFilter, StoredPair, StoredSeries,
    without_delay,
};
use judge_core::Verdict;

use super::params::Params;
use super::{Answered, Context, Handlers, read_series};
use crate::budget::Reservation;
use crate::convert::refusal::{Refusal, quoted};

/// Default number of releases in a history.
const RELEASES: usize = 100;

/// Columns; other programs ignore those that they do not know.
const COLUMNS: &str = "release,role,metric,instance,timestamp,value,config_version,verdict\n";

impl Handlers {
    /// The points of the newest releases of an application, one release after the other.
    pub(super) fn export_history(
        &self,
        context: &Context,
        request: &Request<Body>,
    ) -> Result<Answered, Refusal> {
        let canaries = self.canaries.clone().ok_or(Refusal::Stateless)?;
        let params = Params::read(context.route, request.uri())?;
        let application = params.get("application").map(str::to_owned);
        let application = application
            .ok_or_else(|| Refusal::Unusable("application: expected its name".to_owned()))?;
        let filter = ReleaseFilter {
            application,
            config_name: params.get("config").map(str::to_owned),
            verdict: params.get("verdict").map(verdict).transpose()?,
            before: None,
            limit: params.whole("limit", RELEASES)?.min(MOST_OF_A_PAGE),
        };
        let head = stream::once(async { Ok(Bytes::from_static(COLUMNS.as_bytes())) });
        let found = canaries.all_releases(filter).map_err(io::Error::other);
        let held = Arc::clone(&context.held);
        let rows = found.and_then(move |release| rows(canaries.clone(), release, held.another()));
        let rows = rows.try_flatten();
        // The client sees that a broken-off file has no end.
        let body =
            head.chain(rows).inspect_err(|error| tracing::warn!("a history breaks off: {error}"));
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"history.csv\""),
        ];
        Ok((headers, Body::from_stream(body)).into_response().into())
    }
}

fn verdict(name: &str) -> Result<Verdict, Refusal> {
    let all = [("pass", Verdict::Pass), ("marginal", Verdict::Marginal), ("fail", Verdict::Fail)];
    let found = all.into_iter().find_map(|(known, verdict)| (known == name).then_some(verdict));
    let wrong = || format!("verdict: expected pass, marginal or fail, got {:?}", quoted(name));
    found.ok_or_else(|| Refusal::Unusable(wrong()))
}

/// The rows of a release, pair by pair; none if its series are not kept any more. `held` has the series until the last pair.
async fn rows(
    canaries: Canaries,
    release: PastRelease,
    held: Reservation,
) -> io::Result<impl Stream<Item = io::Result<Bytes>>> {
    let set = match read_series(&canaries, &release.metric_set, &held).await {
        Err(Refusal::Absent(_)) => MetricSet::default(),
        found => found.map_err(io::Error::other)?,
    };
    let held = (held.another(), held);
    Ok(stream::iter(set.pairs).map(move |pair| {
        let (of_pair, _of_series) = &held;
        let rows = without_delay(usize::MAX, || rows_of_pair(&release, &pair))?;
        of_pair.grow_to(rows.len()).map_err(io::Error::other)?;
        Ok(rows)
    }))
}

fn rows_of_pair(release: &PastRelease, pair: &StoredPair) -> io::Result<Bytes> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    for (role, series) in [("baseline", &pair.baseline), ("canary", &pair.canary)] {
        add(&mut rows, release, pair, role, series)?;
    }
    Ok(rows.into_inner().map_err(csv::IntoInnerError::into_error)?.into())
}

fn add(
    rows: &mut csv::Writer<Vec<u8>>,
    release: &PastRelease,
    pair: &StoredPair,
    role: &str,
    series: &StoredSeries,
) -> Result<(), csv::Error> {
    let instance = pair
        .tags
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or_default()));
    let instance = instance.collect::<Vec<_>>().join(";");
    let verdict = release.summary.verdict.map(|verdict| format!("{verdict:?}").to_lowercase());
    let version = release.summary.config_version.to_string();
    let mut time = series.window.start_millis;
    for value in &series.values {
        let value = if value.is_nan() { String::new() } else { value.to_string() };
        rows.write_record([
            release.summary.id.as_str(),
            role,
            &pair.metric,
            &instance,
            &time.to_string(),
            &value,
            &version,
            verdict.as_deref().unwrap_or_default(),
        ])?;
        time = time.saturating_add_unsigned(series.window.step_millis);
    }
    Ok(())
}
