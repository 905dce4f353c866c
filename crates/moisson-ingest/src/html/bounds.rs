//! A bound on what parsing a page can cost, before it is parsed.
//!
//! An HTML parser walks its stack of open elements for many tags, opens again the formatting elements that a block
//! cut short, and compares each attribute with those before it: quadratic on hostile pages. This scan reads the tags
//! as the parser will, errs towards too much, and takes linear time.

use memchr::{memchr, memmem};

use super::elements::{Class, class, is_frame_of_page, is_raw_text, is_void};

/// Most nodes of one parsed page: about half a gibibyte of tree.
const NODES_MAX: u64 = 2_000_000;
/// Most attributes of one tag.
const ATTRIBUTES_MAX: usize = 4_096;
/// Most equal formatting elements that are opened again (the "Noah's Ark clause" of the HTML standard).
const FORMATTING_EQUAL_MAX: usize = 3;

/// Returns true if the page nests at most `depth_max` deep and its tree stays small enough to build.
///
/// The scan keeps a stack of open elements and ends them as the parser does, as far as that decides the depth.
pub(crate) fn within(html: &str, depth_max: u32) -> bool {
    Scan::new(html.as_bytes(), depth_max as usize).run()
}

#[derive(Clone, Copy)]
struct Open {
    name: u64,
    tag: u64,
    class: Class,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_max: usize,
    open: Vec<Open>,
    formatting: u64,
    nodes: u64,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8], depth_max: usize) -> Self {
        Self {
            bytes,
            at: 0,
            depth_max,
            open: Vec::new(),
            formatting: 0,
            nodes: 0,
        }
    }

    fn run(mut self) -> bool {
        while let Some(offset) = memchr(b'<', &self.bytes[self.at..]) {
            self.at += offset + 1;
            let within = match self.bytes.get(self.at) {
                Some(b'!') => {
                    self.skip_comment();
                    true
                }
                Some(b'?') => {
                    self.skip_past(b">");
                    true
                }
                Some(b'/') => {
                    self.at += 1;
                    self.end_tag();
                    true
                }
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag(),
                _ => true,
            };
            if !within || self.nodes > NODES_MAX {
                return false;
            }
        }
        true
    }

    /// Moves past the next `needle`, or to the end.
    fn skip_past(&mut self, needle: &[u8]) {
        self.at = memmem::find(&self.bytes[self.at..], needle)
            .map_or(self.bytes.len(), |offset| self.at + offset + needle.len());
    }

    fn skip_comment(&mut self) {
        if !self.bytes[self.at..].starts_with(b"!--") {
            return self.skip_past(b">");
        }
        self.nodes += 1;
        self.at += 1; // `<!-->` is a whole comment
        let mut dashes = memmem::find_iter(&self.bytes[self.at..], b"--").map(|offset| offset + 2);
        let end = dashes.find_map(|offset| match self.bytes[self.at + offset..] {
            [b'>', ..] => Some(offset + 1),
            [b'!' | b'-', b'>', ..] => Some(offset + 2),
            _ => None,
        });
        self.at = end.map_or(self.bytes.len(), |offset| self.at + offset);
    }

    fn name(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Moves past the `>` of the current tag; returns its attributes counted, and whether it closes itself.
    fn attributes(&mut self) -> (usize, bool) {
        let mut count = 0;
        let mut previous = b' ';
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'>' => return (count, previous == b'/'),
                b'"' | b'\'' if previous == b'=' => {
                    count += 1; // a value may be followed by a name without a space
                    self.skip_past(&[byte]);
                }
                b'/' => count += 1,
                _ if byte.is_ascii_whitespace() => {
                    count += usize::from(!previous.is_ascii_whitespace());
                    if previous == b'=' {
                        continue; // `a= "b"` is still before its value
                    }
                }
                _ => {}
            }
            previous = byte;
        }
        (count, false)
    }

    fn start_tag(&mut self) -> bool {
        let start = self.at;
        let raw = self.name();
        let mut lower = [0_u8; 16];
        let name = lower_into(raw, &mut lower);
        let (attributes, closes_itself) = self.attributes();
        // The element, the text after it, and the formatting elements opened again for it.
        self.nodes += 2 + self.formatting;
        if attributes > ATTRIBUTES_MAX {
            return false;
        }
        let is_foreign = self.is_foreign();
        let class = class(name);
        if name == b"plaintext" {
            self.at = self.bytes.len();
            return true;
        }
        if is_raw_text(name) && !is_foreign {
            self.skip_raw_text(name);
            return true;
        }
        let has_no_content = match name {
            b"svg" | b"math" => closes_itself,
            _ if is_foreign => closes_itself,
            _ => is_void(name) || is_frame_of_page(name),
        };
        if has_no_content {
            return true;
        }
        if !is_foreign {
            self.implied_ends(name, class);
        }
        self.open.push(Open {
            name: hash(name),
            tag: hash(&self.bytes[start..self.at]),
            class,
        });
        self.formatting += u64::from(class == Class::Formatting);
        self.open.len() <= self.depth_max
    }

    /// Ends what a start tag ends without saying so.
    fn implied_ends(&mut self, name: &[u8], class: Class) {
        let wanted = hash(name);
        let is_barrier: fn(Class) -> bool = match class {
            Class::Paragraph | Class::Block => {
                |c| matches!(c, Class::Root | Class::Scope | Class::Cell)
            }
            Class::Item => |c| {
                !matches!(
                    c,
                    Class::Formatting | Class::Inline | Class::Paragraph | Class::Item
                )
            },
            Class::Cell | Class::Row => |c| c == Class::Root,
            _ => |_| false,
        };
        let ends = |open: &Open| match class {
            Class::Paragraph | Class::Block => open.class == Class::Paragraph,
            Class::Item => open.class == Class::Item,
            Class::Cell => open.class == Class::Cell,
            // A row ends the row before it, a group of rows ends the group.
            Class::Row => open.class == Class::Row && (open.name == wanted || name != b"tr"),
            // A second link ends the first.
            Class::Formatting => matches!(name, b"a" | b"nobr") && open.name == wanted,
            Class::Root | Class::Scope | Class::Inline => name == b"option" && open.name == wanted,
        };
        let mut found = None;
        for (index, open) in self.open.iter().enumerate().rev() {
            if ends(open) {
                found = Some(index);
                if class != Class::Row {
                    break;
                }
            } else if is_barrier(open.class) {
                break;
            }
        }
        if let Some(index) = found {
            self.end(index);
        }
    }

    fn end_tag(&mut self) {
        let raw = self.name();
        let mut lower = [0_u8; 16];
        let name = lower_into(raw, &mut lower);
        self.skip_past(b">");
        self.nodes += 1;
        let wanted = hash(name);
        let is_barrier: fn(Class) -> bool = match class(name) {
            Class::Root | Class::Cell | Class::Row => |c| c == Class::Root,
            Class::Inline => |c| !matches!(c, Class::Formatting | Class::Inline),
            _ => |c| matches!(c, Class::Root | Class::Scope | Class::Cell),
        };
        for (index, open) in self.open.iter().enumerate().rev() {
            if open.name == wanted {
                return self.end(index);
            }
            if is_barrier(open.class) {
                return;
            }
        }
    }

    /// Closes the element at `index` and what it holds. Formatting elements cut short stay open.
    fn end(&mut self, index: usize) {
        let ended = self.open[index];
        let above = self.open.split_off(index);
        match ended.class {
            Class::Formatting => {
                // If a block began inside, the block ends the formatting and not the other way round.
                let is_cut = above.iter().any(|open| open.class != Class::Formatting);
                self.open.extend(&above[1..]);
                if is_cut {
                    self.open.push(ended);
                }
            }
            // Formatting does not leave cells, tables and objects.
            Class::Cell | Class::Row | Class::Root | Class::Scope => {}
            Class::Paragraph | Class::Item | Class::Block | Class::Inline => {
                let formatting = above.iter().filter(|open| open.class == Class::Formatting);
                self.open.extend(formatting);
                self.limit_equal_formatting();
            }
        }
        let formatting = self
            .open
            .iter()
            .filter(|open| open.class == Class::Formatting);
        self.formatting = formatting.count() as u64;
    }

    /// Applies the Noah's Ark clause to the formatting elements on top of the stack.
    fn limit_equal_formatting(&mut self) {
        let is_other = |open: &Open| open.class != Class::Formatting;
        let base = self
            .open
            .iter()
            .rposition(is_other)
            .map_or(0, |index| index + 1);
        if self.open.len() - base <= FORMATTING_EQUAL_MAX {
            return;
        }
        let top = self.open.split_off(base);
        for (index, open) in top.iter().enumerate() {
            let equal = top[index + 1..]
                .iter()
                .filter(|other| other.tag == open.tag);
            if equal.count() < FORMATTING_EQUAL_MAX {
                self.open.push(*open);
            }
        }
    }

    fn is_foreign(&self) -> bool {
        let (svg, math) = (hash(b"svg"), hash(b"math"));
        self.open
            .iter()
            .any(|open| open.name == svg || open.name == math)
    }

    /// Moves past the end tag of a `script`, `style`, … whose content is text.
    fn skip_raw_text(&mut self, name: &[u8]) {
        while let Some(offset) = memmem::find(&self.bytes[self.at..], b"</") {
            self.at += offset + 2;
            let rest = &self.bytes[self.at..];
            if rest
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
            {
                return self.skip_past(b">");
            }
        }
        self.at = self.bytes.len();
    }
}

