//! Folders on a server that misbehaves.

use std::sync::{Arc, Mutex};

use super::{DilaConfig, ListingConfig};
use crate::testing::{Answer, Fixture, Misdeed, Page};
use crate::{Acquisition, FetchConfig, Mirror, Summary};

const FULL: &str = "Freemium_legi_global_20250713-140000.tar.gz";
const FIRST: &str = "LEGI_20250714-210000.tar.gz";
const SECOND: &str = "LEGI_20250715-210000.tar.gz";

/// A folder in the shape of Apache's; files may be added later.
struct Shelf(Arc<Mutex<Vec<(String, String)>>>);

impl Shelf {
    fn new(fixture: &Fixture, path: &str) -> Self {
        let files = Arc::<Mutex<Vec<(String, String)>>>::default();
        let shown = Arc::clone(&files);
        fixture.server.route(path, move |_| {
            let rows = shown.lock().unwrap();
            let rows = rows.iter().map(|(name, notes)| format!("<a href=\"{name}\">{name}</a> {notes}\n"));
            let rows = rows.collect::<String>();
            let html = format!(
                "<html><title>Index of /x</title><pre><a href=\"?C=N\">Name</a>\n<a href=\"../\">Parent Directory</a> -\n{rows}</pre></html>"
            );
            Answer::ok(html).with("Content-Type", "text/html;charset=UTF-8")
        });
        Self(files)
    }

