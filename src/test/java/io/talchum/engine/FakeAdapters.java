package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import java.util.HashMap;
import java.util.Map;

/** Named adapters that can be replaced while leases on the old version are open. */
final class FakeAdapters {
  private final FakeModelExecutor executor;
  private final Map<String, Version> current = new HashMap<>();
  private int openLeases;

  FakeAdapters(FakeModelExecutor executor) {
    this.executor = executor;
  }

  private static final class Version {
    final AdapterId id;
    final FakeModelExecutor.FakeAdapter resident;
    int leases;
    boolean isUnloaded;

    Version(AdapterId id, FakeModelExecutor.FakeAdapter resident) {
      this.id = id;
      this.resident = resident;
    }

    void closeIfUnused() {
      if (isUnloaded && leases == 0) {
        resident.close();
      }
    }
  }

  /** A lease on one adapter that counts nothing. */
  static AdapterLease lease(FakeModelExecutor.FakeAdapter adapter) {
    return new AdapterLease() {
      @Override
      public AdapterId id() {
        return new AdapterId("one", new ContentHash(String.format("%064x", adapter.content)));
      }

      @Override
      public ResidentAdapter resident() {
        return adapter;
      }

      @Override
      public void close() {}
    };
  }

  /** Loads or replaces. */
  void load(String name, long content) {
    ContentHash hash = new ContentHash(String.format("%064x", content));
    unload(name);
    current.put(name, new Version(new AdapterId(name, hash), executor.new FakeAdapter(content)));
  }

  void unload(String name) {
    Version old = current.remove(name);
    if (old != null) {
      old.isUnloaded = true;
      old.closeIfUnused();
    }
  }

  long content(String name) {
    return version(name).resident.content;
  }

  int openLeases() {
    return openLeases;
  }

  /** A lease that insists on being closed once. */
  AdapterLease acquire(String name) {
    Version version = version(name);
    version.leases++;
    openLeases++;
    return new AdapterLease() {
      private boolean isOpen = true;

      @Override
      public AdapterId id() {
        return version.id;
      }

      @Override
      public ResidentAdapter resident() {
        if (!isOpen) {
          throw executor.violated("used a closed lease");
        }
        return version.resident;
      }

      @Override
      public void close() {
        if (!isOpen) {
          throw executor.violated("lease closed twice");
        }
        isOpen = false;
        version.leases--;
        openLeases--;
        version.closeIfUnused();
      }
    };
  }

  private Version version(String name) {
    Version version = current.get(name);
    if (version == null) {
      throw new AssertionError("no adapter " + name);
    }
    return version;
  }
}
