"""OpenTelemetry's Python SDK and two instrumentations of openai, unmodified: python opentelemetry_spans.py <collector> <model server>."""

import json
import os
import sys

collector, model_server = sys.argv[1:]

# What a user sets, and nothing else.
os.environ |= {
    "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    "OTEL_SERVICE_NAME": "shop",
}

from openai import InternalServerError, OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as OpenLLMetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("pipeline")
client = OpenAI(api_key="none", base_url=model_server, max_retries=0)


def ask(text, **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="gpt-4o", messages=messages, **more)


def streamed(text):
    return [chunk for chunk in ask(text, stream=True, stream_options={"include_usage": True})]


def calls():
    ask("make a plan", temperature=0.5)
    streamed("what is it?")
    try:
        ask("fail")
    except InternalServerError:
        pass


OpenInference().instrument()
with using_attributes(session_id="chat-7", user_id="u-1", tags=["production"], metadata={"version": "2"}):
    with tracer.start_as_current_span("by-openinference"):
        calls()
OpenInference().uninstrument()

OpenLLMetry().instrument()
with tracer.start_as_current_span("by-openllmetry"):
    calls()
OpenLLMetry().uninstrument()

# By hand, in the words of the conventions.
try:
    with tracer.start_as_current_span("invoke_agent planner") as agent:
        agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"})
        agent.add_event("decided", {"city": "Oslo", "sure": True})
        with tracer.start_as_current_span("execute_tool weather") as tool:
            tool.set_attributes({
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "weather",
                "gen_ai.tool.call.arguments": json.dumps({"city": "Oslo"}),
                "gen_ai.tool.call.result": "rain",
                "my.own": [1, 2],
            })
        raise ValueError("no umbrella")
except ValueError:
    pass

provider.shutdown()
