"""A pipeline on the unmodified carrot-ai SDK: python pipeline.py <collector> <model server>."""

import asyncio
import sys

import carrot_ai
from openai import AsyncOpenAI, InternalServerError, OpenAI

collector, model_server = sys.argv[1:]

# Nothing leaves by itself: flush() sends all of it in one request.
carrot_ai.init(api_key="any", base_url=collector, flush_interval=600, batch_size=5_000)

to_server = {"api_key": "none", "base_url": model_server, "max_retries": 0}
client = carrot_ai.wrap(OpenAI(**to_server), tags=["client"])
async_client = carrot_ai.wrap(AsyncOpenAI(**to_server), name="asked-async")

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def ask(text, model="gpt-4o-mini"):
    return {"model": model, "messages": [{"role": "user", "content": text}]}


@carrot_ai.trace("answer-question", tags=["production"], metadata={"version": "2"})
def answer(question, limit=3):
    plan = client.chat.completions.create(**ask("make a plan"), temperature=0.5)
    stream = client.chat.completions.create(**ask(question, "gpt-4o"), stream=True)
    words = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    return {"plan": plan.choices[0].message.content, "answer": "".join(words)}


@carrot_ai.trace
async def answer_async(question):
    async def streamed():
        stream = await async_client.chat.completions.create(**ask(question, "gpt-4o"), stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    plain = async_client.chat.completions.create(**ask("make a plan"))
    _, text = await asyncio.gather(plain, streamed())
    return text


@carrot_ai.trace
def fail():
    client.chat.completions.create(**ask("fail"))


@carrot_ai.trace
def outer():
    return inner(1)


@carrot_ai.trace
def inner(number):
    return number + 1


@carrot_ai.trace
def many(number):
    return number


answer("what is it?", limit=5)
asyncio.run(answer_async("what is it?"))
try:
    fail()
except InternalServerError:
    pass
outer()

# Outside any function: roots of their own.
client.chat.completions.create(**ask("weather in Oslo?", "gpt-4.1"), tools=[WEATHER])
client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
client.responses.create(model="gpt-5", input="answer me")
client.completions.create(model="gpt-3.5-turbo-instruct", prompt="once upon a time")

# As many as its queue takes, with those above.
for number in range(900):
    many(number)
carrot_ai.flush()
