//! The vectors of the embedded model against those of the published weights in 32 bits.

use encoder::{MAX_TOKENS, Model, Path};

/// The number of dimensions of the embedded model.
const DIMENSIONS: usize = 384;

/// The lowest cosine between a vector and its reference.
const NEAR: f32 = 0.985;

/// Texts that rounding changes more than others: one without known words, and one of a single short word.
const HARD: [&str; 2] = ["\u{1f642}\u{1f642} thanks \u{1f64f}", "don't"];

/// The lowest cosine of the hard texts.
const NEAR_ENOUGH: f32 = 0.975;

fn texts() -> impl Iterator<Item = &'static str> {
    include_str!("texts.txt").lines()
}

fn references() -> Vec<Vec<f32>> {
    let numbers = include_bytes!("../data/minilm-l6.reference").as_chunks().0;
    let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    numbers.chunks_exact(DIMENSIONS).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn every_way_to_compute_gives_the_published_vectors() {
    assert_eq!(texts().count(), references().len());
    for path in Path::available() {
        let model = Model::embedded_on(path).unwrap();
        for (text, reference) in texts().zip(references()) {
            let cosine = cosine(&model.values(text, MAX_TOKENS), &reference);
            let bound = if HARD.contains(&text) { NEAR_ENOUGH } else { NEAR };
            assert!(cosine >= bound, "{path}, {text}: {cosine}");
        }
    }
}

#[test]
fn texts_of_one_meaning_are_nearer_than_others() {
    let model = Model::embedded().unwrap();
    let near = |a: &str, b: &str| model.encode(a, MAX_TOKENS).dot(&model.encode(b, MAX_TOKENS));
    assert!(near("How do I get my money back?", "refund policy") > 0.4);
    assert!(near("When do you close?", "opening hours") > near("When do you close?", "refund policy") + 0.2);
}

#[test]
fn only_the_first_tokens_of_a_text_count() {
    let model = Model::embedded().unwrap();
    let short = "word ".repeat(MAX_TOKENS);
    let long = "word ".repeat(50 * MAX_TOKENS);
    assert_eq!(model.encode(&short, MAX_TOKENS), model.encode(&long, MAX_TOKENS));
    assert_eq!(model.encode(&short, 8), model.encode("word word word word word word", 8));
    assert_eq!(model.tokens(&long).len(), MAX_TOKENS);
}

#[test]
fn a_text_without_words_has_a_vector_too() {
    let model = Model::embedded().unwrap();
    for text in ["", " ", "\u{0}", "\u{200b}"] {
        assert!((model.encode(text, MAX_TOKENS).length() - 1.0).abs() < 0.02, "{text:?}");
    }
}
