package io.talchum.weights.pack;

import io.talchum.weights.block.BlockType;
import io.talchum.weights.block.UnpackedBlock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Writes a GGUF file of the Llama architecture with random weights of one type. */
final class SyntheticModel {
  private static final int HIDDEN = 2048;
  private static final int INTERMEDIATE = 5632;
  private static final int VOCABULARY = 32_000;
  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int ALIGNMENT = 32;
  private static final int TILE_BYTES = 1 << 20;

  private final BlockType type;
  private final Map<String, int[]> shapes = new LinkedHashMap<>(); // innermost first
  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20251121);

  private SyntheticModel(BlockType type) {
    this.type = type;
  }

  /** Writes as many layers as the bytes hold, at least one. */
  static Path write(BlockType type, long bytes, Path target) throws IOException {
    SyntheticModel model = new SyntheticModel(type);
    int layers = model.layers(bytes);
    try (FileChannel out =
        FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      model.header(layers, out);
      byte[] tile = type.isQuantized() ? model.blocks() : model.floats();
      byte[] ones = ones();
      for (int[] shape : model.shapes.values()) {
        writeTiled(out, shape.length == 1 ? ones : tile, model.bytes(shape));
      }
    }
    return target;
  }

  private int layers(long bytes) {
    shapes.put("token_embd.weight", new int[] {HIDDEN, VOCABULARY});
    shapes.put("output_norm.weight", new int[] {HIDDEN});
    long fixed = total();
    layer(0);
    long perLayer = total() - fixed;
    int layers = (int) Math.max(1, (bytes - fixed) / perLayer);
    for (int i = 1; i < layers; i++) {
      layer(i);
    }
    return layers;
  }

  private void layer(int i) {
    int kv = HIDDEN / HEADS * KV_HEADS;
    String name = "blk." + i + ".";
    shapes.put(name + "attn_norm.weight", new int[] {HIDDEN});
    shapes.put(name + "attn_q.weight", new int[] {HIDDEN, HIDDEN});
    shapes.put(name + "attn_k.weight", new int[] {HIDDEN, kv});
    shapes.put(name + "attn_v.weight", new int[] {HIDDEN, kv});
    shapes.put(name + "attn_output.weight", new int[] {HIDDEN, HIDDEN});
    shapes.put(name + "ffn_norm.weight", new int[] {HIDDEN});
    shapes.put(name + "ffn_gate.weight", new int[] {HIDDEN, INTERMEDIATE});
    shapes.put(name + "ffn_up.weight", new int[] {HIDDEN, INTERMEDIATE});
    shapes.put(name + "ffn_down.weight", new int[] {INTERMEDIATE, HIDDEN});
  }

  private long total() {
    return shapes.values().stream().mapToLong(this::bytes).sum();
  }

  private long bytes(int[] shape) {
    return shape.length == 1
        ? BlockType.F32.rowBytes(shape[0])
        : type.rowBytes(shape[0]) * shape[1];
  }

  private void header(int layers, FileChannel out) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0x46554747).putInt(3).putLong(shapes.size()).putLong(8);
    text(header, "general.architecture").putInt(8);
    text(header, "llama");
    number(header, "llama.block_count", layers);
    number(header, "llama.context_length", 2048);
    number(header, "llama.embedding_length", HIDDEN);
    number(header, "llama.feed_forward_length", INTERMEDIATE);
    number(header, "llama.attention.head_count", HEADS);
    number(header, "llama.attention.head_count_kv", KV_HEADS);
    text(header, "llama.attention.layer_norm_rms_epsilon").putInt(6).putFloat(1e-5f);
    long offset = 0;
    for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
      text(header, tensor.getKey()).putInt(tensor.getValue().length);
      for (int dimension : tensor.getValue()) {
        header.putLong(dimension);
      }
      boolean isVector = tensor.getValue().length == 1;
      header.putInt(isVector ? BlockType.F32.ggufId() : type.ggufId()).putLong(offset);
      offset += bytes(tensor.getValue()); // all sizes are multiples of the alignment
    }
    header.position(Math.ceilDiv(header.position(), ALIGNMENT) * ALIGNMENT).flip();
    while (header.hasRemaining()) {
      out.write(header);
    }
  }

  private static ByteBuffer text(ByteBuffer target, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return target.putLong(bytes.length).put(bytes);
  }

  private static void number(ByteBuffer target, String key, int value) {
    text(target, key).putInt(4).putInt(value);
  }

  /** Random bytes whose scales are numbers. */
  private byte[] blocks() {
    byte[] tile = new byte[TILE_BYTES / type.bytes() * type.bytes()];
    byte[] block = new byte[type.bytes()];
    UnpackedBlock unpacked = new UnpackedBlock();
    for (int at = 0; at < tile.length; at += block.length) {
      do {
        random.nextBytes(block);
        type.unpack(block, 0, unpacked);
      } while (!isFinite(unpacked));
      System.arraycopy(block, 0, tile, at, block.length);
    }
    return tile;
  }

  private boolean isFinite(UnpackedBlock block) {
    for (int i = 0; i < type.elements() / type.group(); i++) {
      if (!Float.isFinite(block.scales[i]) || !Float.isFinite(block.mins[i])) {
        return false;
      }
    }
    return true;
  }

  private byte[] floats() {
    ByteBuffer tile = ByteBuffer.allocate(TILE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (tile.hasRemaining()) {
      float value = (float) (0.03 * random.nextGaussian());
      switch (type) {
        case BF16 -> tile.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> tile.putShort(Float.floatToFloat16(value));
        default -> tile.putFloat(value);
      }
    }
    return tile.array();
  }

  private static byte[] ones() {
    ByteBuffer ones = ByteBuffer.allocate(4 * HIDDEN).order(ByteOrder.LITTLE_ENDIAN);
    while (ones.hasRemaining()) {
      ones.putFloat(1);
    }
    return ones.array();
  }

  private static void writeTiled(FileChannel out, byte[] tile, long bytes) throws IOException {
    for (long done = 0; done < bytes; ) {
      ByteBuffer piece = ByteBuffer.wrap(tile, 0, (int) Math.min(tile.length, bytes - done));
      done += piece.remaining();
      while (piece.hasRemaining()) {
        out.write(piece);
      }
    }
  }
}
