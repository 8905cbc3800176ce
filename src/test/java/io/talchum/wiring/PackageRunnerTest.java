package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.talchum.core.KvFormat;
import io.talchum.core.NumberFormats;
import io.talchum.core.ProductPrecision;
import io.talchum.core.ServeException;
import io.talchum.service.ImportProgress;
import io.talchum.service.ImportReport;
import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelEvaluation;
import io.talchum.service.ModelSource;
import io.talchum.service.ModelSource.Quantization;
import io.talchum.service.Perplexity;
import io.talchum.service.RunningModel;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageRunnerTest {
  private static final String TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(6);

  private final ModelEvaluation evaluation = new ModelEvaluation(new PackageRunner());
  @TempDir private Path dataDir;

  private Path imported(ModelSource source) {
    ModelCatalog catalog = new ModelCatalog(dataDir);
    return catalog.toServe(catalog.importModel(source, ImportProgress.NONE).name());
  }

  private static ModelSource source(Quantization linears, Quantization tables) {
    return new ModelSource(Fixtures.path("models/llama_tied"), null, linears, tables);
  }

  @Test
  void anInt8CacheIsCalibratedOnceAndCostsLittle() throws IOException {
    Path folder = imported(source(Quantization.NONE, Quantization.NONE));
    double plain = evaluation.perplexity(folder, TEXT, 128, NumberFormats.EXACT).nats();
    assertThat(folder.resolve("kv-scales.bin")).doesNotExist();
    double int8 =
        evaluation
            .perplexity(folder, TEXT, 128, new NumberFormats(KvFormat.INT8, ProductPrecision.EXACT))
            .nats();
    assertThat(int8).isNotEqualTo(plain).isCloseTo(plain, within(0.02 * plain));
    Object written = Files.readAttributes(folder.resolve("kv-scales.bin"), "fileKey");
    assertThat(
            evaluation
                .perplexity(
                    folder, TEXT, 128, new NumberFormats(KvFormat.INT8, ProductPrecision.EXACT))
                .nats())
        .isEqualTo(int8);
    assertThat((Object) Files.readAttributes(folder.resolve("kv-scales.bin"), "fileKey"))
        .isEqualTo(written);
  }

  /** Windows that fit in one context are predicted as one, whatever the pieces. */
  @Test
  void perplexityIsThatOfTheTokensLogProbabilities() {
    Path folder = imported(source(Quantization.NONE, Quantization.NONE));
    try (RunningModel model = new PackageRunner().open(folder, 128, NumberFormats.EXACT)) {
      int[] ids = model.tokenizer().encode(TEXT, false, false);
      assertThat(ids.length).isBetween(100, 400);
      Perplexity cut = Perplexity.of(model, TEXT);
      int windows = Math.ceilDiv(ids.length, 128);
      assertThat(cut.tokens()).isEqualTo(ids.length - windows);
      assertThat(cut.contextTokens()).isEqualTo(128);
      assertThat(cut.bytes()).isEqualTo(TEXT.length());
      double nats = 0;
      for (int from = 0; from < ids.length; from += 128) {
        String part =
            model
                .tokenizer()
                .decode(
                    java.util.Arrays.copyOfRange(ids, from, Math.min(ids.length, from + 128)),
                    false);
        nats += Perplexity.of(model, part).nats();
      }
      assertThat(cut.nats()).isCloseTo(nats, within(1e-3));
      assertThat(cut.value()).isCloseTo(Math.exp(nats / cut.tokens()), within(1e-3));
    }
  }

  @Test
  void aPackageThatKeepsItsNumbersLosesNothing() throws Exception {
    ModelSource source = source(Quantization.NONE, Quantization.NONE);
    Path folder = imported(source);
    ImportReport report = evaluation.report(source.path(), folder, TEXT);
    assertThat(report.matrices()).allSatisfy(matrix -> assertThat(matrix.maxError()).isZero());
    assertThat(report.perplexityGrowth()).isCloseTo(0, within(1e-4));
    try (Stream<Path> left = Files.list(dataDir.resolve("models"))) {
      assertThat(left.map(Path::getFileName).map(Path::toString)).containsExactly("llama_tied");
    }
  }

  @Test
  void theReportSaysWhatQuantizationCost() {
    ModelSource source =
        new ModelSource(
            Fixtures.path("models/llama_tied"),
            "mixed",
            Quantization.INT4_BLOCK_64,
            Quantization.INT8,
            Quantization.INT8,
            Map.of("layers.0.*", Quantization.INT8));
    ImportReport report = evaluation.report(source.path(), imported(source), TEXT);
    assertThat(report.matrices())
        .allSatisfy(
            matrix -> {
              boolean eight =
                  matrix.name().equals("embed") || matrix.name().startsWith("layers.0.");
              assertThat(matrix.format()).isEqualTo(eight ? "int8" : "int4/64");
              assertThat(matrix.relativeError()).isBetween(eight ? 1e-3 : 0.05, eight ? 0.01 : 0.2);
              assertThat(matrix.bytes()).isLessThan(matrix.sourceBytes() / 3);
            });
    assertThat(report.after().tokens()).isEqualTo(report.before().tokens());
  }

  @Test
  void refusesWhatCannotBeMeasured() {
    Path folder = imported(source(Quantization.AUTO, Quantization.AUTO));
    assertThatThrownBy(() -> evaluation.perplexity(folder, TEXT, 1, NumberFormats.EXACT))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("context is 1");
    assertThatThrownBy(() -> evaluation.perplexity(folder, TEXT, 1 << 20, NumberFormats.EXACT))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("context 1048576 is not in 1..");
    assertThatThrownBy(() -> evaluation.perplexity(folder, "", 64, NumberFormats.EXACT))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("the text has 0 tokens");
  }
}
