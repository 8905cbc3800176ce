#!/bin/sh
# Packs all that a bare GPU host needs and cuts it into parts: of 60 MiB, or as PART_SIZE says (for example 28m).
#   pack.sh FOLDER [WHEEL]
# Needs: a JDK 25 with jlink (JAVA_HOME), a built and test-compiled tree (mvn -DskipTests package), python3 with pip.
# WHEEL is onnxruntime_gpu-VERSION-...-manylinux_..._x86_64.whl of the version in pom.xml; without it pip fetches it (200 MB).
set -eu
out=${1:?usage: pack.sh FOLDER [WHEEL]}
here=$(cd "$(dirname "$0")/../.." && pwd -P)
version=$(sed -n 's/.*<onnxruntime.version>\(.*\)<.*/\1/p' "$here/pom.xml")
JAVA_HOME=${JAVA_HOME:?point it at a JDK 25}
[ -f "$here/target/quarkus-app/quarkus-run.jar" ] && [ -d "$here/target/test-classes" ] ||
  { echo "pack.sh: build first: mvn -DskipTests package" >&2; exit 1; }
mkdir -p "$out"
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
pack="$work/talchum-gpu"
mkdir -p "$pack/ort" "$pack/lib" "$pack/src/test/resources/fixtures"

wheel=${2:-}
if [ -z "$wheel" ]; then
  python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 -d "$work/wheel" "onnxruntime-gpu==$version"
  wheel=$(ls "$work"/wheel/*.whl)
fi
case "$(basename "$wheel")" in
  onnxruntime_gpu-"$version"-*) ;;
  *) echo "pack.sh: $wheel is not onnxruntime_gpu $version, the version of the Java artifact in pom.xml" >&2; exit 1 ;;
esac

# The provider and its bridge lie beside the library that loads them; the Java binding's library comes from the jar.
python3 - "$wheel" "$pack/ort" "$here"/target/quarkus-app/lib/main/com.microsoft.onnxruntime.onnxruntime*-"$version".jar "$pack" <<'P'
import os, sys, zipfile
wheel, ort, jar, pack = sys.argv[1:]
def take(archive, match, target):
    names = [n for n in archive.namelist() if match(n)]
    assert len(names) == 1, names
    with archive.open(names[0]) as source, open(target, "wb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
with zipfile.ZipFile(wheel) as z:
    base = "onnxruntime/capi/"
    take(z, lambda n: n.startswith(base + "libonnxruntime.so"), ort + "/libonnxruntime.so")
    for name in ("shared", "cuda"):
        lib = "libonnxruntime_providers_%s.so" % name
        take(z, lambda n: n == base + lib, ort + "/" + lib)
with zipfile.ZipFile(jar) as z:
    take(z, lambda n: n.endswith("linux-x64/libonnxruntime4j_jni.so"), ort + "/libonnxruntime4j_jni.so")
P

"$JAVA_HOME/bin/jlink" --output "$pack/jdk" --strip-debug --no-header-files --no-man-pages --compress zip-6 \
  --add-modules java.se,jdk.incubator.vector,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.zipfs,jdk.net,jdk.jfr
cp -r "$here/target/quarkus-app" "$pack/app"
cp -r "$here/target/test-classes" "$pack/test-classes"
rm -rf "$pack/test-classes/fixtures"
for part in models adapters gguf; do cp -r "$here/src/test/resources/fixtures/$part" "$pack/src/test/resources/fixtures/"; done
# What the checks need beside the application's own jars.
repository=$(cd "$here" && mvn -q help:evaluate -Dexpression=settings.localRepository -DforceStdout 2>/dev/null || true)
[ -d "$repository" ] || repository="$HOME/.m2/repository"
assertj=$(sed -n 's/.*<artifactId>assertj-core<\/artifactId><version>\([^<]*\).*/\1/p' "$here/pom.xml")
cp "$repository/org/assertj/assertj-core/$assertj/assertj-core-$assertj.jar" "$pack/lib/"
cp "$repository"/net/bytebuddy/byte-buddy/*/byte-buddy-*.jar "$pack/lib/"
cp "$here"/loadtests/gpu/run.sh "$here"/loadtests/gpu/hanging.parts "$here"/loadtests/gpu/*.py "$pack/"

tar -C "$work" -c talchum-gpu | gzip -6 >"$out/talchum-gpu.tar.gz"
(cd "$out" && rm -f talchum-gpu.part.* && split -b "${PART_SIZE:-60m}" -d -a 2 talchum-gpu.tar.gz talchum-gpu.part. &&
  sha256sum talchum-gpu.tar.gz talchum-gpu.part.* >talchum-gpu.sha256 && rm talchum-gpu.tar.gz)
cp "$here/loadtests/gpu/unpack.sh" "$out/"
du -sh "$pack"/* | sed "s|$pack/||"
ls -l "$out"
