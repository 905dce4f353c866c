//! `Publication` and `ServiceComplementaire`: one sheet, theme or form of service-public.gouv.fr.

use moisson_core::Date;
use serde_json::{Map, Value};

use crate::html::render::{Block, Style, Writer, render_styled};
use crate::html::tree::Tree;

/// A sheet, before it is named after its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// `F10040`, `N156`, `R2336`.
    pub id: String,
    /// Plain text; empty if the sheet has none.
    pub text: String,
    /// True for a kind of page that is a list of links or questions and may have no text.
    pub is_index: bool,
    /// Title as published.
    pub title: Option<String>,
    /// Address on the portal.
    pub url: Option<String>,
    /// Last update.
    pub modified_on: Option<Date>,
    /// Language as declared.
    pub language: Option<String>,
    /// Who answers for it.
    pub producer: Option<String>,
    /// `part`, `pro` or `asso`.
    pub audience: Option<&'static str>,
    /// Kind, theme, references, …
    pub metadata: Map<String, Value>,
}

/// Reads a sheet from its tree, of XML or of its image. With `definitions`, the glossary at its end is read as well.
///
/// # Errors
/// What the tree lacks to be one.
pub(crate) fn read<T: Tree>(tree: &T, path: &str, definitions: bool) -> Result<Sheet, String> {
    let root = tree.name(0);
    if !matches!(root, "Publication" | "ServiceComplementaire") {
        return Err(format!(
            "root element `{root}` is no sheet of service-public"
        ));
    }
    let id = tree
        .attribute(0, "ID")
        .or_else(|| tree.value(0, &["identifier"]));
    let id = id.ok_or_else(|| format!("`{root}` has no `ID`"))?;
    let kind = tree.attribute(0, "type");
    let audience = audience(tree, path);
    let mut text = String::new();
    for part in tree.nodes(0) {
        let is_text = match tree.name(part) {
            "Avertissement" | "Introduction" | "ListeSituations" | "Texte" => true,
            "Definition" => definitions,
            _ => false,
        };
        if is_text {
            let part = render_styled(tree, part..tree.end(part), &mut Prose::default());
            let part = tidy(&part);
            if !text.is_empty() && !part.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&part);
        }
    }
    let modified = tree.value(0, &["date"]);
    let mut sheet = Sheet {
        is_index: is_index(root, kind.as_deref()),
        title: tree.value(0, &["title"]),
        url: tree
            .attribute(0, "spUrl")
            .or_else(|| audience.map(|audience| address(audience, &id))),
        modified_on: modified
            .and_then(|date| Date::parse(date.trim_start_matches(|c: char| !c.is_ascii_digit()))),
        language: tree.value(0, &["language"]),
        producer: tree.value(0, &["creator"]),
        audience,
        text,
        id,
        metadata: Map::new(),
    };
    describe(tree, kind, &mut sheet);
    Ok(sheet)
}

/// Takes back the space that a line end in the source left before a stop, and paragraphs of stops alone.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for paragraph in text.split("\n\n") {
        if !paragraph.contains(char::is_alphanumeric) {
            continue;
        }
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        let mut rest = paragraph.chars().peekable();
        while let Some(c) = rest.next() {
            let is_stop = |c: char| matches!(c, '.' | ',' | ')');
            if c == ' ' && rest.peek().copied().is_some_and(is_stop) {
                let mut after = rest.clone();
                after.next();
                // `1 .5`, ` ...` and ` .fr` are left as they are.
                if after.next().is_none_or(char::is_whitespace) {
                    continue;
                }
            }
            out.push(c);
        }
    }
    out
}

/// Fills in the metadata.
fn describe<T: Tree>(tree: &T, kind: Option<String>, sheet: &mut Sheet) {
    let audience = sheet.audience.map(str::to_owned);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            sheet.metadata.insert(name.to_owned(), Value::String(value));
        }
    };
    put("id", Some(sheet.id.clone()));
    put("type", kind);
    put("audience", audience);
    put(
        "theme",
        tree.value(0, &["Theme", "Titre"])
            .or_else(|| tree.value(0, &["Theme"])),
    );
    put("subtheme", tree.value(0, &["SousThemePere"]));
    put("folder", tree.value(0, &["DossierPere", "Titre"]));
    put("coverage", tree.value(0, &["coverage"]));
    let references = tree
        .nodes(0)
        .filter(|node| tree.name(*node) == "Reference")
        .count();
    if references > 0 {
        sheet
            .metadata
            .insert("references".to_owned(), Value::from(references));
    }
}

