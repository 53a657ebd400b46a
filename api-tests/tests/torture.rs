//! Servers that are killed while many clients write and read: the short form of `just torture`.
#![cfg(test)]

use std::path::Path;

use api_tests::torture::{self, Plan};

const PROGRAM: &str = env!("CARGO_BIN_EXE_torture");

#[test]
fn what_was_acknowledged_is_shown_once_and_in_one_order_whoever_is_killed() {
    for (database, processes) in torture::databases() {
        let plan = Plan { seed: 7, messages: 400, kills: 3, sessions: 4, program: PROGRAM.into() };
        let report = torture::run(&plan, &database, processes);
        println!("{report}");
        assert!(report.violations().is_empty(), "{report}");
        assert!(report.has_interrupted(), "{report}");
    }
}

#[test]
fn the_bot_is_silent_once_a_person_has_written_at_whatever_server() {
    for (database, processes) in torture::databases() {
        let found = torture::takeovers(7, 64, Path::new(PROGRAM), &database, processes);
        assert_eq!(found.violations, [""; 0]);
        // Both orders were tried.
        assert!(found.silenced > 0 && found.answered > 0, "{found:?}");
    }
}