    fn put(&self, name: &str, notes: &str) {
        let mut files = self.0.lock().unwrap();
        files.retain(|(known, _)| known != name);
        files.push((name.to_owned(), notes.to_owned()));
    }
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn fund(fixture: &Fixture) -> (Shelf, Vec<String>) {
    let shelf = Shelf::new(fixture, "/OPENDATA/LEGI/");
    for (name, notes) in [
        (FULL, "2025-07-13 15:00 1.6G"),
        (FIRST, "2025-07-14 21:10 1.2M"),
    ] {
        shelf.put(name, notes);
        fixture.server.page(
            &format!("/OPENDATA/LEGI/{name}"),
            Page::new(gzip(name)).etag("\"1\""),
        );
    }
    (shelf, vec![fixture.server.url("/OPENDATA/LEGI/")])
}

#[test]
fn a_fund_is_mirrored_and_only_what_is_new_is_asked_for() {
    let fixture = Fixture::new();
    let (shelf, at) = fund(&fixture);
    let harvester = FetchConfig::Dila(DilaConfig::default()).harvester();
    let first = fixture.harvest(harvester.as_ref(), &at).unwrap();
    assert_eq!((first.fetched, first.unchanged, first.failed), (2, 0, 0));
    assert_eq!(
        fixture.receipt(&format!("s/{FULL}")).acquisition,
        Acquisition::Bulk
    );
    assert_eq!(
        fixture.receipt(&format!("s/{FULL}")).updated.as_deref(),
        Some("2025-07-13 15:00 1.6G")
    );
    // No robots.txt was asked for: this is a declared channel.
    let path = |name: &str| format!("/OPENDATA/LEGI/{name}");
    assert_eq!(
        fixture.server.take_paths(),
        [path(""), path(FULL), path(FIRST)]
    );

    shelf.put(SECOND, "2025-07-15 21:10 9K");
    fixture.server.page(&path(SECOND), Page::new(gzip(SECOND)));
    let second = fixture.harvest(harvester.as_ref(), &at).unwrap();
    assert_eq!((second.fetched, second.unchanged), (1, 2));
    assert_eq!(fixture.server.take_paths(), [path(""), path(SECOND)]);

    // Another size: the server is asked, and confirms.
    shelf.put(FIRST, "2025-07-14 21:10 1.3M");
    let third = fixture.harvest(harvester.as_ref(), &at).unwrap();
    assert_eq!((third.fetched, third.unchanged), (0, 3));
    assert_eq!(fixture.server.take_paths(), [path(""), path(FIRST)]);
    assert_eq!(fixture.data(&format!("s/{SECOND}")), gzip(SECOND));
}

#[test]
fn a_harvest_that_is_killed_goes_on() {
    let fixture = Fixture::new();
    let (_, at) = fund(&fixture);
    let page = Page::new(gzip("x")).etag("\"1\"");
    let mut long = page.body.clone();
    long.resize(400_000, 0);
    fixture.server.page(
        &format!("/OPENDATA/LEGI/{FIRST}"),
        Page {
            body: long.clone(),
            ..page
        },
    );
    fixture.watch.stop_after(Some(200_000));
    let stopped = fixture.harvest(&DilaConfig::default(), &at).unwrap_err();
    assert!(
        matches!(stopped, moisson_core::Error::Interrupted),
        "{stopped}"
    );
    let before = fixture.watch.bytes();
    fixture.watch.stop_after(None);
    let summary = fixture.harvest(&DilaConfig::default(), &at).unwrap();
    assert_eq!((summary.fetched, summary.unchanged), (1, 1));
    assert_eq!(fixture.data(&format!("s/{FIRST}")), long);
    let again = fixture.watch.bytes() - before;
    assert!(again < 250_000, "{again} bytes after {before}");
}

#[test]
fn a_listing_that_is_none_is_an_error_and_an_archive_that_is_none_a_failure() {
    for answer in [
        Answer::ok("<html><body>En maintenance. <a href=\"/\">Accueil</a></body></html>"),
        Answer::ok("<html><title>Index of /OPENDATA/LEGI</title></html>"),
        Answer::ok(format!(
            "<title>Index of /x</title><a href=\"{FIRST}\">x</a>"
        )),
        Answer::ok(""),
        Answer::new(404, ""),
    ] {
        let fixture = Fixture::new();
        let (_, at) = fund(&fixture);
        fixture
            .server
            .once("/OPENDATA/LEGI/", Misdeed::Answer(answer.clone()));
        let error = fixture.harvest(&DilaConfig::default(), &at).unwrap_err();
        assert!(
            matches!(error, moisson_core::Error::Input(_)),
            "{answer:?}: {error}"
        );
    }
    let fixture = Fixture::new();
    let (_, at) = fund(&fixture);
    let page = Answer::ok("<html>Erreur</html>").with("Content-Type", "text/html");
    fixture
        .server
        .once(&format!("/OPENDATA/LEGI/{FIRST}"), Misdeed::Answer(page));
    let summary = fixture.harvest(&DilaConfig::default(), &at).unwrap();
    assert_eq!((summary.fetched, summary.failed), (1, 1));
    assert!(fixture.watch.warnings()[0].contains("a web page (text/html)"));
    // The next harvest finds it.
    let summary = fixture.harvest(&DilaConfig::default(), &at).unwrap();
    assert_eq!(
        (summary.fetched, summary.unchanged, summary.failed),
        (1, 1, 0)
    );
}

#[test]
fn debates_lie_in_a_folder_per_year() {
    let fixture = Fixture::new();
    let years = Shelf::new(&fixture, "/OPENDATA/Debats/AN/");
    for year in ["2023", "2024"] {
        years.put(&format!("{year}/"), "2025-01-01 00:00 -");
        let shelf = Shelf::new(&fixture, &format!("/OPENDATA/Debats/AN/{year}/"));
        shelf.put(&format!("AN_{year}001.taz"), "2025-01-01 00:00 1M");
        shelf.put("lisez-moi.txt", "2025-01-01 00:00 1K");
        fixture.server.page(
            &format!("/OPENDATA/Debats/AN/{year}/AN_{year}001.taz"),
            Page::new("\x1F\u{9D}"),
        );
    }
    let at = [fixture.server.url("/OPENDATA/Debats/AN/")];
    let summary = fixture.harvest(&DilaConfig::default(), &at).unwrap();
    assert_eq!(summary.fetched, 2);
    let names = fixture.mirror.list("data/").unwrap();
    assert_eq!(
        names,
        ["data/s/2023/AN_2023001.taz", "data/s/2024/AN_2024001.taz"]
    );
}

#[test]
fn a_plain_folder_honours_robots_depth_and_extensions() {
    let fixture = Fixture::new();
    let shelf = Shelf::new(&fixture, "/d/");
    shelf.put("a.XML", "");
    shelf.put("b.zip", "");
    shelf.put("prive.xml", "");
    shelf.put("sous/", "");
    let below = Shelf::new(&fixture, "/d/sous/");
    below.put("c.xml", "");
    for path in ["/d/a.XML", "/d/prive.xml", "/d/sous/c.xml"] {
        fixture.server.page(path, Page::new(path).etag("\"1\""));
    }
    fixture.server.route("/robots.txt", |_| {
        Answer::ok("User-agent: *\nDisallow: /d/prive")
    });
    let at = [fixture.server.url("/d/")];
    let config = |depth| ListingConfig {
        extensions: vec!["xml".to_owned()],
        depth,
        ..ListingConfig::default()
    };
    let counts = |summary: Summary| (summary.fetched, summary.unchanged, summary.failed);
    assert_eq!(counts(fixture.harvest(&config(0), &at).unwrap()), (1, 0, 1));
    // Without dates in the listing the server is asked, and confirms.
    assert_eq!(counts(fixture.harvest(&config(1), &at).unwrap()), (1, 1, 1));
    assert!(fixture.watch.warnings()[0].ends_with("forbids it: `Disallow: /d/prive`, line 2"));
    let asked = fixture.server.take_paths();
    assert_eq!(
        asked.iter().filter(|path| *path == "/robots.txt").count(),
        1
    );
    assert!(!asked.contains(&"/d/prive.xml".to_owned()));
}

#[test]
fn settings_that_contradict_themselves() {
    let fixture = Fixture::new();
    let (_, at) = fund(&fixture);
    let since = |since: &str, full| DilaConfig {
        since: Some(since.to_owned()),
        full,
        ..DilaConfig::default()
    };
    for (config, at) in [
        (since("2025-07-14", true), at.as_slice()),
        (since("hier", false), at.as_slice()),
        (DilaConfig::default(), &[]),
    ] {
        let error = fixture.harvest(&config, at).unwrap_err();
        assert!(matches!(error, moisson_core::Error::Config(_)), "{error}");
    }
    let later = fixture.harvest(&since("2025-07-15", false), &at).unwrap();
    assert_eq!(later.fetched, 0);
}
