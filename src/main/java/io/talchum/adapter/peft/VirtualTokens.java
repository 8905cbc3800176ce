package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;

/**
 * What the kinds of virtual tokens share.
 *
 * @param count {@code num_virtual_tokens}
 */
record VirtualTokens(int count) {
  private static final int MOST = 1 << 16;

  static VirtualTokens read(PeftSource source) {
    AdapterConfigFields config = source.config();
    if (!config.has("num_virtual_tokens")) {
      throw AdapterConfigFields.refuse("num_virtual_tokens is missing");
    }
    requireEqual(config, "num_transformer_submodules", 1, "what a decoder has");
    return new VirtualTokens(config.whole("num_virtual_tokens", 1, 1, MOST));
  }

  /** An absent or null value is PEFT's: it takes the base's. */
  static void requireEqual(AdapterConfigFields config, String key, int expected, String meaning) {
    if (config.has(key) && config.whole(key, expected, 0, Integer.MAX_VALUE) != expected) {
      throw AdapterConfigFields.refuse(
          key + " is " + config.get(key) + ", but " + meaning + " is " + expected);
    }
  }
}
