//! Names of languages: ISO 639-3 and script (`fra_Latn`), from what detectors say.

/// Labels of fastText's `lid.176` (ISO 639-1 where it exists) and their names here, sorted by label.
///
/// `als` is what Wikipedia, and so fastText, calls Alemannic: `gsw` in ISO 639-3, where `als` is Tosk Albanian.
/// Languages of several scripts stand under the one their Wikipedia is written in.
const FASTTEXT: &[(&str, &str)] = &[
    ("af", "afr_Latn"),
    ("als", "gsw_Latn"),
    ("am", "amh_Ethi"),
    ("an", "arg_Latn"),
    ("ar", "arb_Arab"),
    ("arz", "arz_Arab"),
    ("as", "asm_Beng"),
    ("ast", "ast_Latn"),
    ("av", "ava_Cyrl"),
    ("az", "aze_Latn"),
    ("azb", "azb_Arab"),
    ("ba", "bak_Cyrl"),
    ("bar", "bar_Latn"),
    ("bcl", "bcl_Latn"),
    ("be", "bel_Cyrl"),
    ("bg", "bul_Cyrl"),
    ("bh", "bih_Deva"),
    ("bn", "ben_Beng"),
    ("bo", "bod_Tibt"),
    ("bpy", "bpy_Beng"),
    ("br", "bre_Latn"),
    ("bs", "bos_Latn"),
    ("bxr", "bxr_Cyrl"),
    ("ca", "cat_Latn"),
    ("cbk", "cbk_Latn"),
    ("ce", "che_Cyrl"),
    ("ceb", "ceb_Latn"),
    ("ckb", "ckb_Arab"),
    ("co", "cos_Latn"),
    ("cs", "ces_Latn"),
    ("cv", "chv_Cyrl"),
    ("cy", "cym_Latn"),
    ("da", "dan_Latn"),
    ("de", "deu_Latn"),
    ("diq", "diq_Latn"),
    ("dsb", "dsb_Latn"),
    ("dty", "dty_Deva"),
    ("dv", "div_Thaa"),
    ("el", "ell_Grek"),
    ("eml", "eml_Latn"),
    ("en", "eng_Latn"),
    ("eo", "epo_Latn"),
    ("es", "spa_Latn"),
    ("et", "est_Latn"),
    ("eu", "eus_Latn"),
    ("fa", "fas_Arab"),
    ("fi", "fin_Latn"),
    ("fr", "fra_Latn"),
    ("frr", "frr_Latn"),
    ("fy", "fry_Latn"),
    ("ga", "gle_Latn"),
    ("gd", "gla_Latn"),
    ("gl", "glg_Latn"),
    ("gn", "grn_Latn"),
    ("gom", "gom_Deva"),
    ("gu", "guj_Gujr"),
    ("gv", "glv_Latn"),
    ("he", "heb_Hebr"),
    ("hi", "hin_Deva"),
    ("hif", "hif_Latn"),
    ("hr", "hrv_Latn"),
    ("hsb", "hsb_Latn"),
    ("ht", "hat_Latn"),
    ("hu", "hun_Latn"),
    ("hy", "hye_Armn"),
    ("ia", "ina_Latn"),
    ("id", "ind_Latn"),
    ("ie", "ile_Latn"),
    ("ilo", "ilo_Latn"),
    ("io", "ido_Latn"),
    ("is", "isl_Latn"),
    ("it", "ita_Latn"),
    ("ja", "jpn_Jpan"),
    ("jbo", "jbo_Latn"),
    ("jv", "jav_Latn"),
    ("ka", "kat_Geor"),
    ("kk", "kaz_Cyrl"),
    ("km", "khm_Khmr"),
    ("kn", "kan_Knda"),
    ("ko", "kor_Hang"),
    ("krc", "krc_Cyrl"),
    ("ku", "kmr_Latn"),
    ("kv", "kpv_Cyrl"),
    ("kw", "cor_Latn"),
    ("ky", "kir_Cyrl"),
    ("la", "lat_Latn"),
    ("lb", "ltz_Latn"),
    ("lez", "lez_Cyrl"),
    ("li", "lim_Latn"),
    ("lmo", "lmo_Latn"),
    ("lo", "lao_Laoo"),
    ("lrc", "lrc_Arab"),
    ("lt", "lit_Latn"),
    ("lv", "lav_Latn"),
    ("mai", "mai_Deva"),
    ("mg", "mlg_Latn"),
    ("mhr", "mhr_Cyrl"),
    ("min", "min_Latn"),
    ("mk", "mkd_Cyrl"),
    ("ml", "mal_Mlym"),
    ("mn", "mon_Cyrl"),
    ("mr", "mar_Deva"),
    ("mrj", "mrj_Cyrl"),
    ("ms", "msa_Latn"),
    ("mt", "mlt_Latn"),
    ("mwl", "mwl_Latn"),
    ("my", "mya_Mymr"),
    ("myv", "myv_Cyrl"),
    ("mzn", "mzn_Arab"),
    ("nah", "nah_Latn"),
    ("nap", "nap_Latn"),
    ("nds", "nds_Latn"),
    ("ne", "nep_Deva"),
    ("new", "new_Deva"),
    ("nl", "nld_Latn"),
    ("nn", "nno_Latn"),
    ("no", "nob_Latn"),
    ("oc", "oci_Latn"),
    ("or", "ori_Orya"),
    ("os", "oss_Cyrl"),
    ("pa", "pan_Guru"),
    ("pam", "pam_Latn"),
    ("pfl", "pfl_Latn"),
    ("pl", "pol_Latn"),
    ("pms", "pms_Latn"),
    ("pnb", "pnb_Arab"),
    ("ps", "pus_Arab"),
    ("pt", "por_Latn"),
    ("qu", "que_Latn"),
    ("rm", "roh_Latn"),
    ("ro", "ron_Latn"),
    ("ru", "rus_Cyrl"),
    ("rue", "rue_Cyrl"),
    ("sa", "san_Deva"),
    ("sah", "sah_Cyrl"),
    ("sc", "srd_Latn"),
    ("scn", "scn_Latn"),
    ("sco", "sco_Latn"),
    ("sd", "snd_Arab"),
    ("sh", "hbs_Latn"),
    ("si", "sin_Sinh"),
    ("sk", "slk_Latn"),
    ("sl", "slv_Latn"),
    ("so", "som_Latn"),
    ("sq", "sqi_Latn"),
    ("sr", "srp_Cyrl"),
    ("su", "sun_Latn"),
    ("sv", "swe_Latn"),
    ("sw", "swa_Latn"),
    ("ta", "tam_Taml"),
    ("te", "tel_Telu"),
    ("tg", "tgk_Cyrl"),
    ("th", "tha_Thai"),
    ("tk", "tuk_Latn"),
    ("tl", "tgl_Latn"),
    ("tr", "tur_Latn"),
    ("tt", "tat_Cyrl"),
    ("tyv", "tyv_Cyrl"),
    ("ug", "uig_Arab"),
    ("uk", "ukr_Cyrl"),
    ("ur", "urd_Arab"),
    ("uz", "uzb_Latn"),
    ("vec", "vec_Latn"),
    ("vep", "vep_Latn"),
    ("vi", "vie_Latn"),
    ("vls", "vls_Latn"),
    ("vo", "vol_Latn"),
    ("wa", "wln_Latn"),
    ("war", "war_Latn"),
    ("wuu", "wuu_Hani"),
    ("xal", "xal_Cyrl"),
    ("xmf", "xmf_Geor"),
    ("yi", "yid_Hebr"),
    ("yo", "yor_Latn"),
    ("yue", "yue_Hani"),
    ("zh", "cmn_Hani"),
];

