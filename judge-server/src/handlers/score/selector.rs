//! Parses the supported queries: `judge_score{…}`, `judge_verdict{…}` and `vector(NUMBER)`.

/// The requested figure of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScoreSeries {
    Score,
    Verdict,
}

/// A parsed query.
#[derive(Debug, PartialEq)]
pub(super) enum ScoreSelector {
    /// `vector(1)`: Flagger's probe.
    Number(f64),
    /// `1+1`: Grafana's probe.
    Sum,
    Look(ScoreSeries, Vec<(String, String)>),
}

const UNDERSTOOD: &str =
    "judge_score{config=\"…\", baseline=\"…\", canary=\"…\"}, judge_verdict{…} or vector(1)";

impl ScoreSelector {
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let query = query.trim();
        let wrong = || {
            format!("expected {UNDERSTOOD}, got {:?}", query.chars().take(80).collect::<String>())
        };
        if let Some(number) = query.strip_prefix("vector(").and_then(|rest| rest.strip_suffix(')'))
        {
            return number.trim().parse().map(Self::Number).map_err(|_| wrong());
        }
        if query == "1+1" {
            return Ok(Self::Sum);
        }
        let (name, rest) = query.split_once('{').ok_or_else(wrong)?;
        let series = match name.trim() {
            "judge_score" => ScoreSeries::Score,
            "judge_verdict" => ScoreSeries::Verdict,
            _ => return Err(wrong()),
        };
        let mut labels = Vec::new();
        let mut rest = rest.trim_start();
        while !rest.starts_with('}') {
            let (label, behind) = rest.split_once('=').ok_or_else(wrong)?;
            let label = label.trim_end();
            // The text after the name in `a!="b"` is no label.
            if !is_label(label) {
                return Err(wrong());
            }
            let (value, behind) = string(behind.trim_start()).ok_or_else(wrong)?;
            labels.push((label.to_owned(), value));
            rest = behind.trim_start();
            match rest.strip_prefix(',') {
                Some(behind) => rest = behind.trim_start(),
                None if rest.starts_with('}') => {}
                None => return Err(wrong()),
            }
        }
        if rest.trim_end() != "}" {
            return Err(wrong());
        }
        Ok(Self::Look(series, labels))
    }
}

/// Whether it is a label's name in Prometheus.
fn is_label(name: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty()
        && name.chars().all(is_word)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// A quoted text at the start of `rest`, and the text after it.
fn string(rest: &str) -> Option<(String, &str)> {
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
    let mut value = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            letter if letter == quote => return Some((value, &rest[at + 1..])),
            '\\' if quote != '`' => match letters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            letter => value.push(letter),
        }
    }
    None
}

/// The time of a query in milliseconds, from seconds since the epoch or text; now if there is none.
pub(super) fn time(given: Option<&str>, now: i64) -> Result<i64, String> {
    let Some(given) = given else { return Ok(now) };
    if let Ok(time) = given.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let seconds = given.parse::<f64>().ok().filter(|seconds| (0.0..1e11).contains(seconds));
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    let millis = seconds.map(|seconds| (seconds * 1000.0) as i64);
    millis.ok_or_else(|| format!("time: expected seconds or a time, got {given:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_prometheus_reads_them() {
        let labels = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (query, expected) in [
            ("vector(1)", ScoreSelector::Number(1.0)),
            ("1+1", ScoreSelector::Sum),
            (
                "judge_score{config=\"a\", baseline='b\\'c' ,canary=`d\\`,}",
                ScoreSelector::Look(
                    ScoreSeries::Score,
                    labels(&[("config", "a"), ("baseline", "b'c"), ("canary", "d\\")]),
                ),
            ),
            (" judge_verdict { } ", ScoreSelector::Look(ScoreSeries::Verdict, Vec::new())),
        ] {
            assert_eq!(ScoreSelector::read(query).unwrap(), expected, "{query}");
        }
        for query in [
            "",
            "up",
            "up{a=\"b\"}",
            "judge_score{a=b}",
            "judge_score{a=\"b}",
            "judge_score{} > 1",
            "judge_score{a!=\"b\"}",
            "judge_score{a=~\"b\"}",
            "judge_score{=\"b\"}",
            "judge_score{,}",
            "judge_score{}x",
            "vector(x)",
        ] {
            assert!(ScoreSelector::read(query).is_err(), "{query}");
        }
        assert_eq!(time(Some("1435781451.781"), 0).unwrap(), 1_435_781_451_781);
        assert_eq!(time(None, 7).unwrap(), 7);
        assert!(time(Some("soon"), 0).is_err());
    }
}
