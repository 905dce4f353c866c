//! Blocks to plain text: paragraphs, lines, rows and cells, white space collapsed, broken words joined.
//!
//! The walkers of TEI and Formex say what opens and closes; what is owed between two words is settled when the second
//! one comes, so that empty blocks leave no trace.

/// What is owed between the text written and the text to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Nothing, or a space.
    #[default]
    None,
    /// A line end.
    Line,
    /// A blank line.
    Paragraph,
}

/// What the end of a printed line does to the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Parts words; a hyphen before it divides a word and goes.
    Soft,
    /// Parts words; a hyphen before it belongs to the word and stays.
    Hard,
    /// Divides a word: its parts are joined, a hyphen goes.
    Inside,
    /// Follows an initial that is printed apart: joined to capitals.
    Initial,
}

/// Text under way.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    out: String,
    gap: Gap,
    /// Most that may be owed before the next word; for what shares a line with what follows.
    gap_max: Option<Gap>,
    space: bool,
    glue: bool,
    tidy: bool,
    broken: Option<Break>,
    items: u32,
    cells: u32,
    cells_in_row: u32,
    separators: u32,
}

impl Flow {
    /// A flow with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// Owes a gap; inside of an item paragraphs are lines, inside of a cell all is one line.
    pub(crate) fn owe(&mut self, gap: Gap) {
        if self.cells > 0 {
            self.space = true;
            return;
        }
        let within = if self.items > 0 {
            Gap::Line
        } else {
            Gap::Paragraph
        };
        let gap = gap.min(within).min(self.gap_max.unwrap_or(within));
        self.gap = self.gap.max(gap);
        self.space |= gap == Gap::None;
    }

    /// The words to come share this line, or begin the next one: a name and the speech, a mark and its item.
    pub(crate) fn lead(&mut self, gap: Gap) {
        if self.cells > 0 {
            self.space = true;
            return;
        }
        if !self.out.is_empty() {
            self.gap = gap;
        }
        self.gap_max = Some(gap);
        self.space = true;
    }

    /// True if the last words lead what is to come.
    pub(crate) fn is_led(&self) -> bool {
        self.gap_max.is_some()
    }

    /// Opens an item: its paragraphs are lines.
    pub(crate) fn open_item(&mut self) {
        self.owe(Gap::Line);
        self.items += 1;
    }

    /// Closes an item.
    pub(crate) fn close_item(&mut self) {
        self.owe(Gap::Line);
        self.items = self.items.saturating_sub(1);
    }

    /// Opens a row of a table.
    pub(crate) fn open_row(&mut self) {
        if self.cells > 0 {
            // A table inside of a cell is part of its line.
            self.space = true;
            return;
        }
        self.owe(Gap::Line);
        self.cells_in_row = 0;
        self.separators = 0;
    }

    /// Closes a row; empty cells at its end leave nothing.
    pub(crate) fn close_row(&mut self) {
        if self.cells > 0 {
            self.space = true;
            return;
        }
        self.separators = 0;
        self.owe(Gap::Line);
    }

    /// Opens a cell, which is apart from the one before it by ` | `.
    pub(crate) fn open_cell(&mut self) {
        if self.cells > 0 {
            self.cells += 1;
            self.space = true;
            return;
        }
        self.separators += u32::from(self.cells_in_row > 0);
        self.cells_in_row += 1;
        self.cells += 1;
        self.space = false;
    }

    /// Closes a cell.
    pub(crate) fn close_cell(&mut self) {
        self.cells = self.cells.saturating_sub(1);
        self.space = self.cells > 0;
    }

    /// Owes a space.
    pub(crate) fn space(&mut self) {
        self.space = true;
    }

    /// The next word follows without white space, whatever stands between.
    pub(crate) fn glue(&mut self) {
        self.glue = true;
    }

    /// Something was left out here: a space before a full stop or comma goes.
    pub(crate) fn tidy(&mut self) {
        self.tidy = true;
    }

    /// The end of a printed line.
    pub(crate) fn line_break(&mut self, kind: Break) {
        // Of several breaks in a row (page, column, line) the one that divides a word counts.
        if self.broken != Some(Break::Inside) {
            self.broken = Some(kind);
        }
    }

    /// True if white space or a gap stands before the next word.
    pub(crate) fn is_apart(&self) -> bool {
        self.space || self.gap > Gap::None || self.out.is_empty() || self.broken.is_some()
    }

    /// True if the next word stands on the line of the last.
    pub(crate) fn is_after_word(&self) -> bool {
        self.gap == Gap::None && !self.out.is_empty()
    }

