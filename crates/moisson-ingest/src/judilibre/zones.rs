//! Zones of a decision: offsets in UTF-16 units of the text as answered, to be offsets of characters in the final text.

use serde_json::{Map, Value};
use unicode_normalization::char::is_combining_mark;

use crate::normalise::{NormaliseCounts, NormaliseParams, normalise};

/// One piece of a zone, in UTF-16 units of the text as answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece<'a> {
    zone: &'a str,
    start: u64,
    end: u64,
}

/// A text in its final form, and where its zones are in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zoned {
    /// The text.
    pub text: String,
    /// Name of a zone, first character and the one after its last, in order.
    pub zones: Vec<(String, usize, usize)>,
}

impl Zoned {
    /// The zones as metadata: `{"motivations": [[120, 980]], …}`.
    pub fn to_metadata(&self) -> Map<String, Value> {
        let mut map = Map::new();
        for (zone, start, end) in &self.zones {
            let spans = map
                .entry(zone.clone())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(spans) = spans {
                spans.push(Value::from(vec![*start, *end]));
            }
        }
        map
    }
}

/// Returns the final text of a decision and its zones; with `only`, the text of these zones alone, a blank line
/// between two pieces.
///
/// Pieces come in any order and are sorted by their start. Those that end before they begin, lie beyond the text or
/// cut a character in two are left out.
pub fn zoned(text: &str, zones: Option<&Value>, only: &[String]) -> Zoned {
    let pieces = pieces(zones);
    let mut offsets: Vec<u64> = pieces.iter().flat_map(|p| [p.start, p.end]).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let places = places(text, &offsets);
    if only.is_empty() {
        return whole(text, &pieces, &offsets, &places);
    }
    let chosen = pieces.iter().filter_map(|piece| {
        let place = |offset: u64| index(&offsets, offset).and_then(|at| places[at]);
        let is_chosen = only.iter().any(|name| name == piece.zone);
        let (start, end) = (place(piece.start)?, place(piece.end)?);
        is_chosen.then_some((piece.zone, start, end))
    });
    parts(text, chosen)
}

fn pieces(zones: Option<&Value>) -> Vec<Piece<'_>> {
    let zones = zones.and_then(Value::as_object).into_iter().flatten();
    let mut pieces: Vec<Piece<'_>> = zones
        .flat_map(|(zone, pieces)| {
            let pieces = pieces.as_array().map(Vec::as_slice).unwrap_or_default();
            pieces.iter().filter_map(|piece| {
                let offset = |name: &str| piece.get(name).and_then(Value::as_u64);
                let (start, end) = (offset("start")?, offset("end")?);
                (start < end).then_some(Piece { zone, start, end })
            })
        })
        .collect();
    pieces.sort_by_key(|piece| (piece.start, piece.end));
    pieces
}

/// Byte offsets of sorted UTF-16 offsets; `None` for those inside of a character or beyond the text.
fn places(text: &str, offsets: &[u64]) -> Vec<Option<usize>> {
    let mut places = Vec::with_capacity(offsets.len());
    let (mut units, mut bytes) = (0, 0);
    let mut characters = text.chars();
    for offset in offsets {
        while units < *offset {
            let Some(character) = characters.next() else {
                break;
            };
            units += character.len_utf16() as u64;
            bytes += character.len_utf8();
        }
        places.push((units == *offset).then_some(bytes));
    }
    places
}

/// The whole text. Its final form has other line ends, blanks and controls, but the same characters otherwise: an
/// offset is found again by the number of those before it. So zones begin and end with a character, not with space.
fn whole(text: &str, pieces: &[Piece<'_>], offsets: &[u64], places: &[Option<usize>]) -> Zoned {
    let counts = counts(text, places);
    let text = normal(text);
    let (starts, ends) = positions(&text, &counts);
    let zones = pieces
        .iter()
        .filter_map(|piece| {
            let (from, to) = (index(offsets, piece.start)?, index(offsets, piece.end)?);
            let (start, end) = (starts[from], ends[to]);
            let is_sound = places[from].is_some() && places[to].is_some() && start < end;
            is_sound.then(|| (piece.zone.to_owned(), start, end))
        })
        .collect();
    Zoned { text, zones }
}

/// Number of lasting characters before each place.
fn counts(text: &str, places: &[Option<usize>]) -> Vec<usize> {
    let mut characters = text.char_indices().peekable();
    let mut count = 0;
    let mut counts = Vec::with_capacity(places.len());
    for place in places {
        let place = place.unwrap_or_default();
        while let Some((_, character)) = characters.next_if(|(at, _)| *at < place) {
            count += usize::from(is_lasting(character));
        }
        counts.push(count);
    }
    counts
}

/// For each count, where the next lasting character is, and where the one before ends.
fn positions(text: &str, counts: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    ends.extend(counts.iter().take_while(|count| **count == 0));
    let (mut seen, mut length) = (0, 0);
    for (at, character) in text.chars().enumerate() {
        length = at + 1;
        if !is_lasting(character) {
            continue;
        }
        while counts.get(starts.len()) == Some(&seen) {
            starts.push(at);
        }
        seen += 1;
        while counts.get(ends.len()) == Some(&seen) {
            ends.push(at + 1);
        }
    }
    starts.resize(counts.len(), length);
    ends.resize(counts.len(), length);
    (starts, ends)
}

/// True for characters that normalisation neither removes, adds, nor joins with others.
fn is_lasting(character: char) -> bool {
    !(character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
        )
        || is_combining_mark(character))
}

