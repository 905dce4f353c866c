//! The keys of identifiers: what tells a real number from digits that look like one.
//!
//! Every function takes the identifier without separators, in ASCII, letters in upper case, and answers false for
//! anything else; none allocates.

/// Values of the digits of `text`; none if it has another character.
fn digits(text: &[u8]) -> Option<impl DoubleEndedIterator<Item = u32> + '_> {
    let all = text.iter().all(u8::is_ascii_digit);
    all.then(|| text.iter().map(|&byte| u32::from(byte - b'0')))
}

/// The number that `text` writes, letters as 10 to 35, modulo `modulus`; none if it has another character.
fn modulo(text: impl IntoIterator<Item = u8>, modulus: u64) -> Option<u64> {
    let mut rest = 0;
    for byte in text {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u64::from(byte - b'0'),
            b'A'..=b'Z' => rest * 100 + u64::from(byte - b'A') + 10,
            _ => return None,
        } % modulus;
    }
    Some(rest)
}

/// True if the last digit is the Luhn key of those before it (ISO/IEC 7812-1).
pub fn luhn(number: &[u8]) -> bool {
    luhn_sum(number).is_some_and(|sum| sum % 10 == 0) && number.len() > 1
}

fn luhn_sum(number: &[u8]) -> Option<u32> {
    let doubled = |(at, digit): (usize, u32)| match (at % 2, digit) {
        (0, digit) => digit,
        (_, digit @ 0..=4) => 2 * digit,
        (_, digit) => 2 * digit - 9,
    };
    Some(digits(number)?.rev().enumerate().map(doubled).sum())
}

/// True for 13 characters of the form of a NIR: sex, year, month, department, commune and order that exist.
///
/// Sex is 1 or 2, 3 or 4 (being attributed), 7 or 8 (temporary); months 20 to 42 and 50 to 99 say that the date of birth is
/// incomplete. Departments go from 01 to 99, 2A and 2B among them.
pub fn nir_form(nir: &[u8]) -> bool {
    let [sex, _, _, m1, m2, d1, d2, .., o1, o2, o3] = nir else {
        return false;
    };
    let corsica = *d1 == b'2' && matches!(d2, b'A' | b'B');
    let numeric = nir
        .iter()
        .enumerate()
        .all(|(at, b)| b.is_ascii_digit() || (at == 6 && corsica));
    if nir.len() != 13 || !numeric {
        return false;
    }
    matches!(sex, b'1' | b'2' | b'3' | b'4' | b'7' | b'8')
        && nir_month(*m1, *m2)
        && (*d1, *d2) != (b'0', b'0')
        && (*o1, *o2, *o3) != (b'0', b'0', b'0')
}

/// True for two digits that may be the month in a NIR.
pub fn nir_month(tens: u8, ones: u8) -> bool {
    let month = modulo([tens, ones], 100);
    matches!(month, Some(1..=12 | 20..=42 | 50..=99))
        && tens.is_ascii_digit()
        && ones.is_ascii_digit()
}

/// The key of the first 13 characters of a NIR, 1 to 97: 97 less the number modulo 97, 2A counted as 19 and 2B as 18.
pub fn nir_key(nir: &[u8]) -> Option<u64> {
    let corsica = |at: usize, byte: u8| match (at, byte) {
        (5, _) if matches!(nir.get(6), Some(b'A' | b'B')) => b'1',
        (6, b'A') => b'9',
        (6, b'B') => b'8',
        (_, byte) => byte,
    };
    let numeric = nir.iter().enumerate().map(|(at, &byte)| corsica(at, byte));
    (nir.len() == 13 && numeric.clone().all(|byte| byte.is_ascii_digit()))
        .then(|| modulo(numeric, 97))?
        .map(|rest| 97 - rest)
}

/// True for the 15 characters of a NIR (NIA, INS) whose form exists and whose key is right.
pub fn nir(nir: &[u8]) -> bool {
    match nir.split_at_checked(13) {
        Some((number, key)) if key.len() == 2 => {
            nir_form(number) && nir_key(number).is_some() && nir_key(number) == modulo_digits(key)
        }
        _ => false,
    }
}

fn modulo_digits(key: &[u8]) -> Option<u64> {
    digits(key).map(|digits| digits.fold(0, |n, digit| n * 10 + u64::from(digit)))
}

