//! The story of one document, for people: what became of it and why, its rights, then what was measured.

use moisson_engine::explain::{OptOut, Personal, Rights, Story};
use moisson_engine::forgotten::Notice;
use moisson_engine::known;
use serde_json::{Map, Value};

use super::{Page, Voice};

/// Characters of a value that are shown.
const VALUE_CHARS: usize = 200;
/// Documents that are named of those that this one stands for.
const STANDS_FOR_MAX: usize = 20;

/// Tells the story.
pub(crate) fn text(voice: Voice, story: &Story) -> String {
    let mut page = Page::new(voice);
    let state = voice.word("state", story.state);
    page.text = voice.say("explain.title", &[("id", &story.doc_id), ("state", &state)]) + "\n";
    if let Some(notice) = &story.forgotten {
        forgotten(&mut page, notice);
        return page.text;
    }
    why(&mut page, story);
    if let Some(rights) = &story.rights {
        work(&mut page, rights);
        terms(&mut page, rights);
        verdict(&mut page, rights);
        gate(&mut page, rights);
        owed(&mut page, rights);
    }
    if let Some(optout) = &story.optout {
        reservations(&mut page, optout);
    }
    if let Some(personal) = &story.personal {
        personal_data(&mut page, personal);
    }
    duplicates(&mut page, story);
    page.no_advice();
    records(&mut page, story);
    page.text
}

/// What a reason means, in a sentence: one of moisson's own, a rule of a preset, or else the code.
pub(super) fn reason(voice: Voice, code: &str) -> String {
    let told = voice.reason(code);
    if told != code {
        return told;
    }
    let rule = voice.find("rule", code).or_else(|| known::rule(code));
    rule.unwrap_or(code).to_owned()
}

fn string<'a>(row: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::as_str)
}

fn shown(text: &str) -> String {
    text.chars().take(VALUE_CHARS).collect()
}

fn forgotten(page: &mut Page, notice: &Notice) {
    page.heading("explain.forgotten");
    page.line("explain.forgotten-on", &[("when", &notice.when)]);
    if let Some(basis) = &notice.basis {
        page.line("explain.forgotten-basis", &[("basis", basis)]);
    }
    page.line("explain.forgotten-nothing", &[]);
}

/// What became of the document, and for which reasons.
fn why(page: &mut Page, story: &Story) {
    page.heading("explain.why");
    if story.state == "released" {
        page.line("explain.passed", &[]);
    }
    if story.state == "staged" {
        page.line("explain.staged", &[]);
    }
    if story.records > 1 {
        let records = page.voice.number(story.records as u64);
        page.line("explain.records", &[("records", &records)]);
    }
    let drop = story.drop();
    for row in story.decisions.iter().filter(|row| {
        let is_edit = string(row, "effect") == Some("edit");
        !is_edit && (Some(*row) == drop || row.get("counted") != Some(&Value::Bool(true)))
    }) {
        decision(page, row);
    }
    let cut = story
        .decisions
        .iter()
        .filter(|row| string(row, "effect") == Some("edit"))
        .filter(|row| !string(row, "reason").is_some_and(|r| r.starts_with("pii/")))
        .count();
    if cut > 0 {
        let spans = page.voice.number(cut as u64);
        page.line("explain.cut", &[("spans", &spans)]);
    }
}

fn decision(page: &mut Page, row: &Map<String, Value>) {
    let code = string(row, "reason").unwrap_or_default();
    let sentence = reason(page.voice, code);
    let step = page
        .voice
        .word("step", string(row, "step").unwrap_or_default());
    page.line(
        "explain.decision",
        &[("sentence", &sentence), ("code", code), ("step", &step)],
    );
    let observed = string(row, "observed").map(shown);
    let threshold = string(row, "threshold").map(shown);
    let key = match (&observed, &threshold) {
        (Some(_), Some(_)) => "explain.observed-against",
        (Some(_), None) => "explain.observed",
        _ => return,
    };
    let with = [
        ("observed", observed.as_deref().unwrap_or_default()),
        ("threshold", threshold.as_deref().unwrap_or_default()),
    ];
    page.line(key, &with);
}

/// Adds a line where there is something to say.
fn line_of(page: &mut Page, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        page.line(key, &[("value", &shown(value))]);
    }
}

