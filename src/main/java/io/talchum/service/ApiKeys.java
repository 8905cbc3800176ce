package io.talchum.service;

import io.talchum.core.ApiScope;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of this server, kept as hashes. Comparison takes the same time whichever key matches
 * or none. Any thread.
 */
public final class ApiKeys {
  private static final String SCHEME = "bearer ";
  private static final int MIN_CHARS = 8;

  private final List<Key> keys;

  private record Key(byte[] hash, Set<ApiScope> scopes) {}

  /**
   * Reads keys as the configuration has them: {@code KEY}, or {@code KEY SCOPE...} for one that may
   * not do everything.
   *
   * @throws ServeException INVALID_REQUEST, without the key
   */
  public ApiKeys(Collection<String> keys) {
    this.keys = keys.stream().map(ApiKeys::parse).toList();
    long different =
        this.keys.stream().map(key -> HexFormat.of().formatHex(key.hash())).distinct().count();
    if (different < this.keys.size()) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "talchum.api-keys holds a key twice; write it once, with all its scopes behind it");
    }
  }

  private static Key parse(String line) {
    String[] words = line.strip().split("\\s+");
    if (words[0].length() < MIN_CHARS) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "talchum.api-keys holds a key of less than %d characters; choose a longer one"
              .formatted(MIN_CHARS));
    }
    Set<ApiScope> scopes = EnumSet.noneOf(ApiScope.class);
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      scopes.add(scope(word));
    }
    return new Key(hash(words[0]), scopes.isEmpty() ? Set.of(ApiScope.values()) : scopes);
  }

  private static ApiScope scope(String word) {
    return Arrays.stream(ApiScope.values())
        .filter(scope -> scope.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new ServeException(
                    ErrorCode.INVALID_REQUEST,
                    "talchum.api-keys names a scope '%s'; a key is followed by any of %s, or by nothing for all"
                        .formatted(Printable.of(word), words())));
  }

  private static String words() {
    return Arrays.stream(ApiScope.values()).map(ApiScope::word).collect(Collectors.joining(", "));
  }

  /** Whether requests need a key at all. */
  public boolean required() {
    return !keys.isEmpty();
  }

  /**
   * Who is behind an {@code Authorization} header; the tenant is a short hash of the key.
   *
   * @param authorization the header or gRPC metadata; null if there is none
   * @throws ServeException UNAUTHENTICATED
   */
  public Principal authenticate(@Nullable String authorization) {
    if (!required()) {
      return Principal.ANONYMOUS;
    }
    if (authorization == null || authorization.isBlank()) {
      throw new ServeException(
          ErrorCode.UNAUTHENTICATED,
          "this server needs an API key; send it as 'Authorization: Bearer KEY'");
    }
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw new ServeException(
          ErrorCode.UNAUTHENTICATED, "the Authorization header is not of the form 'Bearer KEY'");
    }
    byte[] hash = hash(authorization.substring(SCHEME.length()).strip());
    Key known = null;
    for (Key candidate : keys) {
      if (MessageDigest.isEqual(candidate.hash(), hash)) {
        known = candidate;
      }
    }
    if (known == null) {
      throw new ServeException(
          ErrorCode.UNAUTHENTICATED, "the API key is not one of this server's keys");
    }
    return new Principal("key-" + HexFormat.of().formatHex(hash, 0, 6), known.scopes());
  }

  private static byte[] hash(String key) {
    return ContentHash.newDigest().digest(key.getBytes(StandardCharsets.UTF_8));
  }
}
