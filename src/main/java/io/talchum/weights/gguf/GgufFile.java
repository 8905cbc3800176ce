package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.block.BlockType;
import io.talchum.weights.checkpoint.ConfigFields;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A memory-mapped GGUF file, version 2 or 3, little endian; or all files of one that was split.
 *
 * <p>Strict: bounded metadata, unique names, tensors of supported types inside the file that do not
 * overlap. Immutable; any thread may read until it is closed.
 */
public final class GgufFile implements AutoCloseable {
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final long MAX_KEYS = 1 << 12;
  static final long MAX_TENSORS = 1 << 13;
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;

  private final List<MappedFile> files;
  private final ObjectNode metadata;
  private final Map<String, GgufTensor> tensors;

  GgufFile(List<MappedFile> files, ObjectNode metadata, Map<String, GgufTensor> tensors) {
    this.files = List.copyOf(files);
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * One tensor.
   *
   * @param part which of the files holds it, from 0
   * @param dimensions innermost first, as the file lists them
   * @param offset first byte, counted from the start of the file
   * @param length bytes
   */
  record GgufTensor(
      int part, String name, BlockType type, List<Long> dimensions, long offset, long length) {
    GgufTensor {
      dimensions = List.copyOf(dimensions);
    }
  }

  /**
   * Opens a file; of a split one all parts, whichever is named.
   *
   * @throws ServeException INVALID_MODEL, naming the file, the key or tensor and the reason
   */
  public static GgufFile open(Path path) {
    GgufFile file = openAlone(path);
    try {
      GgufSplit split = GgufSplit.of(file);
      return split.count() == 1 ? file : split.join(file, path);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  static GgufFile openAlone(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      return new Parser(file).parse();
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Keys and values of the header; not to be changed. */
  public ObjectNode metadata() {
    return metadata;
  }

  /** By name, in the order of the file. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  MemorySegment data(GgufTensor tensor) {
    return files.get(tensor.part()).bytes().asSlice(tensor.offset(), tensor.length());
  }

  /** Of the first one. */
  String name() {
    return files.getFirst().name();
  }

  List<MappedFile> files() {
    return files;
  }

  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }

  /** One parse of one file. */
  private static final class Parser {
    private final MappedFile file;
    private final GgufReader in;

    Parser(MappedFile file) {
      this.file = file;
      this.in = new GgufReader(file);
    }

    GgufFile parse() {
      if (file.size() < 4 || in.readInt("magic") != MAGIC) {
        throw in.refused(
            file.size() == 0 ? "is empty, not a GGUF file" : "has another magic: not a GGUF file");
      }
      int version = in.readInt("version");
      if (version != 2 && version != 3) {
        throw in.refused(
            Integer.reverseBytes(version) <= 3
                ? "is a big-endian file; convert it to little endian"
                : "has version " + Integer.toUnsignedString(version) + "; supported: 2 and 3");
      }
      long tensorCount = in.readCount("tensor count");
      long keyCount = in.readCount("metadata count");
      if (keyCount > Math.min(MAX_KEYS, in.remaining() / 13)) {
        throw in.refused("claims " + keyCount + " metadata keys, more than can be there");
      }
      if (tensorCount > Math.min(MAX_TENSORS, in.remaining() / 24)) {
        throw in.refused("claims " + tensorCount + " tensors, more than can be there");
      }
      ObjectNode metadata = parseMetadata(keyCount);
      int alignment = alignment(metadata);
      List<GgufTensor> relative = parseTensors(tensorCount);
      long dataStart = Math.ceilDiv(in.position(), (long) alignment) * alignment;
      return new GgufFile(List.of(file), metadata, placed(relative, dataStart, alignment));
    }

    private ObjectNode parseMetadata(long count) {
      ObjectNode metadata = JsonNodeFactory.instance.objectNode();
      for (long i = 0; i < count; i++) {
        String key = in.readString("metadata key");
        if (metadata.has(key)) {
          throw in.refused("has the metadata key " + key + " twice");
        }
        metadata.set(key, in.readValue(key));
      }
      return metadata;
    }

    private int alignment(ObjectNode metadata) {
      int alignment =
          new ConfigFields(file.name(), metadata)
              .intOr("general.alignment", DEFAULT_ALIGNMENT, 1, 1 << 20);
      if (Integer.bitCount(alignment) != 1) {
        throw in.refused("has the alignment " + alignment + ", which is no power of two");
      }
      return alignment;
    }

    /** Offsets are still those of the file's table, counted from the start of the data. */
    private List<GgufTensor> parseTensors(long count) {
      List<GgufTensor> tensors = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        String name = in.readString("tensor name");
        if (name.isEmpty()) {
          throw in.refused("holds a tensor without a name, the one with number " + i);
        }
        String entry = "entry of tensor " + name;
        int dimensionCount = in.readInt(entry);
        if (dimensionCount < 1 || dimensionCount > MAX_DIMENSIONS) {
          throw in.refused(
              "gives tensor %s %s dimensions; it must have 1 to %d"
                  .formatted(name, Integer.toUnsignedString(dimensionCount), MAX_DIMENSIONS));
        }
        List<Long> dimensions = new ArrayList<>(dimensionCount);
        for (int d = 0; d < dimensionCount; d++) {
          dimensions.add(in.readCount(entry));
        }
        BlockType type = type(name, in.readInt(entry));
        long offset = in.readCount(entry);
        tensors.add(
            new GgufTensor(0, name, type, dimensions, offset, byteCount(name, type, dimensions)));
      }
      return tensors;
    }

    private BlockType type(String tensor, int id) {
      for (BlockType type : BlockType.values()) {
        if (type.ggufId() == id) {
          return type;
        }
      }
      throw in.refused(
          "holds tensor %s in type %s; supported: %s"
              .formatted(
                  tensor,
                  GgufTypeNames.of(id),
                  Arrays.stream(BlockType.values())
                      .map(BlockType::name)
                      .collect(Collectors.joining(", "))));
    }

    private long byteCount(String name, BlockType type, List<Long> dimensions) {
      long row = dimensions.getFirst();
      if (row % type.elements() != 0) {
        throw in.refused(
            "gives tensor %s rows of %d weights, no multiple of the %d of a %s block"
                .formatted(name, row, type.elements(), type));
      }
      try {
        long bytes = Math.multiplyExact(row / type.elements(), (long) type.bytes());
        for (long dimension : dimensions.subList(1, dimensions.size())) {
          bytes = Math.multiplyExact(bytes, dimension);
        }
        if (bytes <= 0) {
          throw in.refused("gives tensor " + name + " a dimension of 0: " + dimensions);
        }
        return bytes;
      } catch (ArithmeticException e) {
        throw in.refused("gives tensor " + name + " impossible dimensions: " + dimensions);
      }
    }

    private Map<String, GgufTensor> placed(
        List<GgufTensor> relative, long dataStart, int alignment) {
      Map<String, GgufTensor> tensors = LinkedHashMap.newLinkedHashMap(relative.size());
      for (GgufTensor tensor : relative) {
        long available = file.size() - dataStart - tensor.length();
        if (tensor.offset() % alignment != 0) {
          throw in.refused("places tensor " + tensor.name() + " at an unaligned offset");
        }
        if (tensor.offset() > available) {
          throw in.refused(
              "is truncated: tensor %s ends past the end of the file".formatted(tensor.name()));
        }
        GgufTensor placed =
            new GgufTensor(
                0,
                tensor.name(),
                tensor.type(),
                tensor.dimensions(),
                dataStart + tensor.offset(),
                tensor.length());
        if (tensors.put(tensor.name(), placed) != null) {
          throw in.refused("has tensor " + tensor.name() + " twice");
        }
      }
      refuseOverlap(tensors.values().stream().toList());
      return tensors;
    }

    private void refuseOverlap(List<GgufTensor> tensors) {
      List<GgufTensor> ordered = new ArrayList<>(tensors);
      ordered.sort(Comparator.comparingLong(GgufTensor::offset));
      for (int i = 1; i < ordered.size(); i++) {
        GgufTensor before = ordered.get(i - 1);
        if (before.offset() + before.length() > ordered.get(i).offset()) {
          throw in.refused(
              "has tensors that overlap: %s and %s"
                  .formatted(before.name(), ordered.get(i).name()));
        }
      }
    }
  }
}
