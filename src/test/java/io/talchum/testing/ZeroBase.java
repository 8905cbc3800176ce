package io.talchum.testing;

import io.talchum.adapter.BaseWeights;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.Arrays;

/** A base of which only the shapes are known; for adapter kinds that need no weights of it. */
public record ZeroBase(ModelSpec spec) implements BaseWeights {
  @Override
  public Rows linear(int layer, Linear linear) {
    return ZeroBase::zeros;
  }

  @Override
  public float[] bias(int layer, Linear linear) {
    return new float[spec.outputSize(linear)];
  }

  @Override
  public Rows embedding() {
    return ZeroBase::zeros;
  }

  @Override
  public Rows head() {
    return ZeroBase::zeros;
  }

  private static void zeros(int row, float[] target) {
    Arrays.fill(target, 0);
  }
}
