"""Starts a server, asks it over HTTP as a user would, and ends it. One JSON object a line.

    served.py PROVIDER COMMAND...
"""
import json
import subprocess
import sys
import time
import urllib.request

URL = "http://127.0.0.1:18472/v1/chat/completions"


def line(**fields):
    print(json.dumps({"kind": "served", "provider": sys.argv[1], **fields}), flush=True)


def ask(model):
    body = {"model": model, "messages": [{"role": "user", "content": "What is the batch size?"}], "max_tokens": 24,
            "temperature": 0}
    request = urllib.request.Request(URL, json.dumps(body).encode(), {"Content-Type": "application/json"})
    start = time.time()
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = json.load(answer)["choices"][0]["message"]["content"]
    return text, time.time() - start


def main():
    server = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ok = True
    try:
        for said in server.stdout:
            sys.stderr.write(said)
            if "GPU memory" in said:
                print(json.dumps({"kind": "plan", "text": said.strip()}), flush=True)
            if said.startswith("Ctrl-C"):
                break
        else:
            line(ok=False, error="the server ended with %s" % server.wait())
            return 1
        for model in ("talchum-demo", "pirate"):
            try:
                text, seconds = ask(model)
                line(model=model, ok=bool(text), text=text, seconds=seconds)
                ok = ok and bool(text)
            except Exception as e:  # whatever it is, it belongs into the line
                ok = False
                line(model=model, ok=False, error=str(e))
    finally:
        server.kill()
    return 0 if ok else 1


sys.exit(main())
