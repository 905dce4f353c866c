//! Names of archives and members: `legi/global/code_et_TNC_en_vigueur/…/LEGIARTI000006419280.xml`.

/// What a member holds, as far as its path says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An article.
    Article,
    /// A version of a text: title, visas, signatories.
    TextVersion,
    /// A table of contents or container: no text by design.
    Structure,
    /// A list of withdrawn records.
    Withdrawals,
    /// An XML record outside of the known folders; its root says what it is.
    Record,
    /// An office file, the text of a company agreement.
    Office,
    /// Nothing to read.
    Other,
}

/// Tells what the member of this URI (`archive!member` or a path) holds.
///
/// Increments have one more folder, their timestamp, in front, and some bases a folder `juri`; both are passed over.
pub fn kind(uri: &str) -> Kind {
    let member = uri.rsplit('!').next().unwrap_or(uri);
    let name = member.rsplit('/').next().unwrap_or(member);
    if name.starts_with("liste_suppression") && has_extension(name, ".dat") {
        return Kind::Withdrawals;
    }
    if is_office(member) {
        return Kind::Office;
    }
    if !has_extension(name, ".xml") {
        return Kind::Other;
    }
    let mut folders = member.split('/');
    if folders.any(|segment| segment == "legi") {
        let folder = folders.nth(1).unwrap_or_default();
        if !folder.starts_with("code_et_TNC_") {
            return Kind::Other;
        }
    }
    let inside =
        |folder: &str| memchr::memmem::find(member.as_bytes(), folder.as_bytes()).is_some();
    if inside("/article/") {
        Kind::Article
    } else if inside("/texte/version/") {
        Kind::TextVersion
    } else if inside("/section_ta/") || inside("/texte/struct/") || inside("/conteneur/") {
        Kind::Structure
    } else {
        Kind::Record
    }
}

/// True for the office files that hold the text of company agreements.
pub fn is_office(member: &str) -> bool {
    (has_extension(member, ".docx") || has_extension(member, ".odt"))
        && member
            .split(['/', '!'])
            .any(|segment| segment == "bureautique")
}

/// Returns the base a member is of, `LEGI` or another of [`FONDS`]: as its folders say, the name of its list, or else
/// the name of its archive.
pub fn fond(uri: &str) -> Option<&'static str> {
    let (archive, member) = uri.rsplit_once('!').unwrap_or(("", uri));
    let named = |word: &str| FONDS.iter().find(|fond| fond.eq_ignore_ascii_case(word));
    let of_folder = |segment: &str| {
        let name = segment.strip_prefix("liste_suppression_");
        let name = name.and_then(|name| name.strip_suffix(".dat"));
        let name = name.unwrap_or(segment);
        // Folders of ids (`LEGI/ARTI/00`) are in capitals: articles of one base may lie under another's name.
        (name == name.to_ascii_lowercase())
            .then(|| named(name))
            .flatten()
    };
    let archive = archive.rsplit(['/', '!']).next().unwrap_or(archive);
    member
        .split('/')
        .find_map(of_folder)
        .or_else(|| archive.split(['_', '-', '.']).find_map(named))
        .copied()
}

/// The bases.
pub const FONDS: &[&str] = &[
    "ACCO", "CAPP", "CASS", "CNIL", "CONSTIT", "DOLE", "INCA", "JADE", "JORF", "KALI", "LEGI",
];

/// Returns the timestamp `YYYYMMDDhhmmss` in the name of an archive, `Freemium_legi_global_20250713-140000.tar.gz`
/// or `LEGI_20250714-203006.tar.gz`; 0 if there is none.
///
/// It stands alone: the numbers in the names of office files are longer.
pub fn sequence(file_name: &str) -> i64 {
    let bytes = file_name.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_timestamp = |start: &usize| {
        let end = start + 15;
        (*start..end).all(|at| {
            if at == start + 8 {
                bytes.get(at) == Some(&b'-')
            } else {
                is_digit(at)
            }
        }) && !is_digit(end)
            && start.checked_sub(1).is_none_or(|before| !is_digit(before))
    };
    let found = (0..bytes.len()).rev().find(is_timestamp);
    let window = found.and_then(|start| bytes.get(start..start + 15));
    window.map_or(0, |window| {
        window
            .iter()
            .filter(|b| b.is_ascii_digit())
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

/// One line of a list of withdrawals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn<'a> {
    /// Key of the document, or of the section.
    pub key: &'a str,
    /// True if the record lay in one of the folders between which records of LEGI move: what the same archive brings
    /// under this key is the record in its new folder, and stays.
    pub may_have_moved: bool,
}

/// Returns what a list of withdrawals names, in order: the last segment of each path, without extension.
///
/// The structure of a text has the id of its version and is withdrawn with that. Sections and containers are no
/// documents: sections are only named `with_sections`.
pub fn withdrawn(list: &str, with_sections: bool) -> impl Iterator<Item = Withdrawn<'_>> {
    list.split_whitespace().filter_map(move |path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let id = name.strip_suffix(".xml").unwrap_or(name);
        let key = match id.get(4..8) {
            _ if is_office(path) => crate::readers::file_stem(path),
            Some("TEXT") if path.contains("/struct/") => return None,
            Some("ARTI" | "TEXT" | "DOLE") => id,
            Some("SCTA") if with_sections => id,
            _ => return None,
        };
        Some(Withdrawn {
            key,
            may_have_moved: path.contains("/code_et_TNC_"),
        })
    })
}

