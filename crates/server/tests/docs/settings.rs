//! The table of settings in docs/OPERATIONS.md.

use clap::{Arg, Args as _, Command};
use server::config::Settings;

use crate::page::Page;

/// Renders one row for each flag of `serve`, from its clap definition.
fn table() -> String {
    let command = Settings::augment_args(Command::new("serve"));
    let head = "| flag | variable | default | meaning |\n|---|---|---|---|\n".to_owned();
    head + &command.get_arguments().map(row).collect::<String>()
}

fn row(arg: &Arg) -> String {
    let help = arg.get_help().unwrap_or_else(|| panic!("{} has no help text", arg.get_id())).to_string();
    let (meaning, default) = match help.split_once(" [default: ") {
        Some((meaning, default)) => (meaning, format!("`{}`", default.trim_end_matches(']'))),
        None => (help.as_str(), String::new()),
    };
    let value = arg.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
    let variable = arg.get_env().unwrap_or_else(|| panic!("{} has no variable", arg.get_id())).to_string_lossy();
    let flag = arg.get_long().unwrap_or_else(|| panic!("{} has no flag", arg.get_id()));
    format!("| `--{flag} {}` | `{variable}` | {default} | {}. |\n", cell(&value), cell(meaning))
}

/// Escapes bars, which would end the cell even in a code span.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_setting_is_in_the_table() {
    Page::read("OPERATIONS.md").assert_current("settings", &table());
}

#[test]
fn variables_that_are_named_exist() {
    let page = Page::read("OPERATIONS.md");
    let known =
        format!("{} SWITCHBOARD_SECRET SWITCHBOARD_LLM_KEY SWITCHBOARD_BLOBS_SECRET_KEY ", table().replace('`', " "));
    for word in page.text().split(|c: char| !c.is_ascii_uppercase() && c != '_') {
        assert!(!word.starts_with("SWITCHBOARD_") || known.contains(&format!(" {word} ")), "{word}");
    }
}
