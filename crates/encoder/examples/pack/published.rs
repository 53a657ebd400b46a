//! An ONNX file, as exporters write it, against the vectors that onnxruntime computed with it.
//!
//! `tests/models/reference.py` made the files: the first layer of the graph of a published model, narrow and with random
//! weights of 8 bits.

use std::path::PathBuf;

use encoder::{MAX_TOKENS, Model, Path, Pooling};

use crate::{
    centre, onnx,
    other_widths::cosine,
    reference,
    source::Source,
    write::{self, Bits},
};

const TEXTS: &str = include_str!("../../tests/texts.txt");

/// The lowest cosine between a vector of a packed model and its reference.
const NEAR: f32 = 0.985;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models/onnx")
}

fn source() -> Source {
    Source::open(folder().to_str().unwrap(), Some(false)).unwrap()
}

fn references(file: &[u8]) -> Vec<Vec<f32>> {
    let numbers: Vec<f32> = file.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    numbers.chunks_exact(64).map(<[f32]>::to_vec).collect()
}

/// Compares the plain computation and each way of the library with the vectors of onnxruntime.
fn check(source: &Source, file: &[u8]) {
    let references = references(file);
    assert_eq!(references.len(), TEXTS.lines().count());
    let bits = Bits { embeddings: 6, layers: 7 };
    let packed = write::packed(source, "narrow", TEXTS, bits, None).unwrap();
    for path in Path::available() {
        let model = Model::on(packed.clone(), path).unwrap();
        assert_eq!((model.dimensions(), model.pooling()), (64, Pooling::First));
        for (text, reference) in TEXTS.lines().zip(&references) {
            let exact = reference::forward(source, &model.tokens(text), |_, _, _| ()).unwrap();
            for (value, reference) in exact.iter().zip(reference) {
                assert!((value - reference).abs() < 1e-4, "{text}: {value} {reference}");
            }
            let near = cosine(&model.values(text, MAX_TOKENS), reference);
            assert!(near >= NEAR, "{path}, {text}: {near}");
        }
    }
}

#[test]
fn a_model_of_an_onnx_file_is_computed_as_onnxruntime_does() {
    check(&source(), include_bytes!("../../tests/models/onnx/plain.reference"));
}

#[test]
fn the_mean_of_the_calibration_texts_is_subtracted() {
    let mut source = source();
    centre(&mut source, TEXTS).unwrap();
    check(&source, include_bytes!("../../tests/models/onnx/centred.reference"));
    let mean = reference::mean(&source, &write::tokens(&source, TEXTS).unwrap()).unwrap();
    assert!(mean.iter().all(|value| value.abs() < 1e-4), "{mean:?}");
}

#[test]
fn files_that_do_not_say_how_a_text_is_made_of_its_tokens_need_the_option() {
    let error = Source::open(folder().to_str().unwrap(), None).err().unwrap();
    assert!(error.to_string().ends_with("set POOLING"), "{error}");
}

#[test]
fn a_damaged_onnx_file_is_an_error() {
    let file = std::fs::read(folder().join("model.onnx")).unwrap();
    assert!(onnx::tensors(&file).unwrap().contains_key("encoder.layer.0.attention.self.query.weight"));
    for length in (1..file.len()).step_by(997) {
        assert!(onnx::tensors(&file[..length]).is_err(), "{length}");
    }
}
