use super::*;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// Each row as text: its place, and its fields or what is wrong with it.
fn rows_of(path: &Path) -> Result<Vec<(String, String)>, DataError> {
    let mut rows = Vec::new();
    read_rows(path, &[], &AtomicU64::new(0), &mut |row| {
        let Some(row) = row else { return Ok(()) };
        let place = row.place.to_string();
        rows.push((
            place,
            match row.fields() {
                Ok(fields) => Value::Object(fields).to_string(),
                Err(error) => error.to_string(),
            },
        ));
        Ok(())
    })?;
    Ok(rows)
}

fn file(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut packer = liblzma::write::XzEncoder::new(Vec::new(), 1);
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

/// As `zstd --long=28` packs it.
fn long_window() -> Vec<u8> {
    let mut packer = zstd::Encoder::new(Vec::new(), 1).unwrap();
    packer.window_log(28).unwrap();
    packer.write_all(LINES).unwrap();
    packer.finish().unwrap()
}

/// With a byte-order mark.
fn utf16(content: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(content).unwrap();
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Many bytes that hold no row are read in pieces, between which a request to stop is seen.
#[test]
fn a_file_without_rows_is_left_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = vec![b'\n'; 4 * format::QUIET_BYTES];
    let array = [b"[", nothing.as_slice(), b"]"].concat();
    for (name, content) in [("a.jsonl", &nothing), ("a.json", &array)] {
        let path = file(&folder, &format!("{name}.gz"), &gzip(content));
        let mut asked = 0;
        let stopped = read_rows(&path, &[], &AtomicU64::new(0), &mut |row| {
            assert!(row.is_none());
            asked += 1;
            if asked < 3 { Ok(()) } else { Err(DataError::Stopped) }
        });
        assert!(matches!(stopped, Err(DataError::Stopped)), "{name}: {stopped:?}");
        assert_eq!(asked, 3, "{name}");
    }
}

fn error_of(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    rows_of(&file(&folder, name, content)).unwrap_err().to_string()
}

const LINES: &[u8] = b"{\"a\":1}\n\n  {\"a\":2}\r\n{\"a\":3}";

#[test]
fn lines_plain_and_packed_give_the_same_rows_with_their_line_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut twice = gzip(&LINES[..9]);
    twice.extend(gzip(&LINES[9..]));
    let files = [
        ("a.jsonl", LINES.to_vec()),
        ("a.ndjson", [b"\xef\xbb\xbf", LINES].concat()),
        ("utf-16.jsonl", utf16(LINES)),
        ("marks.jsonl", b"\xef\xbb\xbf{\"a\":1}\n\n\xef\xbb\xbf{\"a\":2}\n{\"a\":3}".to_vec()),
        ("a.json", LINES.to_vec()),
        ("a.jsonl.gz", gzip(LINES)),
        ("two-members.jsonl.gz", twice),
        ("padded.jsonl.gz", [gzip(LINES), vec![0; 70_000]].concat()),
        ("a.jsonl.zst", zstd::encode_all(LINES, 1).unwrap()),
        ("long-window.jsonl.zst", long_window()),
        (
            "skipped.jsonl.zst",
            [b"\x50\x2a\x4d\x18\x03\0\0\0abc", &zstd::encode_all(LINES, 1).unwrap()[..]].concat(),
        ),
        ("a.jsonl.xz", xz(LINES)),
        ("a.jsonl.bz2", bzip2(LINES)),
    ];
    for (name, content) in files {
        let rows = rows_of(&file(&folder, name, &content)).unwrap();
        let expected =
            [("line 1", r#"{"a":1}"#), ("line 3", r#"{"a":2}"#), ("line 4", r#"{"a":3}"#)];
        assert_eq!(rows, expected.map(|(p, r)| (p.into(), r.into())), "{name}");
    }
}

#[test]
fn an_array_gives_each_element_with_the_line_on_which_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let content = b"\n[\n  {\"a\": 1,\n   \"b\": [2]},\n  {\"a\": 2}, {\"a\": 3},\n  7\n]\n";
    let rows = rows_of(&file(&folder, "a.json.gz", &gzip(content))).unwrap();
    let places: Vec<&str> = rows.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["line 3", "line 5", "line 5", "line 6"]);
    assert_eq!(rows[0].1, r#"{"a":1,"b":[2]}"#);
    assert!(rows[3].1.contains("the row is a number"), "{}", rows[3].1);
}

/// Each way that tools write objects without an array around them.
#[test]
fn objects_over_several_lines_and_a_wrapped_list_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8], [&str; 2]); 4] = [
        ("printed.jsonl", b"{\n  \"a\": [1,\n 2]\n}\n{\n  \"a\": 2\n}\n", ["line 1", "line 5"]),
        ("printed.json", b"\n{\n\t\"a\": [1, 2]}\n{\"a\": 2}", ["line 2", "line 4"]),
        (
            "wrapped.json",
            b"{\"version\": 1, \"data\": [{\"a\": [1, 2]},\n{\"a\": 2}]}",
            ["line 1", "line 2"],
        ),
        (
            "wrapped.json",
            b"{\n  \"data\": [\n{\"a\": [1, 2]},\n\n{\"a\": 2}\n]}",
            ["line 3", "line 5"],
        ),
    ];
    for (name, content, places) in cases {
        let rows = rows_of(&file(&folder, name, content)).unwrap();
        let found: Vec<_> = rows.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(found, places, "{name}");
        assert_eq!((rows[0].1.as_str(), rows[1].1.as_str()), (r#"{"a":[1,2]}"#, r#"{"a":2}"#));
    }
}

#[test]
fn cells_are_the_fields_that_the_first_line_names() {
    let folder = tempfile::tempdir().unwrap();
    let csv = b"\xef\xbb\xbfprompt,completion, id\r\n\"a, b\",\"c \"\"d\"\"\ne\",1\r\nf,,\nx,y\n\xff,y,2\n";
    let tsv: Vec<u8> = b"prompt\tcompletion\nf\tg, \n".to_vec();
    let rows = rows_of(&file(&folder, "a.csv", csv)).unwrap();
    let expected = [
        ("line 2", r#"{"prompt":"a, b","completion":"c \"d\"\ne","id":"1"}"#),
        ("line 4", r#"{"prompt":"f","completion":null,"id":null}"#),
        ("line 5", "the row has 2 cells, and the first line names 3 fields"),
        ("line 6", "'prompt' is not UTF-8"),
    ];
    assert_eq!(rows, expected.map(|(place, row)| (place.into(), row.into())));
    let rows = rows_of(&file(&folder, "a.tsv.gz", &gzip(&tsv))).unwrap();
    assert_eq!(rows[0].1, r#"{"prompt":"f","completion":"g, "}"#);
}

/// A lone surrogate, which JSON's grammar allows and Unicode does not.
#[test]
fn a_bad_element_does_not_hide_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let content = br#"[{"a": "\ud83d"}, {"a": 2}]"#;
    let rows = rows_of(&file(&folder, "a.json", content)).unwrap();
    assert!(rows[0].1.starts_with("not JSON: "), "{}", rows[0].1);
    assert_eq!(rows[1].1, r#"{"a":2}"#);
}

#[test]
fn parquet_rows_are_numbered() {
    use arrow_array::{Int64Array, StringArray};
    use std::sync::Arc;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let text: Arc<dyn arrow_array::Array> = Arc::new(StringArray::from(vec![Some("x\ny"), None]));
    let number: Arc<dyn arrow_array::Array> = Arc::new(Int64Array::from(vec![1, 2]));
    let batch = arrow_array::RecordBatch::try_from_iter([("text", text), ("n", number)]).unwrap();
    let out = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(out, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let rows = rows_of(&path).unwrap();
    assert_eq!(rows[0], ("row 1".into(), r#"{"text":"x\ny","n":1}"#.into()));
    assert_eq!(rows[1], ("row 2".into(), r#"{"n":2}"#.into()));
}

#[test]
fn a_bad_line_does_not_hide_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let content = b"{\"a\":1}\n{\"a\": }\n{\"a\":\"\xff\"}\n[1]\n{\"a\":2}\n";
    let rows = rows_of(&file(&folder, "a.jsonl", content)).unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[1].1, "not JSON: expected value at column 7");
    assert_eq!(rows[2].1, "byte 7 of the row is not UTF-8");
    assert!(rows[3].1.starts_with("the row is a list; a row is an object"));
    assert_eq!(rows[4].1, r#"{"a":2}"#);
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_named_with_the_fix() {
    let cases: [(&str, Vec<u8>, &str); 11] = [
        ("a.txt", b"a,b".to_vec(), "known are .jsonl, .ndjson, .json, .csv and .tsv"),
        ("a.csv", b"a,b,a\n1,2,3\n".to_vec(), "'a' is empty or there twice"),
        ("a.jsonl.xz", LINES.to_vec(), "says xz, but its first bytes are not"),
        ("a.jsonl", Vec::new(), "the file is empty"),
        ("a.jsonl", gzip(LINES), "says plain text, but it holds gzip"),
        ("a.jsonl.gz", LINES.to_vec(), "says gzip, but its first bytes are not"),
        ("a.jsonl.gz", zstd::encode_all(LINES, 1).unwrap(), "says gzip, but it holds zstd"),
        ("a.parquet", LINES.to_vec(), "says Parquet, but its first bytes are not"),
        ("a.parquet", b"PAR1 and no more".to_vec(), "cannot be read as Parquet"),
        ("a.jsonl", b"[{\"a\":1}]".to_vec(), "if it is one JSON array, name it .json"),
        ("a.json", b"[{\"a\":1},\n{\"a\" 2}]".to_vec(), "line 2: not JSON"),
    ];
    for (name, content, part) in cases {
        let error = error_of(name, &content);
        assert!(error.contains(part) && error.contains(name), "{name}: {error}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_named_with_the_place() {
    let long: Vec<u8> =
        (0..20_000).flat_map(|i| format!("{{\"a\":{}}}\n", i * i).into_bytes()).collect();
    for (name, packed) in
        [("a.jsonl.gz", gzip(&long)), ("a.jsonl.zst", zstd::encode_all(&long[..], 1).unwrap())]
    {
        let error = error_of(name, &packed[..packed.len() / 2]);
        assert!(error.contains("line ") && error.contains("fetch or copy it again"), "{error}");
    }
    let array = [b"[", long.trim_ascii_end(), b"]"]
        .concat()
        .iter()
        .map(|b| if *b == b'\n' { b',' } else { *b })
        .collect::<Vec<_>>();
    let packed = gzip(&array);
    let error = error_of("a.json.gz", &packed[..packed.len() / 2]);
    assert!(error.contains("fetch or copy it again"), "{error}");
    assert!(error_of("a.json", b"[{\"a\":1},").contains("not JSON: EOF"), "plain");
}

#[test]
fn a_missing_file_is_named() {
    let error = rows_of(Path::new("no/such/file.jsonl")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read no/such/file.jsonl"), "{error}");
}

/// It would swallow every row behind it.
#[test]
fn a_quote_that_is_never_closed_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let open = b"prompt,completion\na,b\nq,\"a1\nq2,a2\nq3,a3\n";
    let error = rows_of(&file(&folder, "open.csv", open)).unwrap_err().to_string();
    assert!(error.contains("open.csv, line 3") && error.contains("never closed"), "{error}");
    // Quotes within words are characters, and lines within quotes are the row's.
    let fine = b"prompt,completion\n5\" pipe,b\nq,\"a1\nmore\"\n";
    assert_eq!(rows_of(&file(&folder, "fine.csv", fine)).unwrap().len(), 2);
}

/// `cat a.csv b.csv` puts names between the rows, with a byte-order mark as spreadsheets write it.
#[test]
fn names_of_fields_between_rows_are_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let both = "prompt,completion\na,b\n\u{feff}prompt,completion\nc,d\n";
    let rows = rows_of(&file(&folder, "both.csv", both.as_bytes())).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows[1].1.contains("repeats the names of the fields"), "{rows:?}");
}

#[test]
fn a_field_that_is_there_twice_is_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let lines = b"{\"prompt\": \"q\", \"completion\": \"a\", \"completion\": \"b\"}\n{\"prompt\": 1}\n[1]\n";
    let rows = rows_of(&file(&folder, "twice.jsonl", lines)).unwrap();
    assert!(rows[0].1.starts_with("'completion' is there twice"), "{rows:?}");
    assert_eq!(rows[1].1, "{\"prompt\":1}");
    assert!(rows[2].1.starts_with("the row is a list"), "{rows:?}");
}

#[test]
fn marks_of_files_that_were_put_together_are_none_of_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let mark = "\u{feff}";
    for (name, text) in [
        ("printed.json", format!("{mark}{{\n\"a\": 1\n}}\n{mark}{{\n\"a\": \"x{mark}\"\n}}\n")),
        ("array.json", format!("{mark}[{{\"a\": 1}}, {mark}{{\"a\": \"x{mark}\"}}]")),
        ("lines.jsonl", format!("{mark}{mark}{{\"a\": 1}}\n{mark}{mark}{{\"a\": \"x{mark}\"}}\n")),
    ] {
        let rows = rows_of(&file(&folder, name, text.as_bytes())).unwrap();
        let rows: Vec<&str> = rows.iter().map(|row| row.1.as_str()).collect();
        assert_eq!(rows, ["{\"a\":1}", "{\"a\":\"x\u{feff}\"}"], "{name}");
    }
}

/// As `to_csv` of pandas writes it.
#[test]
fn an_index_without_a_name_is_a_field_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows_of(&file(&folder, "a.csv", b",prompt,completion\n0,a,b\n1,,d\n")).unwrap();
    assert_eq!(rows[0].1, r#"{"Unnamed: 0":"0","prompt":"a","completion":"b"}"#);
    assert_eq!(rows[1].1, r#"{"Unnamed: 0":"1","prompt":null,"completion":"d"}"#);
}
