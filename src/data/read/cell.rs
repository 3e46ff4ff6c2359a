//! Rows of a table as JSON objects, which is what every data format is turned into.
//!
//! | column | JSON |
//! |---|---|
//! | text, booleans, integers, decimals | themselves |
//! | floats | themselves; `null` where they are not finite |
//! | binary | text where it is UTF-8, else an object, `{"bytes": "00ff"}` |
//! | dates, times, durations | text as ISO 8601 has it; intervals in words |
//! | lists | lists |
//! | structs, maps with text for keys | objects, without the fields that are null |
//! | dictionaries, runs | the values that they encode |
//!
//! A value without such a form, as a date beyond the calendar, is `null`.

use arrow_array::array::ListLikeArray;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions as temporal;
use arrow_array::timezone::Tz;
use arrow_array::types::*;
use arrow_array::{Array, RecordBatch, StructArray, downcast_dictionary_array, downcast_run_array};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use serde_json::{Map, Number, Value};
use std::fmt::Write;
use std::sync::Arc;

/// A row of a batch. The batch stays in memory as long as one of its rows.
#[derive(Clone, Debug)]
pub(in crate::data) struct TableRow {
    batch: Arc<StructArray>,
    index: usize,
    /// An equal share of the batch's bytes.
    bytes: usize,
}

impl TableRow {
    pub fn all_of(batch: RecordBatch) -> impl Iterator<Item = TableRow> {
        let bytes = batch.get_array_memory_size() / batch.num_rows().max(1);
        let batch = Arc::new(StructArray::from(batch));
        (0..batch.len()).map(move |index| TableRow { batch: batch.clone(), index, bytes })
    }

    /// Bytes that it takes in memory, roughly.
    pub fn size(&self) -> usize {
        self.bytes
    }

    /// Nulls are left out.
    pub fn fields(&self) -> Map<String, Value> {
        fields(&self.batch, self.index)
    }
}

fn fields(rows: &StructArray, index: usize) -> Map<String, Value> {
    let named = rows.fields().iter().zip(rows.columns());
    named
        .filter_map(|(field, column)| Some((field.name().clone(), value(column.as_ref(), index)?)))
        .collect()
}

