// Checks a running server with OpenAI's JavaScript client: node openai_check.mjs [URL] [API_KEY].
import OpenAI from "openai";

const [url = "http://127.0.0.1:8000", apiKey = "unused"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "What is the batch size?" }];

function check(name, holds, shown = "") {
  console.log(holds ? "ok    " : "FAILED", name, shown);
  if (!holds) {
    process.exit(1);
  }
}

async function refusal(kind, call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof kind) {
      return error;
    }
    throw error;
  }
  return null;
}

const models = [];
for await (const model of client.models.list()) {
  models.push(model.id);
}
const base = models[0];
check("models", (await client.models.retrieve(base)).id === base, models.join(", "));

for (const model of models) {
  const asked = { model, messages, temperature: 0, max_tokens: 40 };
  const answer = await client.chat.completions.create(asked);
  const text = answer.choices[0].message.content;
  check("chat with " + model, answer.usage.completion_tokens > 0, JSON.stringify(text));
  let streamed = "";
  let usage = null;
  const stream = await client.chat.completions.create({
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    streamed += chunk.choices.map((choice) => choice.delta.content ?? "").join("");
    usage = chunk.usage ?? usage;
  }
  check("stream with " + model, streamed === text && usage.total_tokens === answer.usage.total_tokens);
}

const several = await client.chat.completions.create({
  model: base,
  messages,
  n: 2,
  seed: 7,
  max_tokens: 5,
  logprobs: true,
  top_logprobs: 2,
});
check("n", several.choices.length === 2);
check("logprobs", several.choices[0].logprobs.content[0].top_logprobs.length === 2);
const completed = await client.completions.create({
  model: base,
  prompt: ["One", "Two"],
  max_tokens: 3,
  echo: true,
  logprobs: 1,
  top_k: 1,
});
check("completions", completed.choices.map((c) => c.text.slice(0, 3)).join() === "One,Two");

async function cancelled() {
  const headers = { Authorization: "Bearer " + apiKey };
  const metrics = await (await fetch(url + "/metrics", { headers })).text();
  const found = metrics.match(/talchum_requests_total\{finish_reason="cancelled",?\} (\S+)/);
  return found ? Number(found[1]) : 0;
}

const before = await cancelled();
const stream = await client.chat.completions.create({
  model: base,
  messages,
  stream: true,
  max_tokens: 400,
  ignore_eos: true,
});
for await (const chunk of stream) {
  stream.controller.abort();
  break;
}
for (let i = 0; i < 100 && (await cancelled()) === before; i++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
check("abort", (await cancelled()) === before + 1);

const create = (more) => () => client.chat.completions.create({ model: base, messages, ...more });
let error = await refusal(OpenAI.NotFoundError, create({ model: "nobody" }));
check("unknown model", error?.code === "model_not_found", error?.message);
error = await refusal(OpenAI.BadRequestError, create({ temperature: 3 }));
check("bad value", error?.param === "temperature", error?.message);
error = await refusal(OpenAI.BadRequestError, create({ tempo: 1 }));
check("unknown field", error?.param === "tempo", error?.message);
console.log("all of openai");
