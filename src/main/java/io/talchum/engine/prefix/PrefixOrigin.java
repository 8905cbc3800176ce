package io.talchum.engine.prefix;

import io.talchum.core.ContentHash;
import org.jspecify.annotations.Nullable;

/**
 * What keys and values depend on besides the tokens, all on one base. Never a name: an adapter's
 * version is the hash of its content, and a mix's that of its parts and their weights, so virtual
 * tokens are told apart by it too.
 *
 * @param salt whose they are: only those of one salt are shared
 * @param adapter version; null is the bare base
 * @param actsFrom the first token on which the adapter acts
 * @param variant what the executor makes of the sequence's length
 */
public record PrefixOrigin(String salt, @Nullable ContentHash adapter, int actsFrom, int variant) {
  /** Of tokens on which no adapter acts. */
  PrefixOrigin base() {
    return new PrefixOrigin(salt, null, 0, variant);
  }
}
