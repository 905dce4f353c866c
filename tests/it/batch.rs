//! Job scripts for Slurm, read as code and run by bash with stand-ins for the program and for Slurm's commands.
//! `tests/third_party/slurm.py` gives them to Slurm itself.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::harness::{Bench, Ended, JSONL, line, moisson, prose, repository};

const QUICKSTART: [&str; 3] = ["batch", "slurm", "pipelines/quickstart.toml"];

/// The scripts of the quickstart, by name.
fn printed(options: &[&str]) -> BTreeMap<String, String> {
    let all = [&QUICKSTART[..], options, &["--print", "--format", "json"]].concat();
    serde_json::from_value(moisson(&all).expect(0).json()).unwrap()
}

/// Compares scripts with those of `tests/golden/slurm/NAME`; `MOISSON_UPDATE_GOLDEN=1` writes them anew.
fn golden(name: &str, scripts: &BTreeMap<String, String>) {
    let folder = repository().join("tests/golden/slurm").join(name);
    assert_eq!(scripts.len(), 3);
    for (file, text) in scripts {
        // The checkout lies elsewhere on each machine.
        let lines = text.lines().map(|line| {
            let here = line.starts_with("cd -- ") && !line.contains("BASH_SOURCE");
            if here {
                "cd -- /home/aune/corpora"
            } else {
                line
            }
        });
        let actual = lines.collect::<Vec<_>>().join("\n") + "\n";
        let path = folder.join(file);
        if std::env::var("MOISSON_UPDATE_GOLDEN").is_ok() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            expected == actual,
            "{} differs; if the change is meant, run again with MOISSON_UPDATE_GOLDEN=1 and review it:\n{actual}",
            path.display()
        );
    }
}

