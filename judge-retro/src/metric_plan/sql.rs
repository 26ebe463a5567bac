//! Parses SQL expressions into formulas.
//!
//! A point of a metric depends only on points of the same time, so we accept only expressions that can be computed
//! row by row.

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Function as SqlCall,
    FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::formula::{Case, Formula, Function};

/// The longest expression, in bytes.
const LONGEST: usize = 4096;
/// The deepest nesting of operations: formulas are evaluated recursively.
const DEEPEST: usize = 200;
/// Most `CASE` within each other: each in brackets doubles the time that the parser takes.
const DEEPEST_CASE: usize = 10;

/// Parses one expression. Returns its formula and the series that it names; the error is the problem.
pub(super) fn parse(text: &str) -> Result<(Formula, Vec<String>), String> {
    if text.len() > LONGEST {
        return Err(format!("expected at most {LONGEST} bytes, got {}", text.len()));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize();
    let tokens = tokens.map_err(|error| error.to_string())?;
    if deepest_case(&tokens) > DEEPEST_CASE {
        return Err(format!("expected at most {DEEPEST_CASE} CASE within each other"));
    }
    let mut parser = Parser::new(&GenericDialect {}).with_tokens(tokens);
    let expression = parser.parse_expr().map_err(|error| error.to_string())?;
    match parser.peek_token().token {
        Token::EOF => {}
        more => return Err(format!("expected the end of the expression, got {more}")),
    }
    let mut reader = Reader { series: Vec::new(), depth: 0 };
    let formula = reader.formula(&expression)?;
    Ok((formula, reader.series))
}

fn deepest_case(tokens: &[Token]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens {
        match token {
            Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
            Token::Word(word) if word.keyword == Keyword::END => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

const ONE_TIME_ONLY: &str =
    "each point may depend on the points of its own time alone, without sums, ranks or shifts";

struct Reader {
    series: Vec<String>,
    /// Number of operations around the current one.
    depth: usize,
}

impl Reader {
    fn formula(&mut self, expression: &Expr) -> Result<Formula, String> {
        if self.depth == DEEPEST {
            return Err(format!("expected at most {DEEPEST} operations within each other"));
        }
        self.depth += 1;
        let formula = self.shallow_formula(expression);
        self.depth -= 1;
        formula
    }

    fn shallow_formula(&mut self, expression: &Expr) -> Result<Formula, String> {
        let call = |function, arguments| Ok(Formula::Call(function, arguments));
        match expression {
            Expr::Identifier(name) => Ok(self.series(name)),
            Expr::Nested(inner) => self.formula(inner),
            Expr::Value(value) => constant(&value.value),
            Expr::UnaryOp { op, expr } => {
                let inner = self.formula(expr)?;
                match op {
                    UnaryOperator::Plus => Ok(inner),
                    UnaryOperator::Minus => call(Function::Negate, vec![inner]),
                    UnaryOperator::Not => call(Function::Not, vec![inner]),
                    other => Err(format!("unknown operator {other}")),
                }
            }
            Expr::BinaryOp { left, op, right } => {
                let arguments = vec![self.formula(left)?, self.formula(right)?];
                call(operator(op)?, arguments)
            }
            Expr::IsNull(inner) => call(Function::IsNull, vec![self.formula(inner)?]),
            Expr::IsNotNull(inner) => call(Function::IsNotNull, vec![self.formula(inner)?]),
            Expr::Between { expr, negated, low, high } => {
                let arguments = [expr, low, high].map(|part| self.formula(part));
                let within = Formula::Call(
                    Function::Between,
                    arguments.into_iter().collect::<Result<_, _>>()?,
                );
                if *negated { call(Function::Not, vec![within]) } else { Ok(within) }
            }
            Expr::Ceil { expr, field } => self.rounded(Function::Ceil, expr, field),
            Expr::Floor { expr, field } => self.rounded(Function::Floor, expr, field),
            Expr::Cast {
                kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, ..
            } => {
                let inner = self.formula(expr)?;
                match numeric(data_type) {
                    Some(Numeric::Real) => Ok(inner),
                    Some(Numeric::Whole) => call(Function::Truncate, vec![inner]),
                    None => Err(format!("expected a type of numbers, got {data_type}")),
                }
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let operand = operand.as_ref().map(|operand| self.formula(operand)).transpose()?;
                let mut cases = Vec::with_capacity(conditions.len());
                for case in conditions {
                    cases.push((self.formula(&case.condition)?, self.formula(&case.result)?));
                }
                let otherwise = match else_result {
                    Some(result) => self.formula(result)?,
                    None => Formula::Constant(None),
                };
                let operand = operand.map(Box::new);
                Ok(Formula::Case(Case { operand, cases, otherwise: Box::new(otherwise) }))
            }
            Expr::Function(function) => self.call(function),
            Expr::CompoundIdentifier(_) => {
                Err(format!("put a name with other characters in double quotes, got {expression}"))
            }
            other => Err(format!("{ONE_TIME_ONLY}, got {other}")),
        }
    }

    /// The series `name`; adds it if it is new.
    fn series(&mut self, name: &Ident) -> Formula {
        let known = self.series.iter().position(|known| *known == name.value);
        Formula::Series(known.unwrap_or_else(|| {
            self.series.push(name.value.clone());
            self.series.len() - 1
        }))
    }

    fn rounded(
        &mut self,
        function: Function,
        expression: &Expr,
        field: &CeilFloorKind,
    ) -> Result<Formula, String> {
        match field {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
                Ok(Formula::Call(function, vec![self.formula(expression)?]))
            }
            other => Err(format!("expected one argument of {function:?}, got {other:?} too")),
        }
    }

    fn call(&mut self, call: &SqlCall) -> Result<Formula, String> {
        let name = call.name.to_string();
        let plain = call.over.is_none()
            && call.filter.is_none()
            && call.within_group.is_empty()
            && call.null_treatment.is_none()
            && matches!(call.parameters, FunctionArguments::None);
        let conditional = name.eq_ignore_ascii_case("if") || name.eq_ignore_ascii_case("iff");
        let known = match Function::from_name(&name) {
            Some(known) if plain => Some(known),
            None if plain && conditional => None,
            _ => return Err(format!("{ONE_TIME_ONLY}, got {call}")),
        };
        let mut arguments = Vec::new();
        let FunctionArguments::List(list) = &call.args else {
            return Err(format!("expected arguments in parentheses, got {call}"));
        };
        if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(format!("{ONE_TIME_ONLY}, got {call}"));
        }
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return Err(format!("{ONE_TIME_ONLY}, got {call}"));
            };
            arguments.push(self.formula(argument)?);
        }
        match (known, <[Formula; 3]>::try_from(arguments)) {
            (None, Ok([condition, then, otherwise])) => {
                let (cases, otherwise) = (vec![(condition, then)], Box::new(otherwise));
                Ok(Formula::Case(Case { operand: None, cases, otherwise }))
            }
            (None, Err(found)) => Err(format!("expected 3 arguments, got {}: {call}", found.len())),
            (Some((function, range)), arguments) => {
                let arguments = arguments.map_or_else(|few| few, Vec::from);
                if range.contains(&arguments.len()) {
                    return Ok(Formula::Call(function, arguments));
                }
                Err(format!("expected {} arguments, got {call}", range.start()))
            }
        }
    }
}

