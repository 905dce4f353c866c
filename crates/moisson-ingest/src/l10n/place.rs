//! What the path and the head of a file tell: language and licence.

/// Folders below which, or above which, lies a folder named by a language.
const FOLDERS: &[&str] = &[
    "locale",
    "locales",
    "localization",
    "l10n",
    "lang",
    "langs",
    "language",
    "languages",
    "i18n",
    "po",
    "translations",
];
/// Languages that the end of a file or folder name is read as: those of France and of its neighbours, and the largest.
const SUFFIXES: &[&str] = &[
    "fr", "br", "co", "ca", "eu", "oc", "gsw", "frp", "pcd", "wa", "gcf", "gcr", "rcf", "ty", "de",
    "en", "es", "it", "lb", "nl", "pt", "ar", "ja", "ru", "zh",
];
/// Lines of the head of a file in which a licence is looked for.
const HEAD_LINES: usize = 40;

/// Language of a file by its path, where that is evident; verbatim.
pub(crate) fn language_of_path(uri: &str) -> Option<&str> {
    let parts: Vec<&str> = uri.split(['/', '!']).collect();
    let (name, folders) = parts.split_last()?;
    for (index, folder) in folders.iter().enumerate() {
        let next = folders
            .get(index + 1)
            .copied()
            .filter(|part| is_language(part));
        let before = || {
            let before = index.checked_sub(1).and_then(|i| folders.get(i)).copied();
            before.filter(|part| is_language(part))
        };
        if *folder == "LC_MESSAGES" || *folder == "locale" {
            if let Some(found) = next.filter(|_| *folder == "locale").or_else(before) {
                return Some(found);
            }
        } else if FOLDERS.contains(folder) && next.is_some() {
            return next;
        }
    }
    let stem = name.rsplit_once('.').map_or(*name, |(stem, _)| stem);
    let is_named_so = stem.len() <= 5 && is_language(stem) && SUFFIXES.contains(&base(stem));
    if is_named_so {
        return Some(stem);
    }
    folders
        .iter()
        .rev()
        .find_map(|folder| suffix(folder, "l10n-").or_else(|| suffix(folder, "lang-")))
        .or_else(|| suffix(stem, ""))
}

/// The language at the end of a name, after `-`, `_` or `.`, and after `marker` if there is one.
fn suffix<'a>(name: &'a str, marker: &str) -> Option<&'a str> {
    if !marker.is_empty() {
        let (_, code) = name.rsplit_once(marker)?;
        return is_language(code).then_some(code);
    }
    // `messages_fr_FR` before `messages_fr`.
    let cuts = name.match_indices(['-', '_', '.']).map(|(at, _)| at + 1);
    let codes: Vec<&str> = cuts.filter_map(|at| name.get(at..)).collect();
    let is_known = |code: &&str| is_language(code) && SUFFIXES.contains(&base(code));
    codes.into_iter().find(is_known)
}

/// The language of a code without its region.
fn base(code: &str) -> &str {
    code.split(['-', '_']).next().unwrap_or(code)
}

/// True for the shape of a language tag: `fr`, `ast`, `fr-CA`, `ca_valencia`, `zh-Hant`.
fn is_language(part: &str) -> bool {
    let mut pieces = part.split(['-', '_', '@']);
    let language = pieces.next().unwrap_or_default();
    let is_code =
        (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    is_code
        && pieces.all(|piece| {
            (2..=8).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// The statement of licence in the comment at the head of a file, verbatim but for its line ends.
///
/// Lines with addresses of people are left out.
pub(crate) fn licence_of_head(text: &str) -> Option<String> {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_markup = false;
    for line in text.lines().take(HEAD_LINES).map(str::trim) {
        in_markup |= line.starts_with("<!--");
        let is_comment = in_markup
            || line.starts_with(['#', '!'])
            || line.is_empty()
            || line.starts_with("<?xml");
        if !is_comment {
            break;
        }
        if !line.starts_with("<?xml") {
            lines.push(line);
        }
        in_markup &= !line.ends_with("-->");
    }
    let bare = |line: &&str| {
        let line = line.trim_start_matches("<!--").trim_end_matches("-->");
        line.trim_matches(|c: char| matches!(c, '#' | '!' | '*' | '-') || c.is_whitespace())
            .to_owned()
    };
    let bare: Vec<String> = lines.iter().map(bare).collect();
    let block = bare
        .split(String::is_empty)
        .find(|block| block.iter().any(|line| names_licence(line)))?;
    let kept: Vec<&str> = block
        .iter()
        .map(String::as_str)
        .filter(|line| !line.contains('@') && !line.starts_with("Copyright"))
        .collect();
    kept.iter()
        .any(|line| names_licence(line))
        .then(|| kept.join(" "))
}

fn names_licence(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["license", "licence", "public domain", "domaine public"]
        .iter()
        .any(|word| lower.contains(word))
}
