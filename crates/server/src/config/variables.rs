//! Environment variables that look like settings but are none.

use std::fmt;

use clap::{Args as _, Command};

use super::Settings;

/// The variables of the settings that have no flag.
const SECRETS: [&str; 3] = ["SWITCHBOARD_SECRET", "SWITCHBOARD_LLM_KEY", "SWITCHBOARD_BLOBS_SECRET_KEY"];

/// How the variables of all settings begin.
const PREFIX: &str = "SWITCHBOARD_";

/// A variable that no setting has, usually a misspelt one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownVariable {
    name: String,
    nearest: String,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a setting and is ignored; the nearest name is {}", self.name, self.nearest)
    }
}

/// Returns the unknown variables of this process's environment, in order of their names.
pub(crate) fn unknown_variables() -> Vec<UnknownVariable> {
    let mut names: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    unknown(names)
}

fn unknown(names: impl IntoIterator<Item = String>) -> Vec<UnknownVariable> {
    let known = known();
    let is_meant = |name: &String| name.to_ascii_uppercase().starts_with(PREFIX) && !known.contains(name);
    let nearest = |name: &str| {
        let upper = name.to_ascii_uppercase();
        known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, &upper)).cloned().unwrap_or_default()
    };
    names.into_iter().filter(is_meant).map(|name| UnknownVariable { nearest: nearest(&name), name }).collect()
}

/// Returns the variables of all settings.
fn known() -> Vec<String> {
    let flags = Settings::augment_args(Command::new("settings"));
    let variables = flags.get_arguments().filter_map(|flag| Some(flag.get_env()?.to_string_lossy().into_owned()));
    variables.chain(SECRETS.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(name: &str) -> Option<String> {
        unknown([name.to_owned()]).pop().map(|unknown| unknown.nearest)
    }

    #[test]
    fn a_misspelt_variable_is_found_with_the_nearest_name() {
        for (name, expected) in [
            ("SWITCHBOARD_LISEN", "SWITCHBOARD_LISTEN"),
            ("SWITCHBOARD_DATADIR", "SWITCHBOARD_DATA_DIR"),
            ("SWITCHBOARD_DATABASE_URL", "SWITCHBOARD_DATABASE"),
            ("SWITCHBOARD_SECRETS", "SWITCHBOARD_SECRET"),
            ("SWITCHBOARD_LMIIT_CHAT", "SWITCHBOARD_LIMIT_CHAT"),
            ("switchboard_log", "SWITCHBOARD_LOG"),
        ] {
            assert_eq!(nearest(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn settings_and_other_programs_variables_are_not_named() {
        for name in known().into_iter().chain(["PATH", "SWITCHBOARDS", "MY_SWITCHBOARD_LISTEN"].map(str::to_owned)) {
            assert_eq!(nearest(&name), None, "{name}");
        }
    }
}
