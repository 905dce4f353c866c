//! Made-up values that keep the form of what they replace and can belong to nobody.

mod contact;
mod identifier;
mod person;

use moisson_core::KeyHasher;

use super::Class;

pub use contact::is_reserved_phone;
pub use person::is_fictional_name;

/// Returns what takes the place of `original`: a value of the same form that can belong to nobody.
///
/// It follows from the class, the document's id and `nth` (0 for the first distinct value of the class in the document,
/// by order of appearance), never from the value itself, of which only the form counts (length, separators, country):
/// nothing can be guessed back, nothing linked across documents, and the same value stays the same within one.
///
/// Keys are always wrong; telephone numbers, addresses of mail and of hosts come from ranges set aside for fiction and
/// documentation; dates do not exist. So no detector finds an identifier in the result.
pub fn fiction(class: Class, original: &str, doc_id: &str, nth: usize) -> String {
    let mut draw = Draw::new(class, doc_id, nth);
    match class {
        Class::Address => person::address(&mut draw),
        Class::BankAccount => identifier::bank_account(original, &mut draw),
        Class::BirthDate => person::birth_date(original, &mut draw),
        Class::Card => identifier::card(original, &mut draw),
        Class::Company => identifier::company(original, &mut draw),
        Class::Email => contact::email(&mut draw),
        Class::IdentityDocument => identifier::identity_document(original, &mut draw),
        Class::Ip => contact::ip(original, &mut draw),
        Class::Nir => identifier::nir(original, &mut draw),
        Class::Passport => identifier::passport(original, &mut draw),
        Class::Person => person::name(original, &mut draw),
        Class::Phone => contact::phone(original, &mut draw),
        Class::Plate => identifier::plate(original, &mut draw),
        Class::Rpps => identifier::rpps(original, &mut draw),
        Class::TaxId => identifier::tax_id(original, &mut draw),
    }
}

/// Numbers that follow from a document, a class and a position.
#[derive(Debug)]
struct Draw {
    /// The same for the whole document; `start + nth` tells values apart where the range is small.
    start: u64,
    nth: u64,
    state: u64,
}

impl Draw {
    fn new(class: Class, doc_id: &str, nth: usize) -> Self {
        let start = KeyHasher::new("fiction", 1)
            .field(class.name().as_bytes())
            .field(doc_id.as_bytes())
            .finish()
            .prefix_u64();
        let nth = nth as u64;
        Self {
            start,
            nth,
            state: start ^ nth.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// A number below `bound` that differs for the first `bound` values of a document.
    fn distinct(&self, bound: u64) -> u64 {
        (self.start % bound + self.nth % bound) % bound
    }

    /// The next number below `bound` (at most 256), by splitmix64.
    fn below(&mut self, bound: u8) -> u8 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u8::try_from((mixed >> 33) % u64::from(bound.max(1))).unwrap_or_default()
    }

    fn digit(&mut self) -> u8 {
        b'0' + self.below(10)
    }

    fn one_of(&mut self, bytes: &[u8]) -> u8 {
        let count = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        bytes
            .get(usize::from(self.below(count)))
            .copied()
            .unwrap_or(b'X')
    }

    /// A number of `low..=high` that is not `right`.
    fn wrong(&mut self, right: Option<u64>, low: u8, high: u8) -> u64 {
        let drawn = u64::from(low + self.below(high - low));
        // One less than the range was drawn from, so there is always a number left.
        drawn + u64::from(right.is_some_and(|right| drawn >= right && right >= u64::from(low)))
    }
}

/// The letters and digits of a value, letters in upper case.
fn compact(original: &str) -> Vec<u8> {
    let bytes = original.bytes().filter(u8::is_ascii_alphanumeric);
    bytes.map(|byte| byte.to_ascii_uppercase()).collect()
}

/// Puts `value` in the place of the letters and digits of `original`, whose separators and case stay.
fn dress(original: &str, value: &[u8]) -> String {
    let mut next = value.iter().copied();
    let mut dressed = String::with_capacity(original.len());
    for character in original.chars() {
        match character {
            'a'..='z' => dressed.extend(next.next().map(|b| char::from(b.to_ascii_lowercase()))),
            'A'..='Z' | '0'..='9' => dressed.extend(next.next().map(char::from)),
            other => dressed.push(other),
        }
    }
    dressed.extend(next.map(char::from));
    dressed
}

/// A digit for each digit, a letter for each letter.
fn alike(form: &[u8], draw: &mut Draw) -> Vec<u8> {
    let drawn = |byte: &u8| match byte {
        b'0'..=b'9' => draw.digit(),
        _ => draw.one_of(b"ABCDEFGHJKLMNPQRSTVWXYZ"),
    };
    form.iter().map(drawn).collect()
}

/// `number` in decimal, `width` digits, padded with zeros.
fn decimal(number: u64, width: usize) -> Vec<u8> {
    format!("{number:0width$}").into_bytes()
}

#[cfg(test)]
mod tests;
