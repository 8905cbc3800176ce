# What ./talchum does in a clone before it runs a command: building, and the commands for developers. Sourced by it.
stamp="$here/target/talchum.stamp"

prepare() {
  command=$1
  case "$command" in
    test) shift; run_tests "$@" ;;
    dev) shift; run_dev "$@" ;;
    bench) shift; build; run_bench "$@" ;;
    package) shift; build; run_package ;;
    *) build; return 0 ;;
  esac
  exit $?
}

need_maven() {
  version=$(mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9]*\.[0-9]*\.[0-9]*\).*/\1/p')
  [ -n "$version" ] || fail "Maven 3.8.7 or newer is needed to build and 'mvn' was not found: install it (for example: apt-get install maven)."
  oldest=$(printf '%s\n3.8.7\n' "$version" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)
  [ "$oldest" = 3.8.7 ] || fail "Maven 3.8.7 or newer is needed to build; this is $version: install a newer one."
}

# A link in lib whose library is gone from Maven's folder is not built.
is_built() {
  [ -f "$app" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$JAVA_HOME" ] &&
    [ -z "$(find "$here/pom.xml" "$here/src/main" "$here/proto" -newer "$stamp" 2>/dev/null | head -n 1)" ] &&
    [ -z "$(find -L "$here/target/quarkus-app" -type l 2>/dev/null | head -n 1)" ]
}

# Builds unless that was done; a second launcher that comes meanwhile waits.
build() {
  is_built && return 0
  need_maven
  mkdir -p "$here/target"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$here/target/talchum.lock"
    flock 9
    is_built && exec 9>&- && return 0
  fi
  started=$(date +%s)
  say_what_comes
  touch "$stamp.new"
  if ! maven_with_progress -Dmaven.test.skip=true -Dspotless.check.skip=true package; then
    grep '^\[ERROR\]' "$here/target/build.log" | head -n 30 >&2
    fail "the build failed; everything it said is in target/build.log"
  fi
  save_space
  progress "preparing a fast start"
  prepare_start || rm -f "$cache"
  printf '%s\n' "$JAVA_HOME" >"$stamp.new.text"
  touch -r "$stamp.new" "$stamp.new.text" && mv "$stamp.new.text" "$stamp" && rm -f "$stamp.new"
  end_progress
  printf 'talchum: built in %s s\n' "$(($(date +%s) - started))" >&2
  command -v flock >/dev/null 2>&1 && exec 9>&-
  return 0
}

say_what_comes() {
  if [ -d "$HOME/.m2/repository/io/quarkus/quarkus-core" ]; then
    printf 'talchum: building, which takes a minute or two ...\n' >&2
  else
    printf 'talchum: building. The first time Maven fetches about 330 MB of libraries and plugins into ~/.m2; that and the build take some minutes ...\n' >&2
  fi
}

# Runs Maven, its output in target/build.log, and says how far it is.
maven_with_progress() {
  (cd "$here" && exec mvn -B "$@") >"$here/target/build.log" 2>&1 &
  maven=$!
  trap 'kill "$maven" 2>/dev/null; end_progress; exit 130' INT TERM
  while kill -0 "$maven" 2>/dev/null; do
    sleep 1
    fetched=$(grep -c 'Downloaded from' "$here/target/build.log")
    step=$(sed -n 's/^\[INFO\] --- \([a-z-]*\):[^:]*:\([a-z-]*\) .*/\1 \2/p' "$here/target/build.log" | tail -n 1)
    case "$step" in
      "") step="starting Maven" ;;
      *generate-code*) step="generating code of the protocol" ;;
      *compile*) step="compiling" ;;
      "quarkus build") step="packaging" ;;
      *) step="preparing" ;;
    esac
    [ "$fetched" -eq 0 ] || step="$step, $fetched files fetched"
    progress "$step"
  done
  trap - INT TERM
  end_progress
  wait "$maven"
}

# On a terminal one line that changes; elsewhere a line when something else begins, and every 20 seconds.
said=""
progress() {
  seconds=$(($(date +%s) - started))
  if [ -t 2 ]; then
    printf '\r\033[Ktalchum: %s, %s s' "$1" "$seconds" >&2
  elif [ "${1%%,*} $((seconds / 20))" != "$said" ]; then
    said="${1%%,*} $((seconds / 20))"
    printf 'talchum: %s, %s s\n' "$1" "$seconds" >&2
  fi
}

end_progress() {
  [ ! -t 2 ] || printf '\r\033[K' >&2
}

