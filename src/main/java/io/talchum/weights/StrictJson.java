package io.talchum.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * JSON from untrusted files: UTF-8 only, no duplicate keys, no trailing text, nesting at most 64.
 */
public final class StrictJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(64)
                  .maxNumberLength(100)
                  .maxNameLength(1 << 16)
                  .maxStringLength(1 << 26)
                  .build())
          .build();

  /** For configs: NaN and Infinity, which Python writes, become numbers that checks can name. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /** A streaming parser over UTF-8 text; a byte that is not UTF-8 raises an IOException. */
  public static JsonParser parser(MemorySegment text) throws IOException {
    return FACTORY.createParser(
        new InputStreamReader(
            new SegmentStream(text),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)));
  }

  /** The reason without Jackson's source locations. */
  public static String reason(IOException e) {
    return switch (e) {
      case JsonProcessingException json -> json.getOriginalMessage();
      case java.nio.charset.CharacterCodingException ignored -> "text is not UTF-8";
      default -> String.valueOf(e.getMessage());
    };
  }

  /** Reads a segment front to back. */
  private static final class SegmentStream extends InputStream {
    private final MemorySegment segment;
    private long position;

    SegmentStream(MemorySegment segment) {
      this.segment = segment;
    }

    @Override
    public int read() {
      return position == segment.byteSize()
          ? -1
          : segment.get(ValueLayout.JAVA_BYTE, position++) & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length > 0 && position == segment.byteSize()) {
        return -1;
      }
      int n = (int) Math.min(length, segment.byteSize() - position);
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, position, target, offset, n);
      position += n;
      return n;
    }
  }
}
