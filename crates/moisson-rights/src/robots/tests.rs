//! Cases of RFC 9309, of Google's parser tests, and of what sites write.

use super::{ROBOTS_BYTES_MAX, Robots};

/// Checks one file, for one agent, against paths and what is to be said of them.
fn check(file: &str, agent: &str, paths: &[(&str, bool)]) {
    let robots = Robots::parse(file.as_bytes());
    for (path, allowed) in paths {
        let verdict = robots.verdict(agent, path);
        assert_eq!(
            verdict.allowed, *allowed,
            "{agent} at {path} in\n{file}\n{verdict:?}"
        );
    }
}

/// RFC 9309, section 5.1.
#[test]
fn simple_example_of_the_rfc() {
    let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n\
                User-Agent: quxbot\n\nEOF";
    check(
        file,
        "other",
        &[
            ("/x.gif", false),
            ("/x.gif?a", true),
            ("/example/a", false),
            ("/publications/", true),
        ],
    );
    check(
        file,
        "FooBot",
        &[
            ("/", false),
            ("/example/page.html", true),
            ("/example/allowed.gif", true),
        ],
    );
    for agent in ["barbot", "bazbot"] {
        check(
            file,
            agent,
            &[
                ("/example/page.html", false),
                ("/example/other", true),
                ("/a.gif", true),
            ],
        );
    }
    check(file, "quxbot", &[("/", true), ("/example/", true)]);
}

/// RFC 9309, section 5.2.
#[test]
fn longest_match_of_the_rfc() {
    let file =
        "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
    check(
        file,
        "foobot",
        &[
            ("/example/page/", true),
            ("/example/page/disallowed.gif", false),
        ],
    );
}

/// The longest match wins, and `Allow` between equals, in whatever order they stand.
#[test]
fn precedence() {
    for (file, allowed) in [
        ("User-agent: f\nDisallow: /x/page.html\nAllow: /x/\n", false),
        ("User-agent: f\nAllow: /x/page.html\nDisallow: /x/\n", true),
        (
            "User-agent: f\nDisallow: /x/page.html\nAllow: /x/page.html\n",
            true,
        ),
        ("User-agent: f\nDisallow: /\nAllow: /\n", true),
        ("User-agent: f\nAllow: /\nDisallow: /\n", true),
        ("User-agent: f\nDisallow: \nAllow: \n", true),
        ("User-agent: f\nDisallow: /x\nAllow: /x/*.html\n", true),
        ("User-agent: f\nAllow: /x/page\nDisallow: /*.html\n", true),
        ("User-agent: f\nAllow: /x/page\nDisallow: /*.htm\n", true),
        ("User-agent: f\nAllow: /x\nDisallow: /*.html\n", false),
    ] {
        check(file, "f", &[("/x/page.html", allowed)]);
    }
}

#[test]
fn groups_and_agents() {
    // Groups of one agent count together; agents of one list share their rules.
    let file = "User-agent: a\nDisallow: /1\n\nUser-agent: b\nDisallow: /2\n\nUser-agent: A\nUser-agent: c\nDisallow: /3\n";
    check(file, "a", &[("/1", false), ("/2", true), ("/3", false)]);
    check(file, "c", &[("/1", true), ("/3", false)]);
    check(file, "d", &[("/1", true), ("/2", true), ("/3", true)]);
    // Its own group replaces that of all.
    let file = "User-agent: *\nDisallow: /\nUser-agent: moisson\nAllow: /p\n";
    check(file, "moisson", &[("/p", true), ("/q", true)]);
    check(file, "moissonneuse", &[("/p", false)]);
    // Rules before any agent are about nobody.
    check(
        "Disallow: /\nUser-agent: *\nDisallow: /x",
        "f",
        &[("/", true), ("/x", false)],
    );
    // Product tokens: version, digits, remarks, case.
    for line in ["CCBot/2.0", "ccbot", "CCBot (remark)", "CCBot # remark"] {
        check(
            &format!("User-agent: {line}\nDisallow: /"),
            "CCBot",
            &[("/", false)],
        );
    }
    check("User-agent: AI2Bot\nDisallow: /", "ai2bot", &[("/", false)]);
    check("User-agent: AI2Bot\nDisallow: /", "AI", &[("/", true)]);
    check("User-agent: * \nDisallow: /", "f", &[("/", false)]);
    check("User-agent: *bot\nDisallow: /", "f", &[("/", true)]);
    // Other lines neither end a list of agents nor begin a group.
    let file =
        "User-agent: a\nCrawl-delay: 5\nSitemap: https://h/s.xml\n\nUser-agent: b\nDisallow: /\n";
    check(file, "a", &[("/", false)]);
    check(file, "b", &[("/", false)]);
    let robots = Robots::parse(file.as_bytes());
    assert_eq!(robots.sitemaps(), ["https://h/s.xml"]);
    assert!(robots.names("A") && !robots.names("*"));
}

