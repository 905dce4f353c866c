//! Which elements of a page are its furniture: menus, banners, share buttons, cookie notices.

use super::Flat;

/// How an element is treated before the main content is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Part of the page.
    Keep,
    /// Furniture, unless most of the page's text is in it.
    Suspect,
    /// Never text.
    Never,
}

/// Judges one element by its name, role, visibility, class and id.
pub(super) fn verdict(flat: &Flat<'_>, index: usize) -> Verdict {
    let name = flat.nodes[index].name;
    match name {
        "head" | "svg" | "math" | "iframe" | "object" | "embed" | "canvas" | "audio" | "video"
        | "map" | "select" | "textarea" | "input" | "datalist" | "dialog" | "script" | "style"
        | "noscript" | "template" => return Verdict::Never,
        "html" | "body" | "main" => return Verdict::Keep,
        "nav" | "aside" | "form" => return Verdict::Suspect,
        // The head of an article holds its title.
        "header" | "footer" if !inside(flat, index, &["article", "main"]) => {
            return Verdict::Suspect;
        }
        // The title of a folding section is often a button.
        "button" if !inside(flat, index, &["h1", "h2", "h3", "h4", "h5", "h6"]) => {
            return Verdict::Suspect;
        }
        _ => {}
    }
    let Some(element) = flat.elements[index] else {
        return Verdict::Keep;
    };
    for (attribute, value) in element.value().attrs() {
        let is_furniture = match attribute {
            "role" => is_furniture_role(value),
            "hidden" => value != "until-found",
            "aria-hidden" => value == "true",
            "style" => hides(value),
            "class" => {
                words(value).any(is_furniture_word) || value.split(' ').any(is_design_system)
            }
            "id" => words(value).any(is_furniture_word),
            _ => false,
        };
        if is_furniture {
            return Verdict::Suspect;
        }
    }
    Verdict::Keep
}

/// True if an element around this one is furniture by its name: the date in a card is that of another page.
pub(super) fn is_inside_furniture(flat: &Flat<'_>, index: usize) -> bool {
    let mut at = index;
    while flat.nodes[at].parent != at {
        at = flat.nodes[at].parent;
        if verdict(flat, at) != Verdict::Keep {
            return true;
        }
    }
    false
}

fn inside(flat: &Flat<'_>, index: usize, names: &[&str]) -> bool {
    let mut at = index;
    while flat.nodes[at].parent != at {
        at = flat.nodes[at].parent;
        if names.contains(&flat.nodes[at].name) {
            return true;
        }
    }
    false
}

fn is_furniture_role(role: &str) -> bool {
    role.split_ascii_whitespace().any(|role| {
        matches!(
            role,
            "navigation"
                | "banner"
                | "contentinfo"
                | "search"
                | "complementary"
                | "menu"
                | "menubar"
                | "toolbar"
                | "dialog"
                | "alertdialog"
                | "tablist"
        )
    })
}

/// True for a style attribute that takes the element off the page.
fn hides(style: &str) -> bool {
    style.split(';').any(|declaration| {
        let (property, value) = declaration.split_once(':').unwrap_or_default();
        matches!(
            (property.trim(), value.trim()),
            ("display", "none") | ("visibility", "hidden")
        )
    })
}

/// Splits class names and ids into words: at anything but letters and digits, and before capitals.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|part| {
            let mut rest = part;
            std::iter::from_fn(move || {
                if rest.is_empty() {
                    return None;
                }
                let is_border =
                    |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
                let cut = rest.as_bytes().windows(2).position(is_border);
                let (word, tail) = rest.split_at(cut.map_or(rest.len(), |at| at + 1));
                rest = tail;
                Some(word)
            })
        })
}

fn is_furniture_word(word: &str) -> bool {
    let mut buffer = [0_u8; 16];
    let Some(lower) = buffer.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    FURNITURE.binary_search(&&*lower).is_ok()
}

/// Components of the design system of the State (DSFR, <https://www.systeme-de-design.gouv.fr/>) that lead elsewhere:
/// a card or a tile is a link to another page, a tag to a list of pages.
fn is_design_system(class: &str) -> bool {
    matches!(
        class,
        "fr-card" | "fr-tile" | "fr-tags-group" | "fr-follow" | "fr-sidemenu" | "fr-notice"
    )
}

/// Words of classes and ids, English and French, sorted.
const FURNITURE: &[&[u8]] = &[
    b"ads",
    b"advert",
    b"ariane",
    b"backtotop",
    b"breadcrumb",
    b"breadcrumbs",
    b"consent",
    b"cookie",
    b"cookies",
    b"evitement",
    b"footer",
    b"masthead",
    b"menu",
    b"menus",
    b"modal",
    b"nav",
    b"navbar",
    b"navigation",
    b"newsletter",
    b"noprint",
    b"pager",
    b"pagination",
    b"partage",
    b"partager",
    b"popup",
    b"print",
    b"recherche",
    b"search",
    b"share",
    b"sharing",
    b"sidebar",
    b"skip",
    b"skiplink",
    b"skiplinks",
    b"skiplnks",
    b"social",
    b"socials",
    b"sommaire",
    b"tarteaucitron",
    b"toc",
    b"toolbar",
];

#[cfg(test)]
mod tests {
    use super::{FURNITURE, hides, is_furniture_word, words};

    #[test]
    fn words_of_classes_as_a_table() {
        assert!(FURNITURE.is_sorted());
        let check = |class: &str, expected: bool| {
            assert_eq!(words(class).any(is_furniture_word), expected, "{class}");
        };
        check("main-menu", true);
        check("mainMenu", true);
        check("fr-share__group", true);
        check("fil_ariane", true);
        check("breadcrumb", true);
        check("site-Footer col-3", true);
        check("contenu", false);
        check("menuiserie", false); // whole words only
        check("texte socialement", false);
        check("", false);
        check("é-nav", true);
    }

    #[test]
    fn hidden_styles_as_a_table() {
        for (style, expected) in [
            ("display:none", true),
            ("color: red; display : none ;", true),
            ("visibility: hidden", true),
            ("display: block", false),
            ("", false),
            (";;", false),
        ] {
            assert_eq!(hides(style), expected, "{style}");
        }
    }
}
