DROP TABLE golden_questions;
