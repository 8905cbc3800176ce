package io.talchum.adapter;

import java.util.List;

/**
 * A small network beside the base (ladder side tuning, arXiv:2206.06522). With h_0 the embeddings,
 * h_l the residual stream after layer l, rms(x) = x / sqrt(mean(x^2) + epsilon):
 *
 * <pre>
 *   s_0 = entry h_0
 *   i   = m down_l h_l + (1 - m) s_(l-1),  m = sigmoid(gate_l)
 *   s_l = i + contract_l silu(expand_l (rms(i) * norm_l))
 *   h_L += exit s_L, before the final norm
 * </pre>
 *
 * @param entry hidden to side
 * @param rungs l = 1 .. layers of the base
 * @param exit side to hidden
 * @param epsilon inside the root
 */
public record LadderSideNetwork(Projection entry, List<Rung> rungs, Projection exit, float epsilon)
    implements AdapterPrimitive {
  public LadderSideNetwork {
    rungs = List.copyOf(rungs);
  }

  /**
   * Beside one layer.
   *
   * @param down hidden to side
   * @param gate before the sigmoid
   * @param norm f32 [side]
   * @param expand side to inner
   * @param contract inner to side
   */
  public record Rung(
      Projection down, float gate, float[] norm, Projection expand, Projection contract) {}
}
