//! Texts as they are shipped: cuts made, personal data replaced.

use std::collections::{BTreeMap, HashMap};

use moisson_core::span::{self, Edit, With};
use moisson_rights::personal::{self, Class};

/// A text with its edits made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edited {
    /// The text as shipped.
    pub text: String,
    /// Spans that were replaced, by class.
    pub replaced: BTreeMap<Class, u32>,
}

/// Returns the text of a document with its edits made: see [`span::apply`] for those that overlap.
///
/// A fictional value follows from the document's id and from the order in which the distinct values of its class appear
/// there: one value, one replacement within a document, and nothing to link documents by. Values that differ only in
/// case or, for numbers, in spaces and punctuation are one.
pub fn ship(text: &str, edits: &[Edit], doc_id: &str) -> Edited {
    let mut replaced: BTreeMap<Class, u32> = BTreeMap::new();
    let mut known: HashMap<(Class, String), usize> = HashMap::new();
    let mut distinct: BTreeMap<Class, usize> = BTreeMap::new();
    let text = span::apply(text, edits, &mut |edit, before| {
        let Some(class) = class_of(edit.with) else {
            return String::new();
        };
        *replaced.entry(class).or_default() += 1;
        if matches!(edit.with, With::Token(_)) {
            return class.token().to_owned();
        }
        let nth = *known
            .entry((class, folded(class, before)))
            .or_insert_with(|| {
                let next = distinct.entry(class).or_default();
                *next += 1;
                *next - 1
            });
        personal::fiction(class, before, doc_id, nth)
    });
    Edited { text, replaced }
}

/// Returns a text as dedup compares it: cuts made, and the type of the class where personal data is replaced, whether
/// by its type or by a fiction. Fictions follow from the document's id, so no two documents would be equal with them;
/// documents that differ in nothing but replaced values are one text.
pub fn compared(text: &str, edits: &[Edit]) -> String {
    span::apply(text, edits, &mut |edit, _| {
        class_of(edit.with).map_or_else(String::new, |class| class.token().to_owned())
    })
}

/// The class of a replacement. A number that names none replaces by nothing.
fn class_of(with: With) -> Option<Class> {
    match with {
        With::Nothing => None,
        With::Token(number) | With::Fiction(number) => Class::from_number(number),
    }
}

/// What two writings of one value have in common.
fn folded(class: Class, value: &str) -> String {
    let lower = value.chars().flat_map(char::to_lowercase);
    match class {
        // Dots and hyphens tell addresses apart.
        Class::Email | Class::Ip => lower.filter(|c| !c.is_whitespace()).collect(),
        _ => lower.filter(|c| c.is_alphanumeric()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use moisson_core::Span;
    use moisson_rights::personal::fiction;

    use super::{Class, Edit, With, compared, folded, ship};

    /// A value, what takes its place, and its class.
    type Wanted<'a> = (&'a str, fn(u8) -> With, Class);

    fn edits(text: &str, wanted: &[Wanted<'_>]) -> Vec<Edit> {
        let all = wanted.iter().flat_map(|(value, with, class)| {
            text.match_indices(value).map(|(start, value)| Edit {
                span: Span {
                    start,
                    end: start + value.len(),
                },
                with: with(class.number()),
            })
        });
        all.collect()
    }

    const TEXT: &str = "Appelez le 01 99 00 12 34 ou le 0199001234, ou le 01 99 00 99 99.";

    #[test]
    fn one_value_has_one_replacement_in_a_document() {
        let edits = edits(
            TEXT,
            &[
                ("01 99 00 12 34", With::Fiction, Class::Phone),
                ("0199001234", With::Fiction, Class::Phone),
                ("01 99 00 99 99", With::Fiction, Class::Phone),
            ],
        );
        let shipped = ship(TEXT, &edits, "s/1");
        let phone = |value: &str, nth| fiction(Class::Phone, value, "s/1", nth);
        let expected = format!(
            "Appelez le {} ou le {}, ou le {}.",
            phone("01 99 00 12 34", 0),
            phone("0199001234", 0),
            phone("01 99 00 99 99", 1)
        );
        assert_eq!(shipped.text, expected);
        assert_eq!(shipped.replaced, BTreeMap::from([(Class::Phone, 3)]));
        let compared = compared(TEXT, &edits);
        assert_eq!(compared, "Appelez le <PHONE> ou le <PHONE>, ou le <PHONE>.");
    }

    #[test]
    fn tokens_and_cuts_are_told_apart() {
        let text = "NIR 2 69 05 49 588 157 80, courriel a@example.org. Fin.";
        let mut edits = edits(
            text,
            &[
                ("2 69 05 49 588 157 80", With::Token, Class::Nir),
                ("a@example.org", With::Token, Class::Email),
            ],
        );
        edits.push(Edit::cut(Span {
            start: 50,
            end: text.len(),
        }));
        let shipped = ship(text, &edits, "s/1");
        assert_eq!(shipped.text, "NIR <NIR>, courriel <EMAIL>.");
        assert_eq!(
            shipped.replaced,
            BTreeMap::from([(Class::Email, 1), (Class::Nir, 1)])
        );
        assert_eq!(compared(text, &edits), shipped.text);
        // A class of another version is gone rather than shipped.
        let unknown = Edit {
            span: Span { start: 0, end: 4 },
            with: With::Token(250),
        };
        assert_eq!(ship("abcdef", &[unknown], "s/1").text, "ef");
    }

    #[test]
    fn writings_of_one_value_as_a_table() {
        let check = |class, left: &str, right: &str, same: bool| {
            assert_eq!(
                folded(class, left) == folded(class, right),
                same,
                "{left} {right}"
            );
        };
        check(Class::Phone, "01.99.00.12.34", "01 99 00 12 34", true);
        check(Class::BankAccount, "fr76 3000", "FR763000", true);
        check(Class::Ip, "192.0.2.11", "192.0.21.1", false);
        check(Class::Email, "A@example.org", "a@example.org", true);
        check(Class::Email, "a.b@example.org", "ab@example.org", false);
    }
}
