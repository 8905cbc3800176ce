package io.talchum.bench;

import io.talchum.cli.TextTable;
import io.talchum.bench.Experiment.Arm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Tables for people. */
final class Report {
  private static final String UNKNOWN = "unknown";

  private Report() {}

  /** One experiment: a row per figure, a column per arm, then the first arm by each other. */
  static List<String> table(Summary summary) {
    Experiment experiment = summary.experiment();
    List<Arm> arms = experiment.arms();
    TextTable rows = new TextTable(titles(arms));
    for (Figure figure : Figure.values()) {
      if (arms.stream().anyMatch(arm -> summary.spread(arm, figure).isPresent())) {
        rows.add(row(summary, figure));
      }
    }
    rows.add(row("server CPU, ms per token", arms, summary::cpuMillisPerToken, 1));
    rows.add(row("foreign CPU, %", arms, summary::foreignCpu, 100));
    List<String> lines = new ArrayList<>();
    lines.add(title(summary));
    lines.addAll(rows.lines());
    return lines;
  }

  private static String title(Summary summary) {
    Experiment experiment = summary.experiment();
    Arm first = experiment.arms().getFirst();
    return "%s: %s; %d rounds"
        .formatted(experiment.name(), first.workload().inWords(), summary.roundsOf(first).size());
  }

  private static List<String> titles(List<Arm> arms) {
    List<String> titles = new ArrayList<>(List.of(""));
    arms.forEach(arm -> titles.add(arm.label()));
    arms.stream().skip(1).forEach(arm -> titles.add("by " + arm.label()));
    return titles;
  }

  private static List<String> row(Summary summary, Figure figure) {
    List<Arm> arms = summary.experiment().arms();
    String mark = summary.experiment().headline() == figure ? "* " : "  ";
    List<String> row = new ArrayList<>(List.of(mark + figure.title() + ", " + figure.unit()));
    for (Arm arm : arms) {
      row.add(summary.spread(arm, figure).map(spread -> text(spread, 1)).orElse("-"));
    }
    for (Arm arm : arms.subList(1, arms.size())) {
      row.add(summary.ratio(arm, figure).map(Report::text).orElse("-"));
    }
    return row;
  }

  private static List<String> row(
      String title,
      List<Arm> arms,
      java.util.function.Function<Arm, Optional<Spread>> value,
      double factor) {
    List<String> row = new ArrayList<>(List.of("  " + title));
    for (Arm arm : arms) {
      row.add(value.apply(arm).map(spread -> text(spread, factor)).orElse(UNKNOWN));
    }
    for (int i = 1; i < arms.size(); i++) {
      row.add("");
    }
    return row;
  }

  /** For example {@code 83.1 (80.2..84.0)}. */
  private static String text(Spread spread, double factor) {
    return "%s (%s..%s)"
        .formatted(
            number(spread.median() * factor),
            number(spread.min() * factor),
            number(spread.max() * factor));
  }

  private static String text(Summary.Ratio ratio) {
    return String.format(
        Locale.ROOT,
        "%.2fx (%.2f..%.2f)",
        ratio.ofMedians(),
        ratio.pairs().min(),
        ratio.pairs().max());
  }

  private static String number(double value) {
    double size = Math.abs(value);
    return String.format(Locale.ROOT, size < 10 ? "%.2f" : size < 1000 ? "%.1f" : "%.0f", value);
  }
}
