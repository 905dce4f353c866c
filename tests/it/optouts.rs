//! Opt-outs at the outer boundary: what a site says, when it says it later, and what a pipeline has to say of itself.

use crate::harness::{Bench, moisson, prose};
use crate::server::{Page, Server};

const LICENCE: &str = "licence = { work = 'etalab-2.0', reason = 'a test' }";

fn page(seed: u64, head: &str) -> String {
    let text = prose(seed, 80);
    format!(
        "<html><head><title>T</title>{head}</head><body><main><p>{text}</p></main></body></html>"
    )
}

fn fetch(bench: &Bench) {
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    moisson(&["fetch", &pipeline, "--out", &out, "--format", "json"]).expect(0);
}

/// Three pages are crawled; one says in its head that it is not to be mined, one in an HTTP field; then the site shuts out
/// agents of training from the third.
#[test]
fn a_later_opt_out_takes_the_document_out_of_the_next_run() {
    let (server, bench) = (Server::start(), Bench::new());
    server.page("/a.html", Page::new(page(1, "")));
    server.page(
        "/b.html",
        Page::new(page(2, "<meta name='tdm-reservation' content='1'>")),
    );
    server.page(
        "/c.html",
        Page::new(page(3, "")).with("X-Robots-Tag", "noai"),
    );
    server.page("/robots.txt", Page::new("User-agent: *\nAllow: /\n"));
    let addresses = ["/a.html", "/b.html", "/c.html"].map(|path| format!("'{}'", server.url(path)));
    bench.pipeline(&format!(
        "[optout]\nno_robots = 'unknown'\n[fetch]\ninterval_ms = 0\n[source.s]\nat = [{}]\n\
         fetch = {{ kind = 'file', acquisition = 'crawl' }}\nreader = 'html'\n{LICENCE}\n",
        addresses.join(", ")
    ));
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/a.html"]);
    assert_eq!(bench.reasons()["optout/reserved"], 2);
    let observed = bench
        .column("SELECT observed FROM decisions WHERE reason = 'optout/reserved' ORDER BY doc_id");
    assert_eq!(observed, ["tdmrep-meta: 1", "x-robots-tag: noai"]);
    assert_eq!(bench.run(&[]).expect(0).json()["unchanged"], true);

    server.page(
        "/robots.txt",
        Page::new("User-agent: GPTBot\nDisallow: /a.html\n"),
    );
    assert_eq!(
        bench.run(&[]).expect(0).json()["unchanged"],
        true,
        "run asks nobody"
    );
    fetch(&bench);
    let run = bench.run(&[]).expect(0).json();
    assert_eq!(run["released"], 0, "{run}");
    let why = bench.query("SELECT observed, detail FROM decisions WHERE doc_id = 's/a.html'");
    assert_eq!(
        why[0]["observed"],
        "robots-txt: `Disallow: /a.html`, line 2 (gptbot)"
    );
    assert_eq!(why[0]["detail"], server.url("/robots.txt"));
}

/// A file that its publisher offers is not crawled: robots.txt is not asked for, a reservation of rights is.
#[test]
fn bulk_files_are_not_subject_to_robots() {
    let (server, bench) = (Server::start(), Bench::new());
    let line = |id: &str| crate::harness::line(id, &prose(id.len() as u64, 60));
    server.page("/libre/a.jsonl", Page::new(line("a")));
    server.page("/reserve/bb.jsonl", Page::new(line("bb")));
    server.page("/robots.txt", Page::new("User-agent: *\nDisallow: /\n"));
    let rules = r#"[{"location": "/reserve/", "tdm-reservation": 1}]"#;
    server.page("/.well-known/tdmrep.json", Page::new(rules));
    let addresses = [
        server.url("/libre/a.jsonl"),
        server.url("/reserve/bb.jsonl"),
    ];
    bench.pipeline(&format!(
        "[fetch]\ninterval_ms = 0\n[source.s]\nat = ['{}']\nreader = 'jsonl'\n\
         options = {{ id = 'id', text = 'text' }}\n{LICENCE}\n",
        addresses.join("', '")
    ));
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/a"]);
    assert_eq!(bench.reasons()["optout/reserved"], 1);
    assert!(!server.take_paths().contains(&"/robots.txt".to_owned()));
}

/// What a pipeline with web archives must say, and what it is told.
#[test]
fn web_archives_need_a_choice() {
    let bench = Bench::new();
    let archive = crate::harness::repository().join("data-samples/warc");
    let sites = bench.text_path("sites.jsonl");
    let site = "{\"origin\": \"https://www.pontvert.example\", \"files\": [{\"kind\": \"robots-txt\", \
                \"state\": \"found\", \"retrieved_at\": \"2026-01-31T00:00:00Z\", \"body\": \"User-agent: *\\nDisallow: /budget\"}]}\n";
    bench.write("sites.jsonl", site);
    let run = |head: &str, keys: &str| {
        bench.pipeline(&format!(
            "{head}\n[source.s]\npath = '{}'\nreader = 'warc'\n{keys}\n{LICENCE}\n",
            archive.display()
        ));
        bench.run(&[])
    };
    let told = run("", "").expect(2).stderr;
    assert!(
        told.contains("acquisition = \"crawl\"") && told.contains("source `s`"),
        "{told}"
    );
    let told = run("", "acquisition = 'crawl'").expect(2).stderr;
    assert!(told.contains("no_robots = \"clear\""), "{told}");

    run("[optout]\nno_robots = 'clear'", "acquisition = 'crawl'").expect(0);
    // robots.txt in the archive shuts two agents out of a notice; a page reserves itself.
    assert_eq!(bench.reasons()["optout/reserved"], 2);
    let clear = bench.released();
    assert!(
        clear.contains(&"s/https://www.pontvert.example/budget".to_owned()),
        "{clear:?}"
    );

    run("[optout]\nno_robots = 'unknown'", "acquisition = 'crawl'").expect(0);
    // Of the other archives no robots.txt is known.
    assert!(bench.reasons()["optout/unknown"] > 0);
    assert!(bench.released().len() < clear.len());

    // A later collection of what sites say applies to pages that were crawled before.
    let head = format!("[optout]\nno_robots = 'clear'\nsites = '{sites}'");
    run(&head, "acquisition = 'crawl'").expect(0);
    assert!(
        !bench
            .released()
            .contains(&"s/https://www.pontvert.example/budget".to_owned())
    );
}
