//! Jinja as Hugging Face's chat templates expect it. Templates come with models and are not trusted:
//! they see no file, no clock and no environment, and their work and output are limited.

use super::marks::GENERATION;
use super::python_json::{Style, python_float, python_json, sorted};
use super::python_str::{method, whole_number, word_count};
use jiff::civil::DateTime;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, Value};

/// Instructions, and bytes / 64, that one rendering may cost.
const FUEL: u64 = 20_000_000;

/// Depth of nested calls.
const RECURSION: usize = 100;

/// The time of `strftime_now`, fixed so that the tokens are the same on every day. Llama 3's own template
/// uses it as its default.
const TODAY: DateTime = jiff::civil::date(2024, 7, 26).at(0, 0, 0, 0);

/// Most spaces by which `tojson` moves a level in.
const WIDEST_INDENT: usize = 16;

const NAME: &str = "template";

/// A compiled template in its sandbox.
#[derive(Debug)]
pub(super) struct Jinja {
    environment: Environment<'static>,
}

impl Jinja {
    pub fn new(source: &str) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(RECURSION);
        environment.set_unknown_method_callback(method);
        environment.set_formatter(|out, state, value| match value.kind() {
            ValueKind::String | ValueKind::Undefined => {
                minijinja::escape_formatter(out, state, value)
            }
            _ => Ok(out.write_str(&python_repr(value))?),
        });
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", to_json);
        environment.add_filter("string", as_text);
        environment.add_filter("int", whole_number);
        environment.add_filter("wordcount", word_count);
        environment.add_test("iterable", is_iterable);
        environment.add_test("sequence", is_sequence);
        environment.add_filter("generation_span", |body: &str| {
            let [start, end] = GENERATION;
            format!("{start}{body}{end}")
        });
        // As Jinja2 reads every source.
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        let source = joined_lines(&generation_as_filter(&source));
        environment.add_template_owned(NAME, source)?;
        Ok(Jinja { environment })
    }

    pub fn render(&self, context: Value) -> Result<String, Error> {
        self.environment.get_template(NAME)?.render(context)
    }
}

/// `{% generation %} … {% endgeneration %}` is a tag of Hugging Face's own around the assistant's
/// words; a filter block marks them just as well. Whitespace control stays as it is written.
fn generation_as_filter(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find("{%") {
        let (before, tag) = rest.split_at(open + 2);
        out.push_str(before);
        rest = tag;
        let Some(close) = tag.find("%}") else { break };
        let inner = &tag[..close];
        let word = inner.trim_matches(|c: char| matches!(c, '-' | '+') || c.is_whitespace());
        let block = match word {
            "generation" => "filter generation_span",
            "endgeneration" => "endfilter",
            _ => continue,
        };
        out.push_str(&inner.replacen(word, block, 1));
        rest = &tag[close..];
    }
    out.push_str(rest);
    out
}

/// In the literals of a tag a backslash joins a line with the next one, as in Python's. Outside of tags it is
/// text.
fn joined_lines(source: &str) -> String {
    const JOINT: &str = "\\\n";
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) =
        rest.find(JOINT).and_then(|_| rest.find("{{").into_iter().chain(rest.find("{%")).min())
    {
        let close = if rest[open..].starts_with("{{") { "}}" } else { "%}" };
        let end = rest[open..].find(close).map_or(rest.len(), |at| open + at);
        out.push_str(&rest[..open]);
        out.push_str(&rest[open..end].replace(JOINT, ""));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// As in Jinja2, where none is not iterable, and texts are.
fn is_iterable(value: &Value) -> bool {
    value.kind() == ValueKind::String || (!value.is_none() && value.try_iter().is_ok())
}

/// As in Jinja2, where a sequence is what has a length and items.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String)
}

fn raise_exception(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

fn strftime_now(format: &str) -> Result<String, Error> {
    // Python's `datetime.now()` has no time zone, and writes nothing for it.
    let format = format.replace("%z", "").replace("%Z", "");
    jiff::fmt::strtime::format(format, TODAY)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// As transformers defines it: `json.dumps` with its options, nothing escaped for HTML.
fn to_json(value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    type Given<'a> = (Option<bool>, Option<&'a Value>, Option<&'a Value>, Option<bool>, Kwargs);
    let given = given.into_values();
    let (ascii, indent, separators, sort_keys, options): Given = from_args(&given)?;
    let wrong = |what: &str| Error::new(ErrorKind::InvalidOperation, what.to_owned());
    let indent = match indent.cloned().or(options.get("indent")?).filter(|value| !value.is_none()) {
        None => None,
        Some(value) => Some(match value.as_usize() {
            Some(width) => " ".repeat(width.min(WIDEST_INDENT)),
            None => {
                value.as_str().ok_or_else(|| wrong("tojson(indent) is a number or a text"))?.into()
            }
        }),
    };
    let default = if indent.is_some() { "," } else { ", " };
    let separators = separators.cloned().or(options.get("separators")?);
    let (comma, colon) = match separators.filter(|value| !value.is_none()) {
        None => (default.to_owned(), ": ".to_owned()),
        Some(pair) => {
            let texts: Vec<_> = pair.try_iter()?.map(|text| text.to_string()).collect();
            let pair = <[String; 2]>::try_from(texts);
            pair.map_err(|_| wrong("tojson(separators) are two texts"))?.into()
        }
    };
    let ascii = ascii.or(options.get("ensure_ascii")?).unwrap_or(false);
    let sort_keys = sort_keys.or(options.get("sort_keys")?).unwrap_or(false);
    options.assert_all_used()?;
    let json = serde_json::to_value(value).map_err(|error| wrong(&error.to_string()))?;
    let json = if sort_keys { sorted(json) } else { json };
    python_json(&json, &Style { comma, colon, indent, ascii })
        .ok_or_else(|| wrong("not a JSON value"))
}

/// A value as a text, as `str` of Python makes it.
fn as_text(value: &Value) -> String {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => text.to_owned(),
        _ => python_repr(value),
    }
}

/// As Python's `repr`.
fn python_repr(value: &Value) -> String {
    let items = |value: &Value| value.try_iter().into_iter().flatten().collect::<Vec<_>>();
    match value.kind() {
        ValueKind::None => "None".into(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.into(),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), python_float)
        }
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq => {
            let parts: Vec<_> = items(value).iter().map(python_repr).collect();
            format!("[{}]", parts.join(", "))
        }
        ValueKind::Map => {
            let field = |name: &Value| {
                let value = value.get_item(name).unwrap_or_default();
                format!("{}: {}", python_repr(name), python_repr(&value))
            };
            format!("{{{}}}", items(value).iter().map(field).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

/// A text in Python's quotes.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out += &format!("\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
