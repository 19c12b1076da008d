use std::future::Future;

use bytes::Bytes;
use rig_core::http_client::{
    DynHttpClient, Error, HttpClientExt, LazyBody, MultipartForm, Request, Response, Result,
    StreamingResponse,
};
use rig_core::wasm_compat::WasmCompatSend;

use super::call::{Traced, begin};
use super::replay;
use super::stream::TapStream;
use crate::WrapOptions;
use crate::tap::Door;

/// An HTTP client whose model calls are recorded.
pub(super) struct TracedHttp {
    inner: DynHttpClient,
    options: WrapOptions,
}

impl TracedHttp {
    pub(super) fn new(inner: DynHttpClient, options: WrapOptions) -> TracedHttp {
        TracedHttp { inner, options }
    }
}

impl HttpClientExt for TracedHttp {
    fn send<T, U>(
        &self,
        request: Request<T>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        T: Into<Bytes> + WasmCompatSend,
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        let (inner, options) = (self.inner.clone(), self.options.clone());
        let mut request = request.map(Into::into);
        async move {
            let mut call = match begin(&options, &mut request) {
                Door::Pass => return inner.send(request).await,
                Door::Send(call) => Traced::new(call, request.uri()),
                Door::Answer(answer) => return replay::whole(answer),
                Door::Refuse(refused) => return Err(Error::instance(refused)),
            };
            match inner.send::<Bytes, Bytes>(request).await {
                Ok(response) => {
                    call.answered(&response);
                    Ok(response.map(|body| tapped(body, call)))
                }
                Err(error) => {
                    call.failed(&error);
                    Err(error)
                }
            }
        }
    }

    /// Uploads are no model calls that are recorded.
    fn send_multipart<U>(
        &self,
        request: Request<MultipartForm>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        self.inner.send_multipart(request)
    }

    async fn send_streaming<T>(&self, request: Request<T>) -> Result<StreamingResponse>
    where
        T: Into<Bytes> + WasmCompatSend,
    {
        let mut request = request.map(Into::into);
        let mut call = match begin(&self.options, &mut request) {
            Door::Pass => return self.inner.send_streaming(request).await,
            Door::Send(call) => Traced::new(call, request.uri()),
            Door::Answer(answer) => return replay::streamed(answer),
            Door::Refuse(refused) => return Err(Error::instance(refused)),
        };
        match self.inner.send_streaming(request).await {
            Ok(response) => {
                call.answered(&response);
                Ok(response.map(|body| Box::pin(TapStream::new(body, call)) as _))
            }
            Err(error) => {
                call.failed(&error);
                Err(error)
            }
        }
    }
}

/// A body that comes as a whole, when it is asked for.
fn tapped<U: From<Bytes> + Send + 'static>(body: LazyBody<Bytes>, mut call: Traced) -> LazyBody<U> {
    Box::pin(async move {
        match body.await {
            Ok(bytes) => {
                call.piece(&bytes);
                call.ended();
                Ok(U::from(bytes))
            }
            Err(error) => {
                call.failed(&error);
                Err(error)
            }
        }
    })
}
