//! `judge run`.

use anyhow::bail;
use judge_core::stage::because_line;
use judge_core::{Judgement, kayenta};
use judge_report::Fact;

use super::exit::Exit;
use crate::args::{JudgementFormat, Overrides, RunArgs, ScopeArgs, SourceArgs};
use crate::input::{
    InputProblem, InputSource, MOST_NAMES, Parts, Prepared, fetch_request, from_pairs, from_parts,
    from_request, from_sources, join_names, now, refuse_overwriting, refuse_same_output, window,
};
use crate::output::{Console, Destination, FullJudgement, Page, html, verdict_word};

/// Judges one canary and shows the judgement.
pub(crate) fn run(args: RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let RunArgs { request, config, baseline, canary, pairs, history, overrides, .. } = args;
    let RunArgs {
        zone,
        from,
        scopes,
        times,
        look,
        sliding,
        explain,
        format,
        output,
        report,
        end,
        ..
    } = args;
    let inputs = [&request, &config, &baseline, &canary, &pairs];
    let inputs = || {
        let read = inputs.into_iter().flatten().chain(&history).filter_map(InputSource::path);
        read.chain(from.sources.as_deref())
    };
    refuse_overwriting("--output", &output, inputs())?;
    if let Some(report) = &report {
        refuse_overwriting("--report", report, inputs())?;
        refuse_same_output(&output, report)?;
    }
    refuse_overwriting("--termination-log", &end.termination_log, inputs())?;
    let looks = look.map(|look| if sliding { look.sliding() } else { look });
    let overrides = Overrides { looks, ..overrides };
    let mut facts = facts(&[
        ("Request", request.as_ref()),
        ("Config", config.as_ref()),
        ("Baseline series", baseline.as_ref()),
        ("Canary series", canary.as_ref()),
        ("Metric pairs", pairs.as_ref()),
    ]);
    facts.extend(history.iter().map(|source| fact("History", source)));
    facts.extend(source_facts(&from, &scopes));
    let prepared = match (request, config, pairs, baseline.zip(canary)) {
        (None, Some(config), None, None) => {
            let request = fetch_request(&scopes, window(&times, scopes.step, now())?)?;
            facts.push(Fact { name: "Window".to_owned(), value: request.canary.grid.to_string() });
            from_sources(config, &from, &request, &overrides)?
        }
        (Some(request), ..) => from_request(request, &overrides)?,
        (None, Some(config), Some(pairs), _) => from_pairs(config, &pairs, &overrides)?,
        (None, Some(config), None, Some((baseline, canary))) => {
            let zone = zone.time_zone;
            from_parts(Parts { config, baseline, canary, history, zone }, &overrides)?
        }
        _ => bail!(
            "a request, or --config with --prometheus, --pairs, or --baseline and --canary, is required"
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
            let judged = join_names(judgement.metrics.iter().map(|metric| metric.name.as_str()));
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
    let (verdict, score) = (verdict_word(judgement.verdict), judgement.score);
    let line = format!("{verdict}  score {score}{}", because_line(&judgement, MOST_NAMES));
    console.log_end(&line, &end.termination_log);
    Ok(Exit::from_verdict(judgement.verdict, &end))
}

/// The names of the sources and the parameters of the queries.
fn source_facts(from: &SourceArgs, scopes: &ScopeArgs) -> Vec<Fact> {
    if from.is_empty() {
        return Vec::new();
    }
    let names = from
        .by_kind()
        .map(|(kind, _)| kind.name())
        .chain(from.by_name().flatten().map(|(name, _)| name));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.extend(from.sources.iter().map(|path| path.display().to_string()));
    let facts = [
        ("Sources", names.join(", ")),
        ("Baseline", scopes.baseline_scope.clone()),
        ("Canary", scopes.canary_scope.clone()),
        ("Location", scopes.location.clone()),
    ];
    let present = facts.into_iter().filter(|(_, value)| !value.is_empty());
    present.map(|(name, value)| Fact { name: name.to_owned(), value }).collect()
}

/// The sources of the inputs, by the name of each input.
fn facts(sources: &[(&str, Option<&InputSource>)]) -> Vec<Fact> {
    let present = sources.iter().filter_map(|(name, source)| Some((name, (*source)?)));
    present.map(|(name, source)| fact(name, source)).collect()
}

fn fact(name: &str, source: &InputSource) -> Fact {
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
