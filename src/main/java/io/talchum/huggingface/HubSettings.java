package io.talchum.huggingface;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where hub and cache are, as the environment variables of huggingface_hub say. */
public final class HubSettings {
  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "on", "yes", "true");

  private final URI endpoint;
  private final Path cache;
  private final boolean offline;
  private final @Nullable String token;

  HubSettings(URI endpoint, Path cache, boolean offline, @Nullable String token) {
    this.endpoint = endpoint;
    this.cache = cache;
    this.offline = offline;
    this.token = token;
  }

  /**
   * Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HF_HUB_OFFLINE, HF_TOKEN and
   * HF_TOKEN_PATH.
   *
   * @param home the user's folder
   * @throws ServeException INVALID_REQUEST naming the variable at fault, never a token
   */
  public static HubSettings of(Map<String, String> environment, Path home) {
    Path xdg = path(environment, "XDG_CACHE_HOME", home.resolve(".cache"));
    Path hfHome = path(environment, "HF_HOME", xdg.resolve("huggingface"));
    return new HubSettings(
        endpoint(value(environment, "HF_ENDPOINT", DEFAULT_ENDPOINT)),
        path(environment, "HF_HUB_CACHE", hfHome.resolve("hub")),
        isTrue(environment, "HF_HUB_OFFLINE") || isTrue(environment, "TRANSFORMERS_OFFLINE"),
        token(environment, path(environment, "HF_TOKEN_PATH", hfHome.resolve("token"))));
  }

  URI endpoint() {
    return endpoint;
  }

  Path cache() {
    return cache;
  }

  boolean offline() {
    return offline;
  }

  /** Never to be shown. */
  @Nullable String token() {
    return token;
  }

  @Override
  public String toString() {
    return "HubSettings[%s, %s, offline=%s]".formatted(endpoint.getHost(), cache, offline);
  }

  private static URI endpoint(String text) {
    try {
      URI uri = URI.create(text.replaceFirst("/+$", ""));
      boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (web && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "HF_ENDPOINT is no URL; write https://HOST", e);
    }
    throw new ServeException(
        ErrorCode.INVALID_REQUEST, "HF_ENDPOINT is no URL of a web server; write https://HOST");
  }

  private static @Nullable String token(Map<String, String> environment, Path file) {
    String token = value(environment, "HF_TOKEN", "").strip();
    try {
      if (token.isEmpty() && Files.isRegularFile(file) && Files.size(file) < 10_000) {
        token = Files.readString(file).strip();
      }
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "the token file cannot be read; set HF_TOKEN instead", e);
    }
    if (token.isEmpty()) {
      return null;
    }
    if (!token.matches("[!-~]+")) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "HF_TOKEN holds characters that no token has; copy it once more");
    }
    return token;
  }

  private static boolean isTrue(Map<String, String> environment, String name) {
    return TRUE.contains(value(environment, name, "").strip().toLowerCase(Locale.ROOT));
  }

  private static Path path(Map<String, String> environment, String name, Path otherwise) {
    String text = value(environment, name, "");
    return text.isEmpty() ? otherwise : Path.of(text);
  }

  private static String value(Map<String, String> environment, String name, String otherwise) {
    String value = environment.getOrDefault(name, "");
    return value.isEmpty() ? otherwise : value;
  }
}
