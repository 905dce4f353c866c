//! Why a licence does not enter a release, in a sentence for people. Not legal advice.

use moisson_core::reason;

use crate::{
    Catalogue, Commercial, Family, Gate, Lang, Licence, Meaning, ShareAlike, Tier, recognise,
};

/// Says why a document is kept out of a release of `tier`, and what would let it in.
///
/// `code` is the reason of the ledger, `licence` the SPDX expression or the statement it holds as `observed`. `None` for a
/// reason that is not about licences.
pub fn refusal(lang: Lang, code: &str, licence: Option<&str>, tier: Tier) -> Option<String> {
    let said = licence.unwrap_or_default();
    let (en, fr) = match code {
        reason::LICENCE_NOT_IN_TIER => return Some(not_in_tier(lang, said, tier)),
        reason::LICENCE_UNKNOWN if said.is_empty() => (
            "Nothing says under which licence it may be used, and without a licence nothing may be released.".to_owned(),
            "Rien ne dit sous quelle licence l'utiliser, et sans licence rien ne peut être publié.".to_owned(),
        ),
        reason::LICENCE_UNKNOWN => (
            format!("`{said}` names no licence that is known; a person can decide in a rights file."),
            format!("« {said} » ne nomme aucune licence connue ; une personne peut en décider dans un fichier de droits."),
        ),
        reason::LICENCE_AMBIGUOUS => (
            format!("`{said}` contradicts or limits itself, so the strictest reading counts; a person can decide in a rights file."),
            format!("« {said} » se contredit ou se limite : la lecture la plus stricte compte ; une personne peut en décider dans un fichier de droits."),
        ),
        reason::LICENCE_VERSIONLESS => (
            format!("`{said}` names no version, and the version says under which licence a derivative must stay."),
            format!("« {said} » ne dit pas sa version, or c'est elle qui dit sous quelle licence doit rester un texte dérivé."),
        ),
        reason::LICENCE_ASSUMED => (
            format!("`{said}` is only assumed by the pipeline; let it pass with `accept_assumed = true`, or have a person decide in a rights file."),
            format!("« {said} » est seulement présumée par le pipeline ; l'admettre par `accept_assumed = true`, ou faire décider une personne dans un fichier de droits."),
        ),
        reason::LICENCE_REFUSED => (
            "A person has decided that it may not be released.".to_owned(),
            "Une personne a décidé qu'il ne peut être publié.".to_owned(),
        ),
        reason::LICENCE_VERDICT_EXPIRED => (
            "A person allowed it for a time that is over; decide again in the rights file.".to_owned(),
            "Une personne l'avait admis pour une durée échue ; en décider à nouveau dans le fichier de droits.".to_owned(),
        ),
        _ => return None,
    };
    Some(lang.pick(&en, &fr).to_owned())
}

/// Says why a known licence is not in a tier, by the row of the mixing table it falls under.
fn not_in_tier(lang: Lang, expression: &str, tier: Tier) -> String {
    let meaning = recognise(Catalogue::embedded(), expression)
        .outcome()
        .meaning;
    let Some((meaning, gate)) = meaning
        .and_then(|meaning| Some((meaning.gate().ok()?, meaning)))
        .map(|(gate, meaning)| (meaning, gate))
    else {
        let en = format!("`{expression}` is not in the catalogue, so no release admits it.");
        let fr = format!("`{expression}` n'est pas au catalogue : aucune publication ne l'admet.");
        return lang.pick(&en, &fr).to_owned();
    };
    // Of several licences, the one that keeps the text out is named.
    let named = binding(&meaning, &gate).map_or(expression, |licence| licence.id.as_str());
    let (en, fr) = match gate.family {
        Family::PublicDomain | Family::Attribution => (
            format!(
                "`{named}` asks to be attributed, and a `{tier}` release asks nothing of those who use it."
            ),
            format!(
                "`{named}` demande une attribution, or une publication `{tier}` ne demande rien à qui l'utilise."
            ),
        ),
        Family::ShareAlike => share_alike(named, &gate, tier),
        Family::NonCommercial => non_commercial(named, binding(&meaning, &gate), tier),
        Family::NoDerivatives => (
            format!(
                "`{named}` allows verbatim copies only; a cleaned, cut or deduplicated text is a derivative, so no release admits it."
            ),
            format!(
                "`{named}` n'autorise que la copie à l'identique ; un texte nettoyé, coupé ou dédoublonné est une œuvre dérivée : aucune publication ne l'admet."
            ),
        ),
        Family::Closed | Family::Unknown => (
            format!("`{named}` grants no right to publish the text, so no release admits it."),
            format!(
                "`{named}` ne donne aucun droit de publier le texte : aucune publication ne l'admet."
            ),
        ),
    };
    let admits = gate.tier_min.map(|lowest| {
        let en = format!(" Tier `{lowest}` admits it.");
        let fr = format!(" Le niveau `{lowest}` l'admet.");
        lang.pick(&en, &fr).to_owned()
    });
    format!("{}{}", lang.pick(&en, &fr), admits.unwrap_or_default())
}

