//! Profiles: what is done with each class, by kind and age of a text. The data is `profiles.toml`.

use std::sync::LazyLock;

use indexmap::IndexMap;
use moisson_core::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Class};

/// What the profiles of this program are, and the reasons, in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// In English.
    pub en: String,
    /// In French.
    pub fr: String,
}

/// Whose names a kind of text bears, for the residual risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// Of persons long dead.
    Dead,
    /// Mostly of persons in a public function: ministers, members of parliament, signatories.
    Public,
    /// Of anybody.
    Private,
}

/// What is done with personal data in one kind of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name in pipelines and in the column `pii_profile`.
    pub name: String,
    /// Genres that take it.
    #[serde(default)]
    pub genres: Vec<String>,
    /// Whose names the text bears.
    pub names: Names,
    /// Why it is so.
    pub why: Why,
    /// Where it differs from the default of the class.
    #[serde(default)]
    pub classes: IndexMap<Class, Action>,
}

impl Profile {
    /// What is done with a value of `class`.
    pub fn action(&self, class: Class) -> Action {
        self.classes
            .get(&class)
            .copied()
            .unwrap_or_else(|| Profiles::embedded().default(class))
    }
}

/// All profiles, and the defaults of the classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    as_of: String,
    defaults: IndexMap<Class, Action>,
    profile: Vec<Profile>,
    #[serde(skip, default = "nowhere")]
    fallback: Profile,
}

/// What would count if the table lacked a profile; the tests see that it does not.
fn nowhere() -> Profile {
    Profile {
        name: "general".to_owned(),
        genres: Vec::new(),
        names: Names::Private,
        why: Why {
            en: String::new(),
            fr: String::new(),
        },
        classes: IndexMap::new(),
    }
}

impl Profiles {
    /// The profiles of this program.
    #[expect(clippy::expect_used, reason = "the embedded table is parsed by a test")]
    pub fn embedded() -> &'static Self {
        static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
            toml::from_str(include_str!("profiles.toml")).expect("profiles.toml is well-formed")
        });
        &PROFILES
    }

    /// Returns the profile of a name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profile.iter().find(|profile| profile.name == name)
    }

    /// All profiles, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profile.iter()
    }

    /// What is done with a class unless a profile says otherwise.
    pub fn default(&self, class: Class) -> Action {
        self.defaults.get(&class).copied().unwrap_or(Action::Token)
    }

    /// The profile of a genre; the general one where no profile names it.
    pub fn of_genre(&self, genre: Option<&str>) -> &Profile {
        let named = |genre: &str| {
            self.profile
                .iter()
                .find(|profile| profile.genres.iter().any(|known| known == genre))
        };
        genre.and_then(named).unwrap_or_else(|| self.general())
    }

    /// The profile of every other text.
    pub fn general(&self) -> &Profile {
        self.get("general").unwrap_or(&self.fallback)
    }

    /// The profile of texts older than a human life.
    pub fn historical(&self) -> &Profile {
        self.get("historical").unwrap_or(&self.fallback)
    }

    /// The day from which ages are counted unless a pipeline gives another.
    pub fn as_of(&self) -> Date {
        Date::parse(&self.as_of).unwrap_or(Date(0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Profiles;
    use crate::personal::Class;

    #[test]
    fn the_table_is_whole() {
        let profiles = Profiles::embedded();
        assert!(profiles.profile.is_sorted_by(|a, b| a.name < b.name));
        assert!(profiles.get("general").is_some() && profiles.get("historical").is_some());
        assert_eq!(profiles.as_of().to_string(), profiles.as_of);
        for class in Class::ALL {
            assert!(
                profiles.defaults.contains_key(&class),
                "{class} has no default"
            );
        }
        let mut genres = HashSet::new();
        for profile in profiles.iter() {
            assert!(
                !profile.why.en.is_empty() && !profile.why.fr.is_empty(),
                "{}",
                profile.name
            );
            for genre in &profile.genres {
                assert!(genres.insert(genre), "`{genre}` has two profiles");
            }
        }
    }
}
