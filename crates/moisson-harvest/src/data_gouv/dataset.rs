//! Datasets and resources, in the shapes of both versions of the interface.

use serde_json::Value;
use url::Url;

use crate::naming::decoded;

/// What is taken from a dataset.
#[derive(Debug, Clone)]
pub(super) struct Dataset {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) title: String,
    /// Page for people.
    pub(super) page: String,
    /// Slug of the licence, verbatim; `None` only if there is none at all.
    pub(super) licence: Option<String>,
    pub(super) producer: Option<String>,
    pub(super) updated: Option<String>,
    pub(super) access: Access,
    /// `archived`, `deleted` or `private`.
    pub(super) withdrawn: Option<&'static str>,
    pub(super) resources: Vec<Resource>,
}

/// Who may have the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    Open,
    /// Not everybody, in the words of the catalogue.
    Closed(String),
}

/// What is taken from a resource.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) id: String,
    pub(super) title: String,
    /// Address to fetch: the stable one where there is one.
    pub(super) url: String,
    /// Address of the file itself, whose last part is its name.
    file: String,
    /// `main`, `update`, `documentation`, `api`, `code`, `other`.
    pub(super) kind: String,
    pub(super) format: String,
    pub(super) checksum: Option<String>,
    pub(super) created: String,
    pub(super) updated: Option<String>,
    /// True if somebody else than the producer added it.
    pub(super) community: bool,
    /// Its producer, if it is another than that of the dataset.
    pub(super) producer: Option<String>,
}

impl Dataset {
    /// Reads a dataset; its resources are added by the catalogue. `None` if it is none.
    pub(super) fn read(json: &Value) -> Option<Self> {
        let id = text(json, "id")?;
        let withdrawn = [
            ("archived", "archived"),
            ("deleted", "deleted"),
            ("private", "private"),
        ];
        let withdrawn = withdrawn
            .into_iter()
            .find(|(name, _)| is_set(json.get(name)))
            .map(|(_, state)| state);
        Some(Self {
            slug: text(json, "slug").unwrap_or_else(|| id.clone()),
            title: text(json, "title").unwrap_or_default(),
            page: text(json, "page")
                .or_else(|| text(json, "uri"))
                .unwrap_or_default(),
            licence: licence(json.get("license")),
            producer: producer(json),
            updated: text(json, "last_update").or_else(|| text(json, "last_modified")),
            access: access(json),
            withdrawn,
            resources: Vec::new(),
            id,
        })
    }

    /// Title of the dataset and of one of its resources.
    pub(super) fn title_with(&self, resource: &str) -> String {
        match (self.title.as_str(), resource) {
            (dataset, "") => dataset.to_owned(),
            ("", resource) => resource.to_owned(),
            (dataset, resource) if dataset == resource => dataset.to_owned(),
            (dataset, resource) => format!("{dataset} – {resource}"),
        }
    }
}

impl Resource {
    /// Reads a resource; `None` if it is none.
    pub(super) fn read(json: &Value, community: bool) -> Option<Self> {
        let id = text(json, "id")?;
        let file = text(json, "url").unwrap_or_default();
        Some(Self {
            id,
            title: text(json, "title").unwrap_or_default(),
            url: text(json, "latest").unwrap_or_else(|| file.clone()),
            file,
            kind: text(json, "type").unwrap_or_else(|| "main".to_owned()),
            format: text(json, "format").unwrap_or_default(),
            checksum: checksum(json.get("checksum")),
            created: text(json, "created_at").unwrap_or_default(),
            updated: text(json, "last_modified").or_else(|| text(json, "last_update")),
            community,
            producer: if community { producer(json) } else { None },
        })
    }

    /// Name of its file: the last part of its address, else its title, with an extension if its format is known.
    pub(super) fn file_name(&self) -> String {
        let url = Url::parse(&self.file).ok();
        let last = url.as_ref().filter(|url| url.query().is_none());
        let last = last
            .and_then(|url| url.path_segments()?.next_back().map(decoded))
            .filter(|last| !last.is_empty());
        let name = last.unwrap_or_else(|| {
            if self.title.is_empty() {
                self.id.clone()
            } else {
                self.title.clone()
            }
        });
        let format = self.format.to_lowercase();
        let has_extension = name.rsplit_once('.').is_some_and(|(stem, extension)| {
            !stem.is_empty()
                && (1..=8).contains(&extension.len())
                && extension.chars().all(|c| c.is_ascii_alphanumeric())
        });
        let is_extension = !format.is_empty()
            && format
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.');
        if has_extension || !is_extension {
            name
        } else {
            format!("{name}.{format}")
        }
    }
}

/// Text of a member; `None` where it is missing, null, empty or something else.
pub(super) fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// True for a date or `true`; null, `false` and nothing are not set.
fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(set)) => *set,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

/// A licence is its slug, or an object that has it; null and empty mean none.
fn licence(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(slug) if !slug.is_empty() => Some(slug.clone()),
        object @ Value::Object(_) => text(object, "id").or_else(|| text(object, "title")),
        _ => None,
    }
}

fn producer(json: &Value) -> Option<String> {
    if let Some(name) = json
        .get("organization")
        .and_then(|organization| text(organization, "name"))
    {
        return Some(name);
    }
    let owner = json.get("owner")?;
    let names = ["first_name", "last_name"].map(|name| text(owner, name));
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        text(owner, "name").or_else(|| text(owner, "slug"))
    } else {
        Some(name)
    }
}

/// Only `open` is open; portals that do not know the field have open data only.
fn access(json: &Value) -> Access {
    let Some(kind) = text(json, "access_type").filter(|kind| kind != "open") else {
        return Access::Open;
    };
    let mut why = vec![format!("access `{kind}`")];
    why.extend(
        text(json, "access_type_reason_category").map(|category| format!("category `{category}`")),
    );
    why.extend(text(json, "access_type_reason").map(|reason| format!("reason: {reason}")));
    let audiences = json
        .get("access_audiences")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    why.extend(audiences.filter_map(|audience| {
        let role = text(audience, "role")?;
        Some(format!(
            "{role}: {}",
            text(audience, "condition").unwrap_or_default()
        ))
    }));
    why.extend(
        text(json, "authorization_request_url").map(|url| format!("to be asked for at {url}")),
    );
    Access::Closed(why.join("; "))
}

/// `sha1:…` from type and value.
fn checksum(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let (kind, digits) = (text(value, "type")?, text(value, "value")?);
    Some(format!(
        "{}:{}",
        kind.to_lowercase(),
        digits.trim().to_lowercase()
    ))
}
