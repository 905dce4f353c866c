//! What the tests of every annotator need.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use moisson_core::{Annotator, Digest, Document, Documents, Key};

/// A batch of the documents table with these texts.
pub(crate) fn documents(texts: &[&str]) -> RecordBatch {
    let mut documents = Documents::new("essai", "text@1");
    for (row, text) in texts.iter().enumerate() {
        let key = Key::Declared(row.to_string());
        documents.push(Document::new(
            key,
            (*text).to_owned(),
            String::new(),
            Digest::of(text.as_bytes()),
        ));
    }
    documents.finish().unwrap()
}

/// Asserts `annotate(a ++ b) == annotate(a) ++ annotate(b)` for every cut of `texts` in two.
pub(crate) fn assert_cut_free(annotator: &dyn Annotator, texts: &[&str]) {
    let batch = documents(texts);
    let whole = annotator.annotate(&batch).unwrap();
    assert_eq!(whole.num_rows(), texts.len());
    assert_eq!(whole.schema(), annotator.schema());
    for cut in 0..=texts.len() {
        let parts = [batch.slice(0, cut), batch.slice(cut, texts.len() - cut)];
        let parts = parts.map(|part| annotator.annotate(&part).unwrap());
        assert_eq!(
            concat_batches(&annotator.schema(), &parts).unwrap(),
            whole,
            "cut at {cut}"
        );
    }
}
