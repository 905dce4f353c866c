//! Text of a page as it grows: words filled into paragraphs, or lines as they stand.

/// What is owed before the next piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing: the line before went on.
    None,
    #[default]
    Space,
    Line,
    Paragraph,
}

/// Writes text.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) out: String,
    gap: Gap,
}

impl Writer {
    /// Asks for a break before what comes next.
    pub(super) fn owe(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    /// Adds a piece of a paragraph; white space inside is collapsed, but for no-break spaces.
    pub(super) fn words(&mut self, text: &str, goes_on: bool) {
        let mut is_first = true;
        for word in text.split([' ', '\t']).filter(|word| !word.is_empty()) {
            if is_first {
                self.flush();
            } else {
                self.out.push(' ');
            }
            is_first = false;
            self.out.push_str(word);
        }
        if goes_on && self.gap <= Gap::Space {
            let ends_in_space = text.ends_with(' ');
            self.gap = if ends_in_space { Gap::Space } else { Gap::None };
        }
    }

    /// Adds a line as it stands.
    pub(super) fn line(&mut self, text: &str, goes_on: bool) {
        if text.trim().is_empty() {
            return self.owe(Gap::Paragraph);
        }
        if self.gap != Gap::None {
            self.owe(Gap::Line);
        }
        self.flush();
        self.out.push_str(text.trim_end());
        self.gap = if goes_on { Gap::None } else { Gap::Line };
    }

    fn flush(&mut self) {
        if !self.out.is_empty() {
            self.out.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        self.gap = Gap::Space;
    }
}
