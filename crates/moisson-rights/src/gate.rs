//! What a statement means, and what follows from it for a release.

use crate::{Attribution, Family, Licence, ShareAlike, Tier};

/// What a recognised statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// One licence, possibly with an SPDX exception (which only ever allows more).
    Licence {
        /// The licence.
        licence: &'static Licence,
        /// Exception after `WITH`.
        exception: Option<String>,
    },
    /// Exactly one of these, but the statement does not say which: a licence without its version.
    OneOf(Vec<&'static Licence>),
    /// All of these apply (SPDX `AND`).
    All(Vec<Meaning>),
    /// The recipient chooses one of these (SPDX `OR`).
    Any(Vec<Meaning>),
}

/// The attributes on which a release decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Family, the strictest that applies.
    pub family: Family,
    /// Folder of shards.
    pub shard_family: &'static str,
    /// Lowest tier that admits the text; none: no release may hold it.
    pub tier_min: Option<Tier>,
    /// What an attribution must name, the most demanding that applies.
    pub attribution: Attribution,
    /// What stays under the same licence.
    pub share_alike: ShareAlike,
}

/// Why a meaning has no one gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// The version is not stated and versions differ where it matters. Holds the strictest gate.
    Versionless(Gate),
    /// Licences of one statement or of two layers cannot be met together, or differ. Holds the strictest gate.
    Ambiguous(Gate, String),
}

impl Gate {
    fn of(licence: &'static Licence) -> Self {
        Self {
            family: licence.family,
            shard_family: &licence.shard_family,
            tier_min: licence.tier_min(),
            attribution: licence.attribution,
            share_alike: licence.share_alike,
        }
    }

    /// Position in the order of strictness.
    pub(crate) fn strictness(&self) -> (u8, Family) {
        // `None` is the strictest tier: no release.
        let tier = self.tier_min.map_or(u8::MAX, |tier| tier as u8);
        (tier, self.family)
    }

    /// Returns the gate of a text to which both apply.
    ///
    /// # Errors
    /// [`Unresolved::Ambiguous`] if both ask that derivatives stay under a licence, and not under the same.
    pub(crate) fn and(self, other: Self) -> Result<Self, Unresolved> {
        let (strict, mild) = if other.strictness() > self.strictness() {
            (other, self)
        } else {
            (self, other)
        };
        let both_bind =
            strict.share_alike != ShareAlike::None && mild.share_alike != ShareAlike::None;
        if both_bind && strict.shard_family != mild.shard_family {
            let why = format!(
                "`{}` and `{}` ask for different licences of the same derivative",
                mild.shard_family, strict.shard_family
            );
            return Err(Unresolved::Ambiguous(strict, why));
        }
        // A share-alike licence lets nobody add a restriction, so a site that forbids commercial use contradicts it.
        let mild_binds_alone =
            mild.share_alike != ShareAlike::None && strict.share_alike == ShareAlike::None;
        if mild_binds_alone && strict.tier_min.is_some() {
            let why = format!(
                "`{}` forbids the further terms of `{}`",
                mild.shard_family, strict.shard_family
            );
            return Err(Unresolved::Ambiguous(strict, why));
        }
        let attribution = strict.attribution.max(mild.attribution);
        Ok(Self {
            attribution,
            ..strict
        })
    }
}

impl Unresolved {
    /// The strictest gate of what was recognised.
    pub fn gate(&self) -> &Gate {
        match self {
            Self::Versionless(gate) | Self::Ambiguous(gate, _) => gate,
        }
    }
}

