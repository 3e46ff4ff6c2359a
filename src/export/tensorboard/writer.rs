use super::super::points::{Points, Value as Number};
use super::super::sink::Sink;
use super::frame;
use super::messages::{
    Content, Event, Metadata, OF_TENSORS, Plugin, START, STRING, SessionLog, Shape, Summary,
    Tensor, Value, What,
};
use crate::unit::Step;
use prost::Message;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// With this version TensorBoard goes by [`EventWriter::restart`], not by the order of steps.
const VERSION: &str = "brain.Event:2";

/// Writes points as events of TensorBoard: numbers as scalars `metric/domain`, and their standard errors as
/// `metric_error/domain`, in f32, which is all that it keeps; sentences as texts.
pub struct EventWriter<W> {
    out: W,
    /// The newest step with a text of each kind, and its texts: TensorBoard shows one a step.
    texts: BTreeMap<&'static str, (Step, String)>,
}

impl<W: Write> EventWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(out: W, unix_ms: u64) -> io::Result<Self> {
        let mut writer = EventWriter { out, texts: BTreeMap::new() };
        writer.write(unix_ms, Step(0), What::FileVersion(VERSION.into()))?;
        Ok(writer)
    }

    /// Says that the points of `first` and later steps which came before are void.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn restart(&mut self, unix_ms: u64, first: Step) -> io::Result<()> {
        self.texts.clear();
        self.write(unix_ms, first, What::SessionLog(SessionLog { status: START }))
    }

    fn write(&mut self, unix_ms: u64, step: Step, what: What) -> io::Result<()> {
        let wall_time = unix_ms as f64 / 1000.0;
        let step = i64::try_from(step.0).unwrap_or(i64::MAX);
        let event = Event { wall_time, step, what: Some(what) };
        frame::write(&mut self.out, &event.encode_to_vec())
    }

    /// The text with those of its kind that the step has already.
    fn text(&mut self, step: Step, kind: &'static str, text: &str) -> Value {
        let (at, all) = self.texts.entry(kind).or_default();
        if *at != step || all.is_empty() {
            (*at, *all) = (step, text.to_owned());
        } else {
            // Markdown's next paragraph.
            *all = format!("{all}\n\n{text}");
        }
        let texts = vec![all.clone().into_bytes()];
        let tensor = Tensor { kind: STRING, shape: Some(Shape {}), texts };
        let plugin = Some(Plugin { name: "text".into() });
        Value {
            tag: kind.into(),
            metadata: Some(Metadata { plugin, data_class: OF_TENSORS }),
            content: Some(Content::Tensor(tensor)),
        }
    }
}

impl<W: Write> Sink for EventWriter<W> {
    fn put(&mut self, points: &Points<'_>) -> io::Result<()> {
        let mut values: Vec<Value> = points.values.iter().flat_map(scalars).collect();
        if let Some((kind, text)) = &points.text {
            values.push(self.text(points.step, kind, text));
        }
        self.write(points.unix_ms, points.step, What::Summary(Summary { values }))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A number, and its standard error where there is one.
fn scalars(number: &Number<'_>) -> impl Iterator<Item = Value> {
    let Number { metric, domain, value, error } = number;
    let scalar = |metric: &str, value: f64| Value {
        tag: domain.as_ref().map_or(metric.to_owned(), |domain| format!("{metric}/{domain}")),
        metadata: None,
        content: Some(Content::Scalar(value as f32)),
    };
    let error = error.map(|error| scalar(&format!("{metric}_error"), error));
    std::iter::once(scalar(metric, *value)).chain(error)
}