# Large libraries are linked to where Maven keeps them; what only the build needed goes.
save_space() {
  rm -f "$here"/target/talchum-*.jar "$here"/target/com.google.protobuf-protoc-*-exe "$here"/target/io.grpc-protoc-gen-*-exe
  root="$HOME/.m2/repository"
  for library in "$here"/target/quarkus-app/lib/main/*.jar; do
    [ -n "$(find "$library" -type f -size +1000k)" ] || continue
    for kept in $(find "$root" -name "*-${library##*-}" -size +1000k 2>/dev/null); do
      if cmp -s "$library" "$kept"; then
        ln -sf "$kept" "$library"
        break
      fi
    done
  done
}

# Serves the demo model and lets the JVM note which classes it loads and which methods run often (JEP 514, 515): later starts
# take less time, and so do their first answers. Nothing that is noted may need the Vector API, which
# the program loads late; a processor that cannot do without it gets a cache of classes alone.
prepare_start() {
  record "--adapters $here/target/start/none" -Dio.talchum.without-vectors=true || record "" "" --add-modules jdk.incubator.vector
}

# record OPTIONS_OF_SERVE FLAG_OF_THE_RUN FLAGS_OF_THE_CACHE...: where anything here fails, starts are just slower.
record() {
  serve_options=$1 run_flag=$2
  shift 2
  rm -rf "$cache" "$here/target/start"
  mkdir -p "$here/target/start/none"
  log="$here/target/start/said.log"
  classes="$here/target/start/classes"
  set_flags
  # shellcheck disable=SC2086
  "$JAVA_HOME/bin/java" $flags $run_flag -XX:AOTMode=record "-XX:AOTConfiguration=$classes" -jar "$app" \
    serve --port 0 --data-dir "$here/target/start" $serve_options >"$log" 2>&1 &
  server=$!
  await 60 is_ready && ask >/dev/null 2>&1
  kill "$server" 2>/dev/null
  await 120 has_ended || kill -9 "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  grep -q '^Ctrl-C' "$log" || return 1
  # shellcheck disable=SC2086
  "$JAVA_HOME/bin/java" $flags "$@" -XX:AOTMode=create "-XX:AOTConfiguration=$classes" "-XX:AOTCache=$cache" -cp "$app" >"$log" 2>&1
  rm -rf "$here/target/start"
  [ -s "$cache" ]
}

# What the start-up message says, and a completion, often enough that the JVM compiles what answers them.
ask() {
  url=$(sed -n 's/.* serves .* at \(http[^ ]*\)$/\1/p' "$log" | head -n 1)
  asked=0
  while [ "$asked" -lt 100 ]; do
    asked=$((asked + 1))
    grep '^curl' "$log" | sh
    curl -s -N "$url/v1/completions" -H 'Content-Type: application/json' \
      -d '{"prompt":"The batch size","max_tokens":32,"ignore_eos":true,"stream":true}'
  done
}

has_ended() {
  ! kill -0 "$server" 2>/dev/null
}

is_ready() {
  grep -q '^Ctrl-C' "$log" || has_ended
}

# Tries a command once a second for a number of seconds.
await() {
  left=$1
  until "$2"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 1
  done
}

# The gates: format and compile, plain tests, tests in a running server, the packaged program; then what reads ../shared.
# All of Maven's output is in target/test.log; shown is what fails, and a line for each group.
run_tests() {
  need_maven
  cd "$here" || exit 1
  mkdir -p target
  { gates "$@" && echo "talchum: all ran"; } 2>&1 | tee target/test.log | awk -f src/launcher/summary.awk
}

gates() {
  if [ -d ../shared ]; then
    mvn -B -ntp verify -Dtest.shared.skip=false "$@"
  else
    mvn -B -ntp verify "$@" || return 1
    echo 'talchum: the group "shared" was not run: there is no folder ../shared beside this clone.'
  fi
}

# Live reload needs Maven 3.9, which Maven itself fetches into target/.
run_dev() {
  need_maven
  cd "$here" || exit 1
  maven=apache-maven-3.9.11
  if [ ! -x "target/dev/$maven/bin/mvn" ]; then
    mkdir -p target/dev
    mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy -Dartifact=org.apache.maven:apache-maven:3.9.11:tar.gz:bin \
      -DoutputDirectory=target/dev && tar -xzf "target/dev/$maven-bin.tar.gz" -C target/dev || fail "Maven 3.9.11 could not be fetched."
  fi
  set_flags
  flags="$flags --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
  exec "target/dev/$maven/bin/mvn" -q -ntp quarkus:dev -DforceC2=true "-Djvm.args=$flags" -Dquarkus.analytics.disabled=true -Dspotless.check.skip=true -Dquarkus.args="serve $*"
}

# The bench is no part of the server; it is compiled when it is asked for.
run_bench() {
  classes="$here/target/bench-classes"
  if [ ! -d "$classes" ] || [ -n "$(find "$stamp" "$here/src/bench" -newer "$classes" | head -n 1)" ]; then
    rm -rf "$classes"
    find "$here/src/bench/java" -name '*.java' | sed 's/.*/"&"/' >"$here/target/bench.files"
    "$JAVA_HOME/bin/javac" -nowarn -proc:none -parameters -cp "$app" -d "$classes" "@$here/target/bench.files" || fail "the bench does not compile."
    touch "$classes"
  fi
  set_flags
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" $flags ${TALCHUM_JAVA_OPTS:-} -cp "$classes:$app" io.talchum.bench.BenchMain "$@"
}

run_package() {
  "$JAVA_HOME/bin/java" "$here/src/launcher/Release.java" "$here" "$here/target"
}
