//! `switchboard models`.

use encoder::{Model, Pooling};
use knowledge::confidence;

use super::Failure;
use crate::{config::Settings, model_dir};

/// Prints the models that a server with these settings uses, a line for each.
pub(super) fn models(settings: Settings) -> Result<(), Failure> {
    let settings = settings.complete()?;
    if settings.encodes() {
        let (model, place) = match settings.model_dir() {
            Some(folder) => (model_dir::read(folder)?, format!("from {}", folder.display())),
            None => (Model::embedded()?, "embedded".to_owned()),
        };
        let (name, id, dimensions, path) = (model.name(), model.id(), model.dimensions(), model.path());
        let pooling = match model.pooling() {
            Pooling::Mean => "the mean of all tokens",
            Pooling::First => "the first token",
        };
        println!("meaning of texts: {name}, {place}, {id}, {dimensions} dimensions of {pooling}, computed with {path}");
        match confidence::weights_of(&model) {
            Some(_) => println!("confidence of answers: by meaning, with the weights of this model"),
            None => {
                println!("confidence of answers: by shared words alone; the model has no weights of the confidence")
            }
        }
    } else {
        println!("meaning of texts: none; --encoder is off, so texts are compared by their words");
    }
    match settings.model() {
        Some((model, url)) => println!("composed answers: {model} at {url}"),
        None => println!("composed answers: none; answers are the stored ones"),
    }
    Ok(())
}
