package io.talchum.cli;

import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelSource;
import io.talchum.service.ModelSource.Quantization;
import io.talchum.service.ModelSummary;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a model package of a checkpoint. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = "Import a model: a Hugging Face folder (safetensors) or a GGUF file.")
final class ImportCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Parameters(paramLabel = "SOURCE", description = "Hugging Face folder or GGUF file.")
  private Path source = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "N",
      description = "Name of the model (default: the name of the file or folder).")
  private @Nullable String name;

  @Option(
      names = "--quantization",
      paramLabel = "Q",
      description = "How linears are stored: auto, int4, int8, none (default: auto).")
  private Quantization quantization = Quantization.AUTO;

  @Option(
      names = "--head",
      paramLabel = "Q",
      description = "How embedding and head are stored: auto, int4, int8, none (default: auto).")
  private Quantization head = Quantization.AUTO;

  ImportCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    ProgressBar progress = new ProgressBar(surroundings);
    ModelSummary imported;
    try {
      imported =
          new ModelCatalog(dataDir.resolve(surroundings))
              .importModel(new ModelSource(source, name, quantization, head), progress);
    } finally {
      progress.end();
    }
    surroundings
        .out()
        .printf(
            "Imported %s: %s parameters, %s on disk, linears %s, head %s, %s.%nServe it: ./talchum serve --model %s%n",
            imported.name(),
            Quantities.count(imported.parameters()),
            Quantities.bytes(imported.bytes()),
            imported.quantization(),
            imported.headQuantization(),
            imported.hash(),
            imported.name());
    return 0;
  }
}
