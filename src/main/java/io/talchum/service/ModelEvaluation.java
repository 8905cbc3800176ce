package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.NumberFormats;
import io.talchum.core.ServeException;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ProgressListener;
import io.talchum.weights.pack.Staging;
import io.talchum.weights.pack.TensorReport;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Measures how well models predict a text. */
public final class ModelEvaluation {
  /** Windows where no context is asked for. */
  public static final int DEFAULT_CONTEXT_TOKENS = 1024;

  private static final long MAX_TEXT_BYTES = 64L << 20;
  private static final String OWN_TEXT = "/eval/text.txt";

  private final ModelRunner runner;

  public ModelEvaluation(ModelRunner runner) {
    this.runner = runner;
  }

  /**
   * Of a package, as it is served.
   *
   * @param contextTokens at least 2; 0 is {@value #DEFAULT_CONTEXT_TOKENS} or the model's if that
   *     is less
   * @throws ServeException INVALID_REQUEST if the model has no such context, or the text is too
   *     short
   */
  public Perplexity perplexity(
      Path packageFolder, String text, int contextTokens, NumberFormats numbers) {
    if (contextTokens < 0 || contextTokens == 1) {
      throw ServeException.invalid(
          "context", "context is %d; it must be at least 2".formatted(contextTokens));
    }
    return run(packageFolder, text, contextTokens, numbers);
  }

  /**
   * Compares a package that was just imported with its source. Needs room for an fp32 copy of the
   * model, in the folder of the packages and in memory.
   */
  public ImportReport report(Path source, Path packageFolder, String text) {
    List<ImportReport.Matrix> matrices =
        new ModelImporter()
            .compare(source, packageFolder).stream().map(ModelEvaluation::matrix).toList();
    Path models = packageFolder.toAbsolutePath().getParent();
    if (models == null) {
      throw new IllegalArgumentException(packageFolder + " is no package");
    }
    return new ImportReport(
        matrices, ofSource(source, models, text), run(packageFolder, text, 0, NumberFormats.EXACT));
  }

  private static ImportReport.Matrix matrix(TensorReport tensor) {
    return new ImportReport.Matrix(
        tensor.name(),
        tensor.sourceType(),
        tensor.format(),
        tensor.weights(),
        tensor.sourceBytes(),
        tensor.bytes(),
        tensor.relativeError(),
        tensor.maxError());
  }

  private Perplexity ofSource(Path source, Path models, String text) {
    try (Staging staging = Staging.open(models)) {
      ImportRequest plain =
          ImportRequest.of(source, "source").quantized(Quantization.NONE, Quantization.NONE);
      Path copy = new ModelImporter().run(plain, staging.directory(), ProgressListener.NONE);
      return run(copy, text, 0, NumberFormats.EXACT);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL, "no fp32 copy of the model can be written to measure it: " + e, e);
    }
  }

  private Perplexity run(Path folder, String text, int contextTokens, NumberFormats numbers) {
    try (RunningModel model = runner.open(folder, contextTokens, numbers)) {
      return Perplexity.of(model, text);
    }
  }

  /**
   * The text to measure with.
   *
   * @param file UTF-8, at most 64 MiB; null is a short English text of this program
   * @throws ServeException INVALID_REQUEST if it cannot be read
   */
  public static String text(@Nullable Path file) {
    try {
      return file == null ? ownText() : read(file);
    } catch (CharacterCodingException e) {
      throw ServeException.invalid("text", "%s is not UTF-8 text".formatted(file));
    } catch (IOException e) {
      throw ServeException.invalid("text", "%s cannot be read: %s".formatted(file, e));
    }
  }

  private static String read(Path file) throws IOException {
    long bytes = Files.size(file);
    if (bytes > MAX_TEXT_BYTES) {
      throw ServeException.invalid(
          "text", "%s has %d bytes; at most %d are read".formatted(file, bytes, MAX_TEXT_BYTES));
    }
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
        .toString();
  }

  private static String ownText() throws IOException {
    try (InputStream in = ModelEvaluation.class.getResourceAsStream(OWN_TEXT)) {
      if (in == null) {
        throw new UncheckedIOException(new IOException(OWN_TEXT + " is not in the program"));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
