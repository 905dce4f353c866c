//! Every reason code that moisson itself can write. Codes are public: added, deprecated, never reused.
//!
//! Rules of a preset or pipeline bring codes of their own (`quality/…`); they are listed with the presets.

/// A reason code and what it means, in English and French.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The stable code.
    pub code: &'static str,
    /// One sentence in English.
    pub en: &'static str,
    /// One sentence in French.
    pub fr: &'static str,
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $en:literal, $fr:literal;)*) => {
        $(#[doc = $en] pub const $name: &str = $code;)*
        /// All codes, in alphabetical order.
        pub const ALL: &[Reason] = &[$(Reason { code: $code, en: $en, fr: $fr }),*];
    };
}

reasons! {
    DUPLICATE_EXACT = "duplicate/exact", "Same text as a released document.", "Même texte qu'un document publié.";
    DUPLICATE_NEAR = "duplicate/near", "Proved nearly the same as a released document.", "Presque identique, preuve à l'appui, à un document publié.";
    EDIT_TOO_LITTLE_LEFT = "edit/too-little-left", "Edits leave too little text.", "Les coupes laissent trop peu de texte.";
    ENGINE_PART_FAILED = "engine/part-failed", "Every process that worked on this file failed or died.", "Tous les processus qui ont traité ce fichier ont échoué ou sont morts.";
    EXTRACT_EMPTY = "extract/empty", "The record holds no text.", "L'enregistrement ne contient pas de texte.";
    EXTRACT_EXPANSION = "extract/expansion", "A compressed file expands beyond the limit.", "Un fichier compressé se dilate au-delà de la limite.";
    EXTRACT_MALFORMED_ARCHIVE = "extract/malformed-archive", "The archive cannot be read further.", "La suite de l'archive est illisible.";
    EXTRACT_MALFORMED_CSV = "extract/malformed-csv", "The row is not well-formed CSV.", "La ligne n'est pas du CSV bien formé.";
    EXTRACT_MALFORMED_FRONT_MATTER = "extract/malformed-front-matter", "The front matter is not well-formed YAML.", "L'en-tête n'est pas du YAML bien formé.";
    EXTRACT_MALFORMED_HTML = "extract/malformed-html", "The page nests beyond the limit or cannot be read.", "La page est trop imbriquée ou illisible.";
    EXTRACT_MALFORMED_JSON = "extract/malformed-json", "The record is not well-formed JSON.", "L'enregistrement n'est pas du JSON bien formé.";
    EXTRACT_MALFORMED_L10N = "extract/malformed-l10n", "The file of translations is not well-formed.", "Le fichier de traductions n'est pas bien formé.";
    EXTRACT_MALFORMED_PARQUET = "extract/malformed-parquet", "The Parquet file cannot be read further.", "La suite du fichier Parquet est illisible.";
    EXTRACT_MALFORMED_PDF = "extract/malformed-pdf", "The PDF cannot be read, or is encrypted.", "Le PDF est illisible ou chiffré.";
    EXTRACT_MALFORMED_ROFF = "extract/malformed-roff", "The file is not a manual page.", "Le fichier n'est pas une page de manuel.";
    EXTRACT_MALFORMED_WARC = "extract/malformed-warc", "The record is not a well-formed WARC or ARC record.", "L'enregistrement n'est pas du WARC ou de l'ARC bien formé.";
    EXTRACT_MALFORMED_XML = "extract/malformed-xml", "The record is not well-formed XML, or declares entities.", "L'enregistrement n'est pas du XML bien formé, ou déclare des entités.";
    EXTRACT_MISSING_FIELD = "extract/missing-field", "A field the pipeline names is absent.", "Un champ nommé par le pipeline est absent.";
    EXTRACT_NO_TEXT_LAYER = "extract/no-text-layer", "The pages are images without text.", "Les pages sont des images sans texte.";
    EXTRACT_NOT_UTF8 = "extract/not-utf8", "The record is not in the encoding it should be in.", "L'enregistrement n'est pas dans l'encodage attendu.";
    EXTRACT_TOO_LARGE = "extract/too-large", "The record is larger than the limit.", "L'enregistrement dépasse la taille limite.";
    EXTRACT_TRUNCATED = "extract/truncated", "The file ends in the middle of a record.", "Le fichier s'arrête au milieu d'un enregistrement.";
    EXTRACT_UNREADABLE = "extract/unreadable", "The file could not be opened or read.", "Le fichier n'a pas pu être ouvert ou lu.";
    LICENCE_AMBIGUOUS = "licence/ambiguous", "The statement fits several licences that differ where it matters.", "La mention correspond à plusieurs licences qui diffèrent sur l'essentiel.";
    LICENCE_ASSUMED = "licence/assumed", "The licence is only assumed and the pipeline does not accept that.", "La licence est seulement présumée et le pipeline ne l'accepte pas.";
    LICENCE_NOT_IN_TIER = "licence/not-in-tier", "The licence is known and not part of the pipeline's tier.", "La licence est connue et n'entre pas dans le niveau choisi.";
    LICENCE_REFUSED = "licence/refused", "A human verdict refuses it.", "Une décision humaine le refuse.";
    LICENCE_UNKNOWN = "licence/unknown", "No licence is stated, or none that is recognised.", "Aucune licence n'est indiquée, ou aucune qui soit reconnue.";
    LICENCE_VERDICT_EXPIRED = "licence/verdict-expired", "The human verdict that allowed it has expired.", "La décision humaine qui l'admettait a expiré.";
    LICENCE_VERSIONLESS = "licence/versionless", "The licence names no version and versions differ where it matters.", "La licence ne dit pas sa version, et les versions diffèrent sur l'essentiel.";
    OPTOUT_RESERVED = "optout/reserved", "Its publisher opted out of mining or training.", "Son éditeur s'oppose à la fouille ou à l'entraînement.";
    OPTOUT_UNKNOWN = "optout/unknown", "Whether its publisher opted out is not known.", "On ne sait pas si son éditeur s'y oppose.";
    PII_ADDRESS = "pii/address", "The postal address of a person was replaced.", "L'adresse postale d'une personne a été remplacée.";
    PII_BANK_ACCOUNT = "pii/bank-account", "The number of a bank account was replaced.", "Un numéro de compte bancaire a été remplacé.";
    PII_BIRTH_DATE = "pii/birth-date", "A date of birth was replaced.", "Une date de naissance a été remplacée.";
    PII_CARD = "pii/card", "The number of a payment card was replaced.", "Un numéro de carte de paiement a été remplacé.";
    PII_COMPANY = "pii/company", "The number of a company was replaced.", "Un numéro d'entreprise a été remplacé.";
    PII_EMAIL = "pii/email", "An e-mail address was replaced.", "Une adresse électronique a été remplacée.";
    PII_IDENTITY_DOCUMENT = "pii/identity-document", "The number of an identity document was replaced.", "Un numéro de pièce d'identité a été remplacé.";
    PII_IP = "pii/ip", "An IP address was replaced.", "Une adresse IP a été remplacée.";
    PII_NIR = "pii/nir", "A social security number was replaced.", "Un numéro de sécurité sociale a été remplacé.";
    PII_PASSPORT = "pii/passport", "A passport number was replaced.", "Un numéro de passeport a été remplacé.";
    PII_PERSON = "pii/person", "The name of a person was replaced.", "Le nom d'une personne a été remplacé.";
    PII_PHONE = "pii/phone", "A telephone number was replaced.", "Un numéro de téléphone a été remplacé.";
    PII_PLATE = "pii/plate", "A number plate was replaced.", "Une plaque d'immatriculation a été remplacée.";
    PII_RPPS = "pii/rpps", "The number of a health professional was replaced.", "Un numéro de professionnel de santé a été remplacé.";
    PII_TAX_ID = "pii/tax-id", "A tax number was replaced.", "Un numéro fiscal a été remplacé.";
    RECONCILE_ASSEMBLED = "reconcile/assembled", "It is part of an assembled document.", "Il fait partie d'un document assemblé.";
    RECONCILE_CONFLICT = "reconcile/conflict", "Another record has the same key and a different text, and nothing says which is newer.", "Un autre enregistrement a la même clé et un texte différent, sans que rien dise lequel est le plus récent.";
    RECONCILE_DELETED = "reconcile/deleted", "Its publisher withdrew it.", "Son éditeur l'a retiré.";
    RECONCILE_NOT_IN_WHOLE = "reconcile/not-in-whole", "No assembled document has it among its pieces on that date.", "Aucun document assemblé ne le compte parmi ses éléments à cette date.";
    RECONCILE_SUPERSEDED = "reconcile/superseded", "A newer record has the same key.", "Un enregistrement plus récent a la même clé.";
    RECONCILE_TOMBSTONE = "reconcile/tombstone", "The publisher withdraws this key.", "L'éditeur retire cette clé.";
    RIGHTS_FORGOTTEN = "rights/forgotten", "Somebody entitled to it had it removed; a keyed hash of its id is all that is kept.", "Retiré à la demande d'un ayant droit ; il n'en reste que l'empreinte à clé de son identifiant.";
    VERSION_NOT_IN_FORCE = "version/not-in-force", "The version is not in force and the policy keeps only those that are.", "La version n'est pas en vigueur et la règle ne garde que celles qui le sont.";
    VERSION_NOT_LATEST = "version/not-latest", "A later version is released and the policy keeps only the latest.", "Une version plus récente est publiée et la règle ne garde que la dernière.";
}

/// Returns the entry of a code.
pub fn find(code: &str) -> Option<&'static Reason> {
    ALL.iter().find(|reason| reason.code == code)
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_sorted_and_well_formed() {
        for pair in ALL.windows(2) {
            assert!(
                pair[0].code < pair[1].code,
                "{} then {}",
                pair[0].code,
                pair[1].code
            );
        }
        for reason in ALL {
            let well_formed = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b"-0123456789".contains(&b))
            };
            let (family, name) = reason.code.split_once('/').unwrap();
            assert!(well_formed(family) && well_formed(name), "{}", reason.code);
        }
    }
}