/// Themes, files, forms, services and guided searches are pages of links; the others are there to be read.
fn is_index(root: &str, kind: Option<&str>) -> bool {
    root == "ServiceComplementaire"
        || matches!(kind, Some("Theme" | "Dossier" | "Recherche guidée"))
}

/// The public a sheet is written for: one sheet may lie in several collections, in other words.
fn audience<T: Tree>(tree: &T, path: &str) -> Option<&'static str> {
    let named = |name: &str| match name {
        "part" | "particuliers" | "Particuliers" => Some("part"),
        "pro" | "professionnels" | "Professionnels" | "entreprendre" => Some("pro"),
        "asso" | "associations" | "Associations" => Some("asso"),
        _ => None,
    };
    let trail = tree
        .find(0, &["FilDAriane", "Niveau"])
        .and_then(|first| tree.attribute(first, "ID"));
    trail
        .and_then(|id| named(&id))
        .or_else(|| path.split(['/', '!']).rev().find_map(named))
        .or_else(|| named(&tree.value(0, &["Audience"])?))
}

fn address(audience: &str, id: &str) -> String {
    let folder = match audience {
        "pro" => "professionnels-entreprises",
        "asso" => "associations",
        _ => "particuliers",
    };
    format!("https://www.service-public.fr/{folder}/vosdroits/{id}")
}

#[derive(Default)]
struct Prose {
    /// The box that was opened last says its title before its text: `À noter : …`
    in_title: bool,
}

impl<T: Tree> Style<T> for Prose {
    fn block(&mut self, tree: &T, node: usize) -> Option<Block> {
        Some(match tree.name(node) {
            // Addresses, services, links, pictures and conditions of display.
            "OuSAdresser"
            | "ServiceEnLigne"
            | "PivotLocal"
            | "Image"
            | "Illustration"
            | "Condition"
            | "TitreAlternatif"
            | "Reference"
            | "RessourceWeb"
            | "Complement"
            | "LienWeb"
            | "Source"
            | "NoticeLiee"
            | "Resume"
            | "SiSelectionne"
            | "Problematiques"
            | "LienExterneCommente" => return None,
            "Titre" if is_box(tree.name(tree.parent(node))) => {
                self.in_title = true;
                Block::Inline
            }
            "Paragraphe" if self.in_title => Block::Inline,
            "Paragraphe" if tree.name(tree.parent(node)) == "Titre" => Block::Inline,
            "Liste" => Block::List,
            "Item" => Block::Item,
            "Rangée" => Block::Row,
            "Cellule" => Block::Cell,
            "Valeur"
            | "MiseEnEvidence"
            | "Expression"
            | "Exposant"
            | "Indice"
            | "LienInterne"
            | "LienExterne"
            | "LienIntra"
            | "Citation"
            | "Variable"
            | "TermeEtranger"
            | "FragmentConditionne"
                if is_in_line(tree, node) =>
            {
                Block::Inline
            }
            _ => Block::Paragraph,
        })
    }

    fn closing(&mut self, tree: &T, node: usize, writer: &mut Writer) {
        match tree.name(node) {
            "Titre" if is_box(tree.name(tree.parent(node))) => {
                let has_stop = writer
                    .last()
                    .is_some_and(|c| matches!(c, ':' | '?' | '!' | '.'));
                writer.text(if has_stop { " " } else { "\u{a0}: " });
            }
            "Paragraphe" if self.in_title && tree.name(tree.parent(node)) != "Titre" => {
                self.in_title = false;
                writer.paragraph();
            }
            "ANoter" | "ASavoir" | "Attention" | "Rappel" => self.in_title = false,
            _ => {}
        }
    }

    fn separates(&self, tree: &T, before: usize, node: usize) -> bool {
        // The image has lost the spaces between elements, and editors have lost others: `70 %de leur salaire`.
        let names = (tree.name(tree.parent(before)), tree.name(tree.parent(node)));
        let is_raised = |name: &str| matches!(name, "Exposant" | "Indice");
        !is_raised(names.1) && names.0 != "Indice" && !is_ending(tree.run(node))
    }
}

/// A plural or feminine ending after a marked word goes on with it: `CDD` and `s`.
fn is_ending(run: &str) -> bool {
    let word = run
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    matches!(word, "s" | "x" | "e" | "es" | "er" | "re" | "ère" | "ème")
}

/// Boxes that the portal shows with their title in front.
fn is_box(name: &str) -> bool {
    matches!(name, "ANoter" | "ASavoir" | "Attention" | "Rappel")
}

/// A conditioned fragment is in a line only if it holds no block.
fn is_in_line<T: Tree>(tree: &T, node: usize) -> bool {
    tree.name(node) != "FragmentConditionne" || !tree.nodes(node).any(|child| !tree.is_text(child))
}
