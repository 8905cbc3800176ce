#!/bin/sh
# All checks and measurements of a GPU, one JSON object a line on stdout, all else on stderr; under nine minutes.
#   run.sh [cuda|host] [QUICK]     in the unpacked folder; host runs the same on the CPU, with a tiny model only
# Variables: CUDA_LIBS (folders of CUDA's libraries, separated by colons), SECONDS_LEFT (default 520).
set -u
device=${1:-cuda}
quick=${2:-}
here=$(cd "$(dirname "$0")" && pwd -P)
cd "$here" || exit 1
started=$(date +%s)
budget=${SECONDS_LEFT:-520}
export ORT_DISABLE_TELEMETRY=1 OPT_OUT_TRACKING=true MALLOC_ARENA_MAX=2
failed=0

say() { printf '%s\n' "$*" >&2; }
left() { echo $((budget - ($(date +%s) - started))); }

# CUDA's libraries come with the host's PyTorch.
cuda_folders() {
  python3 - <<'P'
import glob, os, site, sys
roots = set(site.getsitepackages()) | {p for p in sys.path if p.endswith("-packages")}
print(":".join(sorted({os.path.dirname(f) for r in roots for f in glob.glob(r + "/nvidia/**/lib*.so.*", recursive=True)})))
P
}

if [ "$device" = cuda ]; then
  folders=${CUDA_LIBS:-$(cuda_folders)}
  export LD_LIBRARY_PATH="$folders:${LD_LIBRARY_PATH:-}"
  say "CUDA libraries: $folders"
  nvidia-smi --query-gpu=name,driver_version,memory.total,memory.free,clocks.max.memory,power.limit --format=csv,noheader 2>/dev/null |
    python3 -c 'import json,sys; print(json.dumps({"kind": "machine", "gpu": sys.stdin.read().strip()}))'
fi

classes="test-classes:$(ls app/app/*.jar app/lib/main/*.jar app/lib/boot/*.jar lib/*.jar | tr '\n' ':')"
flags="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx8g"
flags="$flags -Donnxruntime.native.path=$here/ort"

checks() {
  # shellcheck disable=SC2086
  timeout "$1" jdk/bin/java $flags -cp "$classes" io.talchum.model.onnx.GpuChecks "$device" $2 || {
    failed=1
    printf '{"kind":"failed","what":"%s","status":%s,"seconds_left":%s}\n' "$2" "$?" "$(left)"
  }
}

# Serves the demo model and asks it over HTTP: the way of a user.
served() {
  # shellcheck disable=SC2086
  jdk/bin/java $flags -jar app/quarkus-run.jar serve --provider "$1" --port 18472 --data-dir data >served.log 2>&1 &
  server=$!
  tries=60
  until grep -q '^Ctrl-C' served.log || ! kill -0 $server 2>/dev/null || [ $tries = 0 ]; do sleep 1; tries=$((tries - 1)); done
  python3 - "$1" <<'P' || failed=1
import json, sys, time, urllib.request
def ask(model):
    body = {"model": model, "messages": [{"role": "user", "content": "What is the batch size?"}], "max_tokens": 24, "temperature": 0}
    request = urllib.request.Request("http://127.0.0.1:18472/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    start = time.time()
    answer = json.load(urllib.request.urlopen(request, timeout=60))
    return answer["choices"][0]["message"]["content"], time.time() - start
ok = True
for model in ("talchum-demo", "pirate"):
    try:
        text, seconds = ask(model)
        print(json.dumps({"kind": "served", "provider": sys.argv[1], "model": model, "text": text, "seconds": seconds}))
    except Exception as e:
        ok = False
        print(json.dumps({"kind": "served", "provider": sys.argv[1], "model": model, "ok": False, "error": str(e)}))
sys.exit(not ok)
P
  grep -h 'GPU memory' served.log | python3 -c 'import json,sys; [print(json.dumps({"kind": "plan", "text": l.strip()})) for l in sys.stdin]'
  kill $server 2>/dev/null
  wait $server 2>/dev/null
}

checks 120 checks
if [ "$device" = host ]; then
  served cpu
  checks 120 "bench tiny int4 1,4 128"
else
  served cuda
  checks 60 "bench qwen2.5-0.5b int8 1,8,32,64 256"
  [ -n "$quick" ] || {
    checks 150 "bench llama-3.1-8b int4 1,8,32,64 256"
    [ "$(left)" -lt 150 ] || checks 90 "bench smollm2-1.7b int4 1,8,32,64 256"
    # The provider's other products of int4, which lay the weights out anew.
    [ "$(left)" -lt 150 ] || ORT_FPA_INTB_GEMM=1 checks 90 "bench llama-3.1-8b int4 1,32 256"
    [ "$(left)" -lt 60 ] || timeout "$(left)" python3 compare_peft.py qwen2.5-0.5b 1,8,32 || failed=1
    [ "$(left)" -lt 90 ] || timeout "$(left)" python3 compare_peft.py llama-3.1-8b 1,8,32 || failed=1
  }
fi
printf '{"kind":"end","failed":%s,"seconds":%s}\n' "$failed" "$(($(date +%s) - started))"
exit $failed