fn share_alike(named: &str, gate: &Gate, tier: Tier) -> (String, String) {
    if gate.share_alike == ShareAlike::Database {
        return (
            format!(
                "`{named}` asks that a database derived from it stay under `{named}`; shards of a `{tier}` release are not. They would need shards of their own."
            ),
            format!(
                "`{named}` demande qu'une base dérivée reste sous `{named}`, ce que ne sont pas les fichiers d'une publication `{tier}`. Il lui faut des fichiers à part."
            ),
        );
    }
    (
        format!(
            "`{named}` asks that what is made from the text stay under the same licence; a `{tier}` release mixes it with texts that are free of that. It needs shards of its own."
        ),
        format!(
            "`{named}` demande que ce qui est tiré du texte reste sous la même licence ; une publication `{tier}` le mêlerait à des textes qui n'y sont pas tenus. Il lui faut des fichiers à part."
        ),
    )
}

fn non_commercial(named: &str, licence: Option<&Licence>, tier: Tier) -> (String, String) {
    if licence.is_some_and(|licence| licence.commercial == Commercial::Paid) {
        return (
            format!(
                "`{named}` asks a fee for commercial use, and a `{tier}` release may be used commercially."
            ),
            format!(
                "`{named}` fait payer l'usage commercial, or une publication `{tier}` peut servir à un usage commercial."
            ),
        );
    }
    (
        format!(
            "`{named}` forbids commercial use, and a `{tier}` release may be used commercially."
        ),
        format!(
            "`{named}` interdit l'usage commercial, or une publication `{tier}` peut servir à un usage commercial."
        ),
    )
}

/// Returns the licence of the strictest family.
fn binding(meaning: &Meaning, gate: &Gate) -> Option<&'static Licence> {
    let mut licences = meaning.chosen().licences().into_iter();
    let one = |licence: &&'static Licence| licence.family == gate.family;
    let found = licences.find(one)?;
    // Where there is a choice, or the version is not stated, no one licence can be named.
    let several = matches!(meaning, Meaning::OneOf(_) | Meaning::Any(_));
    (!several).then_some(found)
}

#[cfg(test)]
mod tests {
    use moisson_core::reason;

    use super::refusal;
    use crate::{Lang, Tier};

    #[test]
    fn every_row_of_the_mixing_table_has_a_sentence() {
        let check = |licence: &str, tier: Tier, en: &str, fr: &str| {
            for (lang, part) in [(Lang::En, en), (Lang::Fr, fr)] {
                let told = refusal(lang, reason::LICENCE_NOT_IN_TIER, Some(licence), tier).unwrap();
                assert!(told.contains(part), "{licence}: {told}");
            }
        };
        let open = Tier::Attribution;
        check(
            "etalab-2.0",
            Tier::PublicDomain,
            "asks to be attributed, and a `public-domain` release asks nothing",
            "Le niveau `attribution` l'admet.",
        );
        check(
            "CC-BY-SA-4.0",
            open,
            "It needs shards of its own. Tier `share-alike` admits it.",
            "reste sous la même licence",
        );
        check(
            "ODbL-1.0",
            open,
            "a database derived from it",
            "base dérivée",
        );
        check(
            "LicenseRef-moisson-licence-mobilites",
            open,
            "a database derived from it",
            "base dérivée",
        );
        check("GPL-3.0-only", open, "shards of its own", "fichiers à part");
        check(
            "CC-BY-NC-4.0",
            Tier::ShareAlike,
            "forbids commercial use, and a `share-alike` release",
            "interdit l'usage commercial",
        );
        check(
            "LicenseRef-moisson-public-domain AND LicenseRef-moisson-gallica-nc",
            open,
            "`LicenseRef-moisson-gallica-nc` asks a fee",
            "fait payer l'usage commercial",
        );
        check(
            "CC-BY-ND-4.0",
            Tier::Research,
            "is a derivative, so no release admits it.",
            "est une œuvre dérivée : aucune publication ne l'admet.",
        );
        check(
            "CC0-1.0 AND LicenseRef-moisson-all-rights-reserved",
            Tier::Research,
            "`LicenseRef-moisson-all-rights-reserved` grants no right",
            "ne donne aucun droit",
        );
        check(
            "CC-BY-NC-1.0 OR CC-BY-NC-2.0 OR CC-BY-NC-4.0",
            open,
            "CC-BY-NC-4.0` forbids commercial use",
            "Le niveau `research` l'admet.",
        );
        check("X-1", open, "not in the catalogue", "pas au catalogue");
    }

    #[test]
    fn every_licence_reason_has_two_sentences() {
        let codes = reason::ALL.iter().map(|reason| reason.code);
        for code in codes {
            for said in [None, Some("CC BY-SA")] {
                let told = |lang| refusal(lang, code, said, Tier::Attribution);
                let (en, fr) = (told(Lang::En), told(Lang::Fr));
                assert_eq!(en.is_some(), code.starts_with("licence/"), "{code}");
                assert_eq!(en.is_some(), fr.is_some(), "{code}");
                assert!(en.is_none() || en != fr, "{code}");
            }
        }
    }
}
