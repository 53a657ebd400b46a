//! The macro for enums whose variants are written as words in JSON and in rows.

/// Defines a fieldless enum together with the word of each variant.
///
/// The enum gets `ALL` (every variant, in order), `WORDS` (their words, in the same order),
/// `as_str` and `parse`. It derives `Debug`, `Clone`, `Copy`, `PartialEq` and `Eq`. Attributes on
/// the enum and on its variants are kept, so more traits can be derived.
///
/// ```
/// tenancy::word_enum! {
///     /// The state of a door.
///     pub enum DoorState {
///         /// It lets people in.
///         Open => "open",
///         /// It does not.
///         Shut => "shut",
///     }
/// }
///
/// assert_eq!(DoorState::Shut.as_str(), "shut");
/// assert_eq!(DoorState::parse("open"), Some(DoorState::Open));
/// assert_eq!(DoorState::parse("ajar"), None);
/// assert_eq!(DoorState::WORDS, ["open", "shut"]);
/// ```
#[macro_export]
macro_rules! word_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident => $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant),+
        }

        impl $name {
            /// Every variant, in order of declaration.
            $vis const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word of every variant, in the same order.
            $vis const WORDS: [&'static str; [$($word),+].len()] = [$($word),+];

            /// Returns the word in JSON and in rows.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Returns the variant with exactly this word.
            $vis fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
