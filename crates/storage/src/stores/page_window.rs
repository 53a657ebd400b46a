//! Reading a numbered page from the nearer end of a list.

/// The rows to skip and to take for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageWindow {
    /// The page is behind the end of the list.
    Nothing,
    /// Read in the order of the list.
    FromStart { offset: i64, limit: i64 },
    /// Read in the opposite order. The caller must reverse the rows.
    FromEnd { offset: i64, limit: i64 },
}

impl PageWindow {
    /// Returns the window of a page in a list of `count` rows. Databases read the rows that they skip, so it
    /// starts from the nearer end.
    pub(super) fn of(count: i64, offset: i64, limit: i64) -> Self {
        let limit = limit.min(count - offset);
        if limit <= 0 {
            return Self::Nothing;
        }
        let behind = count - offset - limit;
        if offset <= behind { Self::FromStart { offset, limit } } else { Self::FromEnd { offset: behind, limit } }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_is_the_same_from_either_end(count in 0_i64..40, offset in 0_i64..50, limit in 1_i64..12) {
            let list: Vec<i64> = (0..count).collect();
            let cut = |list: &[i64], offset: i64, limit: i64| -> Vec<i64> {
                let (skipped, taken) = (usize::try_from(offset).unwrap(), usize::try_from(limit).unwrap());
                list.iter().copied().skip(skipped).take(taken).collect()
            };
            let page = match PageWindow::of(count, offset, limit) {
                PageWindow::Nothing => Vec::new(),
                PageWindow::FromStart { offset, limit } => cut(&list, offset, limit),
                PageWindow::FromEnd { offset, limit } => {
                    let reversed: Vec<i64> = list.iter().rev().copied().collect();
                    cut(&reversed, offset, limit).into_iter().rev().collect()
                }
            };
            prop_assert_eq!(page, cut(&list, offset, limit));
        }

        #[test]
        fn no_more_than_half_is_skipped(count in 0_i64..1_000_000, offset in 0_i64..i64::MAX) {
            if let PageWindow::FromStart { offset, .. } | PageWindow::FromEnd { offset, .. } = PageWindow::of(count, offset, 10) {
                prop_assert!(offset <= count / 2);
            }
        }
    }
}
