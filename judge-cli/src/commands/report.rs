//! `judge report`.

use super::exit::Exit;
use crate::args::ReportArgs;
use crate::input::{SavedJudgement, read_saved_judgement, refuse_overwriting};
use crate::output::{Destination, Page, html};

/// Shows a saved judgement as a page.
pub(crate) fn run(args: ReportArgs) -> anyhow::Result<Exit> {
    let ReportArgs { judgement, output } = args;
    refuse_overwriting("--output", &output, judgement.path())?;
    let SavedJudgement { judgement, request } = read_saved_judgement(&judgement)?;
    let page = match &request {
        Some(kept) => {
            Page { pairs: &kept.request.pairs, config: Some(&kept.config), ..Page::default() }
        }
        None => Page::default(),
    };
    Destination::from(output).write_as_it_is(html(&judgement, &page).as_bytes())?;
    Ok(Exit::Done)
}
