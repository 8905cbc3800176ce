package io.talchum.wiring;

import io.talchum.adapter.AdapterId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The values of the label {@code adapter}: the first {@value #MAX_ADAPTERS} names, and one for all
 * that come later, so that the number of series stays bounded. Any thread.
 */
final class AdapterLabels {
  static final int MAX_ADAPTERS = 200;
  static final String OTHERS = "_others";
  static final String BASE = "_base";

  private final Set<String> own = ConcurrentHashMap.newKeySet();
  private final AtomicInteger places = new AtomicInteger(MAX_ADAPTERS);

  /**
   * @param id null is the bare base
   */
  String of(@Nullable AdapterId id) {
    return id == null ? BASE : of(id.name());
  }

  /** The same, but a name that has no series yet gets none. */
  String ofKnown(AdapterId id) {
    return own.contains(id.name()) ? id.name() : OTHERS;
  }

  String of(String name) {
    if (own.contains(name)) {
      return name;
    }
    if (places.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
      return OTHERS;
    }
    if (!own.add(name)) {
      places.incrementAndGet(); // somebody else was faster
    }
    return name;
  }
}
