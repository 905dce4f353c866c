//! The proof: what was removed from where, what came in its place, and what is out of reach.

use std::fmt::Write as _;

use moisson_core::{Digest, PartManifest};
use serde::{Deserialize, Serialize};

use crate::forget::tombstones::Tombstone;

/// What was done to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its path in the output.
    pub path: String,
    /// What was done: `rewritten`, `written`, `deleted`, `redacted`.
    pub what: String,
    /// Rows before.
    pub rows_before: Option<u64>,
    /// Rows after.
    pub rows_after: Option<u64>,
    /// Digest of the rows before.
    pub digest_before: Option<Digest>,
    /// Digest of the rows after.
    pub digest_after: Option<Digest>,
    /// For what was deleted: whether it was looked for afterwards and not found.
    pub absent: Option<bool>,
}

impl Change {
    fn new(path: &str, what: &str) -> Self {
        Self {
            path: path.to_owned(),
            what: what.to_owned(),
            rows_before: None,
            rows_after: None,
            digest_before: None,
            digest_after: None,
            absent: None,
        }
    }

    /// A table of a part, under its old name.
    pub(crate) fn of_part(stem: &str, before: (u64, Digest), after: &PartManifest) -> Self {
        Self {
            rows_before: Some(before.0),
            digest_before: Some(before.1),
            rows_after: Some(after.rows),
            digest_after: Some(after.content_digest),
            ..Self::new(&format!("{stem}.parquet"), "rewritten")
        }
    }

    /// A file that the release does not list any more.
    pub(crate) fn deleted(path: &str, rows: u64, digest: Digest) -> Self {
        Self {
            rows_before: Some(rows),
            digest_before: Some(digest),
            ..Self::new(path, "deleted")
        }
    }

    /// A file under a new name.
    pub(crate) fn written(path: &str, rows: u64, digest: Digest) -> Self {
        Self {
            rows_after: Some(rows),
            digest_after: Some(digest),
            ..Self::new(path, "written")
        }
    }

    /// An object of the mirror.
    pub(crate) fn of_mirror(path: &str, what: &str) -> Self {
        Self::new(path, what)
    }
}

/// Something that moisson cannot reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreached {
    /// What it is: `published-copies`, `backups`, `object-versions`, `inputs`, `mirror`.
    pub what: String,
    /// One sentence in English.
    pub en: String,
    /// One sentence in French.
    pub fr: String,
}

impl Unreached {
    /// Something out of reach, in English and French.
    pub(crate) fn new(what: &str, en: String, fr: String) -> Self {
        Self {
            what: what.to_owned(),
            en,
            fr,
        }
    }
}

/// The proof of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Path of the tombstone, without any document's id.
    pub tombstone: String,
    /// Who asked for it.
    pub who: String,
    /// Why.
    pub why: String,
    /// The legal basis, where one was given.
    pub basis: Option<String>,
    /// Day of the request.
    pub when: String,
    /// Documents asked for.
    pub documents: u64,
    /// Records removed from the parts.
    pub records: u64,
    /// Documents removed from the release.
    pub released: u64,
    /// True if an earlier attempt had been interrupted: what it had changed before is not listed.
    pub resumed: bool,
    /// How the release was made again: `closure`, `whole`, `run`, `without-parts`, or `none` where there was no release.
    pub by: String,
    /// What was done to which file.
    pub changes: Vec<Change>,
    /// Documents that are released in place of others.
    pub promoted: Vec<String>,
    /// Documents that are not released any more, as others are in their place.
    pub demoted: Vec<String>,
    /// What moisson cannot reach.
    pub unreached: Vec<Unreached>,
    /// Identity of the release afterwards.
    pub content_digest: Option<Digest>,
}

impl Proof {
    /// The proof of a request of which nothing is done yet.
    pub(crate) fn new(path: &str, tombstone: &Tombstone) -> Self {
        Self {
            tombstone: path.to_owned(),
            who: tombstone.who.clone(),
            why: tombstone.why.clone(),
            basis: tombstone.basis.clone(),
            when: tombstone.when.clone(),
            documents: tombstone.documents.len() as u64,
            records: 0,
            released: 0,
            resumed: false,
            by: "none".to_owned(),
            changes: Vec::new(),
            promoted: Vec::new(),
            demoted: Vec::new(),
            unreached: Vec::new(),
            content_digest: None,
        }
    }

    /// The proof as text, in French where `french`, else in English.
    pub fn text(&self, french: bool) -> String {
        let say = |en: &'static str, fr: &'static str| if french { fr } else { en };
        let mut text = String::new();
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        let title = say("proof of removal", "procès-verbal d'effacement");
        line(format!("{title}: {}", self.tombstone));
        line(format!(
            "  {}: {} ({})",
            say("asked for by", "demandé par"),
            self.who,
            self.when
        ));
        line(format!("  {}: {}", say("because", "motif"), self.why));
        if let Some(basis) = &self.basis {
            line(format!(
                "  {}: {basis}",
                say("legal basis", "fondement juridique")
            ));
        }
        line(format!(
            "  {} {}, {} {}, {} {}",
            self.documents,
            say("documents asked for", "documents visés"),
            self.records,
            say("records removed", "enregistrements retirés"),
            self.released,
            say("of them released", "dont publiés"),
        ));
        for change in &self.changes {
            line(format!("  {}", told(change, french)));
        }
        for (ids, words) in [
            (
                &self.promoted,
                say("released in its place", "publié à sa place"),
            ),
            (
                &self.demoted,
                say("not released any more", "n'est plus publié"),
            ),
        ] {
            for id in ids {
                line(format!("  {words}: {id}"));
            }
        }
        line(say("out of moisson's reach:", "hors de portée de moisson :").to_owned());
        for one in &self.unreached {
            line(format!("  - {}", if french { &one.fr } else { &one.en }));
        }
        line(
            say(
                "This is a technical report, not legal advice.",
                "Ce compte rendu est technique ; il ne constitue pas un conseil juridique.",
            )
            .to_owned(),
        );
        text
    }
}

fn told(change: &Change, french: bool) -> String {
    let say = |en: &'static str, fr: &'static str| if french { fr } else { en };
    let what = match change.what.as_str() {
        "rewritten" => say("rewritten", "réécrit"),
        "written" => say("written", "écrit"),
        "deleted" => say("deleted", "supprimé"),
        _ => say("redacted", "expurgé"),
    };
    let mut text = format!("{what} {}", change.path);
    // Writing into a string does not fail.
    let _ = match (change.rows_before, change.rows_after) {
        (Some(before), Some(after)) => {
            write!(text, ", {before} -> {after} {}", say("rows", "lignes"))
        }
        (Some(rows), None) | (None, Some(rows)) => {
            write!(text, ", {rows} {}", say("rows", "lignes"))
        }
        (None, None) => Ok(()),
    };
    for digest in [change.digest_before, change.digest_after]
        .into_iter()
        .flatten()
    {
        let _ = write!(text, ", {}", digest.short(16));
    }
    match change.absent {
        Some(true) => text.push_str(say(", checked: absent", ", vérifié : absent")),
        Some(false) => text.push_str(say(", STILL THERE", ", TOUJOURS PRÉSENT")),
        None => {}
    }
    text
}
