use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::genai::adapter::AdapterKind;
use ::genai::resolver::{AuthData, Endpoint as Address};
use ::genai::{Client, Headers, ModelIden, ModelSpec, ServiceTarget};
use carrot_wire::llm::Endpoint;
use reqwest::Url;

use crate::Traced;

/// What a call asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Chat,
    Stream,
    Embed,
}

/// Where a call goes, and how its answer is told.
pub(super) struct Target {
    /// What the URL was made of.
    base: String,
    is_whole: bool,
    pub(super) url: Url,
    pub(super) model: ModelIden,
    /// Whether answers are read as the provider sends them, rather than from genai's own types.
    pub(super) is_raw: bool,
}

/// Where a client's last call to each service went: parsing a URL takes longer than all else that a call does before it is sent.
#[derive(Default)]
pub(super) struct Places(Mutex<[Option<Arc<Target>>; 3]>);

impl Places {
    fn last(&self, service: Service) -> Option<Arc<Target>> {
        self.lock().get(service as usize)?.clone()
    }

    fn set(&self, service: Service, target: Arc<Target>) {
        if let Some(place) = self.lock().get_mut(service as usize) {
            *place = Some(target);
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Option<Arc<Target>>; 3]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// URLs may hold secrets.
impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places(…)")
    }
}

/// A target by which the client's own request goes to `url`, whatever provider it is made for.
pub(super) fn at(url: String, model: ModelIden) -> ServiceTarget {
    ServiceTarget {
        endpoint: Address::from_owned(url.as_str()),
        auth: AuthData::RequestOverride {
            url,
            headers: Headers::default(),
        },
        model,
    }
}

impl Target {
    /// Where the client would send a call; `None` if it could not, or if nobody wants to know: the user's
    /// resolvers are asked for it.
    pub(super) async fn of(
        client: &Traced<Client>,
        spec: &ModelSpec,
        service: Service,
    ) -> Option<Arc<Target>> {
        if carrot_runtime::nobody_looks() {
            return None;
        }
        let target = client.resolve_service_target(spec.clone()).await.ok()?;
        let (base, is_whole) = match &target.auth {
            AuthData::RequestOverride { url, .. } => (url.as_str(), true),
            _ => (target.endpoint.base_url(), false),
        };
        let places = &client.known.places;
        if let Some(known) = places.last(service)
            && known.base == base
            && known.is_whole == is_whole
            && known.model == target.model
        {
            return Some(known);
        }
        let target = Arc::new(Target::at(base, is_whole, target.model, service)?);
        places.set(service, target.clone());
        Some(target)
    }

    fn at(base: &str, is_whole: bool, model: ModelIden, service: Service) -> Option<Target> {
        let parsed = Url::parse(base).ok()?;
        let mut url = match is_whole {
            true => parsed.clone(),
            false => parsed.join(&path(&model, service)).ok()?,
        };
        let is_raw = Endpoint::find("POST", url.path()).is_some();
        if !is_raw {
            url = parsed.join(told_as(service)).ok()?;
        }
        Some(Target {
            base: base.to_owned(),
            is_whole,
            url,
            model,
            is_raw,
        })
    }

    /// The content type of a stream, which does not show.
    pub(super) fn stream_type(&self) -> &'static str {
        match self.model.adapter_kind {
            AdapterKind::Ollama | AdapterKind::OllamaCloud => "application/x-ndjson",
            _ => "text/event-stream",
        }
    }
}

/// The model's name as the provider knows it.
pub(super) fn name_of(model: &ModelIden) -> &str {
    model.model_name.namespace_and_name().1
}

/// The path below the endpoint where genai sends such a call.
fn path(model: &ModelIden, service: Service) -> String {
    let name = name_of(model);
    let gemini = match service {
        Service::Chat => "generateContent",
        Service::Stream => "streamGenerateContent?alt=sse",
        Service::Embed => "embedContent",
    };
    match (model.adapter_kind, service) {
        (AdapterKind::Gemini, _) => format!("models/{name}:{gemini}"),
        (AdapterKind::Vertex, Service::Embed) => format!("publishers/google/models/{name}:predict"),
        (AdapterKind::Vertex, _) if name.starts_with("claude") => {
            format!("publishers/anthropic/models/{name}:rawPredict")
        }
        (AdapterKind::Vertex, _) => format!("publishers/google/models/{name}:{gemini}"),
        (AdapterKind::Ollama | AdapterKind::OllamaCloud, Service::Embed) => "api/embed".to_owned(),
        (AdapterKind::Ollama | AdapterKind::OllamaCloud, _) => "api/chat".to_owned(),
        (AdapterKind::Cohere, Service::Embed) => "embed".to_owned(),
        (AdapterKind::Cohere, _) => "chat".to_owned(),
        (AdapterKind::BedrockApi, _) => format!("model/{name}/genai"),
        (_, Service::Embed) => "embeddings".to_owned(),
        (AdapterKind::GeminiIx, _) => "interactions".to_owned(),
        (AdapterKind::Anthropic | AdapterKind::MiniMax, _) => "messages".to_owned(),
        (AdapterKind::OpenAIResp, _) => "responses".to_owned(),
        _ => "chat/completions".to_owned(),
    }
}

/// The path of the form in which genai's own types are told.
fn told_as(service: Service) -> &'static str {
    match service {
        Service::Embed => "embeddings",
        _ => "chat/completions",
    }
}
