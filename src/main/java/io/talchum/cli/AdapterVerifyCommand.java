package io.talchum.cli;

import io.talchum.service.AdapterCheck;
import io.talchum.service.AdapterReport;
import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelRunner;
import io.talchum.service.ModuleChange;
import io.talchum.service.SelfTestCard;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what an adapter folder is, whether it fits a model, and tries it. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Say what an adapter is and does, whether it fits a model, and try it.")
final class AdapterVerifyCommand implements Callable<Integer> {
  private final ProcessEnvironment process;
  private final AdapterCheck check;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Parameters(paramLabel = "DIR", description = "The adapter's folder.")
  private Path folder = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "N",
      description = "Name or folder of the model (default: the only one imported, or the demo).")
  private @Nullable String model;

  AdapterVerifyCommand(ProcessEnvironment process, ModelRunner runner) {
    this.process = process;
    this.check = new AdapterCheck(runner, InstantSource.system());
  }

  @Override
  public Integer call() {
    Path base = new ModelCatalog(dataDir.resolve(process)).toServe(model);
    lines(check.report(folder, base)).forEach(process.out()::println);
    return 0;
  }

  static List<String> lines(AdapterReport report) {
    List<String> lines = new ArrayList<>();
    lines.add("adapter    " + report.name() + ": " + report.kind());
    lines.add("version    " + report.version());
    lines.add("base       " + report.base() + ": fits, by its shapes");
    lines.add(
        "memory     "
            + Quantities.bytes(report.residentBytes())
            + " loaded, "
            + Quantities.bytes(report.tensorBytes())
            + " of tensors in the file");
    lines.add("graph      " + graph(report));
    List<String> primitives = new ArrayList<>();
    new TreeMap<>(report.primitives()).forEach((name, count) -> primitives.add(count + " " + name));
    lines.add("primitives " + String.join(", ", primitives));
    lines.add("self-test  " + describe(report.selfTest()));
    if (!report.changes().isEmpty()) {
      TextTable table = new TextTable("MODULE", "RANK", "CHANGE", "BY");
      for (ModuleChange change : report.changes()) {
        table.add(
            change.path(),
            change.rank() == 0 ? "" : Integer.toString(change.rank()),
            String.format(Locale.ROOT, "%.4f", change.relative()),
            String.join(", ", change.primitives()));
      }
      lines.add("");
      lines.addAll(table.lines());
      lines.add("CHANGE: length of the weight's change over the length of the weight.");
    }
    return lines;
  }

  private static String graph(AdapterReport report) {
    String graph = report.needsExtendedGraph() ? "the extended one" : "the base's";
    return report.virtualTokens() == 0
        ? graph
        : graph + "; takes " + report.virtualTokens() + " positions of the context";
  }

  private static String describe(SelfTestCard test) {
    return String.format(
        Locale.ROOT,
        "finite; logits of length %.4g change by %.4g, one by %.4g at most",
        test.baseNorm(),
        test.norm(),
        test.largest());
  }
}
