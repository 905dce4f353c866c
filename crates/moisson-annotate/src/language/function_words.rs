//! Languages told by their function words: French and English prose, where there is no doubt.
//!
//! Trigrams against seventy languages cost a tenth of a millisecond a passage; most passages here are plain French
//! prose, in which every eighth word says so. In doubt nothing is said, and trigrams decide.

use moisson_text::word;

/// Fewest different words that only this language has.
const DISTINCT_MIN: u32 = 2;
/// Fewest points: a word that only this language has counts two, one that neighbours share counts one.
const POINTS_MIN: u32 = 6;
/// Fewest points by the number of words: one in so many.
const WORDS_PER_POINT_MAX: u32 = 5;
/// Words of other languages that are borne: one in so many points.
const POINTS_PER_STRANGER_MIN: u32 = 8;

/// Tells French or English, and how much of the evidence says so (`0.0..=1.0`); `None` in doubt.
pub(super) fn detect(passage: &str) -> Option<(&'static str, f32)> {
    let (mut words, mut strangers) = (0, 0);
    let (mut french, mut english) = (Evidence::default(), Evidence::default());
    for token in word::words(passage) {
        words += u32::from(token.len() > 1);
        match kind(token) {
            Kind::French(bit) => french.add(bit),
            Kind::Romance => french.points += 1,
            Kind::English(bit) => english.add(bit),
            Kind::Germanic => english.points += 1,
            Kind::Stranger => strangers += 1,
            Kind::Unknown => {}
        }
    }
    let (name, own, others) = if french.points >= english.points {
        ("fra_Latn", french, english.own + strangers)
    } else {
        ("eng_Latn", english, french.own + strangers)
    };
    let plain = own.distinct.count_ones() >= DISTINCT_MIN
        && own.points >= POINTS_MIN
        && own.points * WORDS_PER_POINT_MAX >= words
        && others * POINTS_PER_STRANGER_MIN <= own.points;
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let confidence = (f64::from(own.points) / f64::from((own.points + others).max(1))) as f32;
    plain.then_some((name, confidence))
}

/// What speaks for a language.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    points: u32,
    /// Words that only this language has, and which of them, a bit each.
    own: u32,
    distinct: u32,
}

impl Evidence {
    fn add(&mut self, bit: u32) {
        self.points += 2;
        self.own += 1;
        self.distinct |= 1 << bit;
    }
}

/// What a word says of the language.
enum Kind {
    /// Only in French; a number below 32.
    French(u32),
    /// In French and in languages near it.
    Romance,
    /// Only in English; a number below 32.
    English(u32),
    /// In English and in languages near it.
    Germanic,
    /// In neither.
    Stranger,
    Unknown,
}

