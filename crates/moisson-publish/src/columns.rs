//! What each column of the shards holds, in a sentence.

use crate::ColumnFacts;

const COLUMNS: &[(&str, &str)] = &[
    ("attribution", "The mention that the licence asks for."),
    (
        "doc_id",
        "Identifier, SOURCE/KEY, the same from release to release.",
    ),
    ("genre", "Kind of text: law, debate, book and others."),
    ("language", "Language and script as identified, fra_Latn."),
    ("licence", "Licence of the document, an SPDX expression."),
    (
        "licence_evidence",
        "How the licence is known: declared, inferred or assumed.",
    ),
    (
        "licence_family",
        "Family of the licence, from public-domain to non-commercial.",
    ),
    (
        "metadata",
        "What else the source says of the document, JSON with sorted keys.",
    ),
    (
        "modified_on",
        "Date of the last change that the source states.",
    ),
    (
        "obligations",
        "Codes of what is owed for the use of the document.",
    ),
    (
        "optout_as_of",
        "Day for which the verdict on opt-outs holds.",
    ),
    (
        "optout_verdict",
        "Whether rights were reserved: clear, reserved or unknown.",
    ),
    (
        "pii_replaced",
        "Spans of personal data that were replaced in the text.",
    ),
    (
        "pii_risk",
        "Risk for persons that is left: none, low, medium or high.",
    ),
    ("producer", "Body that produced the document."),
    (
        "published_on",
        "Date of publication that the source states.",
    ),
    ("source", "Name of the source in the pipeline."),
    (
        "source_text_digest",
        "BLAKE3 of the text before spans were cut or replaced, hexadecimal.",
    ),
    ("text", "The text as released."),
    ("text_bytes", "Size of the text in bytes of UTF-8."),
    ("text_digest", "BLAKE3 of the text, hexadecimal."),
    ("title", "Title."),
    (
        "tokens",
        "Tokens of the text, by the tokenizer of the pipeline.",
    ),
    ("url", "Where the source publishes the document."),
    ("version_from", "First day on which this version holds."),
    (
        "version_of",
        "Identifier of the work of which this is a version.",
    ),
    ("version_to", "Last day on which this version holds."),
];

impl ColumnFacts {
    /// What the column holds; its name where no more is known.
    pub(crate) fn description(&self) -> &str {
        let known = COLUMNS.binary_search_by_key(&self.name.as_str(), |(name, _)| name);
        known
            .ok()
            .and_then(|at| COLUMNS.get(at))
            .map_or(&self.name, |(_, description)| description)
    }
}

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    #[test]
    fn columns_are_sorted() {
        assert!(COLUMNS.is_sorted_by_key(|(name, _)| name));
    }
}