    /// Adds a run of text, white space collapsed.
    pub(crate) fn text(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let run = trim_start(rest);
            self.space |= run.len() < rest.len();
            if run.is_empty() {
                return;
            }
            let (stretch, tail) = run.split_at_checked(stretch(run)).unwrap_or((run, ""));
            self.flush(stretch);
            self.out.push_str(stretch);
            rest = tail;
        }
    }

    /// Writes what is owed before the words to come.
    fn flush(&mut self, next: &str) {
        let broken = self.broken.take();
        let is_led = self.gap_max.take().is_some();
        let is_glued = std::mem::take(&mut self.glue);
        let is_tidy = std::mem::take(&mut self.tidy) && next.starts_with(['.', ',', ')']);
        // Speech that begins with the full stop after its speaker's name.
        let is_stop = next.starts_with(['.', ',', ';', ':']) && !next.starts_with("..");
        if is_led && self.gap == Gap::Line && is_stop {
            self.gap = Gap::None;
            self.space = false;
        }
        let is_first = self.out.is_empty();
        let gap = std::mem::take(&mut self.gap);
        match gap {
            _ if is_first => {}
            Gap::None => {}
            Gap::Line => self.out.push('\n'),
            Gap::Paragraph => self.out.push_str("\n\n"),
        }
        let mut is_line_start = is_first || gap > Gap::None;
        for index in 0..std::mem::take(&mut self.separators) {
            let is_after_text = index == 0 && !is_line_start;
            self.out.push_str(if is_after_text { " | " } else { "| " });
            is_line_start = true;
        }
        let is_joined = match broken {
            Some(broken) if !is_line_start => self.is_joined(broken, next),
            _ => false,
        };
        let is_apart = self.space || broken.is_some();
        if is_apart && !is_line_start && !is_joined && !is_glued && !is_tidy {
            self.out.push(' ');
        }
        self.space = false;
    }

    /// True if the word goes on after a break; takes the hyphen away that only the break put there.
    fn is_joined(&mut self, broken: Break, next: &str) -> bool {
        let mut back = self.out.chars().rev();
        let (last, before) = (back.next(), back.next());
        let is_word = before.is_some_and(char::is_alphabetic);
        let is_mark = last.is_some_and(|c| matches!(c, '¬' | '\u{ad}' | '⸗')) && is_word;
        let is_hyphen = last.is_some_and(|c| matches!(c, '-' | '\u{2010}')) && is_word;
        let goes = match broken {
            Break::Initial => return next.starts_with(char::is_uppercase),
            Break::Inside => is_mark || is_hyphen,
            Break::Soft => is_mark || (is_hyphen && is_divided(next)),
            Break::Hard => is_mark,
        };
        if goes {
            self.out.pop();
        }
        broken == Break::Inside || is_mark || is_hyphen
    }

    /// Returns the text.
    pub(crate) fn finish(mut self) -> String {
        let length = self.out.trim_end().len();
        self.out.truncate(length);
        self.out
    }
}

/// True if the word after a hyphen is the rest of the one before it, and not a word of its own (`dit-` `il`).
fn is_divided(next: &str) -> bool {
    /// What French joins with a hyphen, but for what is as often a last syllable.
    const ENCLITICS: &[&str] = &[
        "il", "ils", "elle", "elles", "on", "je", "vous", "nous", "moi", "toi", "lui", "eux", "là",
        "même", "mêmes", "t", "y",
    ];
    let end = next
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(next.len());
    let word = next.get(..end).unwrap_or_default();
    word.starts_with(char::is_lowercase) && !ENCLITICS.contains(&word)
}

/// White space that collapses; the no-break space is not among it.
fn is_collapsible(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

/// Length of the words at the start that have single spaces between them, so that they are copied at once.
fn stretch(text: &str) -> usize {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte > b' ' || !is_collapsible(*byte) {
            continue;
        }
        let next = bytes.get(at + 1);
        if *byte != b' ' || next.is_none_or(|next| is_collapsible(*next)) {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Break, Flow, Gap};

    #[test]
    fn gaps_are_owed_until_a_word_comes() {
        let mut flow = Flow::default();
        flow.owe(Gap::Paragraph);
        flow.text("  un \n\t deux ");
        flow.owe(Gap::Line);
        flow.owe(Gap::Paragraph);
        flow.text(" \n ");
        flow.owe(Gap::Line);
        flow.text("trois");
        flow.owe(Gap::Paragraph);
        assert_eq!(flow.finish(), "un deux\n\ntrois");
    }

    #[test]
    fn broken_words_as_a_table() {
        let check = |before: &str, kind: Break, after: &str, expected: &str| {
            let mut flow = Flow::default();
            flow.text(before);
            flow.line_break(kind);
            flow.text(after);
            assert_eq!(flow.finish(), expected, "{before} {kind:?} {after}");
        };
        check("un", Break::Soft, "deux", "un deux");
        check("conver- ", Break::Soft, "\n gence", "convergence");
        check("impri¬\n", Break::Soft, "meur", "imprimeur");
        check("dit-", Break::Soft, "il.", "dit-il.");
        check("Jean-", Break::Soft, "Pierre", "Jean-Pierre");
        check("1990-", Break::Soft, "et", "1990- et");
        check("mot -", Break::Soft, "suite", "mot - suite");
        check("voulez-", Break::Hard, "vous", "voulez-vous");
        check("tri \n", Break::Inside, "ompher", "triompher");
        check("tri-", Break::Inside, "ompher", "triompher");
        check("P ", Break::Initial, "AR Grace", "PAR Grace");
        check("A ", Break::Initial, "la porte", "A la porte");
    }

    #[test]
    fn leads_cells_and_items() {
        let mut flow = Flow::default();
        flow.text("le président");
        flow.lead(Gap::Line);
        flow.owe(Gap::Paragraph);
        flow.text(" . La séance est ouverte.");
        flow.owe(Gap::Paragraph);
        flow.text("HARPAGON");
        flow.lead(Gap::Line);
        flow.owe(Gap::Paragraph);
        flow.text("Au voleur !");
        flow.open_row();
        for cell in ["a", "", "c", ""] {
            flow.open_cell();
            flow.owe(Gap::Paragraph);
            flow.text(cell);
            flow.close_cell();
        }
        flow.close_row();
        flow.open_item();
        flow.text("1)");
        flow.lead(Gap::None);
        flow.owe(Gap::Paragraph);
        flow.text("point");
        flow.close_item();
        assert_eq!(
            flow.finish(),
            "le président. La séance est ouverte.\n\nHARPAGON\nAu voleur !\na | | c\n1) point"
        );
    }
}
