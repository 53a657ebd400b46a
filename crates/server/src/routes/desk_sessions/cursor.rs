//! The text form of a position in a list of conversations.

use handoff::{
    Priority,
    desk_list::{ListPosition, View},
};
use tenancy::Timestamp;

use crate::http::params::MAX_SAFE;

/// What stands for the priority outside the queue.
const NONE: &str = "-";

/// Writes the cursor that follows a position of a view.
pub(super) fn write(view: View, position: &ListPosition) -> String {
    let ListPosition { priority, at, id } = position;
    format!("{}.{}.{}.{id}", view.as_str(), priority.map_or(NONE, Priority::as_str), at.micros())
}

/// Reads a cursor, `None` if it is none of this view.
pub(super) fn read(view: View, cursor: &str) -> Option<ListPosition> {
    let mut parts = cursor.split('.');
    let (of, priority, at, id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || View::parse(of)? != view {
        return None;
    }
    let priority = match (view, priority) {
        (View::Queue, word) => Some(Priority::parse(word)?),
        (_, NONE) => None,
        _ => return None,
    };
    Some(ListPosition { priority, at: Timestamp::from_micros(number(at)?), id: number(id)? })
}

fn number(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_plain { text.parse().ok()? } else { return None };
    (0..MAX_SAFE).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_in_its_view_only() {
        for (view, priority) in [(View::Queue, Some(Priority::High)), (View::All, None), (View::Mine, None)] {
            let at = Timestamp::from_micros(1_795_402_323_458_070);
            let position = ListPosition { priority, at, id: 17 };
            let cursor = write(view, &position);
            assert_eq!(read(view, &cursor), Some(position), "{cursor}");
            assert_eq!(read(View::Bot, &cursor), None, "{cursor}");
        }
    }

    #[test]
    fn any_other_text_is_no_cursor() {
        for bad in [
            "",
            "all",
            "all.-.1",
            "all.-.1.2.3",
            "all.high.1.2",
            "all.-.x.2",
            "all.-.-1.2",
            "all.-.+1.2",
            "all.-..2",
            "all.-.9007199254740992.2",
            "all.-.1.99999999999999999999",
            "queue.-.1.2",
        ] {
            assert_eq!(read(View::All, bad), None, "{bad}");
        }
        assert_eq!(read(View::Queue, "queue.-.1.2"), None);
    }
}
