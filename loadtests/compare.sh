#!/bin/sh
# Imports a GGUF, starts ./talchum serve and llama.cpp's server on it on loopback, measures both in turn, ends both.
# See README.md in this folder; needs a quiet machine and curl.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd -P)

usage() {
  cat >&2 <<'TEXT'
usage: loadtests/compare.sh --gguf MODEL.gguf [--gguf ...] --llama-server BINARY --adapters DIR [options] [-- options of ./talchum bench]
  --gguf FILE        a format of the model; with several, best.txt shows each line on the file where the peer is fastest
  --adapters DIR     8 or more PEFT folders NAME/ and beside each its twin NAME.gguf
  --openvino PYTHON  a Python with openvino-genai: OpenVINO is a peer, too
  --out DIR          reports, logs and the imported model (default: target/compare)
  --port N           first of three free ports (default: 18190)
  --vocab N          vocabulary of the model (default: 32000)
  --rounds N         rounds of each scenario with the peer (default: 5); half of that for the sweep, twice without the peer
  --quick            1 round of tiny lengths, to see that everything runs
TEXT
  exit 2
}

fail() {
  printf 'compare.sh: %s\n' "$*" >&2
  exit 1
}

files="" llama="" adapters="" openvino="" out="$here/target/compare" port=18190 vocab=32000 rounds=5 short=150 short_rounds=3 quick=""
while [ $# -gt 0 ]; do
  case "$1" in
    --gguf) files="$files${files:+
}$(realpath "${2:?}")"; shift 2 ;;
    --llama-server) llama=${2:?}; shift 2 ;;
    --adapters) adapters=${2:?}; shift 2 ;;
    --openvino) openvino=$(command -v "${2:?}") || fail "there is no $2"; shift 2 ;;
    --out) out=${2:?}; shift 2 ;;
    --port) port=${2:?}; shift 2 ;;
    --vocab) vocab=${2:?}; shift 2 ;;
    --rounds) rounds=${2:?}; shift 2 ;;
    --quick) quick=1 rounds=1 short=5 short_rounds=1; shift ;;
    --) shift; break ;;
    *) usage ;;
  esac
done
[ -n "$files" ] && [ -x "$llama" ] && [ -d "$adapters" ] || usage
mkdir -p "$out/none"
out=$(cd "$out" && pwd -P)
top=$out
llama=$(realpath "$llama")
adapters=$(cd "$adapters" && pwd -P)

