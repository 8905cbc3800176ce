package io.talchum.model.onnx.device;

import io.talchum.adapter.ResidentAdapter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A low-rank adapter in the memory of a device. Immutable. */
final class DeviceAdapter implements ResidentAdapter {
  private final Arena arena;
  private final Map<Integer, Image> images;
  private final long residentBytes;

  /**
   * What one site's stacks hold for a slot.
   *
   * @param down [in, ranks]
   * @param up [ranks, out], times the adapter's scale
   */
  record Image(MemorySegment down, MemorySegment up) {}

  /**
   * @param images by the number of the site
   */
  DeviceAdapter(Arena arena, Map<Integer, Image> images, long residentBytes) {
    this.arena = arena;
    this.images = Map.copyOf(images);
    this.residentBytes = residentBytes;
  }

  /** What it does at a site; null if nothing. */
  @Nullable Image at(int site) {
    return images.get(site);
  }

  @Override
  public long residentBytes() {
    return residentBytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
