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
    /// An XML record outside of the known folders.
    Record,
    /// Nothing to read.
    Other,
}

/// Tells what the member of this URI (`archive!member` or a path) holds.
///
/// Increments have one more folder, their timestamp, in front; it is passed over.
pub fn kind(uri: &str) -> Kind {
    let member = uri.rsplit('!').next().unwrap_or(uri);
    let name = member.rsplit('/').next().unwrap_or(member);
    if name.starts_with("liste_suppression") && has_extension(name, ".dat") {
        return Kind::Withdrawals;
    }
    if !has_extension(name, ".xml") {
        return Kind::Other;
    }
    let segments: Vec<&str> = member.split('/').collect();
    let fond = segments
        .iter()
        .position(|segment| matches!(*segment, "legi" | "jorf"));
    if let Some(fond) = fond.filter(|fond| segments[*fond] == "legi") {
        let folder = segments.get(fond + 2).copied().unwrap_or_default();
        if !folder.starts_with("code_et_TNC_") {
            return Kind::Other;
        }
    }
    let inside = |folders: &[&str]| {
        segments
            .windows(folders.len())
            .any(|window| window == folders)
    };
    if inside(&["article"]) {
        Kind::Article
    } else if inside(&["texte", "version"]) {
        Kind::TextVersion
    } else if inside(&["section_ta"]) || inside(&["texte", "struct"]) || inside(&["conteneur"]) {
        Kind::Structure
    } else {
        Kind::Record
    }
}

/// Returns the base of a member, `LEGI` or `JORF`, from its folder or the name of its list.
pub fn fond(uri: &str) -> Option<&'static str> {
    let member = uri.rsplit('!').next().unwrap_or(uri);
    member.split('/').find_map(|segment| match segment {
        "legi" | "liste_suppression_legi.dat" => Some("LEGI"),
        "jorf" | "liste_suppression_jorf.dat" => Some("JORF"),
        _ => None,
    })
}

/// Returns the timestamp `YYYYMMDDhhmmss` in the name of an archive, `Freemium_legi_global_20250713-140000.tar.gz`
/// or `LEGI_20250714-203006.tar.gz`; 0 if there is none.
pub fn sequence(file_name: &str) -> i64 {
    let bytes = file_name.as_bytes();
    let is_timestamp = |window: &&[u8]| {
        window[8] == b'-'
            && window
                .iter()
                .enumerate()
                .all(|(at, b)| at == 8 || b.is_ascii_digit())
    };
    let found = bytes.windows(15).rfind(is_timestamp);
    found.map_or(0, |window| {
        window
            .iter()
            .filter(|b| b.is_ascii_digit())
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

/// Returns the ids that a list of withdrawals names, in order: the last segment of each path, without `.xml`.
///
/// Only those of articles and texts: sections and containers never become documents.
pub fn withdrawn(list: &str) -> impl Iterator<Item = &str> {
    list.split_whitespace().filter_map(|path| {
        let id = path.rsplit('/').next().unwrap_or(path);
        let id = id.strip_suffix(".xml").unwrap_or(id);
        matches!(id.get(4..8), Some("ARTI" | "TEXT")).then_some(id)
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
        check("legi/dtd/article.dtd", Kind::Other);
        check("", Kind::Other);
    }

    #[test]
    fn fonds_as_a_table() {
        assert_eq!(
            fond("x.tar.gz!20170302-203006/legi/global/a.xml"),
            Some("LEGI")
        );
        assert_eq!(fond("jorf/global/a.xml"), Some("JORF"));
        assert_eq!(
            fond("x.tar.gz!20170302-203006/liste_suppression_jorf.dat"),
            Some("JORF")
        );
        assert_eq!(fond("a.xml"), None);
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
        check("LEGI_2025071-203006.tar.gz", 0);
        check("", 0);
    }

    #[test]
    fn lists_as_a_table() {
        let list = "legi/global/a/LEGIARTI000006419280\nlegi/b/LEGISCTA000006117610\r\n JORFTEXT000001.xml  x\n";
        let ids: Vec<&str> = withdrawn(list).collect();
        assert_eq!(ids, ["LEGIARTI000006419280", "JORFTEXT000001"]);
        assert_eq!(withdrawn("").count(), 0);
    }
}
