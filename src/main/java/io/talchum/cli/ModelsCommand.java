package io.talchum.cli;

import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelSummary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the imported models; {@code remove} is a command of its own below it. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "List the imported models, or remove one.")
final class ModelsCommand implements Callable<Integer> {
  private final ProcessEnvironment process;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  ModelsCommand(ProcessEnvironment process) {
    this.process = process;
  }

  DataDirOption dataDir() {
    return dataDir;
  }

  @Override
  public Integer call() {
    Path folder = dataDir.resolve(process);
    ModelCatalog catalog = new ModelCatalog(folder);
    List<ModelSummary> models = catalog.list();
    Map<String, String> unusable = catalog.unusable();
    if (models.isEmpty() && unusable.isEmpty()) {
      process
          .out()
          .printf(
              "No models in %s yet. %s serve brings the demo model, %s import SOURCE your own.%n",
              folder, process.command(), process.command());
      return 0;
    }
    if (!models.isEmpty()) {
      table(models).lines().forEach(process.out()::println);
    }
    unusable.forEach((name, reason) -> process.out().printf("%s: %s%n", name, reason));
    return 0;
  }

  private static TextTable table(List<ModelSummary> models) {
    TextTable table =
        new TextTable("NAME", "ARCHITECTURE", "PARAMETERS", "SIZE", "QUANTIZATION", "HASH");
    for (ModelSummary model : models) {
      String quantization =
          model.quantization().equals(model.headQuantization())
              ? model.quantization()
              : model.quantization() + ", head " + model.headQuantization();
      table.add(
          model.name(),
          model.architecture(),
          Quantities.count(model.parameters()),
          Quantities.bytes(model.bytes()),
          quantization,
          model.hash().abbreviated());
    }
    return table;
  }
}
