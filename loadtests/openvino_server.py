"""OpenVINO GenAI behind the part of OpenAI's completions that `./talchum bench` uses, so that it can be a peer.

    pip install openvino-genai
    python loadtests/openvino_server.py MODEL.gguf --port 8090 [--exact]

Prompts are token ids, answers greedy and of a fixed length; events carry counts of tokens, no text. Prefixes are
not cached. --exact sets fp32 where OpenVINO rounds by default. One thread steps the pipeline for all requests.
"""
import argparse
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import openvino as ov
import openvino_genai as genai

EXACT = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0, "KV_CACHE_PRECISION": "f32"}


class Engine:
    """Requests come by a queue; the stepping thread alone touches the pipeline."""

    def __init__(self, model, exact, cache_gigabytes):
        scheduler = genai.SchedulerConfig()
        scheduler.enable_prefix_caching = False
        scheduler.cache_size = cache_gigabytes
        self.pipeline = genai.ContinuousBatchingPipeline(model, scheduler, "CPU", EXACT if exact else {})
        self.arriving = queue.Queue()
        threading.Thread(target=self.run, daemon=True).start()

    def submit(self, prompt, tokens):
        """A queue of counts of tokens; None ends it."""
        events = queue.Queue()
        self.arriving.put((prompt, tokens, events))
        return events

    def run(self):
        running, number = {}, 0
        while True:
            while not running or not self.arriving.empty():
                prompt, tokens, events = self.arriving.get()
                config = genai.GenerationConfig(max_new_tokens=tokens, ignore_eos=True, do_sample=False)
                ids = ov.Tensor(np.array([prompt], dtype=np.int64))
                running[number] = (self.pipeline.add_request(number, ids, config), events)
                number += 1
            self.pipeline.step()
            for key, (handle, events) in list(running.items()):
                while handle.can_read():
                    events.put(sum(len(output.generated_ids) for output in handle.read().values()))
                if handle.get_status() != genai.GenerationStatus.RUNNING:
                    events.put(None)
                    del running[key]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine = None

    def do_GET(self):
        if self.path == "/health":
            self.reply({"status": "ok"})
        elif self.path == "/v1/models":
            self.reply({"object": "list", "data": [{"id": "openvino", "object": "model"}]})
        else:
            self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        events = self.engine.submit(body["prompt"], body["max_tokens"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        count = 0
        while (more := events.get()) is not None:
            count += more
            self.event(len(body["prompt"]), count, None)
        self.event(len(body["prompt"]), count, "length")
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def event(self, prompt, count, finish):
        value = {
            "choices": [{"index": 0, "text": "", "finish_reason": finish}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": count},
        }
        self.chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def reply(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--cache", type=int, default=2, help="gigabytes of KV cache")
    options = parser.parse_args()
    Handler.engine = Engine(options.model, options.exact, options.cache)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
