package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of this server, kept as hashes. Comparison takes the same time whichever key matches
 * or none. Any thread.
 */
public final class ApiKeys {
  private static final String SCHEME = "bearer ";

  private final List<byte[]> hashes;

  public ApiKeys(Collection<String> keys) {
    this.hashes = keys.stream().map(ApiKeys::hash).toList();
  }

  /** Whether requests need a key at all. */
  public boolean required() {
    return !hashes.isEmpty();
  }

  /**
   * The tenant behind an {@code Authorization} header: a short hash of its key.
   *
   * @param authorization the header or gRPC metadata; null if there is none
   * @throws ServeException UNAUTHENTICATED
   */
  public String authenticate(@Nullable String authorization) {
    if (!required()) {
      return "anonymous";
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
    boolean known = false;
    for (byte[] candidate : hashes) {
      known |= MessageDigest.isEqual(candidate, hash);
    }
    if (!known) {
      throw new ServeException(
          ErrorCode.UNAUTHENTICATED, "the API key is not one of this server's keys");
    }
    return "key-" + HexFormat.of().formatHex(hash, 0, 6);
  }

  private static byte[] hash(String key) {
    return io.talchum.core.ContentHash.newDigest().digest(key.getBytes(StandardCharsets.UTF_8));
  }
}
