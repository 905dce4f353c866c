//! Tables of tbl(1): each row a line, cells parted by ` | `.

/// A table being read, between `.TS` and `.TE`.
#[derive(Debug, Default)]
pub(super) struct Table {
    state: State,
    separator: Option<char>,
    cells: Vec<String>,
    /// Text of a cell that is set as a block, `T{` to `T}`.
    block: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Options,
    Format,
    Data,
}

impl Table {
    /// Takes one line that is no request, escapes still in it. Returns a row once it is whole.
    pub(super) fn line(&mut self, line: &str) -> Option<String> {
        match self.state {
            State::Options if line.trim_end().ends_with(';') => {
                self.separator = line
                    .split_once("tab")
                    .and_then(|(_, rest)| rest.trim_start().chars().nth(1));
                self.state = State::Format;
                None
            }
            State::Options | State::Format => {
                self.state = if line.trim_end().ends_with('.') {
                    State::Data
                } else {
                    State::Format
                };
                None
            }
            State::Data => self.data(line),
        }
    }

    /// `.T&`: other formats follow.
    pub(super) fn new_format(&mut self) {
        self.state = State::Format;
    }

    /// Adds text of a request inside of a block.
    pub(super) fn add(&mut self, text: &str) {
        if let Some(block) = &mut self.block {
            if !block.is_empty() && !text.is_empty() {
                block.push(' ');
            }
            block.push_str(text);
        }
    }

    fn data(&mut self, line: &str) -> Option<String> {
        if self.block.is_some() {
            let Some(rest) = line.strip_prefix("T}") else {
                self.add(line.trim());
                return None;
            };
            self.cells.push(self.block.take().unwrap_or_default());
            let separator = self.separator.unwrap_or('\t');
            return match rest.strip_prefix(separator) {
                Some(rest) => self.fields(rest),
                None => self.row(),
            };
        }
        if matches!(line.trim(), "_" | "=" | "") {
            return None;
        }
        self.fields(line)
    }

    fn fields(&mut self, line: &str) -> Option<String> {
        let separator = self.separator.unwrap_or('\t');
        let mut fields = line.split(separator).peekable();
        while let Some(field) = fields.next() {
            if fields.peek().is_none() && field.trim() == "T{" {
                self.block = Some(String::new());
                return None;
            }
            self.cells.push(field.trim().to_owned());
        }
        self.row()
    }

    fn row(&mut self) -> Option<String> {
        let cells = std::mem::take(&mut self.cells);
        // Spans and rules are cells without text.
        let is_text = |cell: &&String| !matches!(cell.as_str(), "\\^" | "_" | "=" | "\\_");
        let texts: Vec<&str> = cells.iter().filter(is_text).map(String::as_str).collect();
        let row = texts.join(" | ");
        let row = row.trim_end_matches([' ', '|']);
        (!row.is_empty()).then(|| row.to_owned())
    }
}
