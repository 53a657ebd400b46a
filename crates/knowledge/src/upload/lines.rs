//! Line numbers of places in a text.

/// The starts of all lines of a text but the first.
#[derive(Debug)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    /// Looks for the lines of a text, however they end.
    pub(super) fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// Looks for the lines of a text in an encoding that has ASCII as it is.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let ends = bytes.iter().enumerate().filter(|&(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self(ends.map(|(at, _)| at + 1).collect())
    }

    /// Returns the line of a place, from 1.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let lines = Lines::of("a\nb\r\nc\rd");
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|at| lines.at(at)), [1, 1, 2, 2, 2, 3, 3, 4]);
    }
}
