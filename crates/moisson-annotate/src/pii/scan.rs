//! One pass over a text: single bytes propose, the detectors decide.

use moisson_core::Date;
use moisson_rights::personal::{Class, Names};

use super::found::{Found, settle};
use super::risk::{self, MENTIONS_MAX, Risk};
use super::run::Run;
use super::text::Text;
use super::{
    address, bank_account, birth_date, card, company, document, email, ip, nir, person, phone,
    plate, rpps, tax_id, zone,
};

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// One bit a class.
    classes: u16,
    /// Whether values of reserved ranges are found as well.
    pub reserved: bool,
    /// Whether e-mail addresses around « (at) » are found.
    pub obfuscated_email: bool,
    /// Who was born before is taken to be dead.
    pub living_since: Date,
    /// Whose names the text bears.
    pub names: Names,
}

impl Wanted {
    /// Looks for `classes`.
    pub fn new(classes: impl IntoIterator<Item = Class>, living_since: Date, names: Names) -> Self {
        Self {
            classes: classes
                .into_iter()
                .fold(0, |bits, class| bits | 1 << class.number()),
            reserved: false,
            obfuscated_email: false,
            living_since,
            names,
        }
    }

    #[inline]
    fn has(&self, class: Class) -> bool {
        self.classes >> class.number() & 1 == 1
    }
}

/// What a byte may begin or stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    Nothing,
    Digit,
    Capital,
    At,
    Colon,
    Plus,
    Zone,
    Bracket,
}

const CUES: [Cue; 256] = {
    let mut cues = [Cue::Nothing; 256];
    let mut byte = 0_u8;
    loop {
        cues[byte as usize] = match byte {
            b'0'..=b'9' => Cue::Digit,
            b'A'..=b'Z' => Cue::Capital,
            b'@' => Cue::At,
            b':' => Cue::Colon,
            b'+' => Cue::Plus,
            b'<' => Cue::Zone,
            b'(' | b'[' => Cue::Bracket,
            _ => Cue::Nothing,
        };
        if byte == u8::MAX {
            break cues;
        }
        byte += 1;
    }
};

/// Finds personal data in `text`: spans on character boundaries, in order, apart from each other; and the residual risk.
///
/// One pass; nothing is allocated but the result, and for a telephone number that is checked.
pub fn detect(text: &str, wanted: &Wanted) -> (Vec<Found>, Risk) {
    let mut scan = Scan {
        text: Text(text),
        wanted,
        found: Vec::new(),
        mentions: Vec::new(),
        free: 0,
    };
    scan.run();
    settle(&mut scan.found);
    let risk = risk::weigh(scan.text, wanted.names, &scan.found, &scan.mentions);
    (scan.found, risk)
}

struct Scan<'a> {
    text: Text<'a>,
    wanted: &'a Wanted,
    found: Vec<Found>,
    mentions: Vec<usize>,
    /// End of what was found last: what looks back stops there.
    free: usize,
}

