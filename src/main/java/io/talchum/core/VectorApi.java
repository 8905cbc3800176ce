package io.talchum.core;

/**
 * The JDK's incubating Vector API. A program loads it late; a run that records the start-up cache
 * goes without, since what depends on it cannot be in the cache.
 */
public final class VectorApi {
  private static final String CLASS = "jdk.incubator.vector.FloatVector";

  private VectorApi() {}

  /** Whether classes that use it can be used. */
  public static boolean isThere() {
    try {
      Class<?> found = Class.forName(CLASS, false, ClassLoader.getSystemClassLoader());
      return found.getClassLoader() == null;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
