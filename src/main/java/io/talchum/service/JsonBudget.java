package io.talchum.service;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How much JSON a request may still bring, counted while it is read: two characters of text can
 * become a hundred bytes in memory. Numbers are cheap and come in long lists of token ids; names of
 * fields and all other values are dear. Of one thread.
 */
public final class JsonBudget {
  /** Most names and values that are not numbers; some 130 bytes each. */
  public static final int MAX_VALUES = 100_000;

  /** Most numbers; some 20 bytes each. */
  public static final int MAX_NUMBERS = 1_000_000;

  private int values = MAX_VALUES;
  private int numbers = MAX_NUMBERS;

  /** The same parser, which takes what it reads from this budget. */
  JsonParser counted(JsonParser parser) {
    return new Counted(parser);
  }

  private void take(JsonToken token) {
    if (token.isNumeric()) {
      if (--numbers < 0) {
        throw exceeded("%d numbers".formatted(MAX_NUMBERS));
      }
    } else if (!token.isStructEnd() && --values < 0) {
      throw exceeded("%d names and values (numbers aside)".formatted(MAX_VALUES));
    }
  }

  private static ServeException exceeded(String most) {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the request's JSON holds more than %s; send less in one request".formatted(most));
  }

  private final class Counted extends JsonParserDelegate {
    Counted(JsonParser parser) {
      super(parser);
    }

    @Override
    public @Nullable JsonToken nextToken() throws IOException {
      JsonToken token = super.nextToken();
      if (token != null) {
        take(token);
      }
      return token;
    }
  }
}
