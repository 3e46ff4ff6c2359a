use std::collections::VecDeque;

/// Appends to a list of at most `most` entries; the oldest ones are dropped.
pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}
