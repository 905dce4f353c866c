//! What a release carries and owes, for people.

use moisson_engine::licences::{Amount, Quarantined, Report, Since};
use serde_json::Value;

use super::{Page, Voice, listed};

/// Lines of attribution that are shown.
const LINES_MAX: usize = 50;
/// Statements that are shown of a reason.
const STATEMENTS_MAX: usize = 5;

/// Tells the report.
pub(crate) fn text(voice: Voice, report: &Report) -> String {
    let mut page = Page::new(voice);
    page.text = voice.say("licences.title", &[("name", &report.name)]) + "\n";
    head(&mut page, report);
    carried(&mut page, report);
    owed(&mut page, report);
    attributions(&mut page, report);
    refresh(&mut page, report);
    verdicts(&mut page, &report.verdicts);
    quarantine(&mut page, &report.quarantine);
    warnings(&mut page, report);
    page.no_advice();
    page.text
}

fn head(page: &mut Page, report: &Report) {
    let digest: String = report.content_digest.chars().take(16).collect();
    let state = if report.published {
        "published"
    } else {
        "staged"
    };
    let state = page.voice.word("state", state);
    page.line(
        "licences.release",
        &[("digest", &digest), ("state", &state)],
    );
    let tier = page.voice.word("tier", &report.tier);
    page.line("licences.tier", &[("tier", &report.tier), ("what", &tier)]);
    let [documents, bytes, tokens] = cells(page.voice, report.totals);
    let numbers = [("documents", documents.as_str()), ("bytes", &bytes)];
    page.line("licences.totals", &numbers);
    if !tokens.is_empty() {
        page.line("licences.tokens", &[("tokens", &tokens)]);
    }
}

/// Documents, bytes and tokens; tokens are empty where nobody counted them.
fn cells(voice: Voice, amount: Amount) -> [String; 3] {
    let tokens = amount.tokens.map(|tokens| voice.number(tokens));
    [
        voice.number(amount.documents),
        voice.number(amount.text_bytes),
        tokens.unwrap_or_default(),
    ]
}

fn row(voice: Voice, amount: Amount, more: Vec<String>) -> Vec<String> {
    let mut row: Vec<String> = cells(voice, amount).into();
    row.extend(more);
    row
}

fn carried(page: &mut Page, report: &Report) {
    let voice = page.voice;
    let amount = ["column.documents", "column.bytes", "column.tokens"];
    page.heading("licences.by-licence");
    let rows: Vec<Vec<String>> = report
        .licences
        .iter()
        .map(|carried| {
            let more = [&carried.licence, &carried.name, &listed(&carried.sources)];
            row(voice, carried.amount, more.map(Clone::clone).into())
        })
        .collect();
    let more = ["column.licence", "column.name", "column.sources"];
    page.table(&[amount, more].concat(), &rows);
    for carried in &report.licences {
        if let Some(note) = &carried.note {
            let note = voice.find("licence-note", &carried.licence).unwrap_or(note);
            page.line(
                "licences.note",
                &[("licence", &carried.licence), ("note", note)],
            );
        }
    }
    page.heading("licences.by-family");
    let rows: Vec<Vec<String>> = report
        .families
        .iter()
        .map(|family| {
            let bound = match (family.share_alike, family.alone) {
                (true, true) => "bound-alone",
                (true, false) => "bound-mixed",
                (false, true) => "free-alone",
                (false, false) => "free-mixed",
            };
            let more = vec![
                family.name.clone(),
                voice.number(family.shards),
                listed(&family.licences),
                voice.word("family", bound),
            ];
            row(voice, family.amount, more)
        })
        .collect();
    let more = [
        "column.family",
        "column.shards",
        "column.licences",
        "column.kept",
    ];
    page.table(&[&amount[..], &more].concat(), &rows);
    page.heading("licences.by-source");
    let rows: Vec<Vec<String>> = report
        .sources
        .iter()
        .map(|source| {
            let more = vec![
                source.name.clone(),
                source.producer.clone().unwrap_or_default(),
                listed(&source.licences),
                source.last_update.clone().unwrap_or_default(),
                source.retrieved_on.clone().unwrap_or_default(),
            ];
            row(voice, source.amount, more)
        })
        .collect();
    let more = [
        "column.source",
        "column.producer",
        "column.licences",
        "column.updated",
        "column.retrieved",
    ];
    page.table(&[&amount[..], &more].concat(), &rows);
}

fn owed(page: &mut Page, report: &Report) {
    page.heading("licences.owed");
    if report.owed.is_empty() {
        page.line("licences.owed-nothing", &[]);
    }
    for due in &report.owed {
        let sentence = page.voice.obligation(&due.obligation);
        let with = [("code", due.obligation.as_str()), ("sentence", &sentence)];
        page.line("licences.obligation", &with);
        let documents = page.voice.number(due.documents);
        let (licences, sources) = (listed(&due.licences), listed(&due.sources));
        page.line(
            "licences.obligation-of",
            &[
                ("documents", &documents),
                ("licences", &licences),
                ("sources", &sources),
            ],
        );
    }
}

