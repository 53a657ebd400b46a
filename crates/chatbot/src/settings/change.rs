//! A change of one setting.

/// A change of one setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Keeps the current value.
    #[default]
    Keep,
    /// Sets the default.
    Reset,
    /// Sets this value.
    To(T),
}

impl<T> Change<T> {
    /// Makes the change.
    pub(super) fn apply(self, setting: &mut T, default: T) {
        match self {
            Self::Keep => {}
            Self::Reset => *setting = default,
            Self::To(value) => *setting = value,
        }
    }
}
