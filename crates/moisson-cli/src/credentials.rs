//! Options and credentials of object stores: from the environment and from AWS profiles. Nothing here is ever printed.
#![expect(
    clippy::disallowed_methods,
    reason = "reading the environment and the files it names is the command line's task"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use moisson_engine::location::S3_PROBLEM_OPTION;

/// Where variables and files are read from.
pub(crate) struct Surroundings<'a> {
    /// A variable of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// A file's text; `None` where there is none.
    pub file: &'a dyn Fn(&std::path::Path) -> Option<String>,
}

/// Options of object stores, by the names that `object_store` gives them: the variables `AWS_*`, `GOOGLE_*`, `AZURE_*`
/// and `MOISSON_STORE_*`, and for S3 what the chosen profile adds to them.
pub(crate) fn options() -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| {
            ["AWS_", "GOOGLE_", "AZURE_", "MOISSON_STORE_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let surroundings = Surroundings {
        variable: &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
        file: &|path| std::fs::read_to_string(path).ok(),
    };
    match aws_profile(&surroundings) {
        Ok(profile) => options.extend(profile),
        // Told only where S3 is used.
        Err(problem) => options.push((S3_PROBLEM_OPTION.to_owned(), problem)),
    }
    options
}

/// What the AWS profile adds: variables win over profiles, `credentials` over `config`.
///
/// # Errors
/// A message for the user, if `AWS_PROFILE` names no profile, or one that gets its credentials from a program, a login
/// or another role, which is not done here.
fn aws_profile(from: &Surroundings<'_>) -> Result<Vec<(String, String)>, String> {
    let variable = |name: &str| (from.variable)(name);
    let name = variable("AWS_PROFILE");
    let home = variable("HOME").map(PathBuf::from).unwrap_or_default();
    let path = |name: &str, default: &str| {
        variable(name).map_or_else(|| home.join(".aws").join(default), PathBuf::from)
    };
    let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let config = path("AWS_CONFIG_FILE", "config");
    let profile = name.as_deref().unwrap_or("default");
    let mut found = BTreeMap::new();
    let mut is_found = false;
    for (file, titles) in [
        (
            &config,
            vec![format!("profile {profile}"), profile.to_owned()],
        ),
        (&credentials, vec![profile.to_owned()]),
    ] {
        let text = (from.file)(file).unwrap_or_default();
        for title in titles {
            // In `config`, only the default profile goes without the word `profile`.
            if file == &config && title == profile && profile != "default" {
                continue;
            }
            if let Some(section) = section(&text, &title) {
                is_found = true;
                found.extend(section);
            }
        }
    }
    if let (Some(name), false) = (&name, is_found) {
        return Err(format!(
            "AWS_PROFILE names `{name}`, which is neither in `{}` nor in `{}`",
            credentials.display(),
            config.display()
        ));
    }
    let has_keys = variable("AWS_ACCESS_KEY_ID").is_some();
    let mut options = Vec::new();
    let mut take = |key: &str, option: &str, variables: &[&str]| {
        let is_set = variables.iter().any(|name| variable(name).is_some());
        if let Some(value) = found.get(key).filter(|_| !is_set) {
            options.push((option.to_owned(), value.clone()));
        }
    };
    take(
        "region",
        "aws_region",
        &["AWS_REGION", "AWS_DEFAULT_REGION"],
    );
    if variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_none_or(|value| value != "true") {
        let variables = ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];
        take("endpoint_url", "aws_endpoint_url", &variables);
    }
    if has_keys {
        return Ok(options);
    }
    let keys = [
        ("aws_access_key_id", "aws_access_key_id"),
        ("aws_secret_access_key", "aws_secret_access_key"),
        ("aws_session_token", "aws_session_token"),
    ];
    for (key, option) in keys {
        take(key, option, &[]);
    }
    if found.contains_key("aws_access_key_id") {
        return Ok(options);
    }
    let roles = [
        ("role_arn", "aws_role_arn", "AWS_ROLE_ARN"),
        (
            "role_session_name",
            "aws_role_session_name",
            "AWS_ROLE_SESSION_NAME",
        ),
        (
            "web_identity_token_file",
            "aws_web_identity_token_file",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
        ),
    ];
    if found.contains_key("web_identity_token_file") {
        for (key, option, name) in roles {
            take(key, option, &[name]);
        }
        return Ok(options);
    }
    let elsewhere = [
        "credential_process",
        "sso_session",
        "sso_start_url",
        "role_arn",
    ];
    match elsewhere.iter().find(|key| found.contains_key(**key)) {
        // The default profile may be there for other programs: without a name it is passed over.
        Some(key) if name.is_some() => Err(format!(
            "the profile `{profile}` gets its credentials by `{key}`, which moisson does not do; hand them over: \
             eval \"$(aws configure export-credentials --profile {profile} --format env)\""
        )),
        _ => Ok(options),
    }
}

