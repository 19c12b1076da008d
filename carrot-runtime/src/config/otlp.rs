//! Backends that speak OpenTelemetry, beside the collector or in its place.

use std::fmt;

use carrot_wire::genai::emit::Options;
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::{ApiKey, Builder, InitError, delivery};
use crate::env;
use crate::export::UserExporter;

pub use carrot_wire::genai::emit::Profile;

/// What OpenTelemetry says where nothing is set.
const LOCAL: &str = "http://localhost:4318";
const PATH: &str = "/v1/traces";

/// A backend that takes traces by OTLP, in the words of OpenTelemetry's GenAI conventions and OpenInference's.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// use carrot_ai::{Otlp, Profile};
///
/// let langfuse = Otlp::new("https://cloud.langfuse.com/api/public/otel/v1/traces")?
///     .header("Authorization", "Basic cGs6c2s=")
///     .profile(Profile::Langfuse);
/// let builder = carrot_ai::builder().otlp(langfuse);
/// # drop(builder);
/// # Ok::<(), carrot_ai::InitError>(())
/// ```
#[derive(Clone)]
#[must_use = "give it to the builder"]
pub struct Otlp {
    to: OtlpTo,
    name: Option<String>,
    headers: Vec<(String, String)>,
    profile: Profile,
    content: Option<bool>,
}

/// Without its headers, which are credentials.
impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp")
            .field("name", &self.name())
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// How spans get there.
#[derive(Clone)]
pub(crate) enum OtlpTo {
    /// In protobuf over HTTP.
    Url(Url),
    /// By what the user brings.
    Exporter(UserExporter),
}

impl Otlp {
    /// The endpoint at this address, which is taken as it is; one without a path gets `/v1/traces`.
    ///
    /// # Errors
    ///
    /// When it is no `http` or `https` URL, or holds a user or password: those belong into a header.
    pub fn new(endpoint: impl AsRef<str>) -> Result<Otlp, InitError> {
        Otlp::read(endpoint.as_ref(), "the OTLP endpoint", |url| {
            if url.path() == "/" {
                url.set_path(PATH);
            }
        })
    }

    /// What OpenTelemetry's variables say: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces`, else `http://localhost:4318/v1/traces`; with the headers of
    /// `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TRACES_HEADERS`.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read, or asks for gRPC.
    pub fn from_env() -> Result<Otlp, InitError> {
        Otlp::from_vars(&|name| {
            let value = std::env::var(name).ok()?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        })
    }

    /// Any exporter of OpenTelemetry's SDK, under a name for messages and for what waits on disk. It runs on a thread of its
    /// own, inside of a tokio runtime, and is free to block there.
    pub fn exporter(name: impl Into<String>, exporter: impl SpanExporter + 'static) -> Otlp {
        Otlp {
            name: Some(name.into()),
            ..Otlp::to(OtlpTo::Exporter(UserExporter::new(exporter)))
        }
    }

    /// One more header for every request to the endpoint, such as its key. What is wrong with it is told by `init()`. An
    /// exporter of the user's own has its own.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Otlp {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// What is said beside that which all backends understand.
    pub fn profile(mut self, profile: Profile) -> Otlp {
        self.profile = profile;
        self
    }

    /// Whether inputs, outputs and messages are sent; by default
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else true.
    pub fn content(mut self, content: bool) -> Otlp {
        self.content = Some(content);
        self
    }

    fn to(to: OtlpTo) -> Otlp {
        Otlp {
            to,
            name: None,
            headers: Vec::new(),
            profile: Profile::default(),
            content: None,
        }
    }

    fn read(text: &str, from: &str, complete: impl Fn(&mut Url)) -> Result<Otlp, InitError> {
        let shown: String = text.chars().take(80).collect();
        let url = Url::parse(text).map_err(|error| {
            let why = format!("{shown:?} is no URL ({error}): use http://host:4318{PATH}");
            InitError::setting(from, why)
        });
        let mut url = url?;
        if !url.username().is_empty() || url.password().is_some() {
            // Without the text: it holds a password.
            let why = "holds a user or password: set a header instead";
            return Err(InitError::setting(from, why));
        }
        if !matches!(url.scheme(), "http" | "https") {
            let why = format!("{shown:?} has another scheme: use http://host:4318{PATH}");
            return Err(InitError::setting(from, why));
        }
        complete(&mut url);
        Ok(Otlp::to(OtlpTo::Url(url)))
    }

    fn from_vars(var: &dyn Fn(&'static str) -> Option<String>) -> Result<Otlp, InitError> {
        let protocol = var(env::OTLP_TRACES_PROTOCOL).or_else(|| var(env::OTLP_PROTOCOL));
        if protocol.is_some_and(|protocol| protocol == "grpc") {
            let why = "is grpc, which is not spoken here: use http/protobuf (port 4318 mostly), or an exporter of your own";
            return Err(InitError::setting(env::OTLP_PROTOCOL, why));
        }
        let mut otlp = match (var(env::OTLP_TRACES_ENDPOINT), var(env::OTLP_ENDPOINT)) {
            (Some(endpoint), _) => Otlp::read(&endpoint, env::OTLP_TRACES_ENDPOINT, |_| ())?,
            (None, base) => {
                let base = base.unwrap_or_else(|| LOCAL.to_owned());
                Otlp::read(&base, env::OTLP_ENDPOINT, add_path)?
            }
        };
        for name in [env::OTLP_HEADERS, env::OTLP_TRACES_HEADERS] {
            let pairs = var(name).unwrap_or_default();
            for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
                let Some((name, value)) = pair.split_once('=') else {
                    let why = "holds a part without `=`: use name=value,name=value";
                    return Err(InitError::setting(name, why));
                };
                let value = percent_decode_str(value.trim()).decode_utf8_lossy();
                otlp = otlp.header(name.trim(), value);
            }
        }
        Ok(otlp)
    }