/// True for the 13 digits of a NIF (SPI): the first is 0 to 3, the last three are the first ten modulo 511.
pub fn tax_id(nif: &[u8]) -> bool {
    match nif.split_at_checked(10) {
        Some((number, key)) if key.len() == 3 => {
            matches!(number.first(), Some(b'0'..=b'3'))
                && modulo_digits(number).map(|n| n % 511) == modulo_digits(key)
        }
        _ => false,
    }
}

/// Length of an IBAN by its country, in ASCII characters (ISO 13616 registry).
pub fn iban_length(country: &[u8]) -> Option<usize> {
    const LENGTHS: &[(usize, &str)] = &[
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FK FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    ];
    let [first, second] = *country else {
        return None;
    };
    let holds = |list: &str| {
        list.as_bytes()
            .chunks(3)
            .any(|c| c.starts_with(&[first, second]))
    };
    LENGTHS
        .iter()
        .find(|(_, list)| holds(list))
        .map(|(length, _)| *length)
}

/// Remainder that decides on an IBAN: 1 where its key is right.
fn iban_rest(iban: &[u8]) -> Option<u64> {
    let (head, account) = iban.split_at_checked(4)?;
    modulo(account.iter().chain(head).copied(), 97)
}

/// True for an IBAN of a known country, of its length, whose key is right (ISO 7064, mod 97-10).
pub fn iban(iban: &[u8]) -> bool {
    let Some([country @ .., k1, k2]) = iban.first_chunk::<4>() else {
        return false;
    };
    iban_length(country) == Some(iban.len())
        && k1.is_ascii_digit()
        && k2.is_ascii_digit()
        && iban_rest(iban) == Some(1)
}

/// The right key of an IBAN, 2 to 98.
pub(super) fn iban_key(iban: &[u8]) -> Option<u64> {
    let (head, account) = iban.split_at_checked(4)?;
    let country = head.get(..2)?;
    let zero = account.iter().chain(country).chain(b"00").copied();
    modulo(zero, 97).map(|rest| 98 - rest)
}

/// The right key of a French account: the 21 characters of bank, branch and account, 1 to 97.
pub(super) fn rib_key(account: &[u8]) -> Option<u64> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte,
        b'A'..=b'I' => byte - b'A' + b'1',
        b'J'..=b'R' => byte - b'J' + b'1',
        b'S'..=b'Z' => byte - b'S' + b'2',
        _ => b'?',
    };
    let part = |range: std::ops::Range<usize>| {
        modulo(account.get(range)?.iter().map(|&byte| digit(byte)), 97)
    };
    let weighted = 89 * part(0..5)? + 15 * part(5..10)? + 3 * part(10..21)?;
    (account.len() == 21).then_some(97 - weighted % 97)
}

/// True for the 23 characters of a RIB: bank (5), branch (5), account (11, letters allowed), and their key (2).
pub fn rib(rib: &[u8]) -> bool {
    match rib.split_at_checked(21) {
        Some((account, key)) if key.len() == 2 => {
            let banks = account
                .get(..10)
                .is_some_and(|codes| codes.iter().all(u8::is_ascii_digit));
            banks && rib_key(account).is_some() && rib_key(account) == modulo_digits(key)
        }
        _ => false,
    }
}

/// True for a number of a payment card: known issuer, a length of that issuer, Luhn key right.
pub fn card(number: &[u8]) -> bool {
    card_issuer(number) && luhn(number)
}

/// True if a known network issues numbers that begin like this and are so long.
pub fn card_issuer(number: &[u8]) -> bool {
    let Some(prefix) = number.get(..4).and_then(modulo_digits) else {
        return false;
    };
    let length = number.len();
    match prefix {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(length, 14..=19),
        // JCB, Discover, UnionPay, Maestro.
        3528..=3589
        | 6011
        | 6440..=6599
        | 6200..=6299
        | 5000..=5099
        | 5600..=5899
        | 6300..=6399
        | 6700..=6799 => matches!(length, 16..=19),
        _ => false,
    }
}

/// True for the 11 digits of an RPPS number: Luhn, the first digit 1.
pub fn rpps(number: &[u8]) -> bool {
    number.len() == 11 && number.first() == Some(&b'1') && luhn(number)
}

/// True for the 9 digits of a SIREN.
pub fn siren(number: &[u8]) -> bool {
    number.len() == 9 && number != b"000000000" && luhn(number)
}

