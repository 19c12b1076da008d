//! Which project a request is about.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::api::ApiError;

/// The project of requests that name none.
pub(crate) const DEFAULT: &str = "default";
const HEADER: &str = "x-carrot-project";
const MAX_NAME: usize = 200;

/// The project's name: from the header, else `?project=`, which an `EventSource` can set.
pub(crate) struct Project(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Project {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Project, ApiError> {
        let name = match parts.headers.get(HEADER) {
            // Names may be in any script; headers come as bytes.
            Some(value) => String::from_utf8(value.as_bytes().to_vec()).ok(),
            None => {
                let query = parts.uri.query().unwrap_or_default();
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                let project = pairs.find(|(key, _)| key == "project");
                Some(project.map_or(String::new(), |(_, value)| value.into_owned()))
            }
        };
        name.as_deref()
            .and_then(Project::named)
            .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, Project::rule()))
    }
}

impl Project {
    /// The project of this name, if it is one; without a name the default.
    pub(crate) fn named(name: &str) -> Option<Project> {
        let name = name.trim();
        let is_name = name.len() <= MAX_NAME && !name.contains(char::is_control);
        let name = if name.is_empty() { DEFAULT } else { name };
        is_name.then(|| Project(name.to_owned()))
    }

    /// What a name may be.
    pub(crate) fn rule() -> String {
        format!("project: a name has at most {MAX_NAME} bytes of UTF-8 and no control characters")
    }
}