/// Prefix of labels in fastText models.
const LABEL: &str = "__label__";

/// Returns the name of a fastText label.
///
/// Labels that already hold a script (`__label__oci_Latn`: `GlotLID`, `OpenLID`) stay as they are; a label that is not
/// known keeps its code, with the script `Zyyy` (undetermined).
pub fn from_fasttext(label: &str) -> String {
    let code = label.strip_prefix(LABEL).unwrap_or(label);
    if code.contains('_') {
        return code.to_owned();
    }
    match FASTTEXT.binary_search_by_key(&code, |&(label, _)| label) {
        Ok(index) => FASTTEXT[index].1.to_owned(),
        Err(_) => format!("{code}_Zyyy"),
    }
}

/// Returns the name of a language and script that the built-in detector found.
pub fn from_whatlang(language: whatlang::Lang, script: whatlang::Script) -> String {
    use whatlang::Script;
    let language = match language.code() {
        // Arabic and Persian as the standard languages are named, not the group.
        "ara" => "arb",
        "pes" => "fas",
        code => code,
    };
    let script = match script {
        _ if language == "jpn" => "Jpan",
        Script::Arabic => "Arab",
        Script::Armenian => "Armn",
        Script::Bengali => "Beng",
        Script::Cyrillic => "Cyrl",
        Script::Devanagari => "Deva",
        Script::Ethiopic => "Ethi",
        Script::Georgian => "Geor",
        Script::Greek => "Grek",
        Script::Gujarati => "Gujr",
        Script::Gurmukhi => "Guru",
        Script::Hangul => "Hang",
        Script::Hebrew => "Hebr",
        Script::Hiragana | Script::Katakana => "Jpan",
        Script::Kannada => "Knda",
        Script::Khmer => "Khmr",
        Script::Latin => "Latn",
        Script::Malayalam => "Mlym",
        Script::Mandarin => "Hani",
        Script::Myanmar => "Mymr",
        Script::Oriya => "Orya",
        Script::Sinhala => "Sinh",
        Script::Tamil => "Taml",
        Script::Telugu => "Telu",
        Script::Thai => "Thai",
    };
    format!("{language}_{script}")
}

