//! Verdicts as a table: what was seen, and what follows.

use moisson_core::Date;

use super::{Facts, OptOutConfig, Outcome, Verdict, explanation, fold};
use crate::optout::{
    Acquisition, Kind, Mark, Seen, Site, SiteFile, SiteFileKind, SiteFileState, Sites, TermsVerdict,
};

const WHEN: &str = "2026-01-02T03:04:05Z";

/// A page of a site, in the words of a test.
struct Case {
    acquisition: Acquisition,
    config: OptOutConfig,
    seen: Seen,
    sites: Sites,
    terms: Vec<TermsVerdict>,
}

impl Case {
    /// A page at `/blog/un` that was seen with nothing; of its site nothing is known.
    fn new(acquisition: Acquisition) -> Self {
        let seen = Seen {
            address: Some("https://a.example/blog/un".to_owned()),
            retrieved_at: Some("2025-03-14T09:30:00Z".to_owned()),
            marks: Vec::new(),
        };
        Self {
            acquisition,
            config: toml::from_str("no_robots = 'clear'").unwrap(),
            seen,
            sites: Sites::default(),
            terms: Vec::new(),
        }
    }

    fn config(mut self, toml: &str) -> Self {
        self.config = toml::from_str(toml).unwrap();
        self
    }

    fn file(self, kind: SiteFileKind, body: &str) -> Self {
        self.set(SiteFile::found(
            kind,
            body.as_bytes(),
            Some(WHEN.to_owned()),
        ))
    }

    fn state(self, kind: SiteFileKind, state: SiteFileState) -> Self {
        self.set(SiteFile::missing(kind, state, Some(WHEN.to_owned())))
    }

    fn set(mut self, file: SiteFile) -> Self {
        let mut site = Site::new("https://a.example");
        site.set(file);
        self.sites.add(site);
        self
    }

    fn mark(mut self, kind: Kind, raw: &str) -> Self {
        self.seen.add(Mark::new(kind, raw));
        self
    }

    fn field(mut self, name: &str, value: &str) -> Self {
        self.seen.http_field(name, value);
        self
    }

    fn meta(mut self, name: &str, content: &str) -> Self {
        self.seen.html_meta(name, content);
        self
    }

    fn terms(mut self, verdict: &str) -> Self {
        let toml = format!(
            "url = 'https://a.example/cgu'\nverdict = '{verdict}'\ndate = '2026-02-03'\nwho = 'M. Noël'"
        );
        self.terms.push(toml::from_str(&toml).unwrap());
        self
    }

    fn outcome(&self) -> Outcome {
        let site = self.seen.site_marks(&self.sites);
        let facts = Facts {
            seen: &self.seen,
            site: &site,
            acquisition: self.acquisition,
            terms: &self.terms,
        };
        fold(facts, &self.config)
    }

    /// Checks the verdict and the kind of the signal that explains it; `-` for none.
    #[track_caller]
    fn check(&self, verdict: Verdict, kind: &str) {
        let outcome = self.outcome();
        assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
        if verdict != Clear {
            let first = outcome.signals.first();
            let first = first.map_or("-", |signal| signal.kind.name());
            assert_eq!(first, kind, "{outcome:#?}");
        }
    }
}

use Acquisition::{Bulk, Crawl};
use SiteFileKind::{AiTxt, RobotsTxt, Tdmrep};
use Verdict::{Clear, Reserved, Unknown};