/// True for the 14 digits of a SIRET.
///
/// Establishments of La Poste (356000000, but its seat 35600000000048) are numbered so that the sum of the digits is a
/// multiple of 5.
pub fn siret(number: &[u8]) -> bool {
    let Some(company) = number.get(..9).filter(|_| number.len() == 14) else {
        return false;
    };
    if company == b"356000000" && number != b"35600000000048" {
        return digits(number).is_some_and(|digits| digits.sum::<u32>() % 5 == 0);
    }
    siren(company) && luhn(number)
}

/// True for the 11 characters after `FR` of a French VAT number: its key is 12 plus thrice the SIREN modulo 97, modulo
/// 97, for the older all-digit form; for others only the SIREN is checked.
pub fn vat(number: &[u8]) -> bool {
    let Some((key, company)) = number.split_at_checked(2).filter(|_| number.len() == 11) else {
        return false;
    };
    let alphanumeric = key
        .iter()
        .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let right = match modulo_digits(key) {
        None => true,
        Some(key) => modulo(company.iter().chain(b"12").copied(), 97) == Some(key),
    };
    siren(company) && alphanumeric && right
}

/// The check digit of a field of a machine-readable zone (ICAO 9303): weights 7, 3, 1.
pub fn mrz_digit(field: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in field.iter().zip([7, 3, 1].into_iter().cycle()) {
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'A'..=b'Z' => u32::from(byte - b'A') + 10,
            b'<' => 0,
            _ => return None,
        };
        sum += value * weight;
    }
    u8::try_from(sum % 10).ok().map(|digit| b'0' + digit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_as_a_table() {
        let check = |key: fn(&[u8]) -> bool, right: &[&str], wrong: &[&str]| {
            for (values, expected) in [(right, true), (wrong, false)] {
                for value in values {
                    assert_eq!(key(value.as_bytes()), expected, "{value}");
                }
            }
        };
        // Published test values of python-stdnum, and forms that lie beside them.
        check(
            super::nir,
            &["295109912611193", "253072B07300470", "253072A07300443"],
            &[
                "295109912611199",
                "253072C07300443",
                "595109912611193",
                "295139912611193",
                "",
                "29510991261119",
            ],
        );
        check(
            super::tax_id,
            &["3023217600053", "0701987765493"],
            &["9023217600053", "3023217600054", "302321760005"],
        );
        check(
            super::iban,
            &[
                "FR1420041010050500013M02606",
                "GB82WEST12345698765432",
                "DE89370400440532013000",
                "BE68539007547034",
                "NO9386011117947",
            ],
            &[
                "FR1520041010050500013M02606",
                "FR142004101005050001302606",
                "ZZ68539007547034",
                "GB82WEST1234569876543",
                "F",
            ],
        );
        check(
            super::rib,
            &["20041010050500013M02606"],
            &["20041010050500013M02607", "2004101005050001302606"],
        );
        check(
            super::card,
            &[
                "5555555555554444",
                "2223003122003222",
                "378282246310005",
                "30569309025904",
                "6011111111111117",
            ],
            &[
                "4970101234567890",
                "5555555555554445",
                "9999999999999995",
                "555555555555444",
                "0000000000000000",
            ],
        );
        check(
            super::rpps,
            &["10003456786"],
            &["1000345678", "80003456784"],
        );
        check(
            super::siren,
            &["404833048", "732829320"],
            &["404833047", "000000000", "40483304"],
        );
        check(
            super::siret,
            &["73282932000074", "35600000000048", "35600000049837"],
            &["73282932000079", "35600000049838", "7328293200007"],
        );
        check(
            super::vat,
            &["40303265045", "83404833048"],
            &["84323140391", "40303265046"],
        );
    }

    #[test]
    fn keys_are_the_ones_computed() {
        assert_eq!(super::nir_key(b"2951099126111"), Some(93));
        assert_eq!(super::iban_key(b"FR0020041010050500013M02606"), Some(14));
        assert_eq!(super::rib_key(b"20041010050500013M026"), Some(6));
        // The specimen of ICAO 9303, part 4.
        assert_eq!(super::mrz_digit(b"L898902C3"), Some(b'6'));
        assert_eq!(super::mrz_digit(b"740812"), Some(b'2'));
    }
}
