package io.talchum.adapter.peft;

import io.talchum.adapter.folder.ConfigFields;

/**
 * What the kinds of virtual tokens share.
 *
 * @param count {@code num_virtual_tokens}
 */
record VirtualTokens(int count) {
  private static final int MOST = 1 << 16;

  static VirtualTokens read(PeftSource source) {
    ConfigFields config = source.config();
    if (!config.has("num_virtual_tokens")) {
      throw ConfigFields.refuse("num_virtual_tokens is missing");
    }
    requireEqual(config, "num_transformer_submodules", 1, "what a decoder has");
    return new VirtualTokens(config.whole("num_virtual_tokens", 1, 1, MOST));
  }

  /** An absent or null value is PEFT's: it takes the base's. */
  static void requireEqual(ConfigFields config, String key, int expected, String meaning) {
    if (config.has(key) && config.whole(key, expected, 0, Integer.MAX_VALUE) != expected) {
      throw ConfigFields.refuse(
          key + " is " + config.get(key) + ", but " + meaning + " is " + expected);
    }
  }
}