#[cfg(test)]
mod tests {
    use super::{FASTTEXT, from_fasttext, from_whatlang};

    #[test]
    fn labels_are_sorted_and_names_well_formed() {
        assert!(FASTTEXT.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (_, name) in FASTTEXT {
            let (language, script) = name.split_once('_').unwrap();
            assert!(
                language.len() == 3 && language.bytes().all(|b| b.is_ascii_lowercase()),
                "{name}"
            );
            assert!(
                script.len() == 4 && script.starts_with(|c: char| c.is_ascii_uppercase()),
                "{name}"
            );
        }
    }

    #[test]
    fn fasttext_labels() {
        for (label, expected) in [
            ("__label__fr", "fra_Latn"),
            ("__label__als", "gsw_Latn"),
            ("__label__sq", "sqi_Latn"),
            ("__label__zh", "cmn_Hani"),
            ("__label__oci_Latn", "oci_Latn"),
            ("br", "bre_Latn"),
            ("__label__xyz", "xyz_Zyyy"),
        ] {
            assert_eq!(from_fasttext(label), expected);
        }
    }

    #[test]
    fn every_language_of_the_detector_has_a_name_that_fasttext_shares_where_it_knows_it() {
        let known = |name: &str| FASTTEXT.iter().any(|(_, known)| *known == name);
        for (text, expected) in [
            (
                "La République est indivisible, laïque, démocratique et sociale.",
                "fra_Latn",
            ),
            (
                "الجمهورية غير قابلة للتجزئة وعلمانية وديمقراطية واجتماعية",
                "arb_Arab",
            ),
            ("中华人民共和国的一切权力属于人民", "cmn_Hani"),
            ("これは日本語の文章です。とても短いです。", "jpn_Jpan"),
            (
                "Это довольно длинное предложение, написанное на русском языке.",
                "rus_Cyrl",
            ),
        ] {
            let info = whatlang::detect(text).unwrap();
            let name = from_whatlang(info.lang(), info.script());
            assert_eq!(name, expected);
            assert!(known(&name));
        }
    }
}
