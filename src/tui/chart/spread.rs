/// Rows for labels that each want one, in the order given: as near to it as can be, none over
/// another, none outside `rows`. Of those that want the same one the first is above. `None` where there are more
/// labels than rows.
pub fn spread(wanted: &[u16], rows: std::ops::Range<u16>) -> Option<Vec<u16>> {
    let height = usize::from(rows.end.saturating_sub(rows.start));
    if wanted.len() > height {
        return None;
    }
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|label| wanted.get(*label));
    let mut placed: Vec<u16> =
        order.iter().filter_map(|label| wanted.get(*label)).copied().collect();
    // Downwards each is pushed below the one above, then upwards above the one below.
    let mut free = rows.start;
    for row in &mut placed {
        *row = (*row).max(free);
        free = row.saturating_add(1);
    }
    let mut free = rows.end;
    for row in placed.iter_mut().rev() {
        *row = (*row).min(free.saturating_sub(1));
        free = *row;
    }
    let mut result: Vec<(usize, u16)> = order.into_iter().zip(placed).collect();
    result.sort_unstable();
    Some(result.into_iter().map(|(_, row)| row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_move_apart() {
        assert_eq!(spread(&[3, 3, 0], 0..6), Some(vec![3, 4, 0]));
        assert_eq!(spread(&[9, 9, 9], 2..6), Some(vec![3, 4, 5]));
        assert_eq!(spread(&[1, 2, 3], 0..2), None);
    }

    proptest! {
        #[test]
        fn no_label_is_over_another(
            wanted in prop::collection::vec(any::<u16>(), 0..12), top in 0u16..50, height in 0u16..20,
        ) {
            let Some(mut placed) = spread(&wanted, top..top + height) else {
                prop_assert!(wanted.len() > usize::from(height));
                return Ok(());
            };
            prop_assert!(placed.iter().all(|row| (top..top + height).contains(row)));
            placed.sort_unstable();
            placed.dedup();
            prop_assert_eq!(placed.len(), wanted.len());
        }
    }
}