fn named(page: &mut Page, expression: &str, name: Option<&str>, url: Option<&str>) {
    let name = name.unwrap_or(expression);
    let key = match url {
        Some(_) => "explain.licence-linked",
        None => "explain.licence",
    };
    let url = url.unwrap_or_default();
    page.line(
        key,
        &[("licence", expression), ("name", name), ("url", url)],
    );
}

fn work(page: &mut Page, rights: &Rights) {
    let voice = page.voice;
    page.heading("explain.work");
    match &rights.licence {
        Some(licence) => named(page, licence, rights.name.as_deref(), rights.url.as_deref()),
        None => {
            let status = voice.word("status", rights.status.as_deref().unwrap_or("unknown"));
            page.plain(&status);
        }
    }
    line_of(page, "explain.statement", rights.statement.as_deref());
    if rights.declared != rights.statement {
        line_of(page, "explain.declared", rights.declared.as_deref());
    }
    let word = |section, value: &Option<String>| {
        let value = value.as_deref()?;
        Some(voice.word(section, value))
    };
    let said_by = rights.said_by.map(|who| voice.word("said-by", who));
    line_of(page, "explain.said-by", said_by.as_deref());
    line_of(
        page,
        "explain.evidence",
        word("evidence", &rights.evidence).as_deref(),
    );
    line_of(page, "explain.reason", rights.reason.as_deref());
    line_of(
        page,
        "explain.scope",
        word("scope", &rights.scope).as_deref(),
    );
    line_of(
        page,
        "explain.matcher",
        word("matcher", &rights.matcher).as_deref(),
    );
    line_of(page, "explain.detail", rights.detail.as_deref());
}

fn terms(page: &mut Page, rights: &Rights) {
    page.heading("explain.terms");
    match &rights.terms {
        Some(terms) => {
            let (name, url) = (rights.terms_name.as_deref(), rights.terms_url.as_deref());
            named(page, terms, name, url);
        }
        None => page.line("explain.terms-none", &[]),
    }
}

fn verdict(page: &mut Page, rights: &Rights) {
    let Some(id) = &rights.verdict else {
        return;
    };
    page.heading("explain.verdict");
    match &rights.verdict_record {
        Some(record) => {
            let line = super::licences::verdict(page.voice, record);
            page.plain(&line);
        }
        None => page.line("explain.verdict-id", &[("id", id)]),
    }
}

/// Which layer decided, and what the gate made of it.
fn gate(page: &mut Page, rights: &Rights) {
    let voice = page.voice;
    page.heading("explain.gate");
    if let Some(by) = &rights.decided_by {
        let by = voice.word("decided-by", by);
        page.line("explain.decided-by", &[("by", &by)]);
    }
    let tier = rights.tier.as_deref().unwrap_or_default();
    let lowest = rights.tier_min.as_deref();
    match (lowest, &rights.licence) {
        (Some(lowest), _) => {
            let what = voice.word("tier", lowest);
            page.line("explain.tier-min", &[("tier", lowest), ("what", &what)]);
        }
        (None, Some(_)) if rights.status.is_some() => page.line("explain.tier-none", &[]),
        _ => {}
    }
    let what = voice.word("tier", tier);
    page.line("explain.tier", &[("tier", tier), ("what", &what)]);
    if rights.evidence.as_deref() == Some("assumed") {
        page.line(
            if rights.accept_assumed {
                "explain.assumed-accepted"
            } else {
                "explain.assumed-refused"
            },
            &[],
        );
    }
    match &rights.refused {
        Some(code) => {
            let sentence = reason(voice, code);
            page.line(
                "explain.refused",
                &[("sentence", &sentence), ("code", code)],
            );
        }
        None => page.line("explain.admitted", &[]),
    }
}

fn owed(page: &mut Page, rights: &Rights) {
    if rights.licence.is_none() {
        return;
    }
    page.heading("explain.owed");
    if rights.obligations.is_empty() {
        page.line("licences.owed-nothing", &[]);
    }
    for code in &rights.obligations {
        let sentence = page.voice.obligation(code);
        page.line(
            "licences.obligation",
            &[("code", code), ("sentence", &sentence)],
        );
    }
    if let Some(line) = &rights.attribution {
        page.heading("explain.attribution");
        page.plain(line);
    }
}

