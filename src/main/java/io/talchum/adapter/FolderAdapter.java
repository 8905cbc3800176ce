package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a folder held when it was read whole, without the weights: they are read again when they are
 * wanted in memory. Any thread.
 */
final class FolderAdapter implements AdapterSource {
  /**
   * How folders become adapters.
   *
   * @param selfTest that an adapter has to pass
   */
  record Base(AdapterReader reader, AdapterSelfTest selfTest) {}

  private final AdapterId id;
  private final Path folder;
  private final Base base;
  private final AdapterInfo read;
  private final AdapterFacts facts;

  /** What was just read, to be loaded before anybody may name it. */
  private final AtomicReference<@Nullable AdapterContent> fresh;

  private volatile boolean isNamed;
  private volatile boolean isTried;
  private volatile long memoryBytes;
  private volatile Instant loadedAt;

  /** Reads a folder; what it holds is kept until {@link #named}. */
  FolderAdapter(String name, Path folder, Base base, Instant now) {
    AdapterContent content = base.reader().read(folder);
    this.id = new AdapterId(name, content.version());
    this.folder = folder;
    this.base = base;
    this.facts = content.facts();
    this.fresh = new AtomicReference<>(content);
    this.memoryBytes = content.memoryBytes();
    this.loadedAt = now;
    this.read =
        new AdapterInfo(
            id,
            content.kind(),
            content.source(),
            content.maxRank(),
            content.modules(),
            memoryBytes,
            now);
  }

  AdapterId id() {
    return id;
  }

  AdapterFacts facts() {
    return facts;
  }

  @Override
  public AdapterFacts facts(AdapterId wanted) {
    return facts;
  }

  AdapterInfo info() {
    return new AdapterInfo(
        id, read.kind(), read.source(), read.rank(), read.modules(), memoryBytes, loadedAt);
  }

  /** The name had the same content before, maybe in another folder. */
  void continues(FolderAdapter before) {
    isTried = before.isTried;
    memoryBytes = before.memoryBytes;
    loadedAt = before.loadedAt;
  }

  /** From now on requests may find it; they load what the folder holds then. */
  void named() {
    isNamed = true;
    fresh.set(null);
  }

  @Override
  public AdapterContent read(AdapterId wanted) {
    AdapterContent known = fresh.getAndSet(null);
    AdapterContent content = known == null ? base.reader().read(folder) : known;
    if (!content.version().equals(id.version())) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the folder of adapter %s has changed since it was loaded; load it again with load_inplace"
              .formatted(id));
    }
    return content;
  }

  /** One that nobody can name yet is admitted or refused; else its first request finds out. */
  @Override
  public void check(AdapterId wanted, List<AdapterSelfTest.Part> parts) {
    memoryBytes = parts.stream().mapToLong(part -> part.resident().residentBytes()).sum();
    if (isNamed) {
      base.selfTest().firstUse(id, parts);
    } else {
      base.selfTest().admit(id, parts);
    }
    isTried = true;
  }

  /** Whether it was in memory before, so that nothing but its folder is left to be checked. */
  @Override
  public boolean isTried(AdapterId wanted) {
    return isTried;
  }

  @Override
  public long residentBytes(AdapterId wanted) {
    return memoryBytes;
  }

  @Override
  public boolean isPinned(AdapterId wanted) {
    return false;
  }
}
