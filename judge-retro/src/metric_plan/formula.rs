//! Formulas over the points of one time, as SQL evaluates them.

// Not std's, whose last bits differ between platforms.
use libm::{cbrt, exp, log, log1p, log2, log10, pow};

/// A formula over series. `None` is SQL's NULL, a gap. Truth is 1 or 0.
#[derive(Debug, PartialEq)]
pub(super) enum Formula {
    /// The point of a series, by the series' index.
    Series(usize),
    Constant(Option<f64>),
    Call(Function, Vec<Formula>),
    Case(Case),
}

/// The result of the first case that holds, or else of `otherwise`.
#[derive(Debug, PartialEq)]
pub(super) struct Case {
    /// A case holds if its condition equals this operand; without an operand, if its condition is true.
    pub(super) operand: Option<Box<Formula>>,
    /// Conditions with their results.
    pub(super) cases: Vec<(Formula, Formula)>,
    pub(super) otherwise: Box<Formula>,
}

/// A function of the values of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    /// The result has the sign of the divisor.
    Modulo,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The other arguments are the lowest and the highest value.
    Between,
    IsNull,
    IsNotNull,
    Coalesce,
    NullIf,
    Greatest,
    Least,
    Abs,
    Sign,
    Sqrt,
    Cbrt,
    Power,
    Exp,
    Ln,
    /// The second argument is the base.
    Log,
    Log2,
    Log10,
    Log1p,
    Floor,
    Ceil,
    /// To the nearest number with as many decimals as the second argument; halves away from zero.
    Round,
    /// Toward zero.
    Truncate,
}

/// Functions by their SQL names, with the smallest and the largest number of arguments.
const NAMED: [(&str, Function, usize, usize); 26] = [
    ("abs", Function::Abs, 1, 1),
    ("cbrt", Function::Cbrt, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("ceiling", Function::Ceil, 1, 1),
    ("coalesce", Function::Coalesce, 1, MANY),
    ("div", Function::FloorDivide, 2, 2),
    ("exp", Function::Exp, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("greatest", Function::Greatest, 1, MANY),
    ("ifnull", Function::Coalesce, 2, 2),
    ("least", Function::Least, 1, MANY),
    ("ln", Function::Ln, 1, 1),
    ("log", Function::Log, 2, 2),
    ("log10", Function::Log10, 1, 1),
    ("log1p", Function::Log1p, 1, 1),
    ("log2", Function::Log2, 1, 1),
    ("mod", Function::Modulo, 2, 2),
    ("nullif", Function::NullIf, 2, 2),
    ("pow", Function::Power, 2, 2),
    ("power", Function::Power, 2, 2),
    ("round", Function::Round, 1, 2),
    ("sign", Function::Sign, 1, 1),
    ("sqrt", Function::Sqrt, 1, 1),
    ("trunc", Function::Truncate, 1, 1),
    ("truncate", Function::Truncate, 1, 1),
    ("nvl", Function::Coalesce, 2, 2),
];

const MANY: usize = usize::MAX;

impl Function {
    /// Finds the function with an SQL name, and its possible numbers of arguments.
    pub(super) fn from_name(name: &str) -> Option<(Self, std::ops::RangeInclusive<usize>)> {
        let found = NAMED.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
        Some((found.1, found.2..=found.3))
    }

    /// Computes the function of one or two values, neither of which is NULL. A result that is not a finite number, such
    /// as 1 / 0, is NULL.
    fn evaluate(self, x: f64, y: f64) -> Option<f64> {
        let result = match self {
            Self::Negate => -x,
            Self::Add => x + y,
            Self::Subtract => x - y,
            Self::Multiply => x * y,
            Self::Divide => x / y,
            Self::FloorDivide => (x / y).floor(),
            Self::Modulo => x - y * (x / y).floor(),
            Self::Not => truth(x == 0.0),
            Self::Equal => truth(x == y),
            Self::NotEqual => truth(x != y),
            Self::Less => truth(x < y),
            Self::LessOrEqual => truth(x <= y),
            Self::Greater => truth(x > y),
            Self::GreaterOrEqual => truth(x >= y),
            Self::Abs => x.abs(),
            Self::Sign if x == 0.0 => x,
            Self::Sign => x.signum(),
            Self::Sqrt => x.sqrt(),
            Self::Cbrt => cbrt(x),
            Self::Power => pow(x, y),
            Self::Exp => exp(x),
            Self::Ln => log(x),
            Self::Log => log(x) / log(y),
            Self::Log2 => log2(x),
            Self::Log10 => log10(x),
            Self::Log1p => log1p(x),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => {
                let scale = pow(10.0, y);
                (x * scale).round() / scale
            }
            Self::Truncate => x.trunc(),
            Self::And
            | Self::Or
            | Self::Between
            | Self::IsNull
            | Self::IsNotNull
            | Self::Coalesce
            | Self::NullIf
            | Self::Greatest
            | Self::Least => return None,
        };
        result.is_finite().then_some(result)
    }
}

impl Formula {
    /// The value at one time; `series` returns the point of a series.
    pub(super) fn value(&self, series: &impl Fn(usize) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Series(index) => series(*index),
            Self::Constant(value) => *value,
            Self::Case(case) => case.value(series),
            Self::Call(function, arguments) => {
                let mut values = arguments.iter().map(|argument| argument.value(series));
                match function {
                    Function::Coalesce => values.flatten().next(),
                    Function::Greatest => values.flatten().reduce(f64::max),
                    Function::Least => values.flatten().reduce(f64::min),
                    Function::IsNull => Some(truth(values.next().flatten().is_none())),
                    Function::IsNotNull => Some(truth(values.next().flatten().is_some())),
                    Function::NullIf => {
                        let value = values.next().flatten();
                        value.filter(|_| value != values.next().flatten())
                    }
                    Function::Between => {
                        let value = values.next()?;
                        let mut compare = |function: Function| {
                            function.evaluate(value?, values.next().flatten()?)
                        };
                        let within =
                            [Function::GreaterOrEqual, Function::LessOrEqual].map(&mut compare);
                        decided(within.into_iter(), false)
                    }
                    Function::And => decided(values, false),
                    Function::Or => decided(values, true),
                    function => {
                        let first = values.next().flatten()?;
                        let second = values.next().unwrap_or(Some(0.0))?;
                        function.evaluate(first, second)
                    }
                }
            }
        }
    }
}

impl Case {
    fn value(&self, series: &impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let operand = self.operand.as_ref().map(|operand| operand.value(series));
        let holds = |(condition, _): &&(Formula, Formula)| {
            let condition = condition.value(series);
            match operand {
                Some(operand) => operand.is_some() && condition == operand,
                None => condition.is_some_and(|value| value != 0.0),
            }
        };
        let result = self.cases.iter().find(holds).map_or(&*self.otherwise, |(_, result)| result);
        result.value(series)
    }
}

/// AND and OR: `decisive` if any value is, else NULL if any is NULL.
fn decided(values: impl Iterator<Item = Option<f64>>, decisive: bool) -> Option<f64> {
    let mut unknown = false;
    for value in values {
        match value {
            Some(value) if (value != 0.0) == decisive => return Some(truth(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(truth(!decisive))
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
