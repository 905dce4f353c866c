//! One passage in, one language out: the built-in detector or a fastText model.

use fasttext_pure_rs::FastText;
use moisson_core::{Error, Result};

use super::{codes, function_words};

/// What finds the language of a passage.
#[derive(Debug)]
pub enum Detector {
    /// Function words of French and English, then trigrams and alphabets of some 70 languages; part of the program.
    BuiltIn,
    /// A model file.
    FastText(Box<FastText>),
}

impl Detector {
    /// Reads a fastText model (`.bin` or `.ftz`).
    ///
    /// # Errors
    /// [`Error::Config`] if the bytes are no fastText classifier.
    pub fn fasttext(model: &[u8]) -> Result<Self> {
        check_header(model)?;
        FastText::load_from_reader(model)
            .map(|model| Self::FastText(Box::new(model)))
            .map_err(|error| Error::config(format!("the language model cannot be read: {error}")))
    }

    /// Finds the language of a passage and the confidence, `0.0..=1.0`; `None` where there is nothing to go by.
    pub fn detect(&self, passage: &str) -> Option<(String, f32)> {
        match self {
            Self::BuiltIn => {
                if let Some((language, confidence)) = function_words::detect(passage) {
                    return Some((language.to_owned(), confidence));
                }
                let info = whatlang::detect(passage)?;
                #[expect(clippy::cast_possible_truncation, reason = "a confidence")]
                let confidence = info.confidence() as f32;
                Some((
                    codes::from_whatlang(info.lang(), info.script()),
                    confidence.clamp(0.0, 1.0),
                ))
            }
            Self::FastText(model) => {
                let best = model.predict(passage, 1, 0.0).ok()?.into_iter().next()?;
                Some((
                    codes::from_fasttext(&best.label),
                    best.probability.clamp(0.0, 1.0),
                ))
            }
        }
    }
}

/// Refuses what is no model, and models that name no labels (word vectors), before the reader trusts their sizes.
fn check_header(model: &[u8]) -> Result<()> {
    const MAGIC: i32 = 793_712_314;
    const SUPERVISED: i32 = 3;
    let field = |index: usize| {
        let bytes = model.get(4 * index..4 * index + 4)?;
        Some(i32::from_le_bytes(bytes.try_into().ok()?))
    };
    // Magic and version come first, then the arguments of training, of which the eighth is the kind of model.
    if field(0) != Some(MAGIC) {
        return Err(Error::config(
            "the language model is no fastText file; give a `.bin` or `.ftz` file, e.g. lid.176.ftz",
        ));
    }
    if field(9) != Some(SUPERVISED) {
        return Err(Error::config(
            "the language model holds word vectors and no labels; give a fastText classifier",
        ));
    }
    Ok(())
}
