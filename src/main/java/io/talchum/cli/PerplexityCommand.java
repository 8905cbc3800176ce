package io.talchum.cli;

import io.talchum.core.KvFormat;
import io.talchum.core.NumberFormats;
import io.talchum.core.ProductPrecision;
import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelEvaluation;
import io.talchum.service.ModelRunner;
import io.talchum.service.Perplexity;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures how well a model predicts a text. */
@Command(
    name = "perplexity",
    mixinStandardHelpOptions = true,
    description = "Measure how well a model predicts a text; lower is better.")
final class PerplexityCommand implements Callable<Integer> {
  private final ProcessEnvironment process;
  private final ModelEvaluation evaluation;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Option(
      names = "--model",
      paramLabel = "N",
      description = "Name or folder of the model (default: the only one imported, or the demo).")
  private @Nullable String model;

  @Option(
      names = "--text",
      paramLabel = "F",
      description = "UTF-8 text file (default: a short English text of this program).")
  private @Nullable Path text;

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "Tokens per window (default: "
              + ModelEvaluation.DEFAULT_CONTEXT_TOKENS
              + " or the model's context if that is less).")
  private int context;

  @Option(
      names = "--kv",
      paramLabel = "F",
      description = "How the KV cache keeps its numbers: fp32 or int8 (default: fp32).")
  private String kv = KvFormat.FP32.text();

  @Option(
      names = "--products",
      paramLabel = "P",
      description =
          "How exactly quantized matrices are multiplied: auto, exact, int16 or int8 (default: auto).")
  private String products = ProductPrecision.AUTO.text();

  PerplexityCommand(ProcessEnvironment process, ModelRunner runner) {
    this.process = process;
    this.evaluation = new ModelEvaluation(runner);
  }

  @Override
  public Integer call() {
    Path folder = new ModelCatalog(dataDir.resolve(process)).toServe(model);
    Perplexity measured =
        evaluation.perplexity(
            folder,
            ModelEvaluation.text(text),
            context,
            new NumberFormats(KvFormat.parse(kv), ProductPrecision.parse(products)));
    process.out().println(describe(measured));
    return 0;
  }

  /** One line. */
  static String describe(Perplexity measured) {
    return String.format(
        Locale.ROOT,
        "perplexity %.4f over %d tokens in windows of %d (%.4f bits per byte)",
        measured.value(),
        measured.tokens(),
        measured.contextTokens(),
        measured.bitsPerByte());
  }
}