/// The first type in `kind`, itself or within it, that [`value`] has no form for.
pub(super) fn unknown_type(kind: &DataType) -> Option<&DataType> {
    match kind {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::RunEndEncoded(_, item) => unknown_type(item.data_type()),
        DataType::Dictionary(_, item) => unknown_type(item),
        DataType::Struct(fields) => fields.iter().find_map(|field| unknown_type(field.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.first().is_some_and(|key| is_text(key.data_type())) => {
                pair.iter().find_map(|field| unknown_type(field.data_type()))
            }
            _ => Some(kind),
        },
        DataType::Union(_, _) | DataType::Interval(IntervalUnit::MonthDayNano) => Some(kind),
        _ => None,
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The value in `column` at `index`; `None` where the column has a null.
fn value(column: &dyn Array, index: usize) -> Option<Value> {
    if column.is_null(index) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Null => return None,
        DataType::Boolean => column.as_boolean().value(index).into(),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(index).into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(index).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(index).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(index).into(),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().value(index).into(),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().value(index).into(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(index).into(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(index).into(),
        DataType::Float16 => short_float(column.as_primitive::<Float16Type>().value(index).into()),
        DataType::Float32 => short_float(column.as_primitive::<Float32Type>().value(index)),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(index).into(),
        DataType::Utf8 => column.as_string::<i32>().value(index).into(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(index).into(),
        DataType::Utf8View => column.as_string_view().value(index).into(),
        DataType::Binary => binary(column.as_binary::<i32>().value(index)),
        DataType::LargeBinary => binary(column.as_binary::<i64>().value(index)),
        DataType::BinaryView => binary(column.as_binary_view().value(index)),
        DataType::FixedSizeBinary(_) => binary(column.as_fixed_size_binary().value(index)),
        DataType::Decimal32(_, _) => number(column.as_primitive::<Decimal32Type>(), index),
        DataType::Decimal64(_, _) => number(column.as_primitive::<Decimal64Type>(), index),
        DataType::Decimal128(_, _) => number(column.as_primitive::<Decimal128Type>(), index),
        DataType::Decimal256(_, _) => number(column.as_primitive::<Decimal256Type>(), index),
        DataType::List(_) => list(column.as_list::<i32>(), index),
        DataType::LargeList(_) => list(column.as_list::<i64>(), index),
        DataType::ListView(_) => list(column.as_list_view::<i32>(), index),
        DataType::LargeListView(_) => list(column.as_list_view::<i64>(), index),
        DataType::FixedSizeList(_, _) => list(column.as_fixed_size_list(), index),
        DataType::Struct(_) => Value::Object(fields(column.as_struct(), index)),
        DataType::Map(_, _) => map(column, index),
        DataType::Dictionary(_, _) => return dictionary_value(column, index),
        DataType::RunEndEncoded(_, _) => return run_value(column, index),
        DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
            text(time(column, index))
        }
        DataType::Timestamp(_, _) => text(timestamp(column, index)),
        DataType::Duration(_) => text(duration(column, index)),
        DataType::Interval(_) => text(interval(column, index)),
        DataType::Union(_, _) => return None, // refused before: see `unknown_type`
    })
}

/// A float by its shortest digits: 0.1 of 32 bits is 0.1, not 0.10000000149011612.
fn short_float(value: f32) -> Value {
    value.to_string().parse().map_or(Value::Null, |value: f64| value.into())
}

fn number<T: DecimalType>(column: &arrow_array::PrimitiveArray<T>, index: usize) -> Value {
    column.value_as_string(index).parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Bytes that are no text are an object, so that no field of text takes them.
fn binary(bytes: &[u8]) -> Value {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    serde_json::json!({ "bytes": text })
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::String)
}

fn list(lists: &impl ListLikeArray, index: usize) -> Value {
    let items = lists.values();
    lists
        .element_range(index)
        .map(|item| value(items.as_ref(), item).unwrap_or(Value::Null))
        .collect()
}

fn map(column: &dyn Array, index: usize) -> Value {
    let maps = column.as_map();
    let (keys, values) = (maps.keys().as_ref(), maps.values().as_ref());
    let entries = maps.offsets()[index] as usize..maps.offsets()[index + 1] as usize;
    let pairs = entries.filter_map(|entry| match value(keys, entry) {
        Some(Value::String(key)) => Some((key, value(values, entry)?)),
        _ => None,
    });
    Value::Object(pairs.collect())
}

fn dictionary_value(column: &dyn Array, index: usize) -> Option<Value> {
    downcast_dictionary_array!(
        column => value(column.values().as_ref(), column.key(index)?),
        _ => None
    )
}

fn run_value(column: &dyn Array, index: usize) -> Option<Value> {
    downcast_run_array!(
        column => value(column.values().as_ref(), column.get_physical_index(index)),
        _ => None
    )
}

fn time(column: &dyn Array, index: usize) -> Option<String> {
    Some(match column.data_type() {
        DataType::Date32 => {
            format!("{:?}", column.as_primitive::<Date32Type>().value_as_date(index)?)
        }
        DataType::Date64 => {
            format!("{:?}", column.as_primitive::<Date64Type>().value_as_datetime(index)?)
        }
        DataType::Time32(TimeUnit::Second) => {
            format!("{:?}", column.as_primitive::<Time32SecondType>().value_as_time(index)?)
        }
        DataType::Time32(_) => {
            format!("{:?}", column.as_primitive::<Time32MillisecondType>().value_as_time(index)?)
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            format!("{:?}", column.as_primitive::<Time64NanosecondType>().value_as_time(index)?)
        }
        DataType::Time64(_) => {
            format!("{:?}", column.as_primitive::<Time64MicrosecondType>().value_as_time(index)?)
        }
        _ => return None,
    })
}

fn timestamp(column: &dyn Array, index: usize) -> Option<String> {
    let DataType::Timestamp(unit, zone) = column.data_type() else { return None };
    let moment = match unit {
        TimeUnit::Second => {
            column.as_primitive::<TimestampSecondType>().value_as_datetime(index)?
        }
        TimeUnit::Millisecond => {
            column.as_primitive::<TimestampMillisecondType>().value_as_datetime(index)?
        }
        TimeUnit::Microsecond => {
            column.as_primitive::<TimestampMicrosecondType>().value_as_datetime(index)?
        }
        TimeUnit::Nanosecond => {
            column.as_primitive::<TimestampNanosecondType>().value_as_datetime(index)?
        }
    };
    let Some(zone) = zone else { return Some(format!("{moment:?}")) };
    // Local time is less than a day from UTC, and chrono panics where it is beyond the calendar.
    let day = temporal::try_duration_s_to_duration(24 * 3600)?;
    moment.checked_add_signed(day)?;
    moment.checked_sub_signed(day)?;
    // Moments are stored in UTC. They are shown so where the zone has a name only, because its hours
    // would need a database of zones.
    let offset: Tz = zone.parse().or_else(|_| "+00:00".parse()).ok()?;
    let local = moment.and_utc().with_timezone(&offset);
    let mut text = format!("{:?}", local.naive_local());
    match format!("{}", local.offset()) {
        utc if utc == "+00:00" => text.push('Z'),
        other => text += &other,
    }
    Some(text)
}

fn duration(column: &dyn Array, index: usize) -> Option<String> {
    let DataType::Duration(unit) = column.data_type() else { return None };
    Some(match unit {
        TimeUnit::Second => {
            let secs = column.as_primitive::<DurationSecondType>().value(index);
            temporal::try_duration_s_to_duration(secs)?.to_string()
        }
        TimeUnit::Millisecond => {
            let millis = column.as_primitive::<DurationMillisecondType>().value(index);
            temporal::try_duration_ms_to_duration(millis)?.to_string()
        }
        TimeUnit::Microsecond => {
            let micros = column.as_primitive::<DurationMicrosecondType>().value(index);
            temporal::duration_us_to_duration(micros).to_string()
        }
        TimeUnit::Nanosecond => {
            let nanos = column.as_primitive::<DurationNanosecondType>().value(index);
            temporal::duration_ns_to_duration(nanos).to_string()
        }
    })
}

fn interval(column: &dyn Array, index: usize) -> Option<String> {
    match column.data_type() {
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = column.as_primitive::<IntervalYearMonthType>().value(index);
            Some(format!("{} years {} mons", months.div_euclid(12), months.rem_euclid(12)))
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            let interval = column.as_primitive::<IntervalDayTimeType>().value(index);
            Some(days_and_millis(interval.days, interval.milliseconds))
        }
        _ => None,
    }
}

fn days_and_millis(days: i32, millis: i32) -> String {
    let (hours, mins, rest) = (millis / 3_600_000, millis / 60_000 % 60, millis % 60_000);
    let mut parts = Vec::new();
    for (number, unit) in [(days, "days"), (hours, "hours"), (mins, "mins")] {
        if number != 0 {
            parts.push(format!("{number} {unit}"));
        }
    }
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}.{:03} secs", (rest / 1000).abs(), (rest % 1000).abs()));
    }
    if parts.is_empty() { "0 secs".into() } else { parts.join(" ") }
}
