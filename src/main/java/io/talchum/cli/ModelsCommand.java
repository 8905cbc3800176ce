package io.talchum.cli;

import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelSummary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the imported models. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "List the imported models.")
final class ModelsCommand implements Callable<Integer> {
  private static final List<String> TITLES =
      List.of("NAME", "ARCHITECTURE", "PARAMETERS", "SIZE", "QUANTIZATION", "HASH");

  private final Surroundings surroundings;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  ModelsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Path folder = dataDir.resolve(surroundings);
    List<ModelSummary> models = new ModelCatalog(folder).list();
    if (models.isEmpty()) {
      surroundings
          .out()
          .printf(
              "No models in %s yet. ./talchum serve brings the demo model, ./talchum import SOURCE your own.%n",
              folder);
    } else {
      table(models).forEach(surroundings.out()::println);
    }
    return 0;
  }

  private static List<String> table(List<ModelSummary> models) {
    List<List<String>> rows = new ArrayList<>(List.of(TITLES));
    models.stream().map(ModelsCommand::row).forEach(rows::add);
    int[] widths = new int[TITLES.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static List<String> row(ModelSummary model) {
    String quantization =
        model.quantization().equals(model.headQuantization())
            ? model.quantization()
            : model.quantization() + ", head " + model.headQuantization();
    return List.of(
        model.name(),
        model.architecture(),
        Quantities.count(model.parameters()),
        Quantities.bytes(model.bytes()),
        quantization,
        model.hash().abbreviated());
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing();
  }
}