fn lower_into<'b>(name: &'b [u8], buffer: &'b mut [u8; 16]) -> &'b [u8] {
    let Some(lower) = buffer.get_mut(..name.len()) else {
        return name;
    };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    lower
}

fn hash(bytes: &[u8]) -> u64 {
    // FNV-1a; a collision only makes the bound a little wrong.
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn depth_as_a_table() {
        let check = |html: &str, depth_max: u32, expected: bool| {
            let start: String = html.chars().take(60).collect();
            assert_eq!(within(html, depth_max), expected, "{start}");
        };
        check("", 1, true);
        check("pas de balise < 3 et > 2", 1, true);
        check("<div><div></div></div>", 2, true);
        check("<div><div></div></div>", 1, false);
        check(&"<DIV></div>".repeat(1000), 1, true);
        check(&"<div>".repeat(1_000_000), 256, false);
        check(&"<b>".repeat(1_000_000), 256, false);
        check(&"<div><table><tr><td></div>".repeat(100), 256, false); // cells hold their end tags in
        check(&"<p><span>x".repeat(1000), 4, true);
        check(
            &"<table><tr><td><font a>x<td><font b>y</table>".repeat(500),
            6,
            true,
        );
        check(
            "<table><thead><tr><td>x<tbody><tr><td>x<tr><td>y</table>",
            4,
            true,
        );
        check(&"<a href=x><div></a></div>".repeat(1000), 8, true); // misnested links
        check(&"<span>".repeat(1_000_000), 256, false);
        check(&"<table><tr><td>".repeat(300), 256, false);
        check(&"<p>un".repeat(5000), 4, true); // end tags left out
        check(&"<ul><li>un<li>deux</ul>".repeat(500), 4, true);
        check(&"<br><img src=x><hr/>".repeat(5000), 1, true);
        check(&"<div><span>x</div>".repeat(5000), 4, true); // closed by its parent
        check(&"<p><b>x<p><i>y".repeat(500), 16, true); // unclosed formatting in tag soup
        check("<script>if(a<b){x('<div><div><div>')}</script>", 1, true);
        check("<!-- <div><div><div> --><p>", 1, true);
        check("<!--><div><div>", 1, false); // an empty comment
        check("<a title='<div><div>'>x</a>", 1, true);
        check("<svg><style><g><g><g>", 4, false); // no raw text inside of SVG
        check("<svg/><svg/><svg/>", 1, true);
        check(&"<!--".repeat(100_000), 1, true);
    }

    #[test]
    fn hostile_amplification_is_refused() {
        // Each paragraph would open two hundred formatting elements again.
        let fonts: Vec<String> = (0..200).map(|n| format!("<font size={n}>")).collect();
        let fonts = fonts.concat();
        assert!(!within(&format!("{fonts}{}", "<p>x".repeat(100_000)), 256));
        assert!(!within(&format!("<a {}>", "x=1 ".repeat(10_000)), 256));
        assert!(!within(&format!("<a {}>", "x='1'".repeat(10_000)), 256));
        assert!(!within(&"<p>".repeat(2_000_000), 256));
    }
}
