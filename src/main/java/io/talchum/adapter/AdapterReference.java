package io.talchum.adapter;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client asks for, a base or an adapter: {@code name} or {@code name@version}; a name may be
 * followed by {@code :variant}.
 *
 * @param variant of an adapter with variants, from 0
 * @param version first digits of the hash, empty for whatever version is current
 */
public record AdapterReference(String name, OptionalInt variant, String version) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern WITH_VARIANT = Pattern.compile("([^:]*):(0|[1-9][0-9]{0,5})");
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{8,64}");
  private static final String HASH_PREFIX = "sha256-";

  /**
   * @throws ServeException MODEL_NOT_FOUND if it cannot be a reference
   */
  public static AdapterReference parse(String text) {
    return parse("model", text);
  }

  /**
   * @param param the request's field
   * @throws ServeException MODEL_NOT_FOUND if it cannot be a reference
   */
  public static AdapterReference parse(String param, String text) {
    int at = text.indexOf('@');
    if (at < 0) {
      return of(text, "");
    }
    String version = text.substring(at + 1);
    if (version.startsWith(HASH_PREFIX)) {
      version = version.substring(HASH_PREFIX.length());
    }
    if (!VERSION.matcher(version).matches()) {
      throw ServeException.of(
          ErrorCode.MODEL_NOT_FOUND,
          param,
          "'"
              + shorten(text)
              + "' is not name@version: the version is 8 to 64 lower-case hexadecimal digits");
    }
    return of(text.substring(0, at), version);
  }

  private static AdapterReference of(String text, String version) {
    Matcher found = WITH_VARIANT.matcher(text);
    return found.matches()
        ? new AdapterReference(
            found.group(1), OptionalInt.of(Integer.parseInt(found.group(2))), version)
        : new AdapterReference(text, OptionalInt.empty(), version);
  }

  /** Whether it can name an adapter. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  static String requireName(String name) {
    return requireName("lora_name", name);
  }

  /**
   * @param param the request's field
   * @throws ServeException INVALID_REQUEST unless it can name an adapter
   */
  public static String requireName(String param, String name) {
    if (!isName(name)) {
      throw ServeException.invalid(
          param,
          "the adapter name '"
              + shorten(name)
              + "' is not 1 to 128 letters, digits, '.', '_' or '-' beginning with a letter or"
              + " digit; choose another name");
    }
    return name;
  }

  /**
   * Which of an adapter's variants is meant, 0 without variants.
   *
   * @param variants how many it has
   * @throws ServeException MODEL_NOT_FOUND unless it has such a variant
   */
  public int variantOf(int variants) {
    if (variants == 0 && variant.isPresent()) {
      throw notFound("'%s' has no variants".formatted(name));
    }
    if (variants > 0 && (variant.isEmpty() || variant.getAsInt() >= variants)) {
      throw notFound(
          "'%s' has %d variants: ask for %s:0 to %s:%d"
              .formatted(name, variants, name, name, variants - 1));
    }
    return variant.orElse(0);
  }

  /**
   * @param known what there is instead
   */
  ServeException notFound(String known) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "model",
        "there is no adapter '%s'; %s".formatted(shorten(toString()), known));
  }

  /** The name with its variant, without a version. */
  public String nameWithVariant() {
    return name + (variant.isPresent() ? ":" + variant.getAsInt() : "");
  }

  /** As it was asked for. */
  @Override
  public String toString() {
    return nameWithVariant() + (version.isEmpty() ? "" : "@" + version);
  }

  /** Whether it may mean that version. */
  public boolean matches(ContentHash hash) {
    return hash.hex().startsWith(version);
  }

  static String shorten(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "...";
  }
}
