package io.talchum.wiring;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.ApiKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.ConfigProvider;

/** Collects the configured API keys. */
final class ApiKeyFile {
  private ApiKeyFile() {}

  static ApiKeys read(TalchumConfig config) {
    List<String> keys = new ArrayList<>(config.apiKeys().orElse(List.of()));
    config.apiKeysFile().ifPresent(file -> keys.addAll(lines(file)));
    keys.replaceAll(String::strip);
    keys.removeIf(String::isEmpty);
    boolean asked = isWritten() || config.apiKeysFile().isPresent();
    if (asked && keys.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "talchum.api-keys is set but holds no key; add one");
    }
    return new ApiKeys(keys);
  }

  /** Whether the setting has a value: one without a key in it, such as a comma, reads as none. */
  private static boolean isWritten() {
    String value = ConfigProvider.getConfig().getConfigValue("talchum.api-keys").getRawValue();
    return value != null && !value.isBlank();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "talchum.api-keys-file '%s' cannot be read: %s".formatted(file, e.getMessage()),
          e);
    }
  }
}