fn reservations(page: &mut Page, optout: &OptOut) {
    let voice = page.voice;
    page.heading("explain.optout");
    let verdict = voice.word("optout", optout.verdict.as_deref().unwrap_or("unknown"));
    page.plain(&verdict);
    line_of(page, "explain.as-of", optout.as_of.as_deref());
    for signal in &optout.signals {
        let of = |key: &str| match signal.get(key) {
            None | Some(Value::Null) => "—".to_owned(),
            Some(Value::String(text)) => shown(text),
            Some(other) => shown(&other.to_string()),
        };
        page.line(
            "explain.signal",
            &[
                ("kind", &of("kind")),
                ("value", &of("value")),
                ("raw", &of("raw")),
                ("url", &of("source_url")),
                ("when", &of("retrieved_at")),
            ],
        );
    }
}

/// What was found and what became of it. Values are nowhere in the story.
fn personal_data(page: &mut Page, personal: &Personal) {
    let voice = page.voice;
    page.heading("explain.personal");
    line_of(page, "explain.profile", personal.profile.as_deref());
    if personal.found.is_empty() {
        page.line("explain.personal-none", &[]);
    }
    for (class, number) in &personal.found {
        let (class, number) = (voice.word("class", class), voice.number(*number));
        page.line("explain.found", &[("class", &class), ("number", &number)]);
    }
    for treated in &personal.treated {
        let class = voice.word("class", &treated.class);
        let with = voice.word("treatment", treated.with.as_deref().unwrap_or("cut"));
        let spans = voice.number(treated.spans);
        page.line(
            "explain.treated",
            &[("class", &class), ("with", &with), ("spans", &spans)],
        );
    }
    if let Some(replaced) = personal.replaced {
        let replaced = voice.number(replaced);
        page.line("explain.replaced", &[("spans", &replaced)]);
    }
    if let Some(risk) = &personal.risk {
        let risk = voice.word("risk", risk);
        page.line("explain.risk", &[("risk", &risk)]);
    }
}

fn duplicates(page: &mut Page, story: &Story) {
    let kept = story
        .drop()
        .and_then(|row| Some((string(row, "kept_doc_id")?, row.get("similarity"))));
    if kept.is_none() && story.stands_for.is_empty() {
        return;
    }
    page.heading("explain.duplicates");
    let similar = |value: Option<&Value>| {
        let similarity = value.and_then(Value::as_f64).unwrap_or(1.0);
        format!("{similarity:.4}")
    };
    if let Some((id, similarity)) = kept {
        let similarity = similar(similarity);
        page.line(
            "explain.stood-for",
            &[("id", id), ("similarity", &similarity)],
        );
    }
    for row in story.stands_for.iter().take(STANDS_FOR_MAX) {
        let id = string(row, "doc_id").unwrap_or_default();
        let similarity = similar(row.get("similarity"));
        page.line(
            "explain.stands-for",
            &[("id", id), ("similarity", &similarity)],
        );
    }
    let more = story.stands_for.len().saturating_sub(STANDS_FOR_MAX);
    if more > 0 {
        let more = page.voice.number(more as u64);
        page.line("explain.stands-for-more", &[("more", &more)]);
    }
}

/// The rows themselves, with the names of their columns.
fn records(page: &mut Page, story: &Story) {
    let whole = story
        .decisions
        .iter()
        .filter(|row| !string(row, "reason").is_some_and(|r| r.starts_with("pii/")));
    for (number, decision) in whole.enumerate() {
        let number = (number + 1).to_string();
        let title = page
            .voice
            .say("explain.decision-row", &[("number", &number)]);
        rows(page, &title, decision);
    }
    for (key, row) in [
        ("explain.released-as", &story.release),
        ("explain.read-as", &story.document),
        ("explain.measured", &story.annotations),
    ] {
        if let Some(row) = row {
            let title = page.voice.say(key, &[]);
            rows(page, &title, row);
        }
    }
    if let Some(excerpt) = &story.excerpt {
        page.heading("explain.text");
        let excerpt = excerpt.replace('\n', "\n  ");
        page.text.extend(["  ", &excerpt, "…\n"]);
    }
}

fn rows(page: &mut Page, title: &str, row: &Map<String, Value>) {
    page.text.extend(["\n", title, "\n"]);
    for (name, value) in row {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        page.plain(&format!("{name:34} {}", shown(&value)));
    }
}
