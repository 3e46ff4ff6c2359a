//! Reading of Parquet files that the tests write, with every type of column.

use super::read_rows;
use crate::data::error::{DataError, RowPlace};
use arrow_array::builder::{
    BinaryViewBuilder, Int32Builder, ListBuilder, MapBuilder, StringBuilder, StringViewBuilder,
};
use arrow_array::types::*;
use arrow_array::*;
use arrow_schema::{DataType, Field};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// A column of three rows, and its values in the rows as JSON; `None` where the field is left out.
type Case = (&'static str, ArrayRef, [Option<&'static str>; 3]);

fn case(
    name: &'static str,
    column: impl Array + 'static,
    expected: [Option<&'static str>; 3],
) -> Case {
    (name, Arc::new(column), expected)
}

fn plain() -> Vec<Case> {
    let texts = [Some("a\n\"ü\""), None, Some("")];
    let texts_expected = [Some(r#""a\n\"ü\"""#), None, Some(r#""""#)];
    let bytes: [Option<&[u8]>; 3] = [Some(b"\x00\xffA"), None, Some(b"")];
    let bytes_expected = [Some(r#"{"bytes":"00ff41"}"#), None, Some(r#""""#)];
    let mut views = StringViewBuilder::new();
    let mut byte_views = BinaryViewBuilder::new();
    texts.iter().for_each(|text| views.append_option(*text));
    bytes.iter().for_each(|bytes| byte_views.append_option(*bytes));
    let fixed = [Some([1, 2]), None, Some([254, 255])].into_iter();
    let f16 = [0.5, -2.0, 65504.0].map(half::f16::from_f32).to_vec();
    vec![
        case("text", StringArray::from(texts.to_vec()), texts_expected),
        case("large text", LargeStringArray::from(texts.to_vec()), texts_expected),
        case("text view", views.finish(), texts_expected),
        case(
            "binary text",
            BinaryArray::from(vec![Some("ü".as_bytes()), None, Some(b"")]),
            [Some(r#""ü""#), None, Some(r#""""#)],
        ),
        case("binary", BinaryArray::from(bytes.to_vec()), bytes_expected),
        case("large binary", LargeBinaryArray::from(bytes.to_vec()), bytes_expected),
        case("binary view", byte_views.finish(), bytes_expected),
        case(
            "fixed binary",
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 2).unwrap(),
            [Some(r#""\u0001\u0002""#), None, Some(r#"{"bytes":"feff"}"#)],
        ),
        case(
            "bool",
            BooleanArray::from(vec![Some(true), None, Some(false)]),
            [Some("true"), None, Some("false")],
        ),
        case("null", NullArray::new(3), [None, None, None]),
        case(
            "i8",
            Int8Array::from(vec![Some(-128), None, Some(7)]),
            [Some("-128"), None, Some("7")],
        ),
        case("i16", Int16Array::from(vec![-1, 0, 1]), [Some("-1"), Some("0"), Some("1")]),
        case("i32", Int32Array::from(vec![-1, 0, 1]), [Some("-1"), Some("0"), Some("1")]),
        case(
            "i64",
            Int64Array::from(vec![i64::MIN, 0, i64::MAX]),
            [Some("-9223372036854775808"), Some("0"), Some("9223372036854775807")],
        ),
        case("u8", UInt8Array::from(vec![0, 1, 255]), [Some("0"), Some("1"), Some("255")]),
        case("u16", UInt16Array::from(vec![0, 1, 65535]), [Some("0"), Some("1"), Some("65535")]),
        case("u32", UInt32Array::from(vec![0, 1, 2]), [Some("0"), Some("1"), Some("2")]),
        case(
            "u64",
            UInt64Array::from(vec![0, 1, u64::MAX]),
            [Some("0"), Some("1"), Some("18446744073709551615")],
        ),
        case("f16", Float16Array::from(f16), [Some("0.5"), Some("-2.0"), Some("65504.0")]),
        case(
            "f32",
            Float32Array::from(vec![0.1, f32::NAN, 3.4e38]),
            [Some("0.1"), Some("null"), Some("3.4e+38")],
        ),
        case(
            "f64",
            Float64Array::from(vec![Some(0.1), None, Some(f64::INFINITY)]),
            [Some("0.1"), None, Some("null")],
        ),
        case(
            "decimal",
            Decimal128Array::from(vec![Some(-1250), None, Some(5)])
                .with_precision_and_scale(12, 3)
                .unwrap(),
            [Some("-1.25"), None, Some("0.005")],
        ),
        case(
            "whole decimal",
            Decimal128Array::from(vec![7, -7, 0]).with_precision_and_scale(30, 0).unwrap(),
            [Some("7"), Some("-7"), Some("0")],
        ),
        case(
            "small decimal",
            Decimal32Array::from(vec![7, -7, 0]).with_precision_and_scale(5, 1).unwrap(),
            [Some("0.7"), Some("-0.7"), Some("0.0")],
        ),
    ]
}

fn times() -> Vec<Case> {
    let zoned = |zone: &str| {
        TimestampMicrosecondArray::from(vec![Some(1_500_000), None, Some(-1)])
            .with_timezone(zone.to_owned())
    };
    vec![
        case(
            "date32",
            Date32Array::from(vec![Some(0), None, Some(19_782)]),
            [Some(r#""1970-01-01""#), None, Some(r#""2024-02-29""#)],
        ),
        case(
            "date64",
            Date64Array::from(vec![Some(0), None, Some(86_400_000)]),
            [Some(r#""1970-01-01T00:00:00""#), None, Some(r#""1970-01-02T00:00:00""#)],
        ),
        case(
            "time s",
            Time32SecondArray::from(vec![0, 61, 86_399]),
            [Some(r#""00:00:00""#), Some(r#""00:01:01""#), Some(r#""23:59:59""#)],
        ),
        case(
            "time ms",
            Time32MillisecondArray::from(vec![Some(1), None, Some(1000)]),
            [Some(r#""00:00:00.001""#), None, Some(r#""00:00:01""#)],
        ),
        case(
            "time us",
            Time64MicrosecondArray::from(vec![Some(1), None, Some(1000)]),
            [Some(r#""00:00:00.000001""#), None, Some(r#""00:00:00.001""#)],
        ),
        case(
            "time ns",
            Time64NanosecondArray::from(vec![Some(1), None, Some(1000)]),
            [Some(r#""00:00:00.000000001""#), None, Some(r#""00:00:00.000001""#)],
        ),
        case(
            "moment s",
            TimestampSecondArray::from(vec![Some(0), None, Some(-1)]),
            [Some(r#""1970-01-01T00:00:00""#), None, Some(r#""1969-12-31T23:59:59""#)],
        ),
        case(
            "moment ms",
            TimestampMillisecondArray::from(vec![Some(1), None, Some(1_709_164_800_000)]),
            [Some(r#""1970-01-01T00:00:00.001""#), None, Some(r#""2024-02-29T00:00:00""#)],
        ),
        case(
            "moment ns",
            TimestampNanosecondArray::from(vec![Some(1), None, Some(0)]),
            [Some(r#""1970-01-01T00:00:00.000000001""#), None, Some(r#""1970-01-01T00:00:00""#)],
        ),
        case(
            "moment at +00:00",
            zoned("+00:00"),
            [Some(r#""1970-01-01T00:00:01.500Z""#), None, Some(r#""1969-12-31T23:59:59.999999Z""#)],
        ),
        case(
            "moment at -03:30",
            zoned("-03:30"),
            [
                Some(r#""1969-12-31T20:30:01.500-03:30""#),
                None,
                Some(r#""1969-12-31T20:29:59.999999-03:30""#),
            ],
        ),
        case(
            "duration",
            DurationSecondArray::from(vec![Some(1), None, Some(90)]),
            [Some(r#""PT1S""#), None, Some(r#""PT90S""#)],
        ),
        case(
            "duration us",
            DurationMicrosecondArray::from(vec![Some(1), None, Some(-1_000_000)]),
            [Some(r#""PT0.000001S""#), None, Some(r#""-PT1S""#)],
        ),
        case(
            "interval of months",
            IntervalYearMonthArray::from(vec![Some(14), None, Some(0)]),
            [Some(r#""1 years 2 mons""#), None, Some(r#""0 years 0 mons""#)],
        ),
        case(
            "interval of days",
            IntervalDayTimeArray::from(vec![
                Some(IntervalDayTimeType::make_value(2, 3_661_500)),
                Some(IntervalDayTimeType::make_value(0, 0)),
                Some(IntervalDayTimeType::make_value(0, -1)),
            ]),
            [
                Some(r#""2 days 1 hours 1 mins 1.500 secs""#),
                Some(r#""0 secs""#),
                Some(r#""-0.001 secs""#),
            ],
        ),
    ]
}

fn nested() -> Vec<Case> {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a"), None]);
    lists.append_null();
    lists.append_value([None::<&str>; 0]);
    let numbers = vec![Some(vec![Some(1), None]), None, Some(vec![])];
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>(numbers);
    let pairs = vec![Some(vec![Some(1.5), Some(2.0)]), None, Some(vec![None, Some(0.0)])];
    let fixed = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(pairs, 2);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for (key, value) in [("b", Some(1)), ("a", None), ("c", Some(3))] {
        map.keys().append_value(key);
        map.values().append_option(value);
    }
    map.append(true).unwrap();
    map.append(false).unwrap();
    map.append(true).unwrap();
    let words: DictionaryArray<Int32Type> = [Some("x"), None, Some("x")].into_iter().collect();
    let field = |name: &str, kind: DataType| Arc::new(Field::new(name, kind, true));
    let roles: ArrayRef = Arc::new(StringArray::from(vec![Some("user"), Some("x"), None]));
    let turns: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let structs = StructArray::new(
        vec![field("role", DataType::Utf8), field("turn", DataType::Int64)].into(),
        vec![roles, turns],
        Some(vec![true, false, true].into()),
    );
    let item = Arc::new(Field::new("item", structs.data_type().clone(), true));
    let mut lengths = ListBuilder::new(Int32Builder::new());
    for length in [2, 0, 1] {
        lengths.append_value(vec![Some(0); length]);
    }
    let offsets = lengths.finish().offsets().clone();
    let chat = ListArray::new(item, offsets, Arc::new(structs.clone()), None);
    vec![
        case("list", lists.finish(), [Some(r#"["a",null]"#), None, Some("[]")]),
        case("large list", large, [Some("[1,null]"), None, Some("[]")]),
        case("fixed list", fixed, [Some("[1.5,2.0]"), None, Some("[null,0.0]")]),
        case("map", map.finish(), [Some(r#"{"b":1,"c":3}"#), None, Some("{}")]),
        case("dictionary", words, [Some(r#""x""#), None, Some(r#""x""#)]),
        case("struct", structs, [Some(r#"{"role":"user","turn":1}"#), None, Some(r#"{"turn":3}"#)]),
        case(
            "chat",
            chat,
            [Some(r#"[{"role":"user","turn":1},null]"#), Some("[]"), Some(r#"[{"turn":3}]"#)],
        ),
    ]
}

fn batch_of(columns: &[Case]) -> RecordBatch {
    let columns = columns.iter().map(|(name, column, _)| (*name, column.clone(), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn write(path: &Path, columns: &[Case]) {
    let batch = batch_of(columns);
    let file = std::fs::File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn rows_of(path: &Path) -> Result<Vec<Map<String, Value>>, DataError> {
    let mut rows = Vec::new();
    read_rows(path, &[], &AtomicU64::new(0), &mut |row| {
        rows.push(row.unwrap().fields().unwrap());
        Ok(())
    })?;
    Ok(rows)
}

#[test]
fn each_type_of_column_has_its_form_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let cases = [plain(), times(), nested()].concat();
    write(&path, &cases);
    let rows = rows_of(&path).unwrap();
    assert_eq!(rows.len(), 3);
    for (name, _, expected) in &cases {
        for (row, expected) in rows.iter().zip(expected) {
            let found = row.get(*name).map(Value::to_string);
            assert_eq!(found.as_deref(), *expected, "{name}");
        }
    }
    let names: Vec<&str> = rows[0].keys().map(String::as_str).collect();
    let expected = cases.iter().filter(|case| case.2[0].is_some()).map(|case| case.0);
    assert_eq!(names, expected.collect::<Vec<_>>(), "the columns keep their order");
}

/// `datasets` writes streams, and Feather files, which are compressed.
#[test]
fn arrow_is_read_as_parquet_is() {
    use arrow_ipc::CompressionType;
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    let folder = tempfile::tempdir().unwrap();
    let cases = [plain(), times(), nested()].concat();
    let batch = batch_of(&cases);
    let parquet = folder.path().join("a.parquet");
    write(&parquet, &cases);
    let expected = rows_of(&parquet).unwrap();
    let stream = folder.path().join("stream.arrow");
    let file = std::fs::File::create(&stream).unwrap();
    let mut writer = StreamWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    assert_eq!(rows_of(&stream).unwrap(), [expected.clone(), expected.clone()].concat());
    for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        let path = folder.path().join("file.feather");
        let options = IpcWriteOptions::default().try_with_compression(Some(compression));
        let file = std::fs::File::create(&path).unwrap();
        let mut writer =
            FileWriter::try_new_with_options(file, &batch.schema(), options.unwrap()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        assert_eq!(rows_of(&path).unwrap(), expected);
        // Without its end it may lack rows, wherever it was cut.
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
        let error = rows_of(&path).unwrap_err().to_string();
        assert!(error.contains("begins as a file does and does not end as one"), "{error}");
    }
    let bytes = std::fs::read(&stream).unwrap();
    std::fs::write(&stream, &bytes[..bytes.len() - 100]).unwrap();
    let error = rows_of(&stream).unwrap_err().to_string();
    assert!(error.contains("stream.arrow, row 4: cannot be read as Arrow IPC: "), "{error}");
    std::fs::write(&stream, "no Arrow").unwrap();
    let error = rows_of(&stream).unwrap_err().to_string();
    assert!(error.contains("stream.arrow, row 1: cannot be read as Arrow IPC: "), "{error}");
}

/// No library writes LZO, so the codec of a column is changed where the file's end names it.
#[test]
fn a_codec_that_is_not_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let text = || StringArray::from(vec!["a"; 3]);
    write(&path, &[case("text", text(), [None; 3]), case("id", text(), [None; 3])]);
    let mut bytes = std::fs::read(&path).unwrap();
    let before = b"\x19\x18\x04text\x15";
    let at = bytes.windows(before.len()).rposition(|window| window == before).unwrap();
    bytes[at + before.len()] = 6;
    std::fs::write(&path, bytes).unwrap();
    let read = |used: &[&str]| read_rows(&path, used, &AtomicU64::new(0), &mut |_| Ok(()));
    let error = read(&["text"]).unwrap_err().to_string();
    assert!(error.contains("a.parquet: column 'text' is compressed with LZO"), "{error}");
    read(&["id"]).unwrap();
}

#[test]
fn only_the_columns_that_rows_may_use_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let text = || StringArray::from(vec!["a"; 3]);
    write(&path, &[case("text", text(), [None; 3]), case("id", text(), [None; 3])]);
    let read = |used: &[&str]| {
        let mut names = Vec::new();
        read_rows(&path, used, &AtomicU64::new(0), &mut |row| {
            let row = row.unwrap();
            let unread = row.unread().unwrap().to_vec();
            names.push((row.fields().unwrap().keys().cloned().collect::<Vec<_>>(), unread));
            Ok(())
        })
        .unwrap();
        names.remove(0)
    };
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(read(&["text", "prompt"]), (names(&["text"]), names(&["id"])));
    assert_eq!(read(&["prompt"]), (names(&["text", "id"]), names(&[])));
}

#[test]
fn a_moment_in_a_zone_known_by_name_is_given_in_utc() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let moment = |zone: &str| TimestampSecondArray::from(vec![0; 3]).with_timezone(zone.to_owned());
    write(
        &path,
        &[case("utc", moment("UTC"), [None; 3]), case("b", moment("Europe/Berlin"), [None; 3])],
    );
    for name in ["utc", "b"] {
        assert_eq!(rows_of(&path).unwrap()[0][name], "1970-01-01T00:00:00Z");
    }
}

#[test]
fn a_moment_whose_local_time_is_beyond_the_calendar_is_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    const LAST_SECOND: i64 = 8_210_266_876_799; // of chrono's last year, 262142
    let moments = |zone: &str| {
        TimestampSecondArray::from(vec![LAST_SECOND, -LAST_SECOND, i64::MAX])
            .with_timezone(zone.to_owned())
    };
    let (east, west) = (moments("+14:00"), moments("-12:00"));
    write(&path, &[case("east", east, [None; 3]), case("west", west, [None; 3])]);
    let rows = rows_of(&path).unwrap();
    assert_eq!(rows[0]["east"], Value::Null);
    assert_eq!(rows[0]["west"], Value::Null);
    assert_eq!((&rows[2]["east"], &rows[2]["west"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_whole_file_counts_as_read_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    for rows in [0, 1, 700] {
        write(&path, &[("n", Arc::new(Int64Array::from_iter_values(0..rows)), [None; 3])]);
        let read_bytes = AtomicU64::new(5);
        read_rows(&path, &[], &read_bytes, &mut |_| Ok(())).unwrap();
        assert_eq!(read_bytes.into_inner(), 5 + path.metadata().unwrap().len(), "{rows} rows");
    }
}

#[test]
fn rows_are_numbered_over_all_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let numbers = Int64Array::from_iter_values(0..1000);
    write(&path, &[("n", Arc::new(numbers), [None; 3])]);
    let mut read = 0;
    read_rows(&path, &[], &AtomicU64::new(0), &mut |row| {
        let row = row.unwrap();
        read += 1;
        assert_eq!(row.place, RowPlace::Row(read));
        assert!(row.size() > 0);
        assert_eq!(row.fields().unwrap()["n"], read - 1);
        Ok(())
    })
    .unwrap();
    assert_eq!(read, 1000);
}

#[test]
fn a_type_without_a_form_is_named_with_its_column_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let mut map = MapBuilder::new(None, Int32Builder::new(), Int32Builder::new());
    for _ in 0..3 {
        map.append(true).unwrap();
    }
    let text = StringArray::from(vec!["a"; 3]);
    write(&path, &[case("text", text, [None; 3]), case("by number", map.finish(), [None; 3])]);
    // Nobody needs the column.
    assert_eq!(Value::from(rows_of(&path).unwrap()[0].clone()), serde_json::json!({"text": "a"}));
    let read = read_rows(&path, &["by number"], &AtomicU64::new(0), &mut |_| Ok(()));
    let error = read.unwrap_err().to_string();
    assert!(error.contains("a.parquet: column 'by number' holds values of type Map("), "{error}");
    assert!(error.contains("store it as text"), "{error}");
}
