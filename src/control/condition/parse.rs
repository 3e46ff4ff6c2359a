//! Text → [`Condition`].

use super::super::check_domain_name;
use super::super::error::{CommandError, error, nearest, unknown};
use super::ast::{Comparison, Of, Term, Test};
use super::quantity::{NAMES, Name};
use super::situation::{NO_STEP, SITUATIONS, TIMES};
use super::tokens::Tokens;
use super::{Condition, Lasting, LastingUnit, NoStepFor, Quantity, Situation};

/// Brackets and `not`s inside each other.
const DEEPEST: usize = 16;
/// Longest time without a step, seconds: a year.
const LONGEST_WAIT: u64 = 31_536_000;
/// The word for the median of the value on the other side.
pub(super) const MEDIAN: &str = "median";

const EXAMPLE: &str = "as in 'forgotten(general) > 0.02 for 3 updates'";

impl Condition {
    /// Reads a condition. Names of domains are not checked here: see [`Condition::check`].
    ///
    /// # Errors
    /// The word that does not fit, what is allowed there, and the nearest word.
    pub fn parse(text: &str) -> Result<Condition, CommandError> {
        condition(text)
    }
}

fn condition(text: &str) -> Result<Condition, CommandError> {
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return error(format!("a condition is one line of text, without {control:?}"));
    }
    let mut tokens = Tokens::new(text)?;
    if tokens.peek().is_empty() {
        return error(format!("a condition is missing, {EXAMPLE}"));
    }
    let test = any(&mut tokens, 0)?;
    let lasting = lasting(&mut tokens)?;
    match tokens.peek() {
        "" => Ok(Condition { test, lasting }),
        found => error(format!(
            "a condition ends before '{found}', or goes on with 'and', 'or' or 'for'"
        )),
    }
}

fn lasting(tokens: &mut Tokens<'_>) -> Result<Option<Lasting>, CommandError> {
    if !tokens.take_if("for") {
        return Ok(None);
    }
    let found = tokens.take();
    let Some(times) = found.parse::<u64>().ok().filter(|times| *times > 0) else {
        return error(format!("'for' needs a whole number above 0, {EXAMPLE}; found '{found}'"));
    };
    let unit = match tokens.take() {
        "step" | "steps" => LastingUnit::Steps,
        "update" | "updates" => LastingUnit::Updates,
        found => {
            return error(format!(
                "'for {times}' counts steps or updates; found '{found}' (a time is no measure of \
                 training: its results would depend on the machine)"
            ));
        }
    };
    Ok(Some(Lasting { times, unit }))
}

fn any(tokens: &mut Tokens<'_>, depth: usize) -> Result<Test, CommandError> {
    let mut tests = vec![all(tokens, depth)?];
    while tokens.take_if("or") {
        tests.push(all(tokens, depth)?);
    }
    Ok(joined(tests, Test::Any))
}

fn all(tokens: &mut Tokens<'_>, depth: usize) -> Result<Test, CommandError> {
    let mut tests = vec![one(tokens, depth)?];
    while tokens.take_if("and") {
        tests.push(one(tokens, depth)?);
    }
    Ok(joined(tests, Test::All))
}

fn joined(mut tests: Vec<Test>, join: fn(Vec<Test>) -> Test) -> Test {
    match (tests.len(), tests.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            tests.extend(last);
            join(tests)
        }
    }
}

fn one(tokens: &mut Tokens<'_>, depth: usize) -> Result<Test, CommandError> {
    if depth > DEEPEST {
        return error(format!("brackets and 'not' are at most {DEEPEST} deep"));
    }
    if tokens.take_if("not") {
        return Ok(Test::Not(Box::new(one(tokens, depth + 1)?)));
    }
    if tokens.take_if("(") {
        let test = any(tokens, depth + 1)?;
        return match tokens.take_if(")") {
            true => Ok(test),
            false => error(format!("a bracket is not closed before '{}'", tokens.peek())),
        };
    }
    match situation(tokens)? {
        Some(situation) => Ok(Test::Is(situation)),
        None => compared(tokens),
    }
}

fn situation(tokens: &mut Tokens<'_>) -> Result<Option<Situation>, CommandError> {
    if tokens.take_words(NO_STEP) {
        return Ok(Some(Situation::NoStep(time(tokens)?)));
    }
    if let Some((_, situation, _)) = SITUATIONS.iter().find(|(words, ..)| tokens.take_words(words))
    {
        return Ok(Some(*situation));
    }
    let begins =
        |word: &str| SITUATIONS.iter().any(|(words, ..)| words.split(' ').next() == Some(word));
    match tokens.peek() {
        first if first == "no" || begins(first) => {
            let known: Vec<&str> = SITUATIONS.iter().map(|(words, ..)| *words).collect();
            error(format!("'{first}' begins none of: {}, {NO_STEP} 10 min", known.join(", ")))
        }
        _ => Ok(None),
    }
}

