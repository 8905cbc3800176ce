package io.talchum.cli;

import io.talchum.service.ModelCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Removes a model package, without asking. */
@Command(
    name = "remove",
    mixinStandardHelpOptions = true,
    description = "Remove an imported model, without asking. Its adapters stay.")
final class RemoveModelCommand implements Callable<Integer> {
  private final ProcessEnvironment process;

  @ParentCommand private @Nullable ModelsCommand models;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Parameters(paramLabel = "NAME", description = "Name of the model, as './talchum models' has it.")
  private String name = "";

  RemoveModelCommand(ProcessEnvironment process) {
    this.process = process;
  }

  @Override
  public Integer call() {
    DataDirOption said = models == null || dataDir.isGiven() ? dataDir : models.dataDir();
    ModelCatalog catalog = new ModelCatalog(said.resolve(process));
    long bytes = catalog.remove(name);
    process.out().printf("Removed %s: %s.%n", name, Quantities.bytes(bytes));
    Path adapters = catalog.adaptersOf(name);
    if (Files.exists(adapters)) {
      process.out().printf("Its adapters stay in %s.%n", adapters);
    }
    return 0;
  }
}
