package io.talchum.model.onnx.adapter;

import java.util.Arrays;

/**
 * An adapter in a slot, with what depends on the sequence there. Changed by the engine thread
 * between the work of the pool's threads.
 */
public final class BoundAdapter {
  private final OnnxAdapter adapter;
  private final GateMean[] gates;
  private int promptTokens;
  private int firstPosition;

  public BoundAdapter(OnnxAdapter adapter) {
    this.adapter = adapter;
    this.firstPosition = adapter.virtualTokens();
    this.gates = adapter.gates().stream().map(GateMean::new).toArray(GateMean[]::new);
  }

  private BoundAdapter(BoundAdapter other) {
    this.adapter = other.adapter;
    this.gates = Arrays.stream(other.gates).map(GateMean::new).toArray(GateMean[]::new);
    this.promptTokens = other.promptTokens;
    this.firstPosition = other.firstPosition;
  }

  /** The same for another slot. */
  public BoundAdapter copy() {
    return new BoundAdapter(this);
  }

  public OnnxAdapter adapter() {
    return adapter;
  }

  /** Learns the prompt that the slot will get. */
  public void expect(int[] promptTokenIds) {
    promptTokens = promptTokenIds.length;
    long first = (long) adapter.virtualTokens() + adapter.actsFrom(promptTokenIds);
    firstPosition = (int) Math.min(Integer.MAX_VALUE, first);
  }

  /** The KV position from which on linears are changed. */
  int firstPosition() {
    return firstPosition;
  }

  /** The mean of a gate of the adapter over this sequence. */
  GateMean gate(int number) {
    return gates[number];
  }

  /** How many KV positions the virtual tokens and the prompt take. */
  int promptEnd() {
    return adapter.virtualTokens() + promptTokens;
  }
}