fn has_extension(name: &str, extension: &str) -> bool {
    let start = name.len().saturating_sub(extension.len());
    name.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::{Kind, fond, kind, sequence, withdrawn};

    #[test]
    fn kinds_as_a_table() {
        let legi = "legi/global/code_et_TNC_en_vigueur/code_en_vigueur/LEGI/TEXT/00/00/06/07/07/LEGITEXT000006070721";
        let check = |uri: &str, expected: Kind| assert_eq!(kind(uri), expected, "{uri}");
        check(
            &format!("a.tar.gz!{legi}/article/LEGI/ARTI/00/LEGIARTI000006419280.xml"),
            Kind::Article,
        );
        check(
            &format!("a.tar.gz!20170302-203006/{legi}/article/LEGIARTI000006419280.xml"),
            Kind::Article,
        );
        check(
            &format!("{legi}/texte/version/LEGITEXT000006070721.xml"),
            Kind::TextVersion,
        );
        check(
            &format!("{legi}/texte/struct/LEGITEXT000006070721.xml"),
            Kind::Structure,
        );
        check(
            &format!("{legi}/section_ta/LEGISCTA000006117610.xml"),
            Kind::Structure,
        );
        check(
            &format!("{legi}/texte/version/LEGITEXT000006070721.xml.bak"),
            Kind::Other,
        );
        check(
            "legi/global/autre/article/LEGIARTI000006419280.xml",
            Kind::Other,
        );
        check("legi/LEGIARTI000006419280.xml", Kind::Other);
        check(
            "jorf/global/article/JORF/ARTI/00/JORFARTI000001.xml",
            Kind::Article,
        );
        check(
            "jorf/global/texte/version/JORF/TEXT/00/JORFTEXT000001.XML",
            Kind::TextVersion,
        );
        check(
            "jorf/global/conteneur/JORF/CONT/00/JORFCONT000001.xml",
            Kind::Structure,
        );
        check(
            "20170302-203006/liste_suppression_legi.dat",
            Kind::Withdrawals,
        );
        check("un/dossier\u{fffd}/LEGIARTI000006419280.xml", Kind::Record);
        check(
            "kali/global/article/KALI/ARTI/00/KALIARTI000001.xml",
            Kind::Article,
        );
        check("juri/global/JURI/TEXT/00/JURITEXT000001.xml", Kind::Record);
        check("acco/global/bureautique/2025/T1-2.docx", Kind::Office);
        check("acco/global/autre/T1-2.docx", Kind::Other);
        check("legi/dtd/article.dtd", Kind::Other);
        check("", Kind::Other);
    }

    #[test]
    fn fonds_as_a_table() {
        let check = |uri: &str, expected: Option<&str>| assert_eq!(fond(uri), expected, "{uri}");
        check("x.tar.gz!20170302-203006/legi/global/a.xml", Some("LEGI"));
        check("jorf/global/a.xml", Some("JORF"));
        check("x!20170302-203006/liste_suppression_kali.dat", Some("KALI"));
        check("juri/cass/global/JURI/TEXT/a.xml", Some("CASS"));
        check(
            "d/Freemium_inca_global_20250713-140000.tar.gz!juri/a.xml",
            Some("INCA"),
        );
        check("CAPP_20250714-203006.tar.gz!a.xml", Some("CAPP"));
        check("dole/global/JORF/DOLE/00/JORFDOLE000001.xml", Some("DOLE"));
        check("a.xml", None);
    }

    #[test]
    fn sequences_as_a_table() {
        let check = |name: &str, expected: i64| assert_eq!(sequence(name), expected, "{name}");
        check(
            "Freemium_legi_global_20250713-140000.tar.gz",
            20_250_713_140_000,
        );
        check("LEGI_20250714-203006.tar.gz", 20_250_714_203_006);
        check("dossier/JORF_20250714-203006.tar", 20_250_714_203_006);
        check("20250714.tar.gz", 0);
        check("20250714-203006", 20_250_714_203_006);
        check("T02826061367-56201242700059.docx", 0);
        check("LEGI_2025071-203006.tar.gz", 0);
        check("", 0);
    }

    #[test]
    fn lists_as_a_table() {
        let list = "legi/global/code_et_TNC_en_vigueur/a/LEGIARTI000006419280\nlegi/b/LEGISCTA000006117610\r\n\
                    JORFTEXT000001.xml  x\ncass/a/JURITEXT000001 a/CETATEXT000002 a/CONSTEXT000003 a/CNILTEXT000004\n\
                    a/ACCOTEXT000005 a/JORFDOLE000006 a/KALIARTI000007 a/texte/struct/KALI/KALITEXT000008\n\
                    acco/global/bureautique//2025/12/22/T02826061367-1.docx";
        let keys = |with_sections| -> Vec<String> {
            let moved = |moved| if moved { "?" } else { "" };
            withdrawn(list, with_sections)
                .map(|w| format!("{}{}", w.key, moved(w.may_have_moved)))
                .collect()
        };
        let expected = [
            "LEGIARTI000006419280?",
            "JORFTEXT000001",
            "JURITEXT000001",
            "CETATEXT000002",
            "CONSTEXT000003",
            "CNILTEXT000004",
            "ACCOTEXT000005",
            "JORFDOLE000006",
            "KALIARTI000007",
            "T02826061367-1",
        ];
        assert_eq!(keys(false), expected);
        assert_eq!(keys(true).len(), expected.len() + 1);
        assert_eq!(withdrawn("", true).count(), 0);
    }
}
