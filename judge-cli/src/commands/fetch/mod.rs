//! `judge fetch`.

mod error;
mod fetched_release;
mod history;
mod parts;

use std::fmt::Write;

use judge_sources::FetchedMetric;
use serde_json::json;

use self::error::FetchError;
use self::fetched_release::FetchedRelease;
use self::history::HistoryFormat;
use self::parts::ReleaseParts;
use super::bar::bar;
use super::exit::Exit;
use super::stop::stop_signal;
use crate::args::FetchArgs;
use crate::input::{
    FetchFailed, Fetcher, ListedRelease, fetch_request, fetched_queries, odd_warnings,
    read_release_list,
};
use crate::output::Console;

pub(crate) use self::error::is_bad_input;

/// Number of consecutive releases without an answer that ends the run, since the source is probably down.
const MOST_UNANSWERED: usize = 3;

/// Number of releases by outcome.
#[derive(Default)]
struct Counts {
    fetched: usize,
    resumed: usize,
    unanswered: usize,
    empty: usize,
}

/// Fetches every release of a list.
pub(crate) fn run(args: &FetchArgs, console: &Console) -> anyhow::Result<Exit> {
    let format = HistoryFormat::from_name(&args.output)?;
    let releases = read_release_list(&args.list, &args.scopes, args.zone.time_zone.as_ref())?;
    let queries = fetched_queries(args.queried.config.clone())?;
    let queries_text = format!("{queries:?}");
    let fetcher = Fetcher::new(&args.from, queries)?;
    let settings =
        json!({"the queries of the config": queries_text, "the sources": fetcher.sources()});
    let mut parts = ReleaseParts::open(&args.output, settings, args.resume)?;
    let work = Fetch { fetcher: &fetcher, releases: &releases, console };
    let mut counts = Counts::default();
    let ended = fetcher.block_on(async {
        let stopped = stop_signal()?;
        tokio::select! {
            ended = work.all(&mut parts, &mut counts) => ended.map(|()| true),
            () = stopped => Ok(false),
        }
    })?;
    let missing = releases.len() - counts.fetched - counts.resumed;
    if !ended {
        let kept = parts.done();
        console.note(&format!(
            "stopped; {kept} of {} releases are kept: continue with --resume\n",
            releases.len()
        ));
        return Ok(Exit::Interrupted);
    }
    if counts.fetched + counts.resumed > 0 {
        parts.join(format, &releases)?;
    }
    if missing == 0 {
        parts.remove()?;
    }
    console.line(&summary(args, &counts, missing))?;
    Ok(match counts {
        Counts { unanswered: 1.., .. } => Exit::Other,
        Counts { empty: 1.., .. } => Exit::BadInput,
        _ => Exit::Done,
    })
}

fn summary(args: &FetchArgs, counts: &Counts, missing: usize) -> String {
    let count = counts.fetched + counts.resumed;
    let releases = if count == 1 { "1 release".to_owned() } else { format!("{count} releases") };
    let output = args.output.display();
    let mut text = if count > 0 {
        format!("{output}: {releases}")
    } else {
        format!("no release was fetched; {output} is not written")
    };
    // Writing to a String cannot fail.
    if counts.resumed > 0 {
        let _ = write!(text, ", {} of them fetched before", counts.resumed);
    }
    if missing > 0 && count > 0 {
        let _ = write!(text, "; {missing} missing: fetch them with --resume");
    }
    text.push('\n');
    text
}

/// Fetches the releases of a list.
struct Fetch<'a> {
    fetcher: &'a Fetcher,
    releases: &'a [ListedRelease],
    console: &'a Console,
}

impl Fetch<'_> {
    /// Fetches all releases that `parts` lacks.
    async fn all(&self, parts: &mut ReleaseParts, counts: &mut Counts) -> anyhow::Result<()> {
        let bar = bar(self.releases.len(), "releases");
        let mut in_a_row = 0;
        for release in self.releases {
            if parts.has(release) {
                counts.resumed += 1;
                bar.inc(1);
                continue;
            }
            let request = fetch_request(&release.scopes, release.window)?;
            match self.fetcher.fetch_async(&request).await {
                Ok(fetched) => {
                    in_a_row = 0;
                    bar.suspend(|| self.keep(release, fetched, parts, counts))?;
                }
                // If the first release has an error that a retry cannot fix, all others have it too.
                Err(failed) if !failed.may_pass() && counts.fetched + counts.resumed == 0 => {
                    return Err(failed.into());
                }
                Err(failed) => {
                    in_a_row += 1;
                    counts.unanswered += 1;
                    bar.suspend(|| self.console.warning(unanswered_warning(release, &failed)));
                    if in_a_row == MOST_UNANSWERED {
                        bar.finish_and_clear();
                        let kept = parts.done();
                        return Err(FetchError::SourceAway { kept, failed }.into());
                    }
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Stores the series of a release, unless no query found a point.
    fn keep(
        &self,
        release: &ListedRelease,
        mut fetched: Vec<FetchedMetric>,
        parts: &mut ReleaseParts,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        for warning in odd_warnings(&mut fetched) {
            self.console.warning(format_args!("release {:?}: {warning}", release.name));
        }
        if fetched.iter().all(FetchedMetric::is_empty) {
            counts.empty += 1;
            let left_out = "is left out: no query found a point on either side";
            self.console.warning(format_args!("release {:?} {left_out}", release.name));
            return Ok(());
        }
        let found = FetchedRelease::new(&release.name, fetched);
        let (series, points) = found.size();
        parts.keep(release, &found)?;
        counts.fetched += 1;
        self.console.line(&format!("{}  {series} series, {points} points\n", release.name))
    }
}

fn unanswered_warning(release: &ListedRelease, failed: &FetchFailed) -> String {
    format!("release {:?} is left out: {failed}", release.name)
}
