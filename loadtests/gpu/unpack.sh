#!/bin/sh
# Joins the parts in this script's folder, checks their sums, and unpacks them: unpack.sh FOLDER makes FOLDER/talchum-gpu.
set -eu
out=${1:?usage: unpack.sh FOLDER}
from=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$out"
(cd "$from" && grep ' talchum-gpu\.part\.' talchum-gpu.sha256 | sha256sum -c --quiet -)
cat "$from"/talchum-gpu.part.* | tar -C "$out" -xz
echo "$out/talchum-gpu"
