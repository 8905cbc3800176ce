package io.talchum.model.onnx.device;

import io.talchum.model.onnx.graph.StandardLinearNodes;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.StepBinding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The adapters of all slots, side by side in the memory of a device: for each site [slots, in,
 * ranks] and [slots, ranks, out]; zeros change nothing. A slot is filled when a step first needs
 * it. Engine thread.
 */
final class AdapterStacks implements AutoCloseable {
  private final Device device;
  private final OrtTensors tensors;
  private final DeviceOptions options;
  private final Arena arena = Arena.ofShared();
  private final List<Stack> stacks = new ArrayList<>();
  private final @Nullable DeviceAdapter[] held; // [slots]

  /** One site's. */
  private record Stack(StackSite site, MemorySegment down, MemorySegment up) {}

  AdapterStacks(Device device, OrtTensors tensors, List<StackSite> sites, DeviceOptions options) {
    this.device = device;
    this.tensors = tensors;
    this.options = options;
    this.held = new DeviceAdapter[options.slots()];
    for (StackSite site : sites) {
      stacks.add(
          new Stack(
              site,
              device.memory().allocate(arena, options.slots() * downBytes(site)),
              device.memory().allocate(arena, options.slots() * upBytes(site))));
    }
  }

  /** Bytes of one slot. */
  static long slotBytes(List<StackSite> sites, int rank, ElementType number) {
    return sites.stream()
        .mapToLong(site -> (site.downSize(rank) + site.upSize(rank)) * number.bytes())
        .sum();
  }

  /** Makes the slot's part what this adapter, or the base, has there. */
  void hold(int slot, @Nullable DeviceAdapter adapter) {
    DeviceAdapter before = held[slot];
    if (Objects.equals(before, adapter)) {
      return;
    }
    for (Stack stack : stacks) {
      StackSite site = stack.site();
      MemorySegment down = slice(stack.down(), slot, downBytes(site));
      MemorySegment up = slice(stack.up(), slot, upBytes(site));
      DeviceAdapter.Image image = adapter == null ? null : adapter.at(site.number());
      if (image != null) {
        device.memory().copy(image.down(), down);
        device.memory().copy(image.up(), up);
      } else if (before != null && before.at(site.number()) != null) {
        device.memory().clear(down);
        device.memory().clear(up);
      }
    }
    held[slot] = adapter;
  }

  /** Binds the parts of slots from {@code first} on. */
  void bind(StepBinding step, int first, int rows) {
    int rank = options.rank();
    for (Stack stack : stacks) {
      StackSite site = stack.site();
      int ranks = site.ranks(rank);
      MemorySegment down = stack.down().asSlice(first * downBytes(site), rows * downBytes(site));
      MemorySegment up = stack.up().asSlice(first * upBytes(site), rows * upBytes(site));
      bind(step, StandardLinearNodes.down(site.number()), down, rows, site.in(), ranks);
      bind(step, StandardLinearNodes.up(site.number()), up, rows, ranks, site.out());
    }
  }

  private void bind(StepBinding step, String name, MemorySegment memory, long... shape) {
    step.input(
        name,
        step.own(tensors.tensor(device.provider().memoryInfo(), memory, options.number(), shape)));
  }

  private static MemorySegment slice(MemorySegment all, int slot, long bytes) {
    return all.asSlice(slot * bytes, bytes);
  }

  private long downBytes(StackSite site) {
    return site.downSize(options.rank()) * options.number().bytes();
  }

  private long upBytes(StackSite site) {
    return site.upSize(options.rank()) * options.number().bytes();
  }

  @Override
  public void close() {
    arena.close();
  }
}
