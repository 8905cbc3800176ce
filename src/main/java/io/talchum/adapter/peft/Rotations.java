package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.Matrix;
import java.util.List;

/** Orthogonal maps of a linear's input, block by block, as a dense delta: W R^T - W. */
final class Rotations {
  private Rotations() {}

  /**
   * @param blocks [n, n] each, along the inputs; a single one is repeated
   */
  static List<AdapterPrimitive> delta(AdaptedModule module, List<Matrix> blocks) {
    return module.dense(() -> rotated(module, blocks));
  }

  private static Matrix rotated(AdaptedModule module, List<Matrix> blocks) {
    int in = module.in();
    int n = blocks.getFirst().rows();
    float[] delta = new float[Math.multiplyExact(module.out(), in)];
    module.forEachRow(
        (row, weights) -> {
          for (int i = 0; i < in; i++) {
            Matrix block = blocks.get(blocks.size() == 1 ? 0 : i / n);
            int first = i - i % n;
            double sum = 0;
            for (int k = 0; k < n; k++) {
              sum += (double) weights[first + k] * block.at(i % n, k);
            }
            delta[row * in + i] = (float) (sum - weights[i]);
          }
        });
    return new Matrix(module.out(), in, delta);
  }
}
