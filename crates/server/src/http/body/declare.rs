//! The macro that declares request bodies.

/// Declares a request body: a plain struct, and the rule by which each field is read.
///
/// After the `=` of each field comes a rule of [`rules`](crate::http::rules). A size limit other than
/// [`MIB`](crate::http::body::MIB) is written in brackets after the name.
///
/// ```text
/// body! {
///     /// Opens a ticket.
///     #[derive(Debug)]
///     struct OpenTicket {
///         subject: String = text().max(100),
///         agent_id: Option<i64> = integer().optional(),
///     }
/// }
/// ```
macro_rules! body {
    (
        $(#[$meta:meta])* $vis:vis struct $name:ident $([$limit:expr])? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty = $rule:expr),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::http::body::Body for $name {
            $(const LIMIT: usize = $limit;)?
            const NAMES: Option<&'static [&'static str]> = Some(&[$(stringify!($field)),*]);

            fn read(
                fields: $crate::http::body::Fields<'_>,
            ) -> Result<Self, $crate::http::field_errors::FieldErrors> {
                use $crate::http::rules::Rule as _;

                let (mut fields, mut errors) = (fields, $crate::http::field_errors::FieldErrors::default());
                // Bind the values only after all are read: a field may have the name of a later field's rule.
                let ($($field,)*) =
                    ($(errors.keep(stringify!($field), $rule.read(&mut fields, stringify!($field))),)*);
                // A field is `None` only if it was refused.
                $(let Some($field) = $field else { return Err(errors) };)*
                Ok(Self { $($field),* })
            }

            fn name() -> String {
                stringify!($name).to_owned()
            }

            fn describe() -> Vec<$crate::http::describe::Field> {
                use $crate::http::rules::Rule as _;

                vec![$({
                    let described = $rule.describe();
                    $crate::http::describe::Field {
                        name: stringify!($field),
                        schema: described.schema,
                        is_required: described.is_required,
                    }
                }),*]
            }
        }
    };
}

pub(crate) use body;
