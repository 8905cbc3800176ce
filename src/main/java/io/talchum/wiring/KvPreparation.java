package io.talchum.wiring;

import io.talchum.core.KvFormat;
import io.talchum.model.onnx.KvCalibration;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.KvScalesFile;
import io.talchum.text.Tokenizer;
import io.talchum.weights.pack.ModelPackage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/** The scales of a package's int8 KV cache: from its folder, or measured and left there. */
final class KvPreparation {
  private static final String TEXT = "/kv/calibration.txt";

  /** How much of the text is read again without a beginning token, as completions may be. */
  private static final int BARE_TOKENS = 64;

  private static final Logger LOG = Logger.getLogger("io.talchum");

  private KvPreparation() {}

  static KvScales scales(ModelPackage weights, Tokenizer tokenizer, KvFormat format, int threads) {
    return switch (format) {
      case FP32 -> KvScales.NONE;
      case INT8 -> calibrated(weights, tokenizer, threads);
    };
  }

  private static KvScales calibrated(ModelPackage weights, Tokenizer tokenizer, int threads) {
    List<int[]> sequences = sequences(weights, tokenizer);
    KvScalesFile file = new KvScalesFile(weights, sequences);
    return file.read().orElseGet(() -> measured(weights, sequences, file, threads));
  }

  private static KvScales measured(
      ModelPackage weights, List<int[]> sequences, KvScalesFile file, int threads) {
    LOG.info("measuring the scales of the int8 KV cache; they are kept in the model's folder");
    KvScales scales = KvCalibration.run(weights, sequences, threads);
    try {
      file.write(scales);
    } catch (IOException e) {
      LOG.warnf("the scales cannot be kept, so every start measures them: %s", e);
    }
    return scales;
  }

  private static List<int[]> sequences(ModelPackage weights, Tokenizer tokenizer) {
    int vocabulary = weights.manifest().spec().vocabSize();
    String text = text();
    int[] bare = known(tokenizer.encode(text, false, false), vocabulary);
    int[] whole = known(tokenizer.encode(text, true, false), vocabulary);
    int begin = weights.manifest().bosTokenId();
    int[] start = begin < 0 || whole[0] == begin ? new int[0] : new int[] {begin};
    return List.of(
        IntStream.concat(Arrays.stream(start), Arrays.stream(whole)).toArray(),
        Arrays.copyOf(bare, Math.min(bare.length, BARE_TOKENS)));
  }

  /** Some tokenizers know more tokens than their model. */
  private static int[] known(int[] ids, int vocabulary) {
    return Arrays.stream(ids).filter(id -> id < vocabulary).toArray();
  }

  private static String text() {
    try (InputStream in = KvPreparation.class.getResourceAsStream(TEXT)) {
      if (in == null) {
        throw new UncheckedIOException(new IOException(TEXT + " is not in the program"));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