/// RFC 9309, sections 2.2.2 and 2.2.3, and Google's `GoogleOnly_*` cases that are no extension.
#[test]
fn patterns() {
    for (rule, matches, others) in [
        (
            "/fish",
            "/fish /fish.html /fish/salmon.html /fishheads /fish.php?id=anything",
            "/Fish.asp /catfish /?id=fish",
        ),
        (
            "/fish*",
            "/fish /fish.html /fishheads/yummy.html",
            "/Fish.asp /catfish",
        ),
        (
            "/fish/",
            "/fish/ /fish/?id=anything /fish/salmon.htm",
            "/fish /fish.html",
        ),
        (
            "/*.php",
            "/index.php /filename.php /folder/filename.php?parameters /filename.php/",
            "/ /windows.PHP",
        ),
        (
            "/*.php$",
            "/filename.php /folder/filename.php",
            "/filename.php?parameters /filename.php/ /filename.php5",
        ),
        (
            "/fish*.php",
            "/fish.php /fishheads/catfish.php?parameters",
            "/Fish.PHP /fis.php",
        ),
        ("/$", "/", "/x"),
        ("*", "/ /x", ""),
        ("/a*b*c$", "/abc /axbxc /abcc /abcbc", "/ab /abcd /ac"),
        ("/a**b", "/ab /axb", "/a"),
        ("/a$b", "/a$b /a%24b", "/a /ab"),
        (
            "/path/file-with-a-%2A.html",
            "/path/file-with-a-*.html /path/file-with-a-%2a.html",
            "/path/file-with-a-x.html",
        ),
        (
            "/foo/bar?baz=quz",
            "/foo/bar?baz=quz",
            "/foo/bar /foo/barbaz=quz",
        ),
        (
            "/foo/bar/ツ",
            "/foo/bar/%E3%83%84 /foo/bar/%e3%83%84 /foo/bar/ツ",
            "/foo/bar/",
        ),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ", "/foo/bar/%25E3"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", "/foo/bar/%2562"),
        ("/a%2fb", "/a%2Fb", "/a/b"),
        ("/a%3cd.html", "/a%3Cd.html", "/a"),
        ("/100%", "/100% /100%25", "/100"),
        ("fish", "", "/fish"),
    ] {
        let rule = format!("User-agent: f\nDisallow: {rule}\n");
        let expect = |paths: &str, allowed: bool| {
            let paths: Vec<(&str, bool)> = paths
                .split_whitespace()
                .map(|path| (path, allowed))
                .collect();
            check(&rule, "f", &paths);
        };
        // A lone percent sign is no escape; both spellings are not the same path.
        let matches = matches.replace(" /100%25", "");
        expect(&matches, false);
        expect(others, true);
    }
    check(
        "User-agent: *\nDisallow: /",
        "f",
        &[("/robots.txt", true), ("/robots.txt2", false)],
    );
}

#[test]
fn lines_as_sites_write_them() {
    for file in [
        "User-agent: f\rDisallow: /x\r",
        "User-agent: f\r\nDisallow: /x\r\n",
        "\u{FEFF}User-agent: f\nDisallow: /x",
        "  USER-AGENT :f\n\t disallow:\t/x  # remark",
        "user agent: f\nDisalow: /x",
        "user-agent f\ndisallow /x",
        "User-agent: f\nnoise without meaning\n<html>\nDisallow: /x",
    ] {
        check(file, "f", &[("/x", false), ("/y", true)]);
    }
    for file in [
        "",
        "\u{FEFF}",
        "<html>\n<body>no</body>",
        "Disallow",
        ":",
        "User-agent:\nDisallow: /",
    ] {
        check(file, "f", &[("/x", true)]);
    }
    let latin = b"User-agent: f\nDisallow: /d\xE9bat\n";
    assert!(!Robots::parse(latin).verdict("f", "/d%E9bat").allowed);
}

#[test]
fn a_verdict_names_its_rule() {
    let file = "# site\r\n\r\nUser-agent: *\r\nDisallow: /a # private\r\nAllow: /a/b\r\n";
    let robots = Robots::parse(file.as_bytes());
    for (path, rule) in [
        ("/a/c", Some("`Disallow: /a`, line 4")),
        ("/a/b", Some("`Allow: /a/b`, line 5")),
        ("/", None),
    ] {
        let found = robots.verdict("f", path).rule.map(|rule| rule.to_string());
        assert_eq!(found.as_deref(), rule, "{path}");
    }
}

#[test]
fn delays() {
    for (file, agent, delay) in [
        ("User-agent: *\nCrawl-delay: 10\n", "f", Some(10.0)),
        ("User-agent: *\nCrawl-delay: 1,5\n", "f", Some(1.5)),
        (
            "User-agent: *\nCrawl-delay: 10\nUser-agent: f\nDisallow:\n",
            "f",
            None,
        ),
        ("User-agent: *\nCrawl-delay: soon\n", "f", None),
        ("User-agent: *\nCrawl-delay: -1\n", "f", None),
        ("User-agent: *\nCrawl-delay: inf\n", "f", None),
        ("Crawl-delay: 10\n", "f", None),
    ] {
        assert_eq!(
            Robots::parse(file.as_bytes()).crawl_delay(agent),
            delay,
            "{file}"
        );
    }
}

#[test]
fn what_lies_beyond_the_limit_is_not_read_and_hostile_files_cost_little() {
    let mut file = b"User-agent: f\nDisallow: /x\n".to_vec();
    file.resize(ROBOTS_BYTES_MAX - 8, b'\n');
    file.extend_from_slice(b"Disallow: /y\nDisallow: /z\n");
    let robots = Robots::parse(&file);
    assert!(!robots.verdict("f", "/x").allowed);
    // `Disallo` is what is left of the line that was cut.
    assert!(robots.verdict("f", "/y").allowed);
    assert!(robots.verdict("f", "/z").allowed);
    let stars = format!("User-agent: f\nDisallow: /{}b\n", "*a".repeat(20_000));
    let path = format!("/{}", "a".repeat(20_000));
    assert!(Robots::parse(stars.as_bytes()).verdict("f", &path).allowed);
}
