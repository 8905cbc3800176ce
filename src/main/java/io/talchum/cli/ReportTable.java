package io.talchum.cli;

import io.talchum.service.ImportReport;
import io.talchum.service.ImportReport.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An import's report as text. */
record ReportTable(ImportReport report) {
  List<String> lines() {
    TextTable table =
        new TextTable("MATRIX", "SOURCE", "STORED", "BYTES BEFORE", "AFTER", "ERROR", "LARGEST");
    for (Matrix matrix : report.matrices()) {
      table.add(
          matrix.name(),
          matrix.sourceType(),
          matrix.format(),
          Quantities.bytes(matrix.sourceBytes()),
          Quantities.bytes(matrix.bytes()),
          error(matrix.relativeError()),
          error(matrix.maxError()));
    }
    table.add(
        "all",
        "",
        "",
        Quantities.bytes(report.sourceBytes()),
        Quantities.bytes(report.bytes()),
        "",
        "");
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("ERROR: root of (squared differences / squared weights); LARGEST: of one weight.");
    lines.add("Source, in fp32:    " + PerplexityCommand.describe(report.before()));
    lines.add("Package, as served: " + PerplexityCommand.describe(report.after()));
    lines.add(String.format(Locale.ROOT, "Perplexity %+.2f %%", 100 * report.perplexityGrowth()));
    return lines;
  }

  private static String error(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }
}
