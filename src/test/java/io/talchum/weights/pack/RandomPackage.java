package io.talchum.weights.pack;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.weights.quantize.Encoding;
import io.talchum.weights.quantize.QuantizationRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Model packages of real models' exact shapes with random weights, for measurements of speed. They
 * have no tokenizer.
 */
public final class RandomPackage {
  private static final int BLOCK = 32;
  private static final int NOISE_BYTES = 16 << 20;

  private final FileChannel file;
  private final byte[] noise = new byte[NOISE_BYTES];
  private final List<PackedTensor> tensors = new ArrayList<>();
  private long position;

  private RandomPackage(FileChannel file) {
    this.file = file;
    new SplittableRandom(1).nextBytes(noise);
  }

  /** The shapes by name. */
  public static Map<String, ModelSpec> shapes() {
    Map<String, ModelSpec> shapes = new LinkedHashMap<>();
    shapes.put("tiny", spec(512, 256, 2, 4, 2, 64, 512, 1e4, false));
    shapes.put("qwen2.5-0.5b", spec(151_936, 896, 24, 14, 2, 64, 4864, 1e6, true));
    shapes.put("smollm2-1.7b", spec(49_152, 2048, 24, 32, 32, 64, 8192, 1.3e5, true));
    shapes.put("llama-3.1-8b", spec(128_256, 4096, 32, 32, 8, 128, 14_336, 5e5, false));
    return shapes;
  }

  private static ModelSpec spec(
      int vocab,
      int hidden,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      int intermediate,
      double theta,
      boolean tied) {
    List<Double> frequencies =
        IntStream.range(0, headDim / 2).mapToObj(i -> Math.pow(theta, -2.0 * i / headDim)).toList();
    return new ModelSpec(
        "LlamaForCausalLM",
        vocab,
        hidden,
        layers,
        heads,
        kvHeads,
        headDim,
        intermediate,
        8192,
        1e-5f,
        new RopeSpec(frequencies, 1),
        Set.of(),
        tied);
  }

  /** The package in this folder, written if it is not there. */
  public static Path in(Path folder, String name, ModelSpec spec, Encoding linears)
      throws IOException {
    Path known = folder.resolve(name + "-" + linears.label());
    return Files.exists(known.resolve(PackageFiles.MANIFEST)) // written last
        ? known
        : write(name, spec, linears, folder);
  }

  /**
   * Writes a package.
   *
   * @param linears what the linears are; embedding and head become int8
   */
  public static Path write(String name, ModelSpec spec, Encoding linears, Path folder)
      throws IOException {
    Path directory = Files.createDirectories(folder.resolve(name + "-" + linears.label()));
    Path weights = directory.resolve(PackageFiles.WEIGHTS);
    RandomPackage written;
    try (FileChannel channel =
        FileChannel.open(
            weights,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      written = new RandomPackage(channel);
      written.model(spec, linears);
    }
    PackageManifest manifest =
        new PackageManifest(
            PackageCheck.FORMAT_VERSION,
            name,
            "random",
            "",
            spec,
            linears.label(),
            Encoding.INT8.label(),
            QuantizationRules.AUTO,
            written.tensors.stream().mapToLong(t -> (long) t.rows() * t.columns()).sum(),
            -1,
            List.of(0),
            -1,
            "0".repeat(64),
            written.tensors);
    Files.writeString(directory.resolve(PackageFiles.MANIFEST), PackageFiles.toJson(manifest));
    return directory;
  }

  private void model(ModelSpec spec, Encoding linears) throws IOException {
    matrix("embed", Encoding.INT8, spec.vocabSize(), spec.hiddenSize());
    if (!spec.tiedHead()) {
      matrix("head", Encoding.INT8, spec.vocabSize(), spec.hiddenSize());
    }
    ones("norm", spec.hiddenSize());
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      ones(prefix + "input_norm", spec.hiddenSize());
      ones(prefix + "mlp_input_norm", spec.hiddenSize());
      int qkv = spec.outputSize(Linear.Q) + spec.outputSize(Linear.K) + spec.outputSize(Linear.V);
      matrix(prefix + "qkv", linears, qkv, spec.hiddenSize());
      matrix(prefix + "o", linears, spec.hiddenSize(), spec.inputSize(Linear.O));
      matrix(prefix + "gate_up", linears, 2 * spec.intermediateSize(), spec.hiddenSize());
      matrix(prefix + "down", linears, spec.hiddenSize(), spec.intermediateSize());
    }
  }

  /** Weights of about 1 / sqrt(columns), so that numbers stay in fp16's range. */
  private void matrix(String name, Encoding encoding, int rows, int columns) throws IOException {
    Map<String, PackedTensor.Part> parts = new LinkedHashMap<>();
    if (encoding == Encoding.F32) {
      throw new IllegalArgumentException("only quantized matrices are random");
    }
    long blocks = (long) rows * (columns / BLOCK);
    parts.put("quants", noise(blocks * encoding.quantBytes(BLOCK)));
    float scale = (float) (1 / Math.sqrt(columns)) / (encoding.bits() == 4 ? 4.6f : 74);
    parts.put("scales", constant(blocks, scale));
    if (encoding.hasOffsets()) {
      parts.put("offsets", constant(blocks, scale / 2));
    }
    tensors.add(new PackedTensor(name, encoding, rows, columns, BLOCK, parts));
  }

  private void ones(String name, int size) throws IOException {
    tensors.add(
        new PackedTensor(name, Encoding.F32, size, 1, 0, Map.of("weight", constant(size, 1))));
  }

  private PackedTensor.Part noise(long bytes) throws IOException {
    long start = begin();
    for (long done = 0; done < bytes; ) {
      int count = (int) Math.min(noise.length, bytes - done);
      write(ByteBuffer.wrap(noise, 0, count));
      done += count;
    }
    return new PackedTensor.Part(start, bytes);
  }

  private PackedTensor.Part constant(long count, float value) throws IOException {
    long start = begin();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      buffer.putFloat(value);
    }
    long bytes = count * Float.BYTES;
    for (long done = 0; done < bytes; ) {
      int part = (int) Math.min(buffer.capacity(), bytes - done);
      write(buffer.duplicate().clear().limit(part));
      done += part;
    }
    return new PackedTensor.Part(start, bytes);
  }

  private long begin() {
    position =
        (position + WeightsWriter.ALIGNMENT - 1)
            / WeightsWriter.ALIGNMENT
            * WeightsWriter.ALIGNMENT;
    return position;
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      position += file.write(bytes, position);
    }
  }
}
