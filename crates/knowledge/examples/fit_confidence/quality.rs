//! How well questions are answered, with the embedded model, on companies with labelled questions.
//!
//! The confidence was fitted on the same companies, so this guards against losses. What to expect of a company that
//! nobody has seen is in `docs/confidence.md`.

use std::sync::LazyLock;

use encoder::Model;
use knowledge::answer::NEAR_ENOUGH;

use crate::data;

static WORLD: LazyLock<Result<World, String>> = LazyLock::new(|| {
    let encoder = data::Encoder::new(Model::embedded().map_err(|error| error.to_string())?);
    let companies = data::companies(&encoder.model).map_err(|error| error.to_string())?;
    Ok(World { encoder, companies })
});

struct World {
    encoder: data::Encoder,
    companies: Vec<data::Company>,
}

/// The threshold of a company that has not chosen one.
const THRESHOLD: f64 = 0.35;

/// The number of stored questions that are shown if an answer is not sure enough.
const SHOWN: usize = 3;

/// Shares of the questions that an entry answers, and of those that none answers.
#[derive(Debug)]
struct Shares {
    right: f64,
    wrong: f64,
    helped: f64,
    false_answers: f64,
}

#[test]
fn a_company_with_few_entries_does_not_answer_everything() {
    let World { encoder, companies } = WORLD.as_ref().unwrap();
    for size in [1, 3] {
        let (mut asked, mut answered) = (0, 0);
        for (index, questions) in companies.iter().flat_map(|company| company.parts(size)) {
            for question in questions.iter().filter(|question| question.entries.is_empty()) {
                let meanings = encoder.meanings(&index, &question.text);
                let ranking = index.search(&question.text, &meanings, 1);
                asked += 1;
                answered += usize::from(ranking.is_some_and(|ranking| ranking.confidence() >= THRESHOLD));
            }
        }
        println!("{size} entries: {answered} of {asked}");
        assert!(answered * 20 <= asked, "{size} entries: {answered} of {asked}");
    }
}

/// A row of the README's table of questions to the demo companies.
struct Shown<'r> {
    question: &'r str,
    answer: &'r str,
    confidence: f64,
}

fn shown(row: &str) -> Option<(&str, Shown<'_>)> {
    let cells: Vec<_> = row.strip_prefix('|')?.split('|').map(str::trim).collect();
    let [code, question, answer, confidence, ""] = cells.as_slice() else { return None };
    let company = match *code {
        "HAR001" => "Harbour Bikes",
        "LUM001" => "Lumen Dental",
        _ => return None,
    };
    Some((company, Shown { question, answer, confidence: confidence.parse().ok()? }))
}

#[test]
fn the_questions_in_the_readme_are_answered_as_it_says() {
    let World { encoder, companies } = WORLD.as_ref().unwrap();
    let rows: Vec<_> = include_str!("../../../../README.md").lines().filter_map(shown).collect();
    assert_eq!(rows.len(), 5);
    for (name, Shown { question, answer, confidence }) in rows {
        let index = companies.iter().find(|company| company.name == name).unwrap().index();
        let ranking = index.search(question, &encoder.meanings(&index, question), 1).unwrap();
        let first = &ranking.passages().first().unwrap().chunk;
        let found = ranking.confidence();
        println!("{question}: {found:.2}, {}", first.answer);
        assert!(first.answer.starts_with(answer), "{question}: {}", first.answer);
        assert!(found >= THRESHOLD && (found - confidence).abs() <= 0.02, "{question}: {found}");
    }
}

#[test]
fn few_questions_are_answered_without_the_entry_that_answers_them() {
    let World { encoder, companies } = WORLD.as_ref().unwrap();
    for company in companies.iter().skip(9) {
        let inside: Vec<_> = company.questions.iter().filter(|question| !question.entries.is_empty()).collect();
        let answered = inside.iter().filter(|question| {
            let index = company.index_without(&question.entries);
            let meanings = encoder.meanings(&index, &question.text);
            index.search(&question.text, &meanings, 1).is_some_and(|ranking| ranking.confidence() >= THRESHOLD)
        });
        let (answered, inside) = (answered.count(), inside.len());
        assert!(answered * 4 <= inside, "{}: {answered} of {inside}", company.name);
    }
}

#[test]
fn most_questions_are_helped_and_few_are_answered_wrongly() {
    let World { encoder, companies } = WORLD.as_ref().unwrap();
    let [mut inside, mut outside, mut right, mut wrong, mut helped, mut false_answers] = [0.0; 6];
    for company in companies {
        let index = company.index();
        for question in &company.questions {
            let meanings = encoder.meanings(&index, &question.text);
            let ranking = index.search(&question.text, &meanings, SHOWN).unwrap();
            let mut ids = ranking.passages().iter().map(|passage| &passage.chunk.chunk_id);
            let is_answered = ranking.confidence() >= THRESHOLD;
            let is_first = ids.clone().next().is_some_and(|id| question.entries.contains(id));
            let is_shown = ranking.confidence() >= NEAR_ENOUGH && ids.any(|id| question.entries.contains(id));
            let count = |is: bool| f64::from(u8::from(is));
            if question.entries.is_empty() {
                outside += 1.0;
                false_answers += count(is_answered);
            } else {
                inside += 1.0;
                right += count(is_answered && is_first);
                wrong += count(is_answered && !is_first);
                helped += count(if is_answered { is_first } else { is_shown });
            }
        }
    }
    let shares = Shares {
        right: right / inside,
        wrong: wrong / inside,
        helped: helped / inside,
        false_answers: false_answers / outside,
    };
    println!("{shares:.3?}");
    assert!(shares.right >= 0.44, "{shares:?}");
    assert!(shares.wrong <= 0.045, "{shares:?}");
    assert!(shares.helped >= 0.74, "{shares:?}");
    assert!(shares.false_answers <= 0.13, "{shares:?}");
}