fn time(tokens: &mut Tokens<'_>) -> Result<NoStepFor, CommandError> {
    let (number, unit) = (tokens.take(), tokens.take());
    let secs_of = TIMES.iter().find(|(name, _)| *name == unit).map(|(_, secs)| *secs);
    let secs = number.parse::<u64>().ok().zip(secs_of).and_then(|(n, secs)| n.checked_mul(secs));
    match secs.filter(|secs| (1..=LONGEST_WAIT).contains(secs)) {
        Some(secs) => Ok(NoStepFor { secs }),
        None => error(format!(
            "'{NO_STEP}' needs a time of at least 1 s in s, min or h, as in '{NO_STEP} 10 min'; found \
             '{number} {unit}'"
        )),
    }
}

fn compared(tokens: &mut Tokens<'_>) -> Result<Test, CommandError> {
    let left = term(tokens)?;
    let found = tokens.take();
    let Some((_, comparison)) = Comparison::ALL.iter().find(|(sign, _)| *sign == found) else {
        return error(match found {
            "" => format!("{} is to be compared, by <, <=, > or >=", left.words()),
            _ => format!("{} is compared by <, <=, > or >=; found '{found}'", left.words()),
        });
    };
    let right = term(tokens)?;
    let is_value = |term: &Term| matches!(term.of, Of::Value(_));
    match (&left.of, &right.of) {
        (Of::Median, _) => error(format!("'{MEDIAN}' stands on the right: {}", MEDIAN_EXAMPLE)),
        (_, Of::Median) if !is_value(&left) => {
            error(format!("'{MEDIAN}' is that of the value on the left: {}", MEDIAN_EXAMPLE))
        }
        _ if !is_value(&left) && !is_value(&right) => {
            error("a comparison needs a value of the run; two numbers are always the same".into())
        }
        _ => Ok(Test::Compare(left, *comparison, right)),
    }
}

const MEDIAN_EXAMPLE: &str = "'tokens_per_s < 0.5 * median'";

fn term(tokens: &mut Tokens<'_>) -> Result<Term, CommandError> {
    let word = tokens.take();
    match word.parse::<f64>() {
        // `inf` and `nan` are numbers to Rust, and to nobody else here.
        Ok(factor) if factor.is_finite() => {
            let of = match tokens.take_if("*") {
                true => {
                    let word = tokens.take();
                    of(word, tokens)?
                }
                false => Of::One,
            };
            Ok(Term { factor, of })
        }
        _ => Ok(Term { factor: 1.0, of: of(word, tokens)? }),
    }
}

fn of(word: &str, tokens: &mut Tokens<'_>) -> Result<Of, CommandError> {
    match word {
        "" => error(format!("a value or a number is missing at the end, {EXAMPLE}")),
        MEDIAN => Ok(Of::Median),
        _ => value(word, tokens).map(Of::Value),
    }
}

fn value(word: &str, tokens: &mut Tokens<'_>) -> Result<Quantity, CommandError> {
    let Some((_, name, _)) = NAMES.iter().find(|(known, ..)| *known == word) else {
        return no_value(word);
    };
    let domain = domain(word, tokens)?;
    match (name, domain) {
        (Name::Plain(quantity), None) => Ok(quantity.clone()),
        (Name::Plain(_), Some(_)) => {
            error(format!("{word} is a value of the run, and has no domain in brackets"))
        }
        (Name::OfDomain(of), Some(domain)) => Ok(of(domain)),
        (Name::OfDomain(_), None) => {
            error(format!("{word} is a value of a domain: write {word}(…) with its name"))
        }
        (Name::Either(of), domain) => Ok(of(domain)),
    }
}

/// Situations are offered too, by their first words.
fn no_value<T>(word: &str) -> Result<T, CommandError> {
    let names = || NAMES.iter().map(|(name, ..)| *name);
    let first = |words: &'static str| words.split(' ').next().unwrap_or_default();
    let situations = || SITUATIONS.iter().map(|(words, ..)| *words);
    let near = nearest(word, names().chain(situations().map(first)));
    match near.and_then(|near| situations().find(|words| first(words) == near)) {
        Some(situation) => error(format!("no value '{word}'; did you mean '{situation}'?")),
        None => unknown("value", word, names()),
    }
}

fn domain(word: &str, tokens: &mut Tokens<'_>) -> Result<Option<String>, CommandError> {
    if !tokens.take_if("(") {
        return Ok(None);
    }
    let name = tokens.take();
    check_domain_name(name)?;
    match tokens.take_if(")") {
        true => Ok(Some(name.to_owned())),
        false => error(format!("{word}({name} goes on with ')'; found '{}'", tokens.peek())),
    }
}
