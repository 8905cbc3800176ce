package io.talchum.cli;

import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelEvaluation;
import io.talchum.service.ModelRunner;
import io.talchum.service.ModelSource;
import io.talchum.service.ModelSource.Quantization;
import io.talchum.service.ModelSummary;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
    description =
        "Import a model: a Hugging Face folder (safetensors), a GGUF file, or hf:ORG/NAME of the"
            + " hub.")
final class ImportCommand implements Callable<Integer> {
  private final ProcessEnvironment process;
  private final ModelEvaluation evaluation;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Parameters(
      paramLabel = "SOURCE",
      description =
          "Hugging Face folder, GGUF file, hf:ORG/NAME[@REVISION] or hf:ORG/NAME/FILE.gguf.")
  private String source = "";

  @Option(
      names = "--name",
      paramLabel = "N",
      description = "Name of the model (default: the name of the file, folder or repository).")
  private @Nullable String name;

  @Option(
      names = "--quantization",
      paramLabel = "Q",
      description = {
        "How linears are stored (default: auto):",
        "auto: as the source has them where that can be kept, else int8, or int4 from a billion parameters on;",
        "int4: with an offset per block, both searched; int4-b32, int4-b64, int4-b128: symmetric in"
            + " blocks of so many, scale searched; int8; none: fp32."
      })
  private Quantization quantization = Quantization.AUTO;

  @Option(
      names = "--head",
      paramLabel = "Q",
      description =
          "How head and embedding are stored (default: auto; none with --quantization none).")
  private @Nullable Quantization head;

  @Option(
      names = "--embedding",
      paramLabel = "Q",
      description = "How the embedding is stored (default: as the head).")
  private @Nullable Quantization embedding;

  @Option(
      names = "--tensors",
      paramLabel = "PATTERN=Q",
      description =
          "How the matrices of some names are stored; * stands for any characters; may be repeated,"
              + " the last match counts. For example --tensors 'layers.0.*=int8'.")
  private Map<String, Quantization> tensors = new LinkedHashMap<>();

  @Option(
      names = "--report",
      description =
          "Afterwards compare with the source: errors, bytes, perplexity. Needs room for an fp32"
              + " copy of the model.")
  private boolean report;

  @Option(
      names = "--text",
      paramLabel = "F",
      description = "Text for the report's perplexity (default: a short English one).")
  private @Nullable Path text;

  @Option(
      names = "--refresh",
      description = "Ask the hub for a newer commit even if the cache has the model.")
  private boolean refresh;

  ImportCommand(ProcessEnvironment process, ModelRunner runner) {
    this.process = process;
    this.evaluation = new ModelEvaluation(runner);
  }

  @Override
  public Integer call() {
    ModelCatalog catalog = new ModelCatalog(dataDir.resolve(process));
    String measured = report || text != null ? ModelEvaluation.text(text) : "";
    try (StopSignal signal = StopSignal.listen()) {
      try {
        run(catalog, measured);
        return 0;
      } catch (RuntimeException e) {
        if (!signal.received()) {
          throw e;
        }
        process.err().println("talchum: stopped; what was not finished is removed");
        process.err().flush();
        return Failures.FAILED;
      }
    }
  }

  private void run(ModelCatalog catalog, String measured) {
    ImportSource found = ImportSource.of(source, refresh, process);
    ModelSummary imported = imported(found, catalog);
    process
        .out()
        .printf(
            "Imported %s: %s parameters, %s on disk, linears %s, head %s, %s.%nServe it: %s serve --model %s%n",
            imported.name(),
            Quantities.count(imported.parameters()),
            Quantities.bytes(imported.bytes()),
            imported.quantization(),
            imported.headQuantization(),
            imported.hash(),
            process.command(),
            imported.name());
    if (report) {
      new ReportTable(evaluation.report(found.path(), catalog.toServe(imported.name()), measured))
          .lines()
          .forEach(process.out()::println);
    }
  }

  private ModelSummary imported(ImportSource found, ModelCatalog catalog) {
    ProgressBar progress = new ProgressBar(process);
    Quantization tables = head == null ? quantization.ofTables() : head;
    try {
      return catalog.importModel(
          new ModelSource(
              found.path(),
              name == null ? found.name() : name,
              quantization,
              embedding == null ? tables : embedding,
              tables,
              tensors),
          found.origin(),
          progress);
    } finally {
      progress.end();
    }
  }
}
