package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.LittleEndian;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads the values of a GGUF header front to back, never past the file's end. One thread. */
final class GgufReader {
  private static final int MAX_STRING_BYTES = 1 << 24;
  private static final int MAX_ARRAY_ELEMENTS = 1 << 23;

  /**
   * An element takes up to 80 bytes of memory; a model's weights are larger than its vocabulary.
   */
  private static final int FILE_BYTES_PER_ELEMENT = 20;

  private static final int FEW_ELEMENTS = 1 << 14;
  private static final int MAX_NESTING = 4;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final MappedFile file;
  private long position;
  private long arrayElements;

  GgufReader(MappedFile file) {
    this.file = file;
  }

  long position() {
    return position;
  }

  long remaining() {
    return file.size() - position;
  }

  int readInt(String what) {
    return file.bytes().get(LittleEndian.INT, take(4, what));
  }

  /** An unsigned number below 2^63. */
  long readCount(String what) {
    long value = file.bytes().get(LittleEndian.LONG, take(8, what));
    if (value < 0) {
      throw refused(
          "gives the %s as %s, which is more than any file has"
              .formatted(what, Long.toUnsignedString(value)));
    }
    return value;
  }

  String readString(String what) {
    long length = file.bytes().get(LittleEndian.LONG, take(8, what));
    if (length < 0 || length > MAX_STRING_BYTES) {
      throw refused(
          "has a string length of %s in %s; at most %d bytes are read"
              .formatted(Long.toUnsignedString(length), what, MAX_STRING_BYTES));
    }
    MemorySegment text = file.bytes().asSlice(take(length, what), length);
    return TextFiles.decode(
        () -> file.name() + ": the string of " + what, text.toArray(ValueLayout.JAVA_BYTE));
  }

  /** A metadata value of one of the types 0 to 12. */
  JsonNode readValue(String key) {
    return readValue(key, readInt(key), 0);
  }

  private JsonNode readValue(String key, int type, int depth) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (type) {
      case 0 -> json.numberNode(file.bytes().get(ValueLayout.JAVA_BYTE, take(1, key)) & 0xff);
      case 1 -> json.numberNode((int) file.bytes().get(ValueLayout.JAVA_BYTE, take(1, key)));
      case 2 -> json.numberNode(file.bytes().get(LittleEndian.SHORT, take(2, key)) & 0xffff);
      case 3 -> json.numberNode((int) file.bytes().get(LittleEndian.SHORT, take(2, key)));
      case 4 -> json.numberNode(Integer.toUnsignedLong(readInt(key)));
      case 5 -> json.numberNode(readInt(key));
      case 6 -> json.numberNode(file.bytes().get(LittleEndian.FLOAT, take(4, key)));
      case 7 -> json.booleanNode(readBoolean(key));
      case STRING -> json.textNode(readString(key));
      case ARRAY -> readArray(key, depth + 1);
      case 10 -> json.numberNode(readCount(key));
      case 11 -> json.numberNode(file.bytes().get(LittleEndian.LONG, take(8, key)));
      case 12 -> json.numberNode(file.bytes().get(LittleEndian.DOUBLE, take(8, key)));
      default ->
          throw refused(
              "gives metadata "
                  + key
                  + " the unknown value type "
                  + Integer.toUnsignedString(type));
    };
  }

  private boolean readBoolean(String key) {
    byte value = file.bytes().get(ValueLayout.JAVA_BYTE, take(1, key));
    if (value != 0 && value != 1) {
      throw refused("gives metadata " + key + " the bool " + value + "; it must be 0 or 1");
    }
    return value == 1;
  }

  private JsonNode readArray(String key, int depth) {
    int type = readInt(key);
    long length = file.bytes().get(LittleEndian.LONG, take(8, key));
    if (depth > MAX_NESTING) {
      throw refused("nests arrays deeper than " + MAX_NESTING + " in metadata " + key);
    }
    long most =
        Math.min(MAX_ARRAY_ELEMENTS, Math.max(FEW_ELEMENTS, file.size() / FILE_BYTES_PER_ELEMENT));
    if (length < 0 || length > remaining() || length > most - arrayElements) {
      throw refused(
          "gives metadata %s an array length of %s; at most %d elements are read of a file of this size"
              .formatted(key, Long.toUnsignedString(length), most));
    }
    arrayElements += length;
    var array = JsonNodeFactory.instance.arrayNode((int) length);
    for (long i = 0; i < length; i++) {
      array.add(readValue(key, type, depth));
    }
    return array;
  }

  private long take(long bytes, String what) {
    if (bytes > remaining()) {
      throw refused("is truncated: " + what + " goes past the end of the file");
    }
    long at = position;
    position += bytes;
    return at;
  }

  ServeException refused(String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, file.name() + " " + reason);
  }
}