fn attributions(page: &mut Page, report: &Report) {
    if report.attributions.is_empty() {
        return;
    }
    page.heading("licences.lines");
    for attributed in report.attributions.iter().take(LINES_MAX) {
        page.plain(&attributed.line);
    }
    let more = report.attributions.len().saturating_sub(LINES_MAX);
    if more > 0 {
        let more = page.voice.number(more as u64);
        page.line("licences.lines-more", &[("more", &more)]);
    }
    page.line("licences.lines-each", &[]);
}

fn refresh(page: &mut Page, report: &Report) {
    if report.refresh.is_empty() {
        return;
    }
    page.heading("licences.refresh");
    for deadline in &report.refresh {
        let since = match deadline.since {
            Since::Retrieved => "since-retrieved",
            Since::Updated => "since-updated",
            Since::Unknown => "since-unknown",
        };
        let from = deadline.from.as_deref().unwrap_or_default();
        let since = page
            .voice
            .say(&format!("licences.{since}"), &[("from", from)]);
        let days = deadline.days.to_string();
        let key = match (&deadline.due_on, deadline.overdue) {
            (None, _) => "licences.due-unknown",
            (Some(_), false) => "licences.due",
            (Some(_), true) => "licences.overdue",
        };
        let with = [
            ("source", deadline.source.as_str()),
            ("days", &days),
            ("since", &since),
            ("due", deadline.due_on.as_deref().unwrap_or_default()),
        ];
        page.line(key, &with);
    }
}

/// Tells one verdict of a person on one line.
pub(super) fn verdict(voice: Voice, verdict: &Value) -> String {
    let of = |key: &str| verdict.get(key).and_then(Value::as_str).unwrap_or("?");
    let mut line = voice.say(
        "licences.verdict",
        &[
            ("id", of("id")),
            ("source", of("source")),
            ("licence", of("licence")),
            ("who", of("decided_by")),
            ("when", of("decided_on")),
            ("evidence", of("evidence")),
        ],
    );
    if let Some(until) = verdict.get("valid_until").and_then(Value::as_str) {
        line += &voice.say("licences.verdict-until", &[("until", until)]);
    }
    line
}

fn verdicts(page: &mut Page, verdicts: &[Value]) {
    if verdicts.is_empty() {
        return;
    }
    page.heading("licences.verdicts");
    for one in verdicts {
        let line = verdict(page.voice, one);
        page.plain(&line);
    }
}

fn quarantine(page: &mut Page, quarantine: &[Quarantined]) {
    page.heading("licences.quarantine");
    if quarantine.is_empty() {
        page.line("licences.quarantine-nothing", &[]);
    }
    for quarantined in quarantine {
        let sentence = page.voice.reason(&quarantined.reason);
        let documents = page.voice.number(quarantined.documents);
        let sources: Vec<String> = quarantined
            .sources
            .iter()
            .map(|(source, documents)| format!("{source} {}", page.voice.number(*documents)))
            .collect();
        page.line(
            "licences.reason",
            &[
                ("reason", &quarantined.reason),
                ("sentence", &sentence),
                ("documents", &documents),
                ("sources", &sources.join(", ")),
            ],
        );
        for statement in quarantined.statements.iter().take(STATEMENTS_MAX) {
            let documents = page.voice.number(statement.documents);
            let (key, said) = match &statement.text {
                Some(text) => ("licences.stated", text.as_str()),
                None => ("licences.stated-nothing", ""),
            };
            let said: String = said.chars().take(120).collect();
            page.line(key, &[("documents", &documents), ("said", &said)]);
        }
        let shown = quarantined.statements.len().min(STATEMENTS_MAX) as u64;
        let more = quarantined.statements.len() as u64 - shown + quarantined.statements_left_out;
        if more > 0 {
            let more = page.voice.number(more);
            page.line("licences.stated-more", &[("more", &more)]);
        }
    }
}

fn warnings(page: &mut Page, report: &Report) {
    if report.warnings.is_empty() {
        return;
    }
    page.heading("licences.warnings");
    for warning in &report.warnings {
        let documents = page.voice.number(warning.documents.unwrap_or_default());
        let key = format!("warning.{}", warning.code);
        let mut line = page.voice.say(
            &key,
            &[
                ("source", warning.source.as_deref().unwrap_or_default()),
                ("licence", warning.licence.as_deref().unwrap_or_default()),
                ("documents", &documents),
            ],
        );
        if let Some(detail) = &warning.detail {
            line += &page.voice.say("warning.because", &[("detail", detail)]);
        }
        page.plain(&line);
    }
}