#[test]
fn tdmrep_in_its_order() {
    let file = |value: u8| format!(r#"[{{"location": "/blog/", "tdm-reservation": {value}}}]"#);
    let page = || Case::new(Crawl);
    let reserving = || page().file(Tdmrep, &file(1));
    reserving().check(Reserved, "tdmrep-file");
    page().file(Tdmrep, &file(0)).check(Clear, "");
    // A later place overrides an earlier one, both ways.
    reserving().field("tdm-reservation", "0").check(Clear, "");
    page()
        .file(Tdmrep, &file(0))
        .field("tdm-reservation", "1")
        .check(Reserved, "tdmrep-header");
    page()
        .field("tdm-reservation", "1")
        .meta("tdm-reservation", "0")
        .check(Clear, "");
    page()
        .field("tdm-reservation", "0")
        .meta("tdm-reservation", "1")
        .check(Reserved, "tdmrep-meta");
    for kind in [Kind::TdmrepEpub, Kind::TdmrepPdf] {
        let case = page().field("tdm-reservation", "0").mark(kind, "1");
        case.check(Reserved, kind.name());
        let case = page().meta("tdm-reservation", "1").mark(kind, "0");
        case.check(Clear, "");
    }
    // Absence and errors at a later place reset nothing.
    reserving()
        .meta("description", "un")
        .check(Reserved, "tdmrep-file");
    reserving()
        .field("tdm-reservation", "2")
        .meta("tdm-reservation", "no")
        .check(Reserved, "tdmrep-file");
    // Two values in one place: the one that reserves.
    page()
        .field("tdm-reservation", "0")
        .field("tdm-reservation", "1")
        .check(Reserved, "tdmrep-header");
    // The policy is kept and decides nothing.
    let case = page()
        .field("tdm-reservation", "1")
        .field("tdm-policy", "https://a.example/p.json");
    let signals = case.outcome().signals;
    assert_eq!(signals[1].kind, Kind::TdmPolicy);
    assert_eq!(signals[1].value, "https://a.example/p.json");
    page()
        .field("tdm-policy", "https://a.example/p")
        .check(Clear, "");
}

#[test]
fn robots_by_agent() {
    let page = |body: &str| Case::new(Crawl).file(RobotsTxt, body);
    page("User-agent: GPTBot\nDisallow: /").check(Reserved, "robots-txt");
    page("User-agent: gptbot\nDisallow: /autre/").check(Clear, "");
    page("User-agent: CCBot/2.0\nDisallow: /blog").check(Reserved, "robots-txt");
    page("User-agent: *\nDisallow: /").check(Reserved, "robots-txt");
    page("User-agent: Bingbot\nDisallow: /").check(Clear, "");
    page("").check(Clear, "");
    // Agents with rules of their own do not care for those of all; the others do.
    let all_but_one = "User-agent: *\nDisallow: /\n\nUser-agent: GPTBot\nAllow: /\n";
    page(all_but_one).check(Reserved, "robots-txt");
    page(all_but_one)
        .config("no_robots = 'clear'\nagents = ['GPTBot']")
        .check(Clear, "");
    page(all_but_one)
        .config("no_robots = 'clear'\nagents = ['CCBot']")
        .check(Reserved, "robots-txt");
    page("User-agent: Neuf\nDisallow: /")
        .config("no_robots = 'clear'\nagents_more = ['neuf']")
        .check(Reserved, "robots-txt");
    page("User-agent: GPTBot\nDisallow: /")
        .config("no_robots = 'clear'\nprotocols = ['tdmrep']")
        .check(Clear, "");
    let site = |state| Case::new(Crawl).state(RobotsTxt, state);
    site(SiteFileState::Unreachable).check(Reserved, "robots-txt");
    site(SiteFileState::Absent)
        .config("no_robots = 'unknown'")
        .check(Clear, "");
}

#[test]
fn no_robots_known_is_what_the_pipeline_says() {
    Case::new(Crawl).check(Clear, "");
    let unknown = || Case::new(Crawl).config("no_robots = 'unknown'");
    unknown().check(Unknown, "-");
    unknown()
        .file(AiTxt, "User-agent: *\nAllow: /")
        .check(Unknown, "ai-txt");
    unknown()
        .field("tdm-reservation", "1")
        .check(Reserved, "tdmrep-header");
    unknown()
        .config("no_robots = 'unknown'\nprotocols = ['tdmrep']")
        .check(Clear, "");
    let mut nowhere = unknown();
    nowhere.seen.address = None;
    nowhere.file(RobotsTxt, "").check(Unknown, "-");
}

#[test]
fn what_is_said_to_crawlers_is_not_said_to_others() {
    let all = "User-agent: *\nDisallow: /\nContent-Usage: train-ai=n";
    for acquisition in [Bulk, Acquisition::Api, Acquisition::Oai] {
        let case = || Case::new(acquisition).config("");
        case().check(Clear, "");
        case()
            .file(RobotsTxt, all)
            .file(AiTxt, all)
            .check(Clear, "");
        case()
            .state(RobotsTxt, SiteFileState::Unreachable)
            .check(Clear, "");
        // What travels with the file counts, and so does a reservation of rights.
        let file = r#"[{"location": "/", "tdm-reservation": 1}]"#;
        case().file(Tdmrep, file).check(Reserved, "tdmrep-file");
        case()
            .field("X-Robots-Tag", "noai")
            .check(Reserved, "x-robots-tag");
        case()
            .mark(Kind::TdmrepPdf, "1")
            .check(Reserved, "tdmrep-pdf");
        case()
            .field("Content-Usage", "train-ai=n")
            .check(Reserved, "content-usage");
        case().terms("reserved").check(Reserved, "terms-of-use");
    }
    // The signals are kept all the same.
    let outcome = Case::new(Bulk).file(RobotsTxt, all).outcome();
    assert_eq!(outcome.signals.len(), 2);
}

#[test]
fn the_other_protocols() {
    let page = || Case::new(Crawl);
    page().field("X-Robots-Tag", "noimageai").check(Clear, "");
    page()
        .field("X-Robots-Tag", "GPTBot: noai")
        .check(Reserved, "x-robots-tag");
    page()
        .field("X-Robots-Tag", "bingbot: noai")
        .check(Clear, "");
    page()
        .meta("robots", "noindex, noai")
        .check(Reserved, "meta-robots");
    page().meta("CCBot", "noai").check(Reserved, "meta-robots");
    page().meta("bingbot", "noai").check(Clear, "");
    let ai = |body: &str| Case::new(Crawl).file(AiTxt, body);
    ai("User-Agent: *\nDisallow: *.html").check(Reserved, "ai-txt");
    ai("User-Agent: *\nDisallow: *.jpg").check(Clear, "");
    ai("User-Agent: Bingbot\nDisallow: /").check(Clear, "");
    ai("User-Agent: GPTBot\nDisallow: /").check(Reserved, "ai-txt");
    page().field("Content-Usage", "train-ai=y").check(Clear, "");
    let robots = |usage: &str| {
        let body = format!("User-agent: *\nAllow: /\nContent-Usage: {usage}");
        Case::new(Crawl).file(RobotsTxt, &body)
    };
    robots("train-ai=n").check(Reserved, "robots-content-usage");
    robots("/blog/ train-ai=n").check(Reserved, "robots-content-usage");
    robots("/autre/ train-ai=n").check(Clear, "");
    robots("search=n").check(Clear, "");
    page().terms("clear").check(Clear, "");
    page().terms("reserved").check(Reserved, "terms-of-use");
    page().terms("unknown").check(Unknown, "terms-of-use");
    // One that reserves is enough, whatever the others allow.
    page()
        .field("tdm-reservation", "0")
        .field("Content-Usage", "train-ai=y")
        .terms("clear")
        .meta("robots", "noai")
        .check(Reserved, "meta-robots");
}

#[test]
fn an_agent_of_one_file_is_not_one_of_another() {
    // The archive names GPTBot and lets it; today's file shuts out all.
    let mut case = Case::new(Crawl).file(RobotsTxt, "User-agent: *\nDisallow: /");
    let then = Mark::new(Kind::RobotsTxt, "").about("gptbot, *");
    case.seen.add(Mark {
        value: Some("allowed".to_owned()),
        source_url: Some("https://a.example/robots.txt".to_owned()),
        retrieved_at: Some("2020-01-01T00:00:00Z".to_owned()),
        ..then
    });
    case.config = toml::from_str("no_robots = 'clear'\nagents = ['GPTBot']").unwrap();
    case.check(Reserved, "robots-txt");
}

#[test]
fn signals_say_where_and_when() {
    let case = Case::new(Crawl)
        .file(RobotsTxt, "User-agent: GPTBot\nDisallow: /blog/")
        .field("tdm-reservation", "0");
    let outcome = case.outcome();
    assert_eq!(outcome.as_of, Date::from_ymd(2026, 1, 2));
    let json = serde_json::to_string(&outcome.signals).unwrap();
    assert_eq!(
        json,
        r#"[{"kind":"robots-txt","source_url":"https://a.example/robots.txt","raw":"`Disallow: /blog/`, line 2","retrieved_at":"2026-01-02T03:04:05Z","applies_to":"gptbot","value":"reserved"},{"kind":"robots-txt","source_url":"https://a.example/robots.txt","raw":"","retrieved_at":"2026-01-02T03:04:05Z","applies_to":"*","value":"clear"},{"kind":"tdmrep-header","source_url":"https://a.example/blog/un","raw":"0","retrieved_at":"2025-03-14T09:30:00Z","applies_to":null,"value":"clear"}]"#
    );
    assert_eq!(
        explanation(&json),
        Some((
            "robots-txt: `Disallow: /blog/`, line 2 (gptbot)".to_owned(),
            Some("https://a.example/robots.txt".to_owned())
        ))
    );
    assert_eq!(explanation("[]"), None);
    let nothing = Case::new(Bulk);
    assert_eq!(nothing.outcome().as_of, Date::from_ymd(2025, 3, 14));
}
