//! Fluent, <https://projectfluent.org/fluent/guide/>: values and attributes of messages and terms.

use std::panic::catch_unwind;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

use super::{Strings, is_no_text};

/// Placeables inside one another; translators write two.
const DEPTH_MAX: usize = 24;

/// Reads the strings of a resource. Broken entries are passed over and counted.
pub(super) fn read(text: &str, depth_max: u32) -> Result<Strings, String> {
    let depth_max = DEPTH_MAX.min(depth_max as usize);
    // The parser descends into placeables by recursion.
    if nesting(text) > depth_max {
        return Err(format!("nests placeables deeper than {depth_max}"));
    }
    // fluent-syntax cuts some damaged entries inside of a character and panics: one bad file must not end a run.
    catch_unwind(|| strings(text)).map_err(|_| "the Fluent library gave up on it".to_owned())
}

fn strings(text: &str) -> Strings {
    let mut strings = Strings::default();
    let resource = parser::parse(text).unwrap_or_else(|(resource, _)| resource);
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                if let Some(value) = &message.value
                    && !is_no_text(message.id.name)
                {
                    push(&mut strings, value);
                }
                for attribute in &message.attributes {
                    if !is_no_text(attribute.id.name) {
                        push(&mut strings, &attribute.value);
                    }
                }
            }
            Entry::Term(term) => push(&mut strings, &term.value),
            Entry::Junk { .. } => strings.junk += 1,
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
        }
    }
    strings
}

/// Greatest number of braces and brackets open at once; an entry begins at the margin and closes those before.
fn nesting(text: &str) -> usize {
    let mut deepest = 0;
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '#') {
            (braces, brackets) = (0, 0);
        }
        for byte in line.bytes() {
            match byte {
                b'{' => braces += 1,
                b'}' => braces = braces.saturating_sub(1),
                b'(' if braces > 0 => brackets += 1,
                b')' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            if braces == 0 {
                brackets = 0;
            }
            deepest = deepest.max(braces + brackets);
        }
    }
    deepest
}

/// Adds the lines of a pattern: one, or one for each variant of its first choice.
fn push(strings: &mut Strings, pattern: &Pattern<&str>) {
    let choice = pattern.elements.iter().position(is_choice);
    let variants = match choice.and_then(|at| pattern.elements.get(at)) {
        Some(PatternElement::Placeable {
            expression: Expression::Select { variants, .. },
        }) => variants.as_slice(),
        _ => &[],
    };
    if variants.is_empty() {
        let mut line = String::new();
        write(&mut line, pattern, 0);
        return strings.push(&line);
    }
    for variant in variants {
        let mut line = String::new();
        for (index, element) in pattern.elements.iter().enumerate() {
            if Some(index) == choice {
                write(&mut line, &variant.value, 1);
            } else {
                write_element(&mut line, element, 0);
            }
        }
        strings.push(&line);
    }
}

fn is_choice(element: &PatternElement<&str>) -> bool {
    matches!(
        element,
        PatternElement::Placeable {
            expression: Expression::Select { .. }
        }
    )
}

fn write(line: &mut String, pattern: &Pattern<&str>, depth: usize) {
    for element in &pattern.elements {
        write_element(line, element, depth);
    }
}

/// Writes an element; of a choice inside of another its default. The depth was bounded before parsing.
fn write_element(line: &mut String, element: &PatternElement<&str>, depth: usize) {
    match element {
        PatternElement::TextElement { value } => line.push_str(value),
        PatternElement::Placeable { expression } => match expression {
            Expression::Inline(inline) => write_inline(line, inline, depth),
            Expression::Select { variants, .. } => {
                let default = variants.iter().find(|variant| variant.default);
                if let Some(variant) = default.or(variants.first())
                    && depth < DEPTH_MAX
                {
                    write(line, &variant.value, depth + 1);
                }
            }
        },
    }
}

/// Placeables stay as they are written, `{ $count }`, but for literals, which are text.
fn write_inline(line: &mut String, inline: &InlineExpression<&str>, depth: usize) {
    let mut braced = |parts: &[&str]| {
        line.push_str("{ ");
        line.extend(parts.iter().copied());
        line.push_str(" }");
    };
    match inline {
        InlineExpression::StringLiteral { value } => line.push_str(&unescaped(value)),
        InlineExpression::NumberLiteral { value } => line.push_str(value),
        InlineExpression::VariableReference { id } => braced(&["$", id.name]),
        InlineExpression::FunctionReference { id, .. } => braced(&[id.name, "()"]),
        InlineExpression::MessageReference { id, attribute } => match attribute {
            Some(attribute) => braced(&[id.name, ".", attribute.name]),
            None => braced(&[id.name]),
        },
        InlineExpression::TermReference { id, .. } => braced(&["-", id.name]),
        InlineExpression::Placeable { expression } if depth < DEPTH_MAX => {
            if let Expression::Inline(inner) = expression.as_ref() {
                write_inline(line, inner, depth + 1);
            }
        }
        InlineExpression::Placeable { .. } => {}
    }
}

/// A string literal with `\u00A0`, `\U01F602`, `\"` and `\\` resolved.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = match after.as_bytes().first() {
            Some(b'u') => 4,
            Some(b'U') => 6,
            _ => 0,
        };
        let code = after
            .get(1..=digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(c) = code.filter(|_| digits > 0).and_then(char::from_u32) {
            out.push(c);
            rest = after.get(1 + digits..).unwrap_or_default();
        } else {
            let mut letters = after.chars();
            out.extend(letters.next());
            rest = letters.as_str();
        }
    }
    out.push_str(rest);
    out
}
