//! `switchboard models`.

use encoder::{DIMENSIONS, Model};

use super::Failure;
use crate::config::Settings;

/// Prints the models that a server with these settings uses, a line for each.
pub(super) fn models(settings: Settings) -> Result<(), Failure> {
    let settings = settings.complete()?;
    if settings.encodes() {
        let model = Model::embedded()?;
        let (name, id, path) = (model.name(), model.id(), model.path());
        println!("meaning of texts: {name}, embedded, {id}, {DIMENSIONS} dimensions, computed with {path}");
    } else {
        println!("meaning of texts: none; --encoder is off, so texts are compared by their words");
    }
    match settings.model() {
        Some((model, url)) => println!("composed answers: {model} at {url}"),
        None => println!("composed answers: none; answers are the stored ones"),
    }
    Ok(())
}