# Both servers get the same adapters in the same order: the first eight that have a twin.
loras="" count=0
rm -rf "$out/adapters" && mkdir "$out/adapters"
for config in "$adapters"/*/adapter_config.json; do
  folder=$(dirname "$config")
  [ -f "$folder.gguf" ] && [ "$count" -lt 8 ] || continue
  cp -R "$folder" "$out/adapters/"
  loras="$loras${loras:+,}$folder.gguf"
  count=$((count + 1))
done
[ "$count" -eq 8 ] || fail "$adapters holds $count PEFT folders with a .gguf twin; 8 are needed"

pids=""
end() {
  for each in "$@"; do kill "$each" 2>/dev/null || true; done
  for each in "$@"; do wait "$each" 2>/dev/null || true; done
}
# shellcheck disable=SC2086
trap 'end $pids' EXIT
trap 'exit 130' INT TERM

# wait_ready PORT PID LOG: until /health says 200. Sets ready_ms, counted from the call.
wait_ready() {
  began=$(date +%s%N)
  while [ "$(curl -s -o "$out/health" -w '%{http_code}' "http://127.0.0.1:$1/health" || true)" != 200 ]; do
    kill -0 "$2" 2>/dev/null || fail "the server on port $1 ended at its start; see $3"
    [ $((($(date +%s%N) - began) / 1000000000)) -lt 180 ] || fail "the server on port $1 is not ready after 180 s; see $3"
    sleep 0.05
  done
  ready_ms=$((($(date +%s%N) - began) / 1000000))
}

# serve PORT ADAPTERS LOG: starts one of ours; sets pid.
serve() {
  "$here/talchum" serve --data-dir "$out/home" --model compared --port "$1" --adapters "$2" >"$3" 2>&1 &
  pid=$!
  pids="$pids $pid"
  wait_ready "$1" "$pid" "$3"
}

peer=$((port + 1)) unloaded=$((port + 2))
for used in "$port" "$peer" "$unloaded"; do
  ! curl -s -o "$out/health" "http://127.0.0.1:$used/health" || fail "something listens on port $used already; give other ports by --port"
done
commit=$(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)
llama_version=$("$llama" --version 2>&1 | sed -n 's/^version: //p')
failed=""

# bench NAME OPTIONS...: one report and one file of JSON lines, with prompts that no other report has: a server may keep
# those that it has read.
seed=0
bench() {
  name=$1 seed=$((seed + 1))
  shift
  set -- --url "http://127.0.0.1:$port" --pid "$talchum_pid" --vocab "$vocab" --seed "$seed" --json "$out/$name.jsonl" \
    --note "commit=$commit" --note "model=$(basename "$gguf")" "$@"
  [ -z "$quick" ] || set -- "$@" --warm-up 0 --prompt-tokens 8 --output-tokens 4
  "$here/talchum" bench "$@" >"$out/$name.txt" || failed="$failed $(basename "$gguf"):$name"
  cat "$out/$name.txt"
  printf '\n'
}

# compare OPTIONS...: all scenarios on one file.
compare() {
  rm -rf "$out/home"
  "$here/talchum" import "$gguf" --name compared --data-dir "$out/home" >"$out/import.log" 2>&1 || fail "the import failed; see $out/import.log"
  serve "$port" "$top/adapters" "$out/talchum.log"
  talchum_pid=$pid talchum_ready=$ready_ms
  "$llama" -m "$gguf" -t 2 -tb 2 -np 8 -c 32768 --host 127.0.0.1 --port "$peer" --offline --no-webui \
    --lora "$loras" --lora-init-without-apply >"$out/llama.log" 2>&1 &
  peer_pid=$!
  pids="$pids $peer_pid"
  wait_ready "$peer" "$peer_pid" "$out/llama.log"
  starts="start to ready, with adapters=talchum $talchum_ready ms, llama.cpp $ready_ms ms"
  bench peer --peer "http://127.0.0.1:$peer" --peer-pid "$peer_pid" --note "llama.cpp=$llama_version" --note "$starts" \
    --scenarios decode1,decode8,prefill512,same8,adapters8 --rounds "$rounds" "$@"
  bench sweep --peer "http://127.0.0.1:$peer" --peer-pid "$peer_pid" --note "llama.cpp=$llama_version" \
    --scenarios sweep --sweep 2,4 --rounds $(((rounds + 1) / 2)) "$@"
  end "$peer_pid"
  pids=$talchum_pid
  if [ -n "$openvino" ]; then
    "$openvino" "$here/loadtests/openvino_server.py" "$gguf" --port "$peer" >"$out/openvino.log" 2>&1 &
    peer_pid=$!
    pids="$pids $peer_pid"
    wait_ready "$peer" "$peer_pid" "$out/openvino.log"
    bench openvino --peer "http://127.0.0.1:$peer" --peer-kind openai --peer-pid "$peer_pid" \
      --scenarios decode1,decode8,prefill512 --rounds "$rounds" "$@"
    end "$peer_pid"
    pids=$talchum_pid
  fi
  # What needs no peer is measured without it.
  serve "$unloaded" "$top/none" "$out/unloaded.log"
  bench own --unloaded "http://127.0.0.1:$unloaded" --unloaded-pid "$pid" \
    --scenarios mixed-vs-base,loaded-vs-unloaded --rounds $((rounds * 2)) "$@"
  bench short --scenarios short --short-requests "$short" --rounds "$short_rounds" "$@"
  # shellcheck disable=SC2086
  end $pids
  pids=""
}

# best REPORT: each scenario's own figure, on the file where the peer does best.
best() {
  for each in "$top"/*/"$1.txt"; do
    awk -v file="$(basename "$(dirname "$each")")" '
      /^[a-z0-9-]+: / { scenario = $1 }
      /^\* / { n = split($0, cell, /  +/); split(cell[n - 1], value, " ")
        print scenario "\t" value[1] "\t" substr($0, 3) "\t" file }' "$each"
  done | sort -t "$(printf '\t')" -k1,1 -k2,2gr | awk -F '\t' '!seen[$1]++ { printf "%-12s %s   on %s\n", $1, $3, $4 }'
}

while read -r gguf; do
  [ -f "$gguf" ] || fail "there is no $gguf"
  out="$top/$(basename "$gguf" .gguf)"
  mkdir -p "$out"
  compare "$@" </dev/null
done <<TEXT
$files
TEXT
{
  printf 'by llama.cpp, each on the file where it is fastest:\n'
  best peer
  [ -z "$openvino" ] || { printf 'by OpenVINO GenAI, the same:\n'; best openvino; }
} | tee "$top/best.txt"
printf 'reports and JSON lines: %s\n' "$top"
[ -z "$failed" ] || fail "scenarios failed in:$failed"
