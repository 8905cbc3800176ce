package io.talchum.adapter.peft;

import io.talchum.adapter.LowRankDelta;
import io.talchum.core.ContentHash;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.weights.SafetensorsFile;
import io.talchum.weights.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the tensors of one adapter, one at a time, and hashes exactly the bytes that it read. The
 * hash is over, for each module in the order in which it runs, the scale in force and the name,
 * type, shape and bytes of A and B: what the adapter computes, whatever its folder, name or unused
 * options say.
 */
final class PairLoader {
  private static final String FORMAT = "talchum adapter 1 " + PeftKinds.SERVED;

  private final SafetensorsFile tensors;
  private final MessageDigest digest = ContentHash.newDigest();

  PairLoader(SafetensorsFile tensors) {
    this.tensors = tensors;
    text(FORMAT);
  }

  /** Reads a pair, one delta for each linear of its module; the scale stays apart. */
  List<LowRankDelta> load(LoraPair pair, ModelSpec base) {
    number(Float.floatToIntBits(pair.scale()));
    float[] a = read(pair.a());
    float[] b = read(pair.b());
    requireFinite(pair.a(), a, 1);
    requireFinite(pair.b(), b, 1);
    requireFinite(pair.b(), b, pair.scale());
    List<LowRankDelta> deltas = new ArrayList<>();
    int first = 0;
    for (Linear linear : pair.module().module().linears()) {
      int end = first + base.outputSize(linear) * pair.rank();
      deltas.add(
          new LowRankDelta(
              pair.module().layer(),
              linear,
              pair.rank(),
              pair.scale(),
              a,
              Arrays.copyOfRange(b, first, end)));
      first = end;
    }
    return deltas;
  }

  /** The version; call once, after the last pair. */
  ContentHash hash() {
    return ContentHash.of(digest);
  }

  private float[] read(TensorInfo tensor) {
    text(tensor.name());
    text(tensor.dtype().name());
    tensor.shape().forEach(this::number);
    byte[] bytes = tensors.data(tensor.name()).toArray(ValueLayout.JAVA_BYTE);
    number(bytes.length);
    digest.update(bytes);
    float[] values = new float[(int) tensor.elements()];
    tensor.dtype().readFloats(MemorySegment.ofArray(bytes), 0, values, 0, values.length);
    return values;
  }

  private static void requireFinite(TensorInfo tensor, float[] values, float scale) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i] * scale)) {
        throw LoraPair.refuse(
            "tensor "
                + tensor.name()
                + " has a value that is not a finite number (NaN or infinite) at index "
                + i
                + (scale == 1 ? "" : ", after scaling by " + scale));
      }
    }
  }

  /** Length first, so that no two sequences of texts look the same. */
  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(bytes.length);
    digest.update(bytes);
  }

  private void number(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }
}
