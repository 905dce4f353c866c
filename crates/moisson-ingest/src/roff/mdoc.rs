//! Macros of mdoc(7) on one line: words, options, quotes, references.

use super::escape::{Strings, argument};

/// Text of a line of mdoc macros; `name` is that of the page. `None` where the macro is none that has text of its own.
pub(super) fn line(
    macro_name: &str,
    arguments: &[String],
    name: &str,
    strings: &Strings,
) -> Option<String> {
    if !is_inline(macro_name) {
        return None;
    }
    let mut text = Text::default();
    let mut closers: Vec<&str> = Vec::new();
    let mut after: Option<&str> = None;
    let mut words = std::iter::once(macro_name)
        .chain(arguments.iter().map(String::as_str))
        .peekable();
    while let Some(word) = words.next() {
        let is_macro = is_inline(word);
        if !is_macro {
            let plain = argument(word, strings);
            match after.take() {
                Some("Fl") => text.word(&format!("-{plain}")),
                Some("Xr") => {
                    let section =
                        words.next_if(|next| next.starts_with(|c: char| c.is_ascii_digit()));
                    text.word(
                        &section.map_or(plain.clone(), |section| format!("{plain}({section})")),
                    );
                }
                Some("Fn") => text.word(&format!("{plain}()")),
                Some("In") => text.word(&format!("<{plain}>")),
                _ => text.word(&plain),
            }
            continue;
        }
        if let Some((open, close)) = quotes(word) {
            text.open(open);
            closers.push(close);
            after = None;
            continue;
        }
        after = Some(word);
        let has_argument = words
            .peek()
            .is_some_and(|next| !is_inline(next) && !is_closing(next));
        if !has_argument {
            match word {
                "Nm" => text.word(name),
                "Ar" => text.word("file ..."),
                "Fl" => text.word("-"),
                "Ns" => text.glue(),
                "Ux" => text.word("UNIX"),
                "At" => text.word("AT&T UNIX"),
                "Bx" => text.word("BSD"),
                "Nx" => text.word("NetBSD"),
                "Fx" => text.word("FreeBSD"),
                "Ox" => text.word("OpenBSD"),
                _ => {}
            }
        } else if word == "Ns" {
            text.glue();
        }
    }
    while let Some(close) = closers.pop() {
        text.close(close);
    }
    Some(text.out)
}

#[derive(Default)]
struct Text {
    out: String,
    glued: bool,
}

impl Text {
    fn word(&mut self, word: &str) {
        if !self.out.is_empty() && !self.glued && !is_closing(word) {
            self.out.push(' ');
        }
        self.out.push_str(word);
        self.glued = matches!(word, "(" | "[");
    }

    fn glue(&mut self) {
        self.glued = true;
    }

    fn open(&mut self, mark: &str) {
        self.word(mark);
        self.glued = true;
    }

    fn close(&mut self, mark: &str) {
        // Punctuation at the end of the line stands outside.
        let inside = self.out.trim_end_matches(['.', ',', ';', ':']).len();
        let tail = self.out.split_off(inside);
        self.out.push_str(mark);
        self.out.push_str(&tail);
    }
}

fn is_closing(word: &str) -> bool {
    matches!(word, "." | "," | ";" | ":" | "?" | "!" | ")" | "]")
}

fn quotes(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "Dq" | "Qq" => ("“", "”"),
        "Sq" | "Ql" => ("‘", "’"),
        "Pq" => ("(", ")"),
        "Op" | "Bq" | "Oo" => ("[", "]"),
        "Aq" => ("<", ">"),
        "Brq" => ("{", "}"),
        _ => return None,
    })
}

fn is_inline(word: &str) -> bool {
    const INLINE: &[&str] = &[
        "Nm", "Fl", "Ar", "Cm", "Pa", "Xr", "Em", "Sy", "Li", "Va", "Vt", "Dv", "Er", "Ev", "Fa",
        "Ft", "Fn", "In", "Lb", "Mt", "Lk", "An", "St", "Ux", "At", "Bx", "Nx", "Fx", "Ox", "No",
        "Ns", "Tn", "Ic", "Ad", "Sx", "Ms", "Cd", "Fo", "Dq", "Qq", "Sq", "Ql", "Pq", "Op", "Bq",
        "Oo", "Oc", "Aq", "Brq", "Nd", "Rv", "Ex", "%A", "%T", "%B", "%D", "%J", "%R", "%O", "%V",
        "%N", "%P", "%I", "%Q", "D1", "Dl", "Fc", "Xo", "Xc", "Bf", "Ef", "Sm", "Bk", "Ek",
    ];
    INLINE.contains(&word)
}