impl Scan<'_> {
    fn run(&mut self) {
        let bytes = self.text.0.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at = match CUES[usize::from(*byte)] {
                Cue::Nothing => at + 1,
                Cue::Digit => self.digit(at),
                Cue::Capital => self.capital(at),
                Cue::At => self.take(at, email::find(self.text, at, self.wanted.reserved)),
                Cue::Colon => self.colon(at),
                Cue::Plus => self.plus(at),
                Cue::Zone => self.zone(at),
                Cue::Bracket => self.bracket(at),
            };
        }
    }

    /// Notes what was found, if it is wanted; returns where to go on.
    fn take(&mut self, at: usize, found: Option<Found>) -> usize {
        let Some(found) = found else {
            return at + 1;
        };
        if self.wanted.has(found.class) {
            self.found.push(found);
        }
        self.free = found.span.end;
        found.span.end.max(at + 1)
    }

    fn colon(&mut self, at: usize) -> usize {
        let next = self.text.byte(at + 1);
        if !(next == b':' || next.is_ascii_hexdigit() && self.text.previous(at).is_ascii_hexdigit())
        {
            return at + 1;
        }
        let found = ip::find_v6(self.text, at, self.free, self.wanted.reserved);
        if found.is_some() {
            return self.take(at, found);
        }
        // A time, a piece of code: none of its colons needs to be looked at again.
        let mut end = at + 1;
        while self.text.byte(end) == b':' {
            end += 1;
        }
        end
    }

    fn plus(&mut self, at: usize) -> usize {
        let next = self.text.byte(self.text.skip_blanks(at + 1));
        if !next.is_ascii_digit() || self.text.within_word(at) {
            return at + 1;
        }
        self.take(
            at,
            phone::find_international(self.text, at, self.wanted.reserved),
        )
    }

    fn zone(&mut self, at: usize) -> usize {
        if self.text.byte(at + 1) != b'<' {
            return at + 1;
        }
        let found = zone::find(self.text, at, self.free);
        if found.is_some() {
            return self.take(at, found);
        }
        let mut end = at + 1;
        while self.text.byte(end) == b'<' {
            end += 1;
        }
        end
    }

    fn bracket(&mut self, at: usize) -> usize {
        if !self.wanted.obfuscated_email {
            return at + 1;
        }
        self.take(
            at,
            email::find_obfuscated(self.text, at, self.wanted.reserved),
        )
    }

    fn capital(&mut self, at: usize) -> usize {
        let text = self.text;
        if text.previous(at).is_ascii_alphanumeric() {
            return at + 1;
        }
        let second = text.byte(at + 1);
        let third = text.byte(at + 2);
        if second.is_ascii_uppercase()
            && (third.is_ascii_digit() || third == b'-' || third == b' ' || third == 0xC2)
        {
            let found = plate::find_current(text, at)
                .or_else(|| self.account(at))
                .or_else(|| self.vat(at))
                .or_else(|| document::find_mixed(text, at));
            return self.take(at, found);
        }
        if second.is_ascii_digit() || (second.is_ascii_uppercase() && third.is_ascii_uppercase()) {
            let found = self.vat(at).or_else(|| document::find_mixed(text, at));
            return self.take(at, found);
        }
        let names = byte_is_m(text, at)
            && self.wanted.names == Names::Private
            && self.mentions.len() < MENTIONS_MAX;
        if names && risk::is_mention(text, at) {
            self.mentions.push(at);
        }
        at + 1
    }

    fn account(&self, at: usize) -> Option<Found> {
        let key = self.text.bytes(at + 2..at + 4);
        let begins = key.iter().all(u8::is_ascii_digit) && !self.text.within_word(at);
        begins.then(|| bank_account::find_iban(self.text, at))?
    }

    fn vat(&self, at: usize) -> Option<Found> {
        let begins = self.text.bytes(at..at + 2) == b"FR" && !self.text.within_word(at);
        begins.then(|| company::find_vat(self.text, at))?
    }

    /// Looks at the digits that begin at `at`.
    fn digit(&mut self, at: usize) -> usize {
        let text = self.text;
        let mut end = at + 1;
        while text.byte(end).is_ascii_digit() {
            end += 1;
        }
        let continues = text.previous(at).is_ascii_alphanumeric();
        if continues {
            return end;
        }
        if let Some(next) = self.dated_or_placed(at, end) {
            return next;
        }
        let separator = text.separator(end);
        let after = text.byte(end + separator);
        if after.is_ascii_uppercase()
            && let Some(found) = self.lettered(at, end)
        {
            return self.take(at, Some(found));
        }
        let grouped = separator > 0 && after.is_ascii_digit();
        if !grouped && end - at < 8 && !after.is_ascii_uppercase() {
            return end;
        }
        let found = self.numbered(at, end);
        match found {
            Some(_) => self.take(at, found),
            None => end,
        }
    }

    /// Dates of birth and home addresses, and the names before them.
    fn dated_or_placed(&mut self, at: usize, end: usize) -> Option<usize> {
        let (text, digits) = (self.text, end - at);
        if matches!(digits, 1 | 2 | 4)
            && let Some(birth) = birth_date::find(text, at, end, self.wanted.living_since)
        {
            self.name(birth.context);
            return Some(self.take(at, Some(birth.found)));
        }
        let home = match digits {
            1..=4 => address::find(text, at, end),
            5 if text.byte(text.skip_blanks(end)).is_ascii_uppercase() => {
                address::find_by_postcode(text, at, end)
            }
            _ => None,
        }?;
        self.name(home.context);
        Some(self.take(at, Some(home.found)))
    }

    fn name(&mut self, context: usize) {
        if self.wanted.has(Class::Person) {
            self.found.extend(person::find(self.text, context));
        }
    }

    /// What has letters after its first digits: plates, passports, cards, Corsican NIR, RIB with letters.
    fn lettered(&self, at: usize, end: usize) -> Option<Found> {
        let text = self.text;
        document::find_mixed(text, at)
            .or_else(|| plate::find_old(text, at, end))
            .or_else(|| nir::find(text, at))
            .or_else(|| bank_account::find_rib(text, at))
    }

    /// What is made of digits and separators.
    fn numbered(&self, at: usize, end: usize) -> Option<Found> {
        let (text, reserved) = (self.text, self.wanted.reserved);
        if text.byte(end) == b'.'
            && end - at <= 3
            && let Some(found) = ip::find_v4(text, at, reserved)
        {
            return Some(found);
        }
        let after_another = self.free > 0 && text.skip_blanks(self.free) == at;
        if !after_another && (!text.number_begins(at) || goes_on_from_another(text, at)) {
            return None;
        }
        let run = Run::read(text, at);
        let international = text.byte(at) == b'0' && text.byte(at + 1) == b'0' && run.len() > 9;
        if international && let Some(found) = phone::find_international(text, at, reserved) {
            return Some(found);
        }
        let found = nir::find(text, at).or_else(|| match run.len() {
            ..13 => None,
            _ => card::find(text, &run).or_else(|| tax_id::find(text, &run)),
        });
        found
            .or_else(|| bank_account::find_rib(text, at))
            .or_else(|| document::find_mixed(text, at))
            .or_else(|| self.long(&run))
    }

    /// What has nine digits or more.
    fn long(&self, run: &Run) -> Option<Found> {
        let text = self.text;
        if run.len() < 9 {
            return None;
        }
        company::find(text, run)
            .or_else(|| rpps::find(text, run))
            .or_else(|| phone::find_national(text, run, self.wanted.reserved))
            .or_else(|| document::find_digits(text, run))
    }
}

/// True if the group of digits at `at` belongs to a run that began before: `06 12 34 56 78` is no telephone number in
/// `1 85 06 12 34 56 78`. A postcode (five digits) is a thing of its own.
fn goes_on_from_another(text: Text<'_>, at: usize) -> bool {
    let end = match text.previous(at) {
        b'.' | b'-' | b'/' => at - 1,
        _ => text.skip_blanks_back(at),
    };
    let before = text.before(end, 6);
    let digits = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    end < at && digits > 0 && digits != 5
}

fn byte_is_m(text: Text<'_>, at: usize) -> bool {
    text.byte(at) == b'M'
}
