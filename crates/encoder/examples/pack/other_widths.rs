//! Packed models of other widths than the embedded one, made of random weights, against a plain computation in 32 bits.

use std::{collections::HashMap, path::PathBuf};

use encoder::{MAX_TOKENS, Model, Path, Pooling, Vector};

use crate::{
    reference,
    source::Source,
    write::{self, Bits},
};

const CALIBRATION: &str = "when do you open\nwhere is the shop\nhow much is it to rent a bike\ndo you sell chains";

/// The lowest cosine between a vector and its reference.
const NEAR: f32 = 0.98;

/// Numbers between -1 and 1 that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = u16::try_from(self.0 >> 48).unwrap();
        f32::from(high) / 32_768.0 - 1.0
    }

    fn take(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| self.next() * scale).collect()
    }

    /// Returns a scale of a norm, around 1.
    fn around_one(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| 1.0 + self.next() / 4.0).collect()
    }
}

struct Sizes {
    layers: usize,
    width: usize,
    inner: usize,
    heads: usize,
    is_mean: bool,
}

fn vocabulary() -> String {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "?", "."].map(str::to_owned);
    let letters = ('a'..='z').flat_map(|letter| [letter.to_string(), format!("##{letter}")]);
    let words = CALIBRATION.split_whitespace().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let pieces = special.into_iter().chain(letters).chain(words.into_iter().filter(|word| word.len() > 1));
    pieces.map(|piece| piece + "\n").collect()
}

fn source(sizes: &Sizes) -> Source {
    let &Sizes { layers, width, inner, heads, is_mean } = sizes;
    let vocabulary = vocabulary();
    let mut numbers = Numbers(7);
    let mut tensors = HashMap::new();
    let embeddings = "embeddings";
    tensors
        .insert(format!("{embeddings}.word_embeddings.weight"), numbers.take(vocabulary.lines().count() * width, 1.0));
    tensors.insert(format!("{embeddings}.position_embeddings.weight"), numbers.take(512 * width, 0.1));
    tensors.insert(format!("{embeddings}.token_type_embeddings.weight"), numbers.take(2 * width, 0.1));
    tensors.insert(format!("{embeddings}.LayerNorm.weight"), numbers.around_one(width));
    tensors.insert(format!("{embeddings}.LayerNorm.bias"), numbers.take(width, 0.1));
    for layer in 0..layers {
        let mut linear = |name: &str, inputs: usize, outputs: usize| {
            let scale = 2.0 / f32::from(u16::try_from(inputs).unwrap()).sqrt();
            tensors.insert(format!("encoder.layer.{layer}.{name}.weight"), numbers.take(inputs * outputs, scale));
            tensors.insert(format!("encoder.layer.{layer}.{name}.bias"), numbers.take(outputs, 0.1));
        };
        for part in ["query", "key", "value"] {
            linear(&format!("attention.self.{part}"), width, width);
        }
        linear("attention.output.dense", width, width);
        linear("intermediate.dense", width, inner);
        linear("output.dense", inner, width);
        for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
            tensors.insert(format!("encoder.layer.{layer}.{norm}.weight"), numbers.around_one(width));
            tensors.insert(format!("encoder.layer.{layer}.{norm}.bias"), numbers.take(width, 0.1));
        }
    }
    Source::of(vocabulary, tensors, heads, is_mean).unwrap()
}

fn texts() -> impl Iterator<Item = &'static str> {
    CALIBRATION.lines().chain(["rent a bike", "xyz?", "", "the shop is open when you rent chains where it is"])
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Compares each way to compute with the weights in 32 bits. What the other pooling gives is unlike it.
fn check(sizes: &Sizes) {
    let source = source(sizes);
    let packed = write::packed(&source, "small", CALIBRATION, Bits::default(), None).unwrap();
    let mut other = self::source(sizes);
    other.is_mean = !sizes.is_mean;
    for path in Path::available() {
        let model = Model::on(packed.clone(), path).unwrap();
        assert_eq!((model.dimensions(), model.pooling() == Pooling::Mean), (sizes.width, sizes.is_mean));
        for text in texts() {
            let tokens = model.tokens(text);
            let values = model.values(text, MAX_TOKENS);
            let reference = reference::forward(&source, &tokens, |_, _, _| ()).unwrap();
            assert_eq!(values.len(), reference.len());
            let near = cosine(&values, &reference);
            assert!(near >= NEAR, "{path}, {text:?}: {near}");
            let unlike = reference::forward(&other, &tokens, |_, _, _| ()).unwrap();
            // Of few tokens, the first is most of the mean.
            assert!(tokens.len() < 5 || cosine(&values, &unlike) < near - 0.03, "{path}, {text:?}");
            let stored = Vector::from_bytes(&model.encode(text, MAX_TOKENS).to_bytes()).unwrap();
            assert_eq!(stored.dimensions(), sizes.width);
            assert!((stored.dot(&Vector::unit(&reference)) - near).abs() < 0.02, "{path}, {text:?}");
        }
    }
}

#[test]
fn a_model_of_128_dimensions_whose_first_token_stands_for_the_text_is_computed() {
    check(&Sizes { layers: 2, width: 128, inner: 512, heads: 2, is_mean: false });
}

#[test]
fn a_model_with_a_narrow_network_and_three_heads_is_computed() {
    check(&Sizes { layers: 3, width: 96, inner: 128, heads: 3, is_mean: true });
}

#[test]
fn a_wide_model_is_computed() {
    check(&Sizes { layers: 1, width: 448, inner: 192, heads: 7, is_mean: false });
}

#[test]
fn heads_of_unusual_sizes_are_refused() {
    let packed = write::packed(
        &source(&Sizes { layers: 1, width: 64, inner: 64, heads: 4, is_mean: true }),
        "s",
        CALIBRATION,
        Bits::default(),
        None,
    );
    let error = Model::read(packed.unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("its widths are not supported"), "{error}");
}

/// The model with which servers are tested has to be what the script makes of these weights. With
/// `SWITCHBOARD_WRITE_DOCS` set, it is written.
#[test]
fn the_model_for_tests_of_servers_is_made_of_random_weights() {
    let sizes = Sizes { layers: 1, width: 64, inner: 64, heads: 2, is_mean: false };
    let weights = [-3.0, 1.0, 2.0, 3.0, 1.5, 2.0, 0.5];
    let packed = write::packed(&source(&sizes), "small", CALIBRATION, Bits::default(), Some(weights)).unwrap();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models/small.bin");
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    if std::env::var_os("SWITCHBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&file, &packed).unwrap();
    }
    assert!(std::fs::read(&file).unwrap() == packed, "the file is another one");
    let model = Model::read(packed).unwrap();
    assert_eq!((model.dimensions(), model.weights()), (64, Some(weights)));
    assert_ne!(model.id(), Model::embedded_id());
}

#[test]
fn a_file_can_have_weights_of_the_confidence() {
    let source = source(&Sizes { layers: 1, width: 64, inner: 64, heads: 2, is_mean: false });
    let packed = |weights| write::packed(&source, "small", CALIBRATION, Bits::default(), Some(weights)).unwrap();
    let weights = [-3.0, 1.0, 2.0, 0.0, 1.5, 2.5, 0.5];
    let model = Model::read(packed(weights)).unwrap();
    assert_eq!(model.weights(), Some(weights));
    for bad in [-0.1, f32::NAN, f32::INFINITY] {
        let error = Model::read(packed([-3.0, 1.0, 2.0, bad, 1.5, 2.5, 0.5])).unwrap_err();
        assert!(error.to_string().ends_with("a weight of the confidence is out of range"), "{error}");
    }
}
