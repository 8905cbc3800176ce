package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.TestBases;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModuleChangeTest {
  /** Every weight is 1. */
  private record Ones(ModelSpec spec) implements BaseWeights {
    @Override
    public Rows linear(int layer, Linear linear) {
      return (row, target) -> Arrays.fill(target, 1);
    }

    @Override
    public float[] bias(int layer, Linear linear) {
      return new float[spec.outputSize(linear)];
    }

    @Override
    public Rows embedding() {
      return (row, target) -> Arrays.fill(target, 1);
    }

    @Override
    public Rows head() {
      return embedding();
    }
  }

  private static final BaseWeights BASE = new Ones(TestBases.LLAMA);

  @Test
  void changeIsRelativeToTheWeight() {
    List<ModuleChange> changes =
        ModuleChange.of(
            AdapterWeights.of(
                new OutputScale(1, Linear.V, filled(32, 2)),
                new LowRankDelta(0, Linear.Q, 2, 0.25f, filled(128, 1), filled(128, 1)),
                new DenseDelta(2, Linear.K, filled(32 * 64, 1)),
                new InputScale(2, Linear.K, filled(64, 3)),
                new BiasDelta(2, Linear.Q, filled(64, 5))),
            BASE);

    assertThat(changes)
        .extracting(ModuleChange::path)
        .containsExactly(
            "model.layers.0.self_attn.q_proj",
            "model.layers.1.self_attn.v_proj",
            "model.layers.2.self_attn.q_proj",
            "model.layers.2.self_attn.k_proj");
    assertThat(changes).extracting(ModuleChange::rank).containsExactly(2, 0, 0, 0);
    double[] expected = {0.5, 1, 0, 5};
    for (int i = 0; i < expected.length; i++) {
      assertThat(changes.get(i).relative()).isCloseTo(expected[i], within(1e-6));
    }
    assertThat(changes.getLast().primitives()).containsExactly("DenseDelta", "InputScale");
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
