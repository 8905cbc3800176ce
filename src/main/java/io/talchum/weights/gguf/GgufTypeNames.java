package io.talchum.weights.gguf;

import java.util.Map;

/** Names of GGUF's tensor types, for messages about those that are not read. */
final class GgufTypeNames {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(9, "Q8_1"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(24, "I8"),
          Map.entry(25, "I16"),
          Map.entry(26, "I32"),
          Map.entry(27, "I64"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"));

  private GgufTypeNames() {}

  static String of(int id) {
    return NAMES.getOrDefault(id, "number") + " (" + Integer.toUnsignedString(id) + ")";
  }
}