impl Meaning {
    /// Returns the gate of a text under this meaning.
    ///
    /// `All` takes the strictest, `Any` the most liberal alternative. `OneOf` has a gate only where all candidates have
    /// the same one and none is share-alike: the version of a share-alike licence says under which licence a derivative
    /// must stay, so it always matters. Versions of an attribution licence differ only in rights that no tier looks at
    /// (CC BY before 4.0 does not license the database right); the difference is told in the detail, not gated on.
    ///
    /// # Errors
    /// [`Unresolved`] where there is no one gate.
    pub fn gate(&self) -> Result<Gate, Unresolved> {
        match self {
            Self::Licence { licence, .. } => Ok(Gate::of(licence)),
            Self::OneOf(licences) => one_of(licences),
            Self::All(parts) => {
                let mut gates = parts.iter().map(Self::gate);
                let first = gates.next().unwrap_or_else(|| Err(nothing()))?;
                gates.try_fold(first, |gate, next| gate.and(next?))
            }
            Self::Any(parts) => {
                let gates = parts.iter().filter_map(|part| part.gate().ok());
                gates.min_by_key(Gate::strictness).ok_or_else(nothing)
            }
        }
    }

    /// Returns what applies once the recipient has chosen: the most liberal alternative, the first one on a tie.
    pub(crate) fn chosen(&self) -> &Self {
        let Self::Any(parts) = self else {
            return self;
        };
        let graded = parts
            .iter()
            .filter_map(|part| Some((part.gate().ok()?.strictness(), part)));
        graded
            .min_by_key(|(strictness, _)| *strictness)
            .map_or(self, |(_, part)| part.chosen())
    }

    /// Returns the SPDX expression. Candidates of [`Meaning::OneOf`] are joined by `OR`.
    pub fn expression(&self) -> String {
        let join = |parts: &[Self], word: &str| {
            let inner = |part: &Self| match part {
                Self::Licence { .. } => part.expression(),
                _ => format!("({})", part.expression()),
            };
            parts.iter().map(inner).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Licence {
                licence,
                exception: None,
            } => licence.id.clone(),
            Self::Licence {
                licence,
                exception: Some(exception),
            } => {
                format!("{} WITH {exception}", licence.id)
            }
            Self::OneOf(licences) => licences
                .iter()
                .map(|licence| licence.id.as_str())
                .collect::<Vec<_>>()
                .join(" OR "),
            Self::All(parts) => join(parts, " AND "),
            Self::Any(parts) => join(parts, " OR "),
        }
    }

    /// Returns every licence it names, in order, each once.
    pub fn licences(&self) -> Vec<&'static Licence> {
        let mut licences: Vec<&'static Licence> = Vec::new();
        let mut add = |more: Vec<&'static Licence>| {
            for licence in more {
                if !licences.iter().any(|known| known.id == licence.id) {
                    licences.push(licence);
                }
            }
        };
        match self {
            Self::Licence { licence, .. } => add(vec![licence]),
            Self::OneOf(candidates) => add(candidates.clone()),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    add(part.licences());
                }
            }
        }
        licences
    }
}

fn one_of(licences: &[&'static Licence]) -> Result<Gate, Unresolved> {
    let mut gates: Vec<Gate> = licences.iter().map(|licence| Gate::of(licence)).collect();
    gates.sort_by_key(|gate| std::cmp::Reverse(gate.strictness()));
    let Some(strictest) = gates.first().cloned() else {
        return Err(nothing());
    };
    let same = gates.iter().all(|gate| *gate == strictest);
    if same && strictest.share_alike == ShareAlike::None {
        return Ok(strictest);
    }
    let one_group = licences
        .windows(2)
        .all(|pair| pair[0].group == pair[1].group);
    if one_group {
        return Err(Unresolved::Versionless(strictest));
    }
    Err(Unresolved::Ambiguous(
        strictest,
        "several licences fit that differ where it matters".into(),
    ))
}

fn nothing() -> Unresolved {
    let gate = Gate {
        family: Family::Unknown,
        shard_family: "unknown",
        tier_min: None,
        attribution: Attribution::None,
        share_alike: ShareAlike::None,
    };
    Unresolved::Ambiguous(gate, "no alternative can be met".into())
}
