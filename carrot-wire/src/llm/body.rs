//! What every dialect shares: going through an answer, whatever its form, and telling whether it is whole.

use serde_json::Value;

use super::error::error_answer;
use super::form::{Event, Form, each_element, each_event, each_line, joined};
use super::{Dialect, Exchange, LlmCall, anthropic, bedrock, gemini, ollama, openai};

/// Understands the answers of one endpoint.
pub(super) trait Reader {
    /// Takes a whole answer that was not streamed.
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()>;

    /// Takes one event of a stream and says whether it was the last one by its nature.
    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool;

    /// Whether the stream may end here, for servers that send no last event.
    fn settled(&self) -> bool;

    /// Writes what was gathered into the call.
    fn finish(self: Box<Self>, call: &mut LlmCall);
}

/// Reads the answer of `exchange` into `call`.
pub(super) fn read(call: &mut LlmCall, exchange: &Exchange<'_>) {
    let Some(status) = exchange.status else {
        call.remark("no answer came");
        return;
    };
    if status >= 400 {
        let mut error = error_answer(status, exchange.body, exchange.content_type());
        if let Some(name) = bedrock::error_name(exchange) {
            error.kind = name.to_owned();
        }
        call.error = Some(error);
        call.complete = exchange.ended;
        return;
    }
    let mut reader = match call.endpoint.dialect() {
        Dialect::OpenAi => openai::reader(call.endpoint),
        Dialect::Anthropic => anthropic::reader(),
        Dialect::Gemini => gemini::reader(call.endpoint),
        Dialect::Ollama => ollama::reader(call.endpoint),
        Dialect::Bedrock => bedrock::reader(call.endpoint, exchange),
    };
    let form = Form::of(call.endpoint, exchange);
    let reading = Reading {
        call,
        reader: reader.as_mut(),
        last: false,
        understood: true,
    };
    match form {
        Form::Whole => reading.whole(exchange),
        streamed => reading.stream(streamed, exchange),
    }
    reader.finish(call);
}

/// An answer on its way through a reader.
struct Reading<'a> {
    call: &'a mut LlmCall,
    reader: &'a mut dyn Reader,
    /// Whether the last event has passed.
    last: bool,
    /// Whether everything was understood so far.
    understood: bool,
}

impl Reading<'_> {
    fn whole(self, exchange: &Exchange<'_>) {
        match self.reader.whole(self.call, &joined(exchange.body)) {
            Ok(()) => self.call.complete = true,
            // A stream of lines under the name of plain JSON.
            Err(_) if self.call.endpoint.dialect() == Dialect::Ollama && is_object(exchange) => {
                self.stream(Form::Lines, exchange);
            }
            Err(_) if !exchange.ended => self.call.remark("the answer was cut off"),
            Err(_) => self
                .call
                .remark("the answer is not the JSON that was expected"),
        }
    }

    fn stream(mut self, form: Form, exchange: &Exchange<'_>) {
        self.call.streamed = true;
        match form {
            Form::Whole | Form::Events => each_event(exchange.body, |event| self.take(event)),
            Form::Frames => bedrock::each_frame(exchange.body, |event| match event {
                Ok(event) => self.take_json(event),
                Err(why) => self.lose(why),
            }),
            Form::Lines => each_line(exchange.body, |event| self.take(event)),
            Form::Array => {
                let whole = each_element(&joined(exchange.body), |event| self.take_json(event));
                match whole {
                    Ok(()) => self.last = true,
                    Err(error) if error.is_eof() => {}
                    Err(_) => self.lose("the answer is not the JSON that was expected"),
                }
            }
        }
        let ended = self.last || (exchange.ended && self.reader.settled());
        if !ended {
            self.call.remark("the stream stopped before its end");
        }
        self.call.complete = ended && self.understood;
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Done => self.last = true,
            Event::Lost(why) => self.lose(why),
            Event::Text(text) => match serde_json::from_str(text) {
                Ok(event) => self.take_json(event),
                Err(_) => self.lose("a stream event is not JSON"),
            },
        }
    }

    fn take_json(&mut self, event: Value) {
        self.last |= self.reader.event(self.call, event);
    }

    fn lose(&mut self, why: &'static str) {
        self.understood = false;
        self.call.remark(why);
    }
}

fn is_object(exchange: &Exchange<'_>) -> bool {
    let mut bytes = exchange.body.iter().flatten();
    bytes.find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}
