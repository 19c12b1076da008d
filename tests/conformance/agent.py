"""An agent on the unmodified retrace-sdk: python agent.py <collector> <transport> <model server>,
or, to mark a trace that is there: python agent.py <collector> golden <trace>."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import retrace
from openai import AsyncOpenAI, InternalServerError, OpenAI

collector, transport, rest = sys.argv[1:]

if transport == "golden":
    retrace.configure(api_key="rt_any", base_url=collector)
    retrace.mark_golden(rest)
    sys.exit()

retrace.configure(api_key="rt_any", base_url=collector, transport=transport, project_id="shop", flush_timeout=60)

to_server = {"api_key": "none", "base_url": rest, "max_retries": 0}
client = OpenAI(**to_server)
async_client = AsyncOpenAI(**to_server)

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def ask(text, model="gpt-4o-mini"):
    return {"model": model, "messages": [{"role": "user", "content": text}]}


@retrace.record(name="research", metadata={"version": "2"}, session_id="s-1")
def research(topic):
    with retrace.agent("planner", role="lead"):
        client.chat.completions.create(**ask("make a plan"))
    usage = {"include_usage": True}
    stream = client.chat.completions.create(**ask(topic, "gpt-4o"), stream=True, stream_options=usage)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@retrace.record(name="research-async")
async def research_async(topic):
    answer = await async_client.chat.completions.create(**ask(topic))
    return {"answer": answer.choices[0].message.content}


@retrace.record(name="tools")
def tools():
    question = ask("weather in Oslo?", "gpt-4.1")
    asked = client.chat.completions.create(**question, tools=[WEATHER]).choices[0].message
    result = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": "rain"}
    question["messages"] += [asked.model_dump(exclude_none=True), result, {"role": "user", "content": "so?"}]
    return client.chat.completions.create(**question).choices[0].message.content


@retrace.record(name="fail")
def fail():
    client.chat.completions.create(**ask("fail"))


@retrace.record(name="many")
def many(number):
    return number


research("what is it?")
asyncio.run(research_async("what is it?"))
tools()
try:
    fail()
except InternalServerError:
    pass

# By hand: a tree of its own, and a step that fails.
with retrace.record(name="by-hand", input={"prompt": "hello"}) as run:
    outer = run.start_span("think", retrace.SpanType.REASONING)
    tool = run.start_span("search", retrace.SpanType.TOOL_CALL, input={"query": "carrots"}, parent_id=outer.id)
    run.end_span(tool, error="ValueError: nothing found")
    run.end_span(outer, output="give up")
    run.output = {"found": 0}

with ThreadPoolExecutor(8) as pool:
    list(pool.map(many, range(200)))
