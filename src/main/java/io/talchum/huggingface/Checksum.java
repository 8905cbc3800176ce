package io.talchum.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Compares a file with what its etag promises. */
final class Checksum {
  private static final int SHA256_DIGITS = 64;
  private static final int SHA1_DIGITS = 40;

  private Checksum() {}

  /** Whether the etag is a checksum at all. */
  static boolean isKnown(String etag) {
    return (etag.length() == SHA256_DIGITS || etag.length() == SHA1_DIGITS)
        && etag.chars().allMatch(HexFormat::isHexDigit);
  }

  static boolean matches(Path file, String etag) throws IOException {
    MessageDigest digest = digest(etag.length() == SHA256_DIGITS ? "SHA-256" : "SHA-1");
    if (etag.length() == SHA1_DIGITS) {
      digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest()).equals(etag);
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }
}
