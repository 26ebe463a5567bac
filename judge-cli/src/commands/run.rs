//! `judge run`.

use anyhow::bail;
use judge_core::{Judgement, kayenta};
use judge_report::Fact;

use super::exit::Exit;
use crate::args::{JudgementFormat, RunArgs};
use crate::input::{
    InputProblem, Parts, Prepared, Source, from_pairs, from_parts, from_request, listed,
};
use crate::output::{Console, Destination, FullJudgement, Page, html};

/// Judges one canary and shows the judgement.
pub(crate) fn run(args: RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let RunArgs { request, config, baseline, canary, pairs, history, overrides, .. } = args;
    let RunArgs { explain, format, output, report, .. } = args;
    let mut facts = facts(&[
        ("Request", request.as_ref()),
        ("Config", config.as_ref()),
        ("Baseline series", baseline.as_ref()),
        ("Canary series", canary.as_ref()),
        ("Metric pairs", pairs.as_ref()),
    ]);
    facts.extend(history.iter().map(|source| fact("History", source)));
    let prepared = match (request, config, pairs, baseline.zip(canary)) {
        (Some(request), ..) => from_request(request, &overrides)?,
        (None, Some(config), Some(pairs), _) => from_pairs(config, &pairs, &overrides)?,
        (None, Some(config), None, Some((baseline, canary))) => {
            from_parts(Parts { config, baseline, canary, history }, &overrides)?
        }
        _ => bail!(
            "a request, or --config with --pairs or with --baseline and --canary, is required"
        ),
    };
    for warning in &prepared.warnings {
        console.warning(warning);
    }
    let judgement = prepared
        .judge
        .judge(&prepared.request)
        .map_err(|refused| prepared.origin.error(InputProblem::Refused(refused)))?;
    for warning in &judgement.warnings {
        console.warning(warning);
    }
    for name in &explain {
        if !judgement.metrics.iter().any(|metric| metric.name == *name) {
            let judged = listed(judgement.metrics.iter().map(|metric| metric.name.as_str()));
            let problem = InputProblem::NotJudged { name: name.clone(), judged };
            return Err(prepared.origin.error(problem).into());
        }
    }
    let destination = Destination::from(output);
    match format {
        JudgementFormat::Table => console.table(&judgement, &explain, &destination)?,
        JudgementFormat::Json => console.json(&judgement, &destination)?,
        JudgementFormat::Kayenta => console.json(&kayenta::result(&judgement), &destination)?,
        JudgementFormat::Full => {
            let config = prepared.config_document()?;
            let full = FullJudgement::new(&judgement, &prepared.request, &config)?;
            console.json(&full, &destination)?;
        }
    }
    if let Some(report) = report {
        let page = page(&prepared, &judgement, &facts)?;
        Destination::File(report).write_as_it_is(page.as_bytes())?;
    }
    Ok(judgement.verdict.into())
}

/// Where things come from, by what they are.
fn facts(sources: &[(&str, Option<&Source>)]) -> Vec<Fact> {
    let known = sources.iter().filter_map(|(name, source)| Some((name, (*source)?)));
    known.map(|(name, source)| fact(name, source)).collect()
}

fn fact(name: &str, source: &Source) -> Fact {
    Fact { name: name.to_owned(), value: source.to_string() }
}

fn page(prepared: &Prepared, judgement: &Judgement, facts: &[Fact]) -> anyhow::Result<String> {
    let config = prepared.config_document()?;
    let page = Page {
        pairs: &prepared.request.pairs,
        config: Some(&config),
        facts,
        warnings: &prepared.warnings,
    };
    Ok(html(judgement, &page))
}
