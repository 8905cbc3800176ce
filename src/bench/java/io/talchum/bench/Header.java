package io.talchum.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What was measured, where and when.
 *
 * @param version of this program
 * @param notes by the user, such as commits
 */
record Header(
    Machine machine,
    Instant date,
    String version,
    Map<String, String> notes,
    List<Target> targets) {
  Header {
    notes = Map.copyOf(notes);
    targets = List.copyOf(targets);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s, %d cores, %s, Java %s"
            .formatted(machine.cpu(), machine.cores(), machine.system(), machine.java()));
    lines.add("%s, talchum %s".formatted(date, version));
    notes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(note -> lines.add(note.getKey() + ": " + note.getValue()));
    for (Target target : targets) {
      lines.add(
          "%s: model %s, %d adapters".formatted(target, target.model(), target.adapters().size()));
    }
    return lines;
  }
}
