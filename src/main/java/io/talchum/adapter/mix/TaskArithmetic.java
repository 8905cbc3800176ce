package io.talchum.adapter.mix;

import io.talchum.adapter.peft.TorchGenerator;
import java.util.Arrays;
import java.util.List;

/**
 * PEFT's {@code merge_utils} on matrices of one shape, in f32 as torch computes them. Nothing is
 * changed in place.
 */
final class TaskArithmetic {
  private TaskArithmetic() {}

  /** Sum of w_i t_i. */
  static float[] linear(List<float[]> tensors, float[] weights) {
    float[] sum = new float[tensors.getFirst().length];
    for (int t = 0; t < weights.length; t++) {
      float[] tensor = tensors.get(t);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += tensor[i] * weights[t];
      }
    }
    return sum;
  }

  /** Trim, elect sign, disjoint mean: arXiv:2306.01708. */
  static float[] ties(List<float[]> tensors, float[] weights, double density, boolean byFrequency) {
    List<float[]> trimmed = tensors.stream().map(tensor -> trimmed(tensor, density)).toList();
    float[] merged = new float[tensors.getFirst().length];
    for (int i = 0; i < merged.length; i++) {
      float vote = 0;
      for (float[] tensor : trimmed) {
        vote += byFrequency ? Math.signum(tensor[i]) : tensor[i];
      }
      float sign = vote >= 0 ? 1 : -1;
      float sum = 0;
      int agreeing = 0;
      for (int t = 0; t < weights.length; t++) {
        float value = trimmed.get(t)[i];
        if (Math.signum(value) == sign) {
          sum += value * weights[t];
          agreeing++;
        }
      }
      merged[i] = sum / Math.max(1, agreeing);
    }
    return merged;
  }

  /** The numbers of largest magnitude, zero for the others; of equal ones the first stay. */
  static float[] trimmed(float[] tensor, double density) {
    int kept = (int) (density * tensor.length);
    if (density >= 1) {
      return tensor;
    }
    float[] sorted = new float[tensor.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = Math.abs(tensor[i]);
    }
    Arrays.sort(sorted);
    float least = kept == 0 ? Float.POSITIVE_INFINITY : sorted[sorted.length - kept];
    int above = 0;
    for (int i = sorted.length - 1; i >= 0 && sorted[i] > least; i--) {
      above++;
    }
    int equal = kept - above;
    float[] trimmed = new float[tensor.length];
    for (int i = 0; i < trimmed.length; i++) {
      float magnitude = Math.abs(tensor[i]);
      if (magnitude > least || magnitude == least && equal-- > 0) {
        trimmed[i] = tensor[i];
      }
    }
    return trimmed;
  }

  /** Drop and rescale, then {@link #linear}: arXiv:2311.03099. */
  static float[] dareLinear(
      List<float[]> tensors, float[] weights, double density, TorchGenerator random) {
    return linear(
        tensors.stream().map(tensor -> dropped(tensor, density, random)).toList(), weights);
  }

  private static float[] dropped(float[] tensor, double density, TorchGenerator random) {
    if (density >= 1) {
      return tensor;
    }
    boolean[] kept = random.bernoulli(tensor.length, density);
    float[] dropped = new float[tensor.length];
    for (int i = 0; i < dropped.length; i++) {
      dropped[i] = kept[i] ? tensor[i] / (float) density : 0;
    }
    return dropped;
  }
}
