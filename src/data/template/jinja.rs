//! Jinja as Hugging Face's chat templates expect it. Templates come with models and are not trusted:
//! they see no file, no clock and no environment, and their work and output are limited.

use super::marks::GENERATION;
use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io;

/// Instructions, and bytes / 64, that one rendering may cost.
const FUEL: u64 = 20_000_000;

/// Depth of nested calls.
const RECURSION: usize = 100;

/// The date of `strftime_now`, fixed so that the tokens are the same on every day. Llama 3's own template
/// uses it as its default.
const TODAY: Date = jiff::civil::date(2024, 7, 26);

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
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.set_formatter(|out, state, value| match value.kind() {
            minijinja::value::ValueKind::None => Ok(out.write_str("None")?),
            minijinja::value::ValueKind::Bool => {
                Ok(out.write_str(if value.is_true() { "True" } else { "False" })?)
            }
            _ => minijinja::escape_formatter(out, state, value),
        });
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", to_json);
        environment.add_test("iterable", is_iterable);
        environment.add_filter("generation_span", |body: &str| {
            let [start, end] = GENERATION;
            format!("{start}{body}{end}")
        });
        // As Jinja2 reads every source.
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        environment.add_template_owned(NAME, generation_as_filter(&source))?;
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

/// As in Jinja2, where none is not iterable.
fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

fn raise_exception(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

fn strftime_now(format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, TODAY)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// As Python's `json.dumps`: spaces behind `,` and `:`, and nothing escaped for HTML.
fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let ascii: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    if ascii == Some(true) {
        return raise_exception("tojson(ensure_ascii=true) is not supported")
            .map(|_| String::new());
    }
    let bytes = match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(16));
            written(value, PrettyFormatter::with_indent(spaces.as_bytes()))
        }
        None => written(value, PythonFormatter(CompactFormatter)),
    };
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| Error::new(ErrorKind::BadSerialization, "not a JSON value"))
}

fn written(value: &Value, formatter: impl Formatter) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    Ok(out)
}

struct PythonFormatter(CompactFormatter);

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.begin_array_value(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}