/// Looks a word up.
///
/// `est`, `et` and `qui` are Latin too, `de`, `la`, `les` and `que` Occitan and Catalan: they support, and prove nothing.
/// Strangers are frequent in Spanish, Portuguese, Italian, Catalan, Occitan, Corsican, Breton, German, Alsatian, Dutch,
/// Latin or creoles, and rare in French and English.
fn kind(token: &str) -> Kind {
    if token.len() > 6 {
        return Kind::Unknown;
    }
    match token {
        "du" => Kind::French(0),
        "une" => Kind::French(1),
        "dans" => Kind::French(2),
        "pour" => Kind::French(3),
        "aux" => Kind::French(4),
        "cette" => Kind::French(5),
        "avec" => Kind::French(6),
        "sont" => Kind::French(7),
        "sur" => Kind::French(8),
        "par" => Kind::French(9),
        "au" => Kind::French(10),
        "ces" => Kind::French(11),
        "leur" => Kind::French(12),
        "être" => Kind::French(13),
        "été" => Kind::French(14),
        "elle" => Kind::French(15),
        "ont" => Kind::French(16),
        "nous" => Kind::French(17),
        "vous" => Kind::French(18),
        "pas" => Kind::French(19),
        "sans" => Kind::French(20),
        "même" => Kind::French(21),
        "ou" => Kind::French(22),
        "mais" => Kind::French(23),
        "comme" => Kind::French(24),
        "doit" => Kind::French(25),
        "peut" => Kind::French(26),
        "ils" => Kind::French(27),
        "cet" => Kind::French(28),
        "entre" => Kind::French(29),
        "fait" => Kind::French(30),
        "toute" => Kind::French(31),
        "de" | "la" | "le" | "les" | "des" | "et" | "en" | "est" | "un" | "que" | "qui" | "il"
        | "l'" | "l’" | "d'" | "d’" | "qu'" | "qu’" | "à" | "ne" | "se" | "son" | "sa" | "ce"
        | "plus" => Kind::Romance,
        "the" => Kind::English(0),
        "of" => Kind::English(1),
        "and" => Kind::English(2),
        "that" => Kind::English(3),
        "with" => Kind::English(4),
        "which" => Kind::English(5),
        "this" => Kind::English(6),
        "from" => Kind::English(7),
        "are" => Kind::English(8),
        "shall" => Kind::English(9),
        "have" => Kind::English(10),
        "has" => Kind::English(11),
        "they" => Kind::English(12),
        "been" => Kind::English(13),
        "would" => Kind::English(14),
        "to" => Kind::English(15),
        "for" => Kind::English(16),
        "by" => Kind::English(17),
        "in" | "is" | "be" | "a" | "it" | "as" | "or" | "on" | "an" | "at" | "not" | "was" => {
            Kind::Germanic
        }
        "el" | "los" | "las" | "por" | "para" | "con" | "una" | "del" | "como" | "más" | "pero"
        | "não" | "uma" | "os" | "em" | "com" | "dos" | "di" | "che" | "della" | "per" | "gli"
        | "nel" | "sono" | "amb" | "els" | "dels" | "dins" | "és" | "lo" | "hè" | "chì" | "ar"
        | "eo" | "gant" | "evit" | "und" | "der" | "die" | "das" | "ist" | "nicht" | "mit"
        | "von" | "den" | "dem" | "isch" | "het" | "een" | "van" | "zijn" | "ad" | "cum"
        | "quod" | "ut" | "ka" | "ki" | "té" | "nou" | "moun" | "nan" | "pou" => Kind::Stranger,
        _ => Kind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn plain_prose_is_told_and_doubt_is_not() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(detect(text).map(|(name, _)| name), expected, "{text}");
        };
        check(
            "Le maire présente le rapport dans une réunion avec les habitants du quartier, pour leur dire que les \
             travaux sont finis et qu'ils ont été payés par la commune sans emprunt.",
            Some("fra_Latn"),
        );
        check(
            "The mayor shall present the report to the people of the town, and all of them have been told that it is \
             open to questions from anyone.",
            Some("eng_Latn"),
        );
        check(
            "Du pain, du vin, du boursin, du fromage, du beurre, du lait",
            None,
        ); // one word, often
        check("Article 12. Tableau 3. Total : 1 200 000 euros.", None);
        check("", None);
        check(
            "Totes les persones neixen lliures i iguals en dignitat i en drets. Són dotades de raó i de consciència, i \
             els cal mantenir-se entre elles amb esperit de fraternitat.",
            None,
        );
        check(
            "Totas las personas naisson liuras e egalas en dignitat e en drech. Son dotadas de rason e de consciéncia \
             e se devon comportar los unes amb los autres dins un esperit de fraternitat.",
            None,
        );
        check(
            "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani, tertiam qui ipsorum \
             lingua Celtae, nostra Galli appellantur.",
            None,
        );
    }

    #[test]
    fn mixed_passages_are_left_to_trigrams() {
        let text = "Le rapport est présenté dans une réunion pour les habitants du quartier avec la commune. The report \
             of the mayor and of the council, which has been read by the people of the town.";
        assert_eq!(detect(text), None);
    }

    #[test]
    fn confidence_is_the_share_of_the_evidence() {
        let text = "du pain pour une mère avec sa fille dans la rue sur le pont par temps gris sans pluie, und";
        let (_, confidence) = detect(text).unwrap();
        assert!((confidence - 19.0 / 20.0).abs() < 1e-6);
    }
}
