"""Checks a running server with OpenAI's Python client: python3 openai_check.py [URL] [API_KEY]."""

import re
import sys
import time
import urllib.request

import openai

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
key = sys.argv[2] if len(sys.argv) > 2 else "unused"
client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0)
question = [{"role": "user", "content": "What is the batch size?"}]


def check(name, holds, shown=""):
    print(("ok    " if holds else "FAILED"), name, shown)
    if not holds:
        sys.exit(1)


def read(address):
    request = urllib.request.Request(address, headers={"Authorization": "Bearer " + key})
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def refusal(kind, call):
    try:
        call()
    except kind as error:
        return error
    return None


models = [model.id for model in client.models.list()]
base = models[0]
check("models", client.models.retrieve(base).id == base, ", ".join(models))

for model in models:
    answer = client.chat.completions.create(
        model=model, messages=question, temperature=0, max_tokens=40
    )
    text = answer.choices[0].message.content
    check("chat with " + model, answer.usage.completion_tokens > 0, repr(text))
    streamed, usage = "", None
    for chunk in client.chat.completions.create(
        model=model,
        messages=question,
        temperature=0,
        max_tokens=40,
        stream=True,
        stream_options={"include_usage": True},
    ):
        streamed += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    check("stream with " + model, streamed == text and usage == answer.usage)

answer = client.chat.completions.create(
    model=base, messages=question, n=2, seed=7, max_tokens=5, logprobs=True, top_logprobs=2
)
check("n", len(answer.choices) == 2)
check("logprobs", len(answer.choices[0].logprobs.content[0].top_logprobs) == 2)
answer = client.completions.create(
    model=base, prompt=["One", "Two"], max_tokens=3, echo=True, logprobs=1, extra_body={"top_k": 1}
)
check("completions", [c.text[:3] for c in answer.choices] == ["One", "Two"])



def cancelled():
    found = re.search(r'talchum_requests_total\{finish_reason="cancelled",?\} (\S+)', read(url + "/metrics"))
    return float(found.group(1)) if found else 0


before = cancelled()
stream = client.chat.completions.create(
    model=base, messages=question, stream=True, max_tokens=400, extra_body={"ignore_eos": True}
)
next(iter(stream))
stream.close()
for _ in range(100):
    if cancelled() > before:
        break
    time.sleep(0.1)
check("abort", cancelled() == before + 1)

error = refusal(
    openai.NotFoundError, lambda: client.chat.completions.create(model="nobody", messages=question)
)
check("unknown model", error is not None and error.code == "model_not_found", error.message)
error = refusal(
    openai.BadRequestError,
    lambda: client.chat.completions.create(model=base, messages=question, temperature=3),
)
check("bad value", error is not None and error.param == "temperature", error.message)
error = refusal(
    openai.BadRequestError,
    lambda: client.chat.completions.create(model=base, messages=question, extra_body={"tempo": 1}),
)
check("unknown field", error is not None and error.param == "tempo", error.message)
print("all of openai", openai.__version__)