fn index(offsets: &[u64], offset: u64) -> Option<usize> {
    offsets.binary_search(&offset).ok()
}

/// The text of some pieces; one that overlaps an earlier one is left out.
fn parts<'a>(text: &str, placed: impl Iterator<Item = (&'a str, usize, usize)>) -> Zoned {
    let mut zoned = Zoned::default();
    let (mut length, mut taken) = (0, 0);
    for (zone, start, end) in placed {
        if start < taken {
            continue;
        }
        taken = end;
        let part = normal(text.get(start..end).unwrap_or_default());
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        if length > 0 {
            zoned.text.push_str("\n\n");
            length += 2;
        }
        zoned.text.push_str(part);
        let end = length + part.chars().count();
        zoned.zones.push((zone.to_owned(), length, end));
        length = end;
    }
    zoned
}

/// The final form, taken here because offsets are told in it; taking it again changes nothing.
fn normal(text: &str) -> String {
    normalise(
        text,
        NormaliseParams::default(),
        &mut NormaliseCounts::default(),
    )
    .into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::zoned;

    fn shown(text: &str, zones: &Value, only: &[&str]) -> (String, Vec<String>) {
        let only: Vec<String> = only.iter().map(|zone| (*zone).to_owned()).collect();
        let zoned = zoned(text, Some(zones), &only);
        let cut = |start: usize, end: usize| -> String {
            zoned.text.chars().skip(start).take(end - start).collect()
        };
        let zones = zoned
            .zones
            .iter()
            .map(|(zone, start, end)| format!("{zone}: {}", cut(*start, *end)))
            .collect();
        (zoned.text, zones)
    }

    #[test]
    fn zones_as_a_table() {
        let check = |text: &str, zones: Value, expected: &[&str]| {
            assert_eq!(shown(text, &zones, &[]).1, expected, "{text}");
        };
        let span = |start: u64, end: u64| json!([{"start": start, "end": end}]);
        check("", json!({}), &[]);
        check(
            "Décide.",
            json!({"dispositif": span(0, 7)}),
            &["dispositif: Décide."],
        );
        // Outside of the first plane a character is two units.
        check(
            "𝒜 é. Fin.",
            json!({"a": span(0, 5), "b": span(6, 10)}),
            &["a: 𝒜 é.", "b: Fin."],
        );
        check("𝒜b", json!({"a": span(1, 3)}), &[]);
        // Line ends of two characters, blanks, soft hyphens.
        check(
            "Un\r\n\r\nde\u{ad}ux  \r\n\r\n\r\ntrois",
            json!({"a": span(0, 6), "b": span(6, 13), "c": span(13, 24)}),
            &["a: Un", "b: deux", "c: trois"],
        );
        // In any order; beyond the text, or backwards: left out.
        check(
            "abcdef",
            json!({"z": [{"start": 4, "end": 6}, {"start": 0, "end": 2}], "y": [{"start": 2, "end": 9}, {"start": 3, "end": 3}, {"start": 1}]}),
            &["z: ab", "z: ef"],
        );
        // Not in form C.
        check(
            "e\u{301}te\u{301} x",
            json!({"a": span(0, 5), "b": span(6, 7)}),
            &["a: été", "b: x"],
        );
        check("abc", json!({"a": "b", "c": [1]}), &[]);
        check("abc", json!([1]), &[]);
    }

    #[test]
    fn some_zones_only() {
        let zones = json!({"motivations": [{"start": 12, "end": 20}, {"start": 4, "end": 8}], "dispositif": [{"start": 20, "end": 24}]});
        let text = "Intr M1 \r\nx M2 M2 \r\nFin.";
        let (text, zones) = shown(text, &zones, &["dispositif", "motivations"]);
        assert_eq!(text, " M1\n\nM2 M2\n\nFin.".trim_start());
        assert_eq!(
            zones,
            ["motivations: M1", "motivations: M2 M2", "dispositif: Fin."]
        );
    }
}
