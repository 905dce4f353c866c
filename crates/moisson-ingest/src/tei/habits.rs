//! How an edition encodes what the Guidelines leave open.

use crate::xml::Xml;

/// What must be known of a whole document before its first word is written.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// It holds turns of a recorded debate (`u`).
    pub(super) has_utterances: bool,
    /// It says of line ends whether they divide a word, so that a hyphen elsewhere belongs to its word.
    pub(super) marks_breaks: bool,
    /// `break="no"` stands at the start of the line that ends in a divided word, one line too early.
    pub(super) marks_breaks_early: bool,
}

/// Of all line ends marked as dividing a word, this share may follow a full stop or comma before the marks are taken
/// to stand one line too early. A word is never divided after one.
const EARLY_SHARE: usize = 20;

impl Habits {
    /// Looks at the nodes of `from`.
    pub(super) fn new(xml: &Xml<'_>, from: usize) -> Self {
        let mut habits = Self::default();
        let (mut marked, mut odd) = (0_usize, 0_usize);
        for node in from + 1..xml.end(from) {
            match xml.name(node) {
                "u" => habits.has_utterances = true,
                "lb" if xml.attribute(node, "break").as_deref() == Some("no") => {
                    marked += 1;
                    let before = xml.run(node - 1).trim_end().chars().next_back();
                    let divides =
                        |c: char| c.is_alphanumeric() || "-¬\u{2010}\u{ad}⸗'’".contains(c);
                    odd += usize::from(!before.is_some_and(divides));
                }
                _ => {}
            }
        }
        habits.marks_breaks = marked > 0;
        habits.marks_breaks_early = marked > 2 && odd * EARLY_SHARE > marked;
        habits
    }
}
