use std::collections::VecDeque;

/// Appends to a list that forgets its oldest entries.
pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}
