//! The table `[pii]` of a pipeline.

use indexmap::IndexMap;
use moisson_core::{Date, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Class, Profile, Profiles, Switch};

/// How personal data is looked for and replaced: `[pii]`.
///
/// A class is `off` (not looked for), kept, or replaced by a token or a fiction. What counts is, in this order:
/// `[pii.profiles.NAME]`, `[pii.classes]`, the profile itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersonalConfig {
    /// Whether personal data is looked for at all. Default true.
    pub enabled: bool,
    /// Persons named in a text so many years old are taken to be dead. Default 120.
    pub living_years: u16,
    /// The day from which ages are counted, `2026-01-01`. Absent: the one of the profiles, which lies in the past, so
    /// that too much is protected rather than too little. No clock is read: a run gives the same result next year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Also e-mail addresses written `name (at) domain (dot) org`. Default false.
    pub obfuscated_email: bool,
    /// Whether values of reserved ranges (numbers for fiction, example.org, addresses for documentation), which belong
    /// to nobody, are found as well. Default false, so that a text once replaced stays as it is.
    pub reserved: bool,
    /// Most spans marked in one document; further ones are counted, and the status says `truncated`. Default 100,000.
    pub spans_max: usize,
    /// Genre to the profile that it takes, where another one is wanted than by default.
    pub genres: IndexMap<String, String>,
    /// Class to what is done with it, under all profiles.
    pub classes: IndexMap<Class, Switch>,
    /// Profile to class to what is done with it there.
    pub profiles: IndexMap<String, IndexMap<Class, Switch>>,
}

impl Default for PersonalConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            living_years: 120,
            as_of: None,
            obfuscated_email: false,
            reserved: false,
            spans_max: 100_000,
            genres: IndexMap::new(),
            classes: IndexMap::new(),
            profiles: IndexMap::new(),
        }
    }
}

impl PersonalConfig {
    /// Checks dates and the names of profiles.
    ///
    /// # Errors
    /// [`Error::Config`] saying which key and what is known.
    pub fn validate(&self) -> Result<()> {
        if let Some(as_of) = &self.as_of
            && Date::parse(as_of).is_none()
        {
            return Err(Error::config(format!(
                "pii: `as_of = \"{as_of}\"` is no date; write it as `2026-01-31`"
            )));
        }
        let named = self
            .genres
            .iter()
            .map(|(genre, profile)| (format!("genres.{genre}"), profile));
        let changed = self
            .profiles
            .keys()
            .map(|name| ("profiles".to_owned(), name));
        for (key, name) in named.chain(changed) {
            if Profiles::embedded().get(name).is_none() {
                let known: Vec<&str> = Profiles::embedded()
                    .iter()
                    .map(|p| p.name.as_str())
                    .collect();
                return Err(Error::config(format!(
                    "pii: unknown profile `{name}` in `{key}`; known: `{}`",
                    known.join("`, `")
                )));
            }
        }
        Ok(())
    }

    /// What is done with `class` under the profile of this name; `None`: it is not even looked for.
    ///
    /// An unknown profile counts as the general one. Everything is off where `enabled` is false.
    pub fn action(&self, profile: &str, class: Class) -> Option<Action> {
        if !self.enabled {
            return None;
        }
        let in_profile = self
            .profiles
            .get(profile)
            .and_then(|classes| classes.get(&class));
        match in_profile.or_else(|| self.classes.get(&class)) {
            Some(switch) => switch.action(),
            None => {
                let profiles = Profiles::embedded();
                let profile = profiles.get(profile).unwrap_or_else(|| profiles.general());
                Some(profile.action(class))
            }
        }
    }

    /// The profile of a document by its genre and the day it was published.
    pub fn profile(&self, genre: Option<&str>, published_on: Option<Date>) -> &'static Profile {
        let profiles = Profiles::embedded();
        if published_on.is_some_and(|date| date < self.living_since()) {
            return profiles.historical();
        }
        let renamed = genre.and_then(|genre| self.genres.get(genre));
        match renamed.and_then(|name| profiles.get(name)) {
            Some(profile) => profile,
            None => profiles.of_genre(genre),
        }
    }

    /// Who was born, or named in a text, before this day is taken to be dead.
    pub fn living_since(&self) -> Date {
        let as_of = self.as_of.as_deref().and_then(Date::parse);
        let (year, month, day) = as_of.unwrap_or_else(|| Profiles::embedded().as_of()).ymd();
        let year = year - i32::from(self.living_years);
        // 29 February has no counterpart in most years.
        Date::from_ymd(year, month, day.min(28)).unwrap_or(Date(i32::MIN))
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::PersonalConfig;
    use crate::personal::{Action, Class};

    fn config(toml: &str) -> PersonalConfig {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn actions_as_a_table() {
        let check = |toml: &str, profile: &str, class, expected| {
            assert_eq!(
                config(toml).action(profile, class),
                expected,
                "{toml} {profile}"
            );
        };
        let (keep, token, fiction) = (Action::Keep, Action::Token, Action::Fiction);
        check("", "general", Class::Phone, Some(fiction));
        check("", "general", Class::Nir, Some(token));
        check("", "general", Class::Company, Some(keep));
        check("", "unheard", Class::Nir, Some(token));
        check("", "historical", Class::Phone, Some(keep));
        check("", "official", Class::Phone, Some(keep));
        check("", "court-decision", Class::Person, Some(token));
        check("enabled = false", "general", Class::Nir, None);
        check(
            "classes = {phone = 'token'}",
            "general",
            Class::Phone,
            Some(token),
        );
        check("classes = {phone = 'off'}", "general", Class::Phone, None);
        let both = "classes = {phone = 'off'}\nprofiles = {web = {phone = 'keep'}}";
        check(both, "web", Class::Phone, Some(keep));
        check(both, "general", Class::Phone, None);
    }

    #[test]
    fn profiles_as_a_table() {
        let check = |toml: &str, genre: Option<&str>, date: Option<&str>, expected: &str| {
            let profile = config(toml).profile(genre, date.and_then(Date::parse));
            assert_eq!(profile.name, expected, "{toml} {genre:?} {date:?}");
        };
        check("", None, None, "general");
        check("", Some("unheard"), None, "general");
        check("", Some("law"), None, "official");
        check("", Some("decision"), Some("2024-01-01"), "court-decision");
        check("", Some("decision"), Some("1871-01-01"), "historical");
        check("", Some("book"), Some("1905-12-31"), "historical");
        check("", Some("book"), Some("1906-01-01"), "publication");
        check(
            "living_years = 50",
            Some("book"),
            Some("1970-01-01"),
            "historical",
        );
        check(
            "as_of = '2036-01-01'",
            Some("book"),
            Some("1910-01-01"),
            "historical",
        );
        check("genres = {law = 'web'}", Some("law"), None, "web");
    }

    #[test]
    fn mistakes_are_named() {
        let message = |toml| config(toml).validate().unwrap_err().to_string();
        assert!(message("as_of = 'soon'").contains("`as_of = \"soon\"`"));
        assert!(message("genres = {law = 'x'}").contains("unknown profile `x` in `genres.law`"));
        assert!(message("profiles = {x = {}}").contains("known: `court-decision`"));
        assert!(config("").validate().is_ok());
        assert!(toml::from_str::<PersonalConfig>("classes = {telephone = 'off'}").is_err());
    }
}
