package io.talchum.adapter;

import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import java.util.List;
import java.util.Set;

/** Bases of the adapter fixtures. */
public final class TestBases {
  /** {@code fixtures/adapters/base-llama}. */
  public static final ModelSpec LLAMA =
      new ModelSpec(
          "LlamaForCausalLM",
          256,
          64,
          3,
          4,
          2,
          16,
          160,
          512,
          1e-6f,
          new RopeSpec(List.of(1.0, 0.31622776, 0.1, 0.031622776), 1.0),
          Set.of(),
          true);

  private TestBases() {}
}