/// Keys and values of one section of an INI file; nested values (indented lines) are passed over.
fn section(text: &str, title: &str) -> Option<BTreeMap<String, String>> {
    let mut found = None;
    let mut is_inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            let name: Vec<&str> = name.split_whitespace().collect();
            is_inside = name.join(" ") == title;
            if is_inside {
                found.get_or_insert_with(BTreeMap::new);
            }
            continue;
        }
        let is_passed_over = trimmed.starts_with(['#', ';']) || line.starts_with([' ', '\t']);
        if let (true, false, Some((key, value))) =
            (is_inside, is_passed_over, trimmed.split_once('='))
        {
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().to_owned());
            if let Some(found) = found.as_mut() {
                found.insert(key, value);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Surroundings, aws_profile};

    const CREDENTIALS: &str = "# ours\n[default]\naws_access_key_id = id\naws_secret_access_key=se=cret/+\n\n\
        [ prod ]\naws_access_key_id = id2\naws_secret_access_key = secret2\naws_session_token = token2\n";
    const CONFIG: &str = "[default]\nregion = eu-west-3\ns3 =\n  endpoint_url = nested\n\
        [profile prod]\nregion = eu-west-1\nendpoint_url = https://s3.example.org\n\
        [profile sso]\nsso_session = x\n[profile web]\nrole_arn = arn\nweb_identity_token_file = /t\n\
        [services prod]\nregion = no\n";

    /// Options that the profile adds, as `name=value`, sorted; or the message.
    fn check(variables: &[(&str, &str)], expected: Result<&[&str], &str>) {
        let variable = |name: &str| {
            let home = ("HOME", "/home/me");
            let mut all = variables.iter().chain([&home]);
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let file = |path: &Path| match path.to_str().unwrap() {
            "/home/me/.aws/credentials" | "/etc/c" => Some(CREDENTIALS.to_owned()),
            "/home/me/.aws/config" => Some(CONFIG.to_owned()),
            _ => None,
        };
        let surroundings = Surroundings {
            variable: &variable,
            file: &file,
        };
        match (aws_profile(&surroundings), expected) {
            (Ok(options), Ok(expected)) => {
                let mut options: Vec<String> = options
                    .into_iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                options.sort();
                assert_eq!(options, expected, "{variables:?}");
            }
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
            (got, expected) => panic!("{variables:?}: {got:?}, not {expected:?}"),
        }
    }

    #[test]
    fn profiles_as_a_table() {
        let default = [
            "aws_access_key_id=id",
            "aws_region=eu-west-3",
            "aws_secret_access_key=se=cret/+",
        ];
        check(&[], Ok(&default));
        check(
            &[("AWS_CONFIG_FILE", "/none")],
            Ok(&[default[0], default[2]]),
        );
        check(
            &[("AWS_PROFILE", "prod")],
            Ok(&[
                "aws_access_key_id=id2",
                "aws_endpoint_url=https://s3.example.org",
                "aws_region=eu-west-1",
                "aws_secret_access_key=secret2",
                "aws_session_token=token2",
            ]),
        );
        check(
            &[
                ("AWS_PROFILE", "prod"),
                ("AWS_ACCESS_KEY_ID", "mine"),
                ("AWS_REGION", "here"),
            ],
            Ok(&["aws_endpoint_url=https://s3.example.org"]),
        );
        check(
            &[("AWS_PROFILE", "web")],
            Ok(&["aws_role_arn=arn", "aws_web_identity_token_file=/t"]),
        );
        check(
            &[
                ("AWS_SHARED_CREDENTIALS_FILE", "/etc/c"),
                ("AWS_CONFIG_FILE", "/none"),
                ("AWS_PROFILE", "prod"),
            ],
            Ok(&[
                "aws_access_key_id=id2",
                "aws_secret_access_key=secret2",
                "aws_session_token=token2",
            ]),
        );
        check(
            &[
                ("HOME", "/nobody"),
                ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
                ("AWS_CONFIG_FILE", "/none"),
            ],
            Ok(&[]),
        );
        check(&[("AWS_PROFILE", "sso")], Err("by `sso_session`"));
        check(
            &[("AWS_PROFILE", "absent")],
            Err("`absent`, which is neither in"),
        );
    }
}
