//! Which paths of a data set name data files.

use crate::data::read::is_data_file;
use glob::MatchOptions;
use std::path::Path;

/// As in a shell: `*` ends at a slash, and hidden files are named by their dot.
pub(super) const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// JSON files that describe a data set, by their names; `datasets` leaves them out too.
const NO_DATA: [&str; 4] =
    ["config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json"];

/// Whether a file is a data file by its name, and none that describes the data set.
pub(super) fn is_data(name: &&&str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    is_data_file(Path::new(last)) && !NO_DATA.contains(&last)
}

/// Whether it lies in a folder that `datasets` leaves out, or is hidden itself.
pub(super) fn is_hidden(path: &str) -> bool {
    let (folders, _) = path.rsplit_once('/').unwrap_or(("", path));
    path.split('/').any(|part| part.starts_with('.'))
        || folders.split('/').any(|folder| folder.starts_with("__"))
}
