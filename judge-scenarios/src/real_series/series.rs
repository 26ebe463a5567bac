//! A recorded series.

use super::fields::{LineError, LineFields};

/// The points of a series; NaN is a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum SeriesPoints {
    /// One instance.
    Solo(Vec<f64>),
    /// Two instances of one version at the same times, with equally many points.
    Concurrent {
        /// The first instance.
        a: Vec<f64>,
        /// The second instance.
        b: Vec<f64>,
    },
}

/// A recorded series with its source, its name and its labelled trouble.
#[derive(Debug, Clone, PartialEq)]
pub struct RealSeries {
    source: String,
    entity: String,
    metric: String,
    points: SeriesPoints,
    healthy: Vec<bool>,
    unfair: bool,
}

impl RealSeries {
    /// Reads one line of a series file.
    ///
    /// # Errors
    /// If the line is not a JSON object with the fields of `docs/real-series.md`, or its values contradict each other.
    ///
    /// # Example
    /// ```
    /// use judge_scenarios::real_series::RealSeries;
    /// let line = br#"{"kind":"solo","source":"S","entity":"host","metric":"cpu","x":[1,null,3]}"#;
    /// assert_eq!(RealSeries::parse(line)?.len(), 3);
    /// # Ok::<(), judge_scenarios::real_series::LineError>(())
    /// ```
    pub fn parse(line: &[u8]) -> Result<Self, LineError> {
        let mut fields = LineFields::parse(line)?;
        let kind = fields.take_text("kind")?;
        let (points, field_names) = match kind.as_str() {
            "solo" => {
                let field_names = "kind, source, entity, metric, x, not_ok and unfair";
                (SeriesPoints::Solo(fields.take_points("x")?), field_names)
            }
            "conc" => {
                let (a, b) = (fields.take_points("a")?, fields.take_points("b")?);
                if a.len() != b.len() {
                    let expected = format!("as many points as a, {}", a.len());
                    return Err(LineError::new("b", expected, b.len().to_string()));
                }
                (
                    SeriesPoints::Concurrent { a, b },
                    "kind, source, entity, metric, a, b, not_ok and unfair",
                )
            }
            other => {
                let expected = r#""solo" or "conc""#;
                return Err(LineError::new("kind", expected, format!("{other:?}")));
            }
        };
        let length = points.len();
        let mut healthy = vec![true; length];
        for range in fields.take_ranges("not_ok", length)? {
            healthy[range].fill(false);
        }
        let series = Self {
            source: fields.take_text("source")?,
            entity: fields.take_text("entity")?,
            metric: fields.take_text("metric")?,
            unfair: fields.take_flag("unfair")?,
            points,
            healthy,
        };
        fields.finish(field_names)?;
        Ok(series)
    }

    /// The data set.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The entity that shares noise: a machine, a file, a run.
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// The metric's name.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The points.
    pub fn points(&self) -> &SeriesPoints {
        &self.points
    }

    /// For each point, whether it is outside of labelled trouble.
    pub fn healthy(&self) -> &[bool] {
        &self.healthy
    }

    /// Whether alternating points would assign the spikes of the series to one side.
    pub fn is_unfair(&self) -> bool {
        self.unfair
    }

    /// Number of points of an instance.
    pub fn len(&self) -> usize {
        self.healthy.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.healthy.is_empty()
    }
}

impl SeriesPoints {
    fn len(&self) -> usize {
        match self {
            Self::Solo(points) | Self::Concurrent { a: points, .. } => points.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &str) -> String {
        format!(r#"{{"source":"S","entity":"e","metric":"m",{fields}}}"#)
    }

    #[test]
    fn gaps_and_trouble_are_read() {
        let text = line(r#""kind":"solo","x":[1,null,-2.5e3,4],"not_ok":[[1,3]],"unfair":true"#);
        let series = RealSeries::parse(text.as_bytes()).unwrap();
        let SeriesPoints::Solo(x) = series.points() else { panic!("solo") };
        assert!(x[1].is_nan());
        assert_eq!((x[0], x[2], x[3]), (1.0, -2500.0, 4.0));
        assert_eq!(series.healthy(), [true, false, false, true]);
        assert!(series.is_unfair());
        assert_eq!((series.source(), series.entity(), series.metric()), ("S", "e", "m"));

        let text = line(r#""kind":"conc","a":[1,2],"b":[null,3],"not_ok":[]"#);
        let series = RealSeries::parse(text.as_bytes()).unwrap();
        let SeriesPoints::Concurrent { a, b } = series.points() else { panic!("concurrent") };
        assert_eq!((a.as_slice(), b[1]), ([1.0, 2.0].as_slice(), 3.0));
        assert!(b[0].is_nan() && !series.is_unfair() && series.len() == 2);
    }

    #[test]
    fn invalid_lines_are_refused() {
        let cases = [
            ("[1]", "expected a JSON object, got a list of 1"),
            ("{", "expected a JSON object on one line, got malformed JSON: EOF while parsing"),
            (r#"{"kind":"solo"}"#, "x: expected a list of numbers and nulls, got no such field"),
            (r#"{"kind":7}"#, "kind: expected a text that is not empty, got 7"),
            (r#"{"kind":""}"#, "kind: expected a text that is not empty, got \"\""),
            (r#"{"kind":"both"}"#, "kind: expected \"solo\" or \"conc\", got \"both\""),
            (r#"{"kind":"solo","x":{}}"#, "x: expected a list of numbers and nulls, got an object"),
            (r#"{"kind":"solo","x":[1,"2"]}"#, "x[1]: expected a finite number or null, got \"2\""),
            (r#"{"kind":"solo","x":[1e999]}"#, "expected a JSON object on one line, got malformed"),
            (r#"{"kind":"solo","x":[NaN]}"#, "expected a JSON object on one line, got malformed"),
            (r#"{"kind":"conc","a":[1],"b":[]}"#, "b: expected as many points as a, 1, got 0"),
            (
                r#"{"kind":"solo","x":[1],"not_ok":[[0,1],[0,2]]}"#,
                "not_ok[1]: expected [first, end] with 0 <= first <= end <= 1, got [0,2]",
            ),
            (
                r#"{"kind":"solo","x":[1],"not_ok":[[1,0]]}"#,
                "not_ok[0]: expected [first, end] with 0 <= first <= end <= 1, got [1,0]",
            ),
            (
                r#"{"kind":"solo","x":[1],"not_ok":[[-1,1]]}"#,
                "not_ok[0]: expected [first, end] with 0 <= first <= end <= 1, got [-1,1]",
            ),
            (
                r#"{"kind":"solo","x":[1],"not_ok":true}"#,
                "not_ok: expected a list of index ranges, got true",
            ),
            (
                r#"{"kind":"solo","x":[],"source":"S","entity":"e","metric":"m","unfair":1}"#,
                "unfair: expected true or false, got 1",
            ),
            (
                r#"{"kind":"solo","x":[],"source":"S","entity":"e","metric":"m","notok":[]}"#,
                "expected no fields but kind, source, entity, metric, x, not_ok and unfair, got \"notok\"",
            ),
        ];
        for (line, message) in cases {
            let error = RealSeries::parse(line.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{line}: {error}");
        }
    }
}
