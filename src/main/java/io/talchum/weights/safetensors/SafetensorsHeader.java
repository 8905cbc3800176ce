package io.talchum.weights.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.DType;
import io.talchum.weights.LittleEndian;
import io.talchum.weights.MappedFile;
import io.talchum.weights.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The checked header of a safetensors file. */
record SafetensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {
  private static final long MAX_HEADER_BYTES = 100L << 20;
  private static final int MAX_DIMENSIONS = 64;
  private static final int MAX_TENSORS = 1 << 13;

  static SafetensorsHeader read(MappedFile file) {
    return new Reader(file).read();
  }

  /** What the JSON says of one tensor, offsets counted from the start of the data. */
  private record Entry(String name, String dtype, List<Long> shape, long begin, long end) {}

  /** One parse of one file. */
  private static final class Reader {
    private final MappedFile file;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Reader(MappedFile file) {
      this.file = file;
    }

    SafetensorsHeader read() {
      if (file.size() < 8) {
        throw refused("is too short for a safetensors header: " + file.size() + " bytes");
      }
      long length = file.bytes().get(LittleEndian.LONG, 0);
      if (length < 2 || length > MAX_HEADER_BYTES) {
        throw refused(
            "has a header of "
                + Long.toUnsignedString(length)
                + " bytes; it must have 2 to "
                + MAX_HEADER_BYTES);
      }
      if (length > file.size() - 8) {
        throw refused(
            "is too short: header of " + length + " bytes, " + (file.size() - 8) + " there");
      }
      parse(length);
      return new SafetensorsHeader(
          Collections.unmodifiableMap(placed(8 + length)), Collections.unmodifiableMap(metadata));
    }

    private void parse(long length) {
      try (JsonParser json = StrictJson.parser(file.bytes().asSlice(8, length))) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw refused("has a header that is no JSON object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          if (name.equals("__metadata__")) {
            parseMetadata(json);
          } else {
            if (entries.size() == MAX_TENSORS) {
              throw refused("has more than " + MAX_TENSORS + " tensors");
            }
            entries.add(parseEntry(json, name));
          }
        }
        if (json.nextToken() != null) {
          throw refused("has text after its JSON header");
        }
      } catch (IOException e) {
        throw new ServeException(
            ErrorCode.INVALID_MODEL,
            file.name() + " has a broken header: " + StrictJson.reason(e),
            e);
      }
    }

    private void parseMetadata(JsonParser json) throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw refused("has a __metadata__ that is no object of texts");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw refused("has a __metadata__ entry " + key + " that is no text");
        }
        metadata.put(key, json.getText());
      }
    }

    private Entry parseEntry(JsonParser json, String name) throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw refused(name, "is not described by a header object");
      }
      String dtype = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        switch (key) {
          case "dtype" -> {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
              throw refused(name, "has a dtype that is no text");
            }
            dtype = json.getText();
          }
          case "shape" -> shape = parseNumbers(json, name, key);
          case "data_offsets" -> offsets = parseNumbers(json, name, key);
          default -> throw refused(name, "has the unknown header key " + key);
        }
      }
      if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
        throw refused(name, "needs dtype, shape and two data_offsets in the header");
      }
      return new Entry(name, dtype, shape, offsets.get(0), offsets.get(1));
    }

    private List<Long> parseNumbers(JsonParser json, String name, String key) throws IOException {
      if (json.nextToken() != JsonToken.START_ARRAY) {
        throw refused(name, "has a " + key + " that is no list");
      }
      List<Long> numbers = new ArrayList<>(4);
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
            || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
            || json.getLongValue() < 0
            || numbers.size() == MAX_DIMENSIONS) {
          throw refused(
              name,
              "has a %s that is no list of at most %d whole numbers from 0 to 2^63 - 1"
                  .formatted(key, MAX_DIMENSIONS));
        }
        numbers.add(json.getLongValue());
      }
      return numbers;
    }

    private Map<String, TensorInfo> placed(long dataStart) {
      long dataBytes = file.size() - dataStart;
      List<Entry> ordered = new ArrayList<>(entries);
      ordered.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
      Map<String, TensorInfo> tensors = LinkedHashMap.newLinkedHashMap(entries.size());
      long covered = 0;
      for (Entry entry : ordered) {
        TensorInfo tensor = checked(entry, dataStart, dataBytes);
        if (entry.begin() != covered) {
          throw refused(
              entry.name(),
              entry.begin() < covered
                  ? "overlaps another one at data offset " + entry.begin()
                  : "leaves a gap before data offset " + entry.begin());
        }
        covered = entry.end();
        tensors.put(entry.name(), tensor);
      }
      if (covered != dataBytes) {
        throw refused(
            "has " + (dataBytes - covered) + " bytes after its last tensor, a gap not covered");
      }
      return tensors;
    }

    private TensorInfo checked(Entry entry, long dataStart, long dataBytes) {
      Optional<DType> known = DType.named(entry.dtype());
      if (known.isEmpty()) {
        throw refused(entry.name(), "has the unknown dtype " + entry.dtype());
      }
      DType dtype = known.get();
      if (entry.end() < entry.begin() || entry.end() > dataBytes) {
        throw refused(
            entry.name(),
            "has data_offsets %d to %d, outside the file's %d bytes of data"
                .formatted(entry.begin(), entry.end(), dataBytes));
      }
      long length = entry.end() - entry.begin();
      if (byteCount(entry, dtype) != length) {
        throw refused(
            entry.name(),
            "of shape %s and dtype %s does not have the %d bytes of its data_offsets"
                .formatted(entry.shape(), dtype, length));
      }
      return new TensorInfo(entry.name(), dtype, entry.shape(), dataStart + entry.begin(), length);
    }

    private long byteCount(Entry entry, DType dtype) {
      try {
        long bytes = dtype.bytes();
        for (long dimension : entry.shape()) {
          bytes = Math.multiplyExact(bytes, dimension);
        }
        return bytes;
      } catch (ArithmeticException e) {
        throw refused(entry.name(), "has a shape too large for any file: " + entry.shape());
      }
    }

    private ServeException refused(String reason) {
      return new ServeException(ErrorCode.INVALID_MODEL, file.name() + " " + reason);
    }

    private ServeException refused(String tensor, String reason) {
      return new ServeException(
          ErrorCode.INVALID_MODEL, file.name() + ": tensor " + tensor + " " + reason);
    }
  }
}
