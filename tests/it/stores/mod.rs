//! Object storage as the place of outputs: an S3 server in the process of the test, and all that goes wrong with one.

mod races;
pub(crate) mod server;

use std::path::Path;

use bytes::Bytes;
use moisson_engine::session::runtime;
use moisson_engine::store::Store;

use crate::faults::bench;
use crate::harness::{Bench, Ended, digests, moisson, moisson_with, program, repository};
use server::{Fault, SECRET, Server};

fn run(bench: &Bench, server: &Server, arguments: &[&str]) -> Ended {
    let pipeline = bench.text_path("p.toml");
    let mut all = vec!["run", &pipeline, "--progress", "none", "--format", "json"];
    all.extend(["--out", "s3://releases/out"]);
    all.extend(arguments);
    moisson_with(&server.environment(), &all)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn assert_no_secret(server: &Server, ended: &[&Ended]) {
    let mut read = 0;
    for path in files(server.folder()) {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(SECRET.len())
            .any(|at| at == SECRET.as_bytes());
        assert!(!found, "{}", path.display());
        read += 1;
    }
    assert!(read > 10, "{read}");
    for ended in ended {
        assert!(!ended.stdout.contains(SECRET), "{}", ended.stdout);
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    }
}

#[test]
fn the_quickstart_from_s3_to_s3_is_that_of_folders() {
    let server = Server::start(Fault::None, 1);
    let samples = repository().join("data-samples");
    for path in files(&samples) {
        let to = server
            .path("samples")
            .join(path.strip_prefix(&samples).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&path, to).unwrap();
    }
    let local = tempfile::tempdir().unwrap();
    let out = local.path().display().to_string();
    let quickstart = [
        "run",
        "pipelines/quickstart.toml",
        "--progress",
        "none",
        "--out",
    ];
    moisson(&[&quickstart[..], &[&out]].concat()).expect(0);
    let environment = server.environment();
    moisson_with(
        &environment,
        &[&quickstart[..], &["s3://releases/files"]].concat(),
    )
    .expect(0);
    assert_eq!(digests(&server.path("files")), digests(local.path()));

    // Remote inputs are known by their tags, so that their parts have other names, and the same content.
    let s3 = ["s3://releases/out", "--set", "data=s3://releases/samples"];
    let s3 = [&quickstart[..], &s3].concat();
    let ended = moisson_with(&environment, &s3).expect(0);
    let contents = |out: &Path| {
        let mut contents: Vec<String> = digests(out).into_values().collect();
        contents.sort_unstable();
        contents
    };
    assert_eq!(contents(&server.path("out")), contents(local.path()));
    let content = |out: &Path| crate::harness::manifest(out)["content_digest"].clone();
    assert_eq!(content(&server.path("out")), content(local.path()));
    let again = moisson_with(&server.environment(), &s3).expect(0);
    assert!(again.stdout.contains("nothing new"), "{}", again.stdout);
    let verified = moisson_with(
        &server.environment(),
        &["verify", "s3://releases/out", "--deep"],
    )
    .expect(0);
    let sql = "SELECT count(*) AS n FROM release";
    let asked = ["query", "s3://releases/out", sql, "--format", "json"];
    let asked = moisson_with(&server.environment(), &asked).expect(0);
    assert!(
        !server.path("out/.driver").exists(),
        "the lease is given back"
    );
    assert_no_secret(&server, &[&ended, &again, &verified, &asked]);
}

#[test]
fn what_goes_wrong_in_passing_changes_nothing() {
    let bench = bench();
    bench.run(&[]).expect(0);
    let expected = digests(&bench.path("out"));
    for (fault, every) in [
        (Fault::Internal, 5),
        (Fault::SlowDown, 5),
        (Fault::Close, 5),
        (Fault::LoseAnswer, 5),
        (Fault::Truncate, 5),
        (Fault::Stall, 83),
    ] {
        let server = Server::start(fault, every);
        let ended = run(&bench, &server, &[]);
        assert_eq!(ended.status, 0, "{fault:?}: {}", ended.stderr);
        assert_eq!(digests(&server.path("out")), expected, "{fault:?}");
        assert!(server.failed() > 3, "{fault:?}: {}", server.failed());
        assert_no_secret(&server, &[&ended]);
    }
}

#[test]
fn a_store_that_stays_away_is_a_clear_error_without_secrets() {
    let bench = bench();
    let server = Server::start(Fault::SlowDown, 1);
    let mut environment = server.environment();
    environment.push(("MOISSON_STORE_RETRY".to_owned(), "0.3".to_owned()));
    let pipeline = bench.text_path("p.toml");
    let ended = moisson_with(
        &environment,
        &["run", &pipeline, "--out", "s3://releases/out"],
    )
    .expect(2);
    assert!(
        ended.stderr.contains("s3://releases/out/.driver"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("503"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    assert!(server.requests() > 2, "{}", server.requests());

    environment.retain(|(name, _)| name != "AWS_SECRET_ACCESS_KEY");
    environment.push((
        "AWS_SECRET_ACCESS_KEY".to_owned(),
        "wrong-secret".to_owned(),
    ));
    let server = Server::start(Fault::None, 1);
    environment.push(server.environment().swap_remove(0));
    let ended = moisson_with(
        &environment,
        &["run", &pipeline, "--out", "s3://releases/out"],
    )
    .expect(2);
    assert!(!ended.stderr.contains("wrong-secret"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("s3://releases/out"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_address_with_credentials_is_refused_and_not_told() {
    let bench = bench();
    let pipeline = bench.text_path("p.toml");
    for out in [
        "s3://key:hunter2@releases/out",
        "az://c/out?sv=1&sig=hunter2",
        "s3://releases/out?X-Amz-Signature=hunter2",
        "https://host/out?token=hunter2",
    ] {
        for command in [vec!["run", &pipeline, "--out", out], vec!["verify", out]] {
            let ended = moisson(&command).expect(2);
            assert!(
                ended.stderr.contains("carries credentials"),
                "{}",
                ended.stderr
            );
            assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_profile_holds_the_credentials() {
    let bench = bench();
    let server = Server::start(Fault::None, 1);
    let credentials = format!(
        "[work]\naws_access_key_id = {}\naws_secret_access_key = {SECRET}\n",
        server::KEY
    );
    bench.write("credentials", credentials);
    let endpoint = server.environment().swap_remove(0).1;
    bench.write(
        "config",
        format!("[profile work]\nregion = us-east-1\nendpoint_url = {endpoint}\n"),
    );
    let environment = [
        ("AWS_PROFILE", "work"),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            &bench.text_path("credentials"),
        ),
        ("AWS_CONFIG_FILE", &bench.text_path("config")),
        ("AWS_ALLOW_HTTP", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pipeline = bench.text_path("p.toml");
    let arguments = [
        "run",
        &pipeline,
        "--progress",
        "none",
        "--out",
        "s3://releases/out",
    ];
    let ended = moisson_with(&environment, &arguments).expect(0);
    assert_no_secret(&server, &[&ended]);
}

#[test]
fn a_second_driver_is_told_of_the_first_and_a_killed_one_is_followed() {
    let bench = bench();
    let server = Server::start(Fault::None, 1);
    // What another machine wrote a moment ago.
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    std::fs::create_dir_all(server.path("out")).unwrap();
    let lease = format!(
        r#"{{"host":"elsewhere","pid":4711,"run":"r","since":{now},"renewed_at":{now},"renewals":0}}"#
    );
    std::fs::write(server.path("out/.driver"), lease).unwrap();
    let ended = run(&bench, &server, &[]).expect(2);
    for part in [
        "another run works on `s3://releases/out`",
        "process 4711 on `elsewhere`",
    ] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    std::fs::remove_file(server.path("out/.driver")).unwrap();

    // A killed one of this machine leaves its lease; the next one sees that the process is gone.
    let mut child = std::process::Command::new(program())
        .args([
            "run",
            &bench.text_path("p.toml"),
            "--out",
            "s3://releases/out",
            "--progress",
            "none",
        ])
        .envs(server.environment())
        .current_dir(repository())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lease = server.path("out/.driver");
    while !lease.exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    run(&bench, &server, &[]).expect(0);
    bench.run(&[]).expect(0);
    assert_eq!(digests(&server.path("out")), digests(&bench.path("out")));
    assert!(!lease.exists());
}

#[test]
fn a_large_object_goes_in_pieces_and_comes_back_whole() {
    let numbers = 0..(100u32 << 20) / 4;
    let all = Bytes::from(numbers.flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    // Beginning, three pieces and end are five requests, so that in turn each of them fails.
    for (fault, every, mebibytes) in [
        (Fault::None, 1, 100),
        (Fault::Close, 3, 40),
        (Fault::LoseAnswer, 4, 40),
        (Fault::Truncate, 3, 40),
    ] {
        let bytes = all.slice(..mebibytes << 20);
        let server = Server::start(fault, every);
        let runtime = runtime().unwrap();
        let store =
            Store::open_with("s3://releases/out", &server.options(), runtime.handle()).unwrap();
        store.put("large", bytes.clone()).unwrap();
        assert_eq!(store.get("large").unwrap(), bytes, "{fault:?}");
        // As a file, such as one that was fetched.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, &bytes).unwrap();
        store.put_file("file", &file).unwrap();
        assert!(!file.exists());
        assert_eq!(
            std::fs::read(server.path("out/file")).unwrap(),
            bytes,
            "{fault:?}"
        );
        // Beginning, pieces, end, twice, and the reading.
        let requests = 2 * (2 + mebibytes.div_ceil(16)) + 1;
        assert!(server.requests() >= requests as u64, "{fault:?}");
    }
}

#[test]
fn a_listing_of_many_pages_is_complete_whatever_happens_to_a_page() {
    for (fault, every) in [
        (Fault::None, 1),
        (Fault::SlowDown, 2),
        (Fault::Truncate, 2),
        (Fault::LoseAnswer, 2),
    ] {
        let server = Server::start(fault, every);
        std::fs::create_dir_all(server.path("out/parts")).unwrap();
        let mut expected: Vec<String> = (0..2345).map(|n| format!("parts/{n}")).collect();
        for name in &expected {
            std::fs::write(server.path("out").join(name), name).unwrap();
        }
        expected.sort_unstable();
        let runtime = runtime().unwrap();
        let store =
            Store::open_with("s3://releases/out", &server.options(), runtime.handle()).unwrap();
        let listed: Vec<String> = store
            .list("parts")
            .unwrap()
            .into_iter()
            .map(|entry| entry.path)
            .collect();
        assert_eq!(listed, expected, "{fault:?}");
        assert!(server.requests() >= 3, "{fault:?}");
    }
}

#[test]
fn conditions_hold_on_a_server() {
    for (fault, every) in [(Fault::None, 1), (Fault::LoseAnswer, 2), (Fault::Close, 2)] {
        let server = Server::start(fault, every);
        let runtime = runtime().unwrap();
        let open =
            || Store::open_with("s3://releases/out", &server.options(), runtime.handle()).unwrap();
        races::check_conditions(&open);
    }
}
