//! How the value of a field is written, for errors: out of the table of fields.

use super::words::any_of;

/// How what was found would be written in one of the forms: `140` as `Steps(140)`, `"cuda"` as `Cuda(0)`. `None`
/// where it resembles none.
pub(super) fn fix_for(form: &str, found: &str) -> Option<String> {
    let word = found.trim_matches('"');
    // Every second part is between backticks.
    let forms = || form.split('`').skip(1).step_by(2);
    let head = |form: &str| form.split('(').next().unwrap_or(form).to_owned();
    if word.parse::<f64>().is_ok() {
        let of_numbers = forms().filter(|form| {
            form.split_once('(')
                .is_some_and(|(_, inner)| inner.starts_with(|c: char| c.is_ascii_digit()))
        });
        let written: Vec<String> =
            of_numbers.map(|form| format!("`{}({word})`", head(form))).collect();
        return (!written.is_empty()).then(|| format!("write {}", any_of(&written)));
    }
    let same = forms().find(|form| head(form).eq_ignore_ascii_case(word))?;
    Some(format!("write `{same}`, without quotes"))
}

#[cfg(test)]
mod tests {
    use super::super::field_path::FieldPath;
    use super::super::fields;
    use super::*;

    #[test]
    fn what_was_found_is_written_in_the_form_that_it_resembles() {
        let form_of =
            |path| fields::just_at(&FieldPath::parse(path).unwrap()).unwrap().form.as_str();
        let length = form_of("training.length");
        assert_eq!(length, "`Steps(300)` or `Epochs(4)`");
        assert_eq!(fix_for(length, "140").unwrap(), "write `Steps(140)` or `Epochs(140)`");
        assert_eq!(fix_for(length, "\"steps\"").unwrap(), "write `Steps(300)`, without quotes");
        assert_eq!(fix_for("`Auto`, `Cpu` or `Cuda(0)`", "1").unwrap(), "write `Cuda(1)`");
        assert_eq!(fix_for("`Auto`, `Cpu` or `Cuda(0)`", "\"tpu\""), None);
        assert!(!form_of("data.domains[3].train").is_empty());
    }
}