fn constant(value: &Value) -> Result<Formula, String> {
    let number = match value {
        Value::Number(text, _) => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            Some(number.ok_or_else(|| format!("expected a number, got {text}"))?)
        }
        Value::Boolean(holds) => Some(f64::from(u8::from(*holds))),
        Value::Null => None,
        other => return Err(format!("expected a number, got {other}")),
    };
    Ok(Formula::Constant(number))
}

fn operator(operator: &BinaryOperator) -> Result<Function, String> {
    Ok(match operator {
        BinaryOperator::Plus => Function::Add,
        BinaryOperator::Minus => Function::Subtract,
        BinaryOperator::Multiply => Function::Multiply,
        BinaryOperator::Divide => Function::Divide,
        BinaryOperator::DuckIntegerDivide | BinaryOperator::MyIntegerDivide => {
            Function::FloorDivide
        }
        BinaryOperator::Modulo => Function::Modulo,
        BinaryOperator::And => Function::And,
        BinaryOperator::Or => Function::Or,
        BinaryOperator::Eq => Function::Equal,
        BinaryOperator::NotEq => Function::NotEqual,
        BinaryOperator::Lt => Function::Less,
        BinaryOperator::LtEq => Function::LessOrEqual,
        BinaryOperator::Gt => Function::Greater,
        BinaryOperator::GtEq => Function::GreaterOrEqual,
        other => return Err(format!("unknown operator {other}")),
    })
}

enum Numeric {
    Real,
    Whole,
}

fn numeric(kind: &DataType) -> Option<Numeric> {
    match kind {
        DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Float(_)
        | DataType::Float8
        | DataType::Float64
        | DataType::Real => Some(Numeric::Real),
        DataType::Int(_) | DataType::Integer(_) | DataType::BigInt(_) | DataType::Int64 => {
            Some(Numeric::Whole)
        }
        _ => None,
    }
}