    /// What it is called: an address without credentials, or the name it was given.
    fn name(&self) -> String {
        match (&self.name, &self.to) {
            (Some(name), _) => name.clone(),
            (None, OtlpTo::Url(url)) => {
                format!("{}{}", url.origin().ascii_serialization(), url.path())
            }
            (None, OtlpTo::Exporter(_)) => "the exporter".to_owned(),
        }
    }

    fn resolve(self, content: bool, resource: &Resource) -> Result<OtlpDestination, InitError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            delivery::add(&mut headers, name, value)
                .map_err(|why| InitError::setting("a header of the OTLP endpoint", why))?;
        }
        Ok(OtlpDestination {
            name: self.name(),
            headers,
            options: Options {
                profile: self.profile,
                content: self.content.unwrap_or(content),
            },
            resource: resource.clone(),
            to: self.to,
        })
    }
}

/// The path of traces behind a base address.
fn add_path(url: &mut Url) {
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(PATH) {
        url.set_path(&format!("{path}{PATH}"));
    }
}

/// What it comes to.
#[derive(Clone)]
pub(crate) struct OtlpDestination {
    pub(crate) to: OtlpTo,
    pub(crate) name: String,
    pub(crate) headers: HeaderMap,
    pub(crate) options: Options,
    pub(crate) resource: Resource,
}

impl OtlpDestination {
    /// Its headers, in the place of a key: what was refused with others may be taken with these.
    pub(crate) fn key(&self) -> Option<ApiKey> {
        let pairs = self.headers.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}\n", value.to_str().unwrap_or("")));
        Some(ApiKey(pairs.collect())).filter(|ApiKey(pairs)| !pairs.is_empty())
    }
}

impl fmt::Debug for OtlpDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpDestination")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Sends every trace to this backend as well, beside the collector; with [`Transport::Otlp`](crate::Transport::Otlp) in its
    /// place. It may be called several times: each has its own queue and spool, so that a slow one holds up none.
    pub fn otlp(mut self, otlp: Otlp) -> Builder {
        self.otlp.push(otlp);
        self
    }
}

/// Where OTLP goes. `only`: there is no other transport, so that there has to be one.
pub(super) fn resolve(
    mut given: Vec<Otlp>,
    only: bool,
    base: Option<(&str, &'static str)>,
    key: Option<&ApiKey>,
    project: Option<&str>,
    var: &dyn Fn(&'static str) -> Option<String>,
) -> Result<Vec<OtlpDestination>, InitError> {
    if only {
        match base {
            Some((url, from)) => given.insert(0, collector(url, from, key, project)?),
            None if given.is_empty() => given.push(Otlp::from_vars(var)?),
            None => {}
        }
    }
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let content = var(env::OTEL_CONTENT).is_none_or(|text| {
        let off = ["false", "0", "no", "off", "no_content", "event_only"];
        !off.contains(&text.to_ascii_lowercase().as_str())
    });
    let resource = resource(project);
    let destinations = given.into_iter().map(|it| it.resolve(content, &resource));
    destinations.collect()
}

/// The one that the base URL names: it may be a collector of ours, which knows the key and the project.
fn collector(
    url: &str,
    from: &str,
    key: Option<&ApiKey>,
    project: Option<&str>,
) -> Result<Otlp, InitError> {
    let mut otlp = Otlp::read(url, from, add_path)?;
    if let Some(ApiKey(key)) = key {
        otlp = otlp.header(AUTHORIZATION.as_str(), format!("Bearer {key}"));
    }
    if let Some(project) = project {
        otlp = otlp.header("x-carrot-project", project);
    }
    Ok(otlp)
}

/// What the SDK and OpenTelemetry's variables say of this process. A service that nobody named is the program.
fn resource(project: Option<&str>) -> Resource {
    let mut resource = Resource::builder()
        .with_attribute(KeyValue::new("telemetry.distro.name", "carrot-ai"))
        .with_attribute(KeyValue::new(
            "telemetry.distro.version",
            env!("CARGO_PKG_VERSION"),
        ));
    if let Some(project) = project {
        // Phoenix's name for it.
        let project = project.to_owned();
        resource = resource.with_attribute(KeyValue::new("openinference.project.name", project));
    }
    let found = resource.build();
    let service = found.get(&Key::new("service.name"));
    let service = service.map(|name| name.to_string()).unwrap_or_default();
    match service.strip_prefix("unknown_service:") {
        Some(program) => Resource::builder_empty()
            .with_attributes(
                found
                    .iter()
                    .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
            )
            .with_service_name(program.to_owned())
            .build(),
        None => found,
    }
}
