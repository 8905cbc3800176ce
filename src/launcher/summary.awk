# Makes a readable summary of Maven's output: what fails as it fails, at the end a line for each group of tests.
function stage(text) {
  if (text != last) print text " ..."
  last = text
  fflush()
}
function group_of(name, parts) {
  if (run == "packaged-tests") return "packaged"
  if (run == "shared-tests") return "shared"
  if (run == "default-cli") return "chosen"
  return split(name, parts, ".") > 3 ? parts[3] : "gates"
}
function number_after(word, text) {
  text = $0
  if (!sub(".*" word ": *", "", text)) return 0
  sub("[^0-9.].*", "", text)
  return text + 0
}

# Maven ends with codes of colours and no end of line, also where it has no terminal.
/\033/ { gsub(/\033\[[0-9;]*m/, "") }
# Maven 3.8 names a plugin maven-surefire-plugin, 3.9 surefire.
/^\[INFO\] --- / { sub(/maven-/, ""); sub(/-plugin/, "") }

/^\[INFO\] --- spotless:/ { stage("format") }
/^\[INFO\] --- compiler:[^:]*:compile/ { stage("compile") }
/^\[INFO\] --- compiler:[^:]*:testCompile/ { stage("compile the tests") }
/^\[INFO\] --- quarkus:[^:]*:build/ { stage("package") }
/^\[INFO\] --- surefire:/ {
  run = $0
  sub(/.*\(/, "", run)
  sub(/\).*/, "", run)
  stage(run == "packaged-tests" ? "tests of the packaged program" : run == "shared-tests" ? "tests that read ../shared" : run == "api-tests" ? "tests in a running server" : "tests")
}

# One class.
/Tests run: .* in [A-Za-z0-9_.$]+$/ {
  group = group_of($NF)
  if (!(group in tests)) order[++groups] = group
  tests[group] += number_after("Tests run")
  failed[group] += number_after("Failures") + number_after("Errors")
  skipped[group] += number_after("Skipped")
  seconds[group] += number_after("Time elapsed")
}

# What failed: its message and the beginning of its trace.
/<<< (FAILURE|ERROR)!$/ { shown = 15 }
/^$/ { shown = 0 }
shown > 0 { shown--; print; fflush(); next }
/^\[ERROR\]/ && !/Tests run: / && !/\[Help 1\]|re-run Maven|Re-run Maven|For more information|^\[ERROR\] *$/ { print; fflush() }
/^talchum: / && !/^talchum: all ran$/ { print }
/^talchum: all ran$/ { complete = 1 }

END {
  if (groups > 0) printf "\n%-14s %7s %7s %9s  %s\n", "group", "tests", "failed", "seconds", "result"
  for (i = 1; i <= groups; i++) {
    g = order[i]
    printf "%-14s %7d %7d %9.1f  %s\n", g, tests[g], failed[g], seconds[g], failed[g] ? "FAILED" : skipped[g] ? skipped[g] " skipped" : "ok"
    all += tests[g] - skipped[g]
    bad += failed[g]
  }
  print "\nDetails: target/test.log, target/surefire-reports"
  if (!complete) print "NOT ALL RAN: the first failure ended it"
  if (groups > 0) printf "%d passed, %d failed\n", all - bad, bad
  exit !complete || bad > 0
}
