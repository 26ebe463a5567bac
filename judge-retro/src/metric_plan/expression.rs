//! One expression over recorded series.

use polars::prelude::{
    Column, DataFrame, DataType, Expr, Float64Chunked, IntoColumn, IntoLazy, NewChunkedArray,
};
use polars::sql::sql_expr;

use judge_replay::{RecordedInstance, RecordedSeries};

/// An expression that computes a point from the points of one time.
#[derive(Debug)]
pub(super) struct Expression {
    expression: Expr,
    inputs: Vec<String>,
}

const ALLOWED: &str = "an expression in SQL over recorded series, such as cpu / rps";

impl Expression {
    /// Parses `text`; the error says what is expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed = sql_expr(text)
            .map_err(|error| format!("{ALLOWED}: {}", first_line(&error.to_string())))?;
        let mut inputs: Vec<String> = Vec::new();
        for part in &parsed {
            match part {
                Expr::Column(name) if !inputs.iter().any(|input| *input == **name) => {
                    inputs.push(name.to_string());
                }
                Expr::Selector(_) => return Err(format!("{ALLOWED}; * is not one")),
                _ => {}
            }
        }
        if inputs.is_empty() {
            return Err(format!("{ALLOWED}; it names no series"));
        }
        let expression = Self { expression: parsed.cast(DataType::Float64), inputs };
        expression.check()?;
        Ok(expression)
    }

    /// The series it needs.
    pub(super) fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Checks that each point depends on the points of its own time only: several rows together must
    /// give the same as each row alone.
    fn check(&self) -> Result<(), String> {
        let wrong = |error: String| format!("{ALLOWED}: {error}");
        let row = |row: usize| -> Vec<f64> {
            (0..self.inputs.len())
                .map(|input| SAMPLE[(row * 7 + input * 3) % SAMPLE.len()])
                .collect()
        };
        let column = |input: usize| (0..ROWS).map(|number| row(number)[input]).collect::<Vec<_>>();
        let columns: Vec<Vec<f64>> = (0..self.inputs.len()).map(column).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let together = self.evaluate(&slices, ROWS).map_err(wrong)?;
        for (number, point) in together.iter().enumerate() {
            let alone = row(number);
            let alone: Vec<&[f64]> = alone.iter().map(std::slice::from_ref).collect();
            let alone = self.evaluate(&alone, 1).map_err(wrong)?;
            if !alone.first().is_some_and(|alone| nearly_equal(*alone, *point)) {
                return Err(format!(
                    "{ALLOWED}; each point may depend on the points of its own time alone, without \
                     sums, ranks or shifts"
                ));
            }
        }
        Ok(())
    }

    /// Computes the metric from `inputs`, each with `points` points or none.
    pub(super) fn derive(
        &self,
        inputs: &[&RecordedSeries],
        points: usize,
    ) -> Result<RecordedSeries, String> {
        if inputs.iter().all(|input| input.values.is_empty()) {
            return Ok(RecordedSeries::default());
        }
        let slices: Vec<&[f64]> = inputs.iter().map(|input| input.values.as_slice()).collect();
        let values = self.evaluate(&slices, points)?;
        let mut instances: Vec<RecordedInstance> = Vec::new();
        for name in inputs.iter().flat_map(|input| &input.instances).map(|instance| &instance.name)
        {
            if instances.iter().any(|known| known.name == *name) {
                continue;
            }
            let is_it = |instance: &&RecordedInstance| instance.name == *name;
            let found: Vec<&[f64]> = inputs
                .iter()
                .map(|input| input.instances.iter().find(is_it).map_or(&[][..], |it| &it.values))
                .collect();
            let values = self.evaluate(&found, points)?;
            instances.push(RecordedInstance { name: name.clone(), values });
        }
        Ok(RecordedSeries { values, instances })
    }

    /// A point for each of `points` times; series without points are gaps.
    fn evaluate(&self, series: &[&[f64]], points: usize) -> Result<Vec<f64>, String> {
        let said = |error: polars::prelude::PolarsError| first_line(&error.to_string()).to_owned();
        let column = |(name, values): (&String, &&[f64])| -> Column {
            let at = |point: usize| values.get(point).filter(|value| !value.is_nan()).copied();
            Float64Chunked::from_iter_options(name.as_str().into(), (0..points).map(at))
                .into_column()
        };
        let columns = self.inputs.iter().zip(series).map(column).collect();
        let table = DataFrame::new(points, columns).map_err(said)?;
        let result = table.lazy().select([self.expression.clone()]).collect().map_err(said)?;
        let result = result.columns().first().ok_or("it gives nothing")?;
        let result = result.f64().map_err(said)?;
        if result.len() != points {
            return Err(format!("it gives {} points for {points} times", result.len()));
        }
        let finite =
            |value: Option<f64>| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN);
        Ok(result.iter().map(finite).collect())
    }
}

/// Whether two points differ by rounding at most: polars divides many points by a constant by
/// multiplying with its inverse, and one point by dividing.
fn nearly_equal(one: f64, other: f64) -> bool {
    one.is_nan() && other.is_nan() || (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}

/// Times that an expression is tried on, ...
const ROWS: usize = 6;
/// ... with points that have no round sums.
const SAMPLE: [f64; 11] = [3.25, 17.0, 0.5, 101.75, 7.125, 29.0, 0.0625, 53.5, 11.0, 211.25, 5.75];

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
