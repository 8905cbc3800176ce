package io.talchum.adapter;

import java.util.List;

/**
 * Keys and values in front of every layer's own: prefix tuning (arXiv:2101.00190). Keys are raw:
 * attention sees them as they are, not rotated.
 *
 * @param tokens n, at least 1
 * @param keys by layer, f32 [n, kvHeads, headDim]
 * @param values by layer, f32 [n, kvHeads, headDim]
 * @param shiftsPositions whether the prompt's tokens take the positions n, n + 1 ... (PEFT), or 0,
 *     1 ... (AdapterHub)
 * @param gates by layer, of the input of the layer's attention: one gate of both, or two, of the
 *     keys and of the values; empty without gates (UniPELT has them)
 */
public record VirtualKeyValues(
    int tokens,
    List<float[]> keys,
    List<float[]> values,
    boolean shiftsPositions,
    List<SequenceGate> gates)
    implements AdapterPrimitive {
  public VirtualKeyValues {
    keys = List.copyOf(keys);
    values = List.copyOf(values);
    gates = List.copyOf(gates);
  }

  /** Without gates. */
  public VirtualKeyValues(
      int tokens, List<float[]> keys, List<float[]> values, boolean shiftsPositions) {
    this(tokens, keys, values, shiftsPositions, List.of());
  }
}