#[test]
fn scripts_are_as_reviewed() {
    golden("plain", &printed(&["--program", "/opt/moisson"]));
    golden(
        "full",
        &printed(&[
            "--program=/opt/l'Aune/moisson",
            "--out=/scratch/the output",
            "--tasks=200",
            "--concurrent=50",
            "--time=1-12:00:00",
            "--resume-margin=15m",
            "--memory=0",
            "--cpus=40",
            "--partition=cpu_p1",
            "--account=aune@cpu",
            "--post=gather,ingest",
            "--set=data=/scratch/data samples",
            "--set=dedup.threshold=0.9",
            "--offline",
            "--setup=module purge",
            "--setup=module load gcc",
            "--sbatch=--qos=qos_cpu-t4",
            "--sbatch=--hint=nomultithread",
        ]),
    );
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let bench = Bench::new();
    let folder = bench.text_path("scripts");
    let cases: &[(&[&str], &str)] = &[
        (&["--tasks", "0"], "at least one task"),
        (&["--concurrent", "0"], "no task would ever start"),
        (&["--cpus", "0"], "at least one"),
        (&["--time", "4h"], "HOURS:MINUTES:SECONDS"),
        (&["--time", "00:10:00"], "less than --time (600 s)"),
        (&["--resume-margin", "0s"], "at least one second"),
        (&["--resume-margin", "soon"], "10m or 90s"),
        (&["--partition", "main other"], "no spaces"),
        (&["--account", "a\n#SBATCH --uid=0"], "no spaces"),
        (&["--sbatch", "--qos=a\nrm -r ."], "one option"),
        (&["--sbatch", "qos"], "one option"),
        (&["--post", "ingest,bake"], "known: ingest"),
        (&["--out", "https://me:word@example.org/out"], "***"),
        (&["--set", "data=s3://x?X-Amz-Signature=word"], "***"),
        (
            &["--setup", "export AWS_SECRET_ACCESS_KEY=word@home"],
            "sets a credential",
        ),
        (&["--set", "nothing.like=this"], "nothing"),
    ];
    for (options, message) in cases {
        let all = [&QUICKSTART[..], options, &["--folder", &folder]].concat();
        let ended = moisson(&all).expect(2);
        assert!(
            ended.stderr.contains(message),
            "{options:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("word@"), "{}", ended.stderr);
        assert!(!bench.path("scripts").exists(), "{options:?}");
    }
}

/// A bench with the scripts of the quickstart, and stand-ins in `bin`: for the program, which notes what it was given,
/// works until `done` appears and stops when asked to; and for Slurm's commands.
fn stage(options: &[&str]) -> Bench {
    let bench = Bench::new();
    let executable = |name: &str, text: &str| {
        bench.write(name, text);
        let path = bench.path(name);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    };
    executable(
        "bin/the program's",
        "#!/usr/bin/env bash\ntrap 'echo stopped >>\"$NOTES/ended\"; exit 2' TERM\n\
         printf '%s\\n' \"$@\" >\"$NOTES/arguments\"\npwd >\"$NOTES/folder\"\n\
         for ((n = 0; n < 3000; n++)); do [ ! -e \"$NOTES/done\" ] || exit \"$(cat \"$NOTES/done\")\"; sleep 0.01; done\n",
    );
    executable(
        "bin/scontrol",
        "#!/usr/bin/env bash\ncase $1 in show) echo \"MaxArraySize = ${MAX:-1001}\" ;; *) echo \"$*\" >>\"$NOTES/scontrol\" ;; esac\n",
    );
    executable(
        "bin/sbatch",
        "#!/usr/bin/env bash\necho \"$*\" >>\"$NOTES/sbatch\"\nnumber=$(wc -l <\"$NOTES/sbatch\")\n\
         [ \"$number\" -lt \"${FAIL_AT:-99}\" ] || { echo 'sbatch: error: no' >&2; exit 1; }\necho \"$((100 + number));aune\"\n",
    );
    let (program, folder) = (
        bench.text_path("bin/the program's"),
        bench.text_path("the scripts"),
    );
    let fixed = ["--program", &program, "--folder", &folder];
    moisson(&[&QUICKSTART[..], &fixed, options].concat()).expect(0);
    bench
}

fn start(bench: &Bench, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    let path = format!(
        "{}:{}",
        bench.text_path("bin"),
        std::env::var("PATH").unwrap()
    );
    Command::new("bash")
        .arg(bench.path("the scripts").join(script))
        .args(arguments)
        .env_remove("SLURM_TMPDIR")
        .envs([("PATH", path.as_str()), ("SLURM_CPUS_PER_TASK", "4")])
        .envs([("SLURM_JOB_ID", "7"), ("SLURM_ARRAY_JOB_ID", "7")])
        .envs([("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_MEM_PER_NODE", "1000")])
        .env("NOTES", bench.path("."))
        .env("TMPDIR", bench.path("bin"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn note(bench: &Bench, name: &str) -> Option<String> {
    std::fs::read_to_string(bench.path(name)).ok()
}

fn end(child: Child) -> Ended {
    Ended::new(&child.wait_with_output().unwrap())
}

/// Waits until the stand-in for the program has noted where it works.
fn wait_for_program(bench: &Bench) {
    for _ in 0..3000 {
        if note(bench, "folder").is_some_and(|text| text.ends_with('\n')) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the program was never started");
}

fn signal(child: &Child, name: &str) {
    let number = child.id().to_string();
    let sent = Command::new("kill").args([name, &number]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_program_is_given_what_was_asked_for_whatever_signs_it_holds() {
    let out = "/scratch/l'Aune \"$HOME\" `x` \\ *; é";
    let bench = stage(&[
        "--out",
        out,
        "--set",
        "data=a  b",
        "--tasks",
        "5",
        "--setup",
        "x=$UNSET",
    ]);
    bench.write("done", "0");
    for (script, arguments, role) in [
        ("tasks.sh", &[][..], &["--task", "3/5"][..]),
        (
            "finish.sh",
            &["--post", "gather"],
            &["--finish", "--post", "gather"],
        ),
    ] {
        end(start(&bench, script, arguments, &[])).expect(0);
        let given = note(&bench, "arguments").unwrap();
        let given: Vec<&str> = given.lines().collect();
        let expected = [
            &[
                "run",
                "pipelines/quickstart.toml",
                "--out",
                out,
                "--set",
                "data=a  b",
            ],
            role,
            &["--threads", "4", "--scratch"],
        ]
        .concat();
        assert_eq!(given[..expected.len()], expected);
        let [scratch, memory @ ..] = &given[expected.len()..] else {
            panic!("{given:?}");
        };
        assert_eq!(memory, ["--memory", "900MiB"]);
        // Scratch is a folder of the job, where the site says, and is gone at the end.
        assert!(
            scratch.starts_with(&bench.text_path("bin/moisson-7")),
            "{scratch}"
        );
        assert!(!Path::new(scratch).exists());
        let here = std::fs::canonicalize(note(&bench, "folder").unwrap().trim_end()).unwrap();
        assert_eq!(here, std::fs::canonicalize(repository()).unwrap());
    }
}

#[test]
fn memory_follows_what_the_site_says() {
    let bench = stage(&["--memory", "0"]);
    bench.write("done", "0");
    for (environment, memory) in [
        (
            &[("SLURM_MEM_PER_NODE", ""), ("SLURM_MEM_PER_CPU", "2000")][..],
            Some("7200MiB"),
        ),
        (
            &[("SLURM_MEM_PER_NODE", ""), ("SLURM_MEM_PER_CPU", "")],
            None,
        ),
    ] {
        end(start(&bench, "tasks.sh", &[], environment)).expect(0);
        let given = note(&bench, "arguments").unwrap();
        let mut given = given.lines().skip_while(|word| *word != "--memory").skip(1);
        assert_eq!(given.next(), memory, "{environment:?}");
    }
}

#[test]
fn the_end_of_the_program_is_that_of_the_job() {
    let bench = stage(&[]);
    for status in [0, 1, 2] {
        bench.write("done", status.to_string());
        end(start(&bench, "finish.sh", &[], &[])).expect(status);
    }
    assert_eq!(note(&bench, "scontrol"), None);
}

#[test]
fn a_job_near_its_time_limit_stops_and_goes_back_into_the_queue() {
    for (script, job) in [("tasks.sh", "7_3"), ("finish.sh", "7")] {
        let bench = stage(&[]);
        let child = start(&bench, script, &[], &[]);
        wait_for_program(&bench);
        signal(&child, "-USR1");
        let ended = end(child).expect(0);
        assert!(
            ended.stdout.contains("back into the queue"),
            "{}",
            ended.stdout
        );
        assert_eq!(note(&bench, "ended").unwrap(), "stopped\n");
        assert_eq!(
            note(&bench, "scontrol").unwrap(),
            format!("requeue {job}\n")
        );
    }
}

#[test]
fn a_job_does_not_come_back_for_ever() {
    let bench = stage(&[]);
    let child = start(&bench, "tasks.sh", &[], &[("SLURM_RESTART_COUNT", "20")]);
    wait_for_program(&bench);
    signal(&child, "-USR1");
    let ended = end(child).expect(2);
    assert!(ended.stderr.contains("longer --time"), "{}", ended.stderr);
    assert_eq!(note(&bench, "scontrol"), None);
}

#[test]
fn a_job_that_is_cancelled_stops_and_does_not_come_back() {
    let bench = stage(&[]);
    let child = start(&bench, "tasks.sh", &[], &[]);
    wait_for_program(&bench);
    signal(&child, "-TERM");
    let ended = end(child);
    assert_ne!(ended.status, 0, "{ended:?}");
    assert_eq!(note(&bench, "ended").unwrap(), "stopped\n");
    assert_eq!(note(&bench, "scontrol"), None);
}

#[test]
fn each_job_waits_for_those_it_needs() {
    let bench = stage(&["--post", "ingest,gather"]);
    let ended = end(start(&bench, "submit.sh", &[], &[])).expect(0);
    let dependency = |after: &str| format!("--dependency={after} --kill-on-invalid-dep=yes ");
    let job = |name: &str, after: &str, rest: &str| {
        format!("--parsable --job-name=moisson-quickstart-{name} {after}{rest}\n")
    };
    let expected = [
        job("finish-0", "", "finish.sh --post ingest,gather"),
        job("tasks-1", &dependency("afterok:101"), "tasks.sh"),
        job(
            "finish-1",
            &dependency("afterok:101,afterany:102"),
            "finish.sh --post gather",
        ),
        job("tasks-2", &dependency("afterok:103"), "tasks.sh"),
        job(
            "finish-2",
            &dependency("afterok:103,afterany:104"),
            "finish.sh",
        ),
    ]
    .concat();
    assert_eq!(note(&bench, "sbatch").unwrap(), expected);
    assert_eq!(ended.stdout.lines().next(), Some("101 finish-0"));
    assert!(bench.path("the scripts/logs").is_dir());
}

#[test]
fn a_submission_that_fails_says_what_to_cancel() {
    let bench = stage(&[]);
    let ended = end(start(&bench, "submit.sh", &[], &[("FAIL_AT", "3")])).expect(2);
    assert!(ended.stderr.contains("scancel 101 102"), "{}", ended.stderr);
    let bench = stage(&["--tasks", "65"]);
    let ended = end(start(&bench, "submit.sh", &[], &[("MAX", "64")])).expect(2);
    assert!(ended.stderr.contains("fewer --tasks"), "{}", ended.stderr);
    assert_eq!(note(&bench, "sbatch"), None);
    end(start(&bench, "submit.sh", &[], &[("MAX", "65")])).expect(0);
}

#[test]
fn a_plan_shows_the_shares_of_tasks() {
    let bench = Bench::new();
    for (name, words) in [("a", 900), ("b", 400), ("c", 200)] {
        bench.write(
            &format!("{name}.jsonl"),
            line(name, &prose(words as u64, words)),
        );
    }
    let source = |name: &str| {
        JSONL
            .replace("source.s", &format!("source.{name}"))
            .replace("s.jsonl", &format!("{name}.jsonl"))
    };
    bench.pipeline(&["a", "b", "c"].map(source).concat());
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    let plan = |tasks: &str| {
        let json = [
            "plan", &pipeline, "--out", &out, "--tasks", tasks, "--format", "json",
        ];
        moisson(&json).expect(0).json()["shares"].clone()
    };
    let size = |name: &str| std::fs::metadata(bench.path(name)).unwrap().len();
    let shares = plan("2");
    assert_eq!(
        shares["tasks"],
        serde_json::json!([
            { "units": 2, "bytes": size("a.jsonl") + size("c.jsonl") },
            { "units": 1, "bytes": size("b.jsonl") },
        ])
    );
    assert!(shares["largest_to_mean"].as_f64().unwrap() > 1.2);
    assert!(shares["warning"].is_null());
    assert!(
        plan("5")["warning"]
            .as_str()
            .unwrap()
            .contains("2 of 5 tasks")
    );
    let text = moisson(&["plan", &pipeline, "--out", &out, "--tasks", "5"]).expect(0);
    assert!(
        text.stdout.contains("warning: 2 of 5 tasks"),
        "{}",
        text.stdout
    );
    moisson(&["plan", &pipeline, "--out", &out, "--tasks", "0"]).expect(2);
    // What is read already is nobody's.
    bench.run(&[]).expect(0);
    assert_eq!(plan("1")["units"], 0);
}
