package io.talchum.model.onnx.kv;

import io.talchum.core.ContentHash;
import io.talchum.core.ModelSpec;
import io.talchum.weights.pack.ModelPackage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Calibrated scales, kept in the package's folder so that only the first use measures them.
 *
 * <p>Big-endian: a hash of what they were measured with (32 bytes), then f32 keys [layers,
 * channels], then values. A file of another hash or size counts as missing.
 */
public final class KvScalesFile {
  private static final String NAME = "kv-scales.bin";
  private static final int HASH_BYTES = 32;

  private final ModelSpec spec;
  private final Path file;
  private final byte[] hash;

  /**
   * @param sequences what a calibration of this package reads
   */
  public KvScalesFile(ModelPackage weights, List<int[]> sequences) {
    this.spec = weights.manifest().spec();
    this.file = weights.directory().resolve(NAME);
    MessageDigest digest = ContentHash.newDigest();
    digest.update(weights.manifest().contentHash().getBytes(StandardCharsets.UTF_8));
    digest.update(ByteBuffer.allocate(Float.BYTES).putFloat(0, KvScales.MARGIN));
    for (int[] sequence : sequences) {
      ByteBuffer ids = ByteBuffer.allocate((sequence.length + 1) * Integer.BYTES);
      ids.putInt(sequence.length).asIntBuffer().put(sequence);
      digest.update(ids.rewind());
    }
    this.hash = digest.digest();
  }

  /** What an earlier calibration wrote; empty if there is none that fits. */
  public Optional<KvScales> read() {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) != bytes()) {
        return Optional.empty();
      }
      ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
      byte[] measured = new byte[HASH_BYTES];
      content.get(measured);
      KvScales scales = new KvScales(layers(content), layers(content));
      return Arrays.equals(measured, hash) && scales.fit(spec)
          ? Optional.of(scales)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Replaces the file in one step.
   *
   * @throws IOException if the folder cannot be written
   */
  public void write(KvScales scales) throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) bytes()).put(hash);
    scales.keys().forEach(layer -> put(content, layer));
    scales.values().forEach(layer -> put(content, layer));
    Path fresh = Files.createTempFile(file.getParent(), ".kv-scales", "");
    try {
      Files.write(fresh, content.array());
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private long bytes() {
    return HASH_BYTES + 2L * spec.layers() * channels() * Float.BYTES;
  }

  private int channels() {
    return spec.kvHeads() * spec.headDim();
  }

  private static void put(ByteBuffer content, float[] layer) {
    for (float scale : layer) {
      content.putFloat(scale);
    }
  }

  private List<float[]> layers(ByteBuffer content) {
    List<float[]> layers = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      float[] scales = new float[channels()];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = content.getFloat();
      }
      layers.add(scales);
    }
    return layers;
  }
}
