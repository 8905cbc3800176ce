package io.talchum.adapter.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.SoftPrompt;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WeightedSumTest {
  private static final LowRankDelta DELTA =
      new LowRankDelta(1, Linear.Q, 1, 2f, new float[] {1, 2}, new float[] {3, 4});

  @Test
  void lowRankChangesKeepTheirNumbersAndGetTheWeightInTheScale() {
    AdapterWeights sum = sum(0.5, AdapterWeights.of(DELTA), -3, AdapterWeights.of(DELTA));
    assertThat(sum.lowRank()).extracting(LowRankDelta::scale).containsExactly(1f, -6f);
    assertThat(sum.lowRank()).allSatisfy(d -> assertThat(d.a()).isSameAs(DELTA.a()));
  }

  @Test
  void denseChangesAndBiasesOfOnePlaceBecomeOne() {
    AdapterWeights one =
        AdapterWeights.of(
            new DenseDelta(0, Linear.V, new float[] {1, 2}),
            new BiasDelta(0, Linear.V, new float[] {10, 20}));
    AdapterWeights two =
        AdapterWeights.of(
            new DenseDelta(0, Linear.V, new float[] {4, 8}),
            new BiasDelta(1, Linear.V, new float[] {1, 1}));
    AdapterWeights sum = sum(0.5, one, 0.25, two);
    assertThat(sum.all(DenseDelta.class))
        .singleElement()
        .satisfies(d -> assertThat(d.delta().toArray()).containsExactly(1.5f, 3f));
    assertThat(sum.all(BiasDelta.class)).hasSize(2);
    assertThat(sum.all(BiasDelta.class).getFirst().db()).containsExactly(5f, 10f);
  }

  /** B_1 A_1 s_1 w_1 + B_2 A_2 s_2 w_2, of different ranks. */
  @Test
  void changesOfTheTablesAreStacked() {
    HeadLowRank one = new HeadLowRank(1, 2f, new float[] {1, 2}, new float[] {1, 0, 1});
    HeadLowRank two =
        new HeadLowRank(2, 1f, new float[] {1, 0, 0, 1}, new float[] {1, 2, 3, 4, 5, 6});
    HeadLowRank sum =
        sum(3, AdapterWeights.of(one), 0.5, AdapterWeights.of(two))
            .all(HeadLowRank.class)
            .getFirst();
    assertThat(sum.rank()).isEqualTo(3);
    assertThat(product(sum.a().toArray(), sum.b().toArray(), 3, 2, sum.scale()))
        .containsExactly(6.5f, 13f, 1.5f, 2f, 8.5f, 15f);
  }

  @Test
  void aSingleChangeOfATableStaysAsItIs() {
    EmbeddingLowRank one = new EmbeddingLowRank(1, 2f, new float[] {1, 2}, new float[] {3, 4});
    WeightedSum sum = new WeightedSum();
    sum.add("a", 0.25, AdapterWeights.of(one));
    assertThat(sum.weights().all(EmbeddingLowRank.class))
        .containsExactly(new EmbeddingLowRank(1, 0.5f, one.a(), one.b()));
  }

  @Test
  void weightZeroIsNothing() {
    assertThat(sum(0, AdapterWeights.of(DELTA), 0, AdapterWeights.of(DELTA)).primitives())
        .isEmpty();
  }

  static Stream<AdapterPrimitive> unmixable() {
    return Stream.of(
        new SoftPrompt(1, new float[2]),
        new OutputScale(0, Linear.Q, new float[2]),
        new InputScale(0, Linear.Q, new float[2]),
        new EmbeddingRows(new int[1], new float[2]),
        new Invocation(new int[1]));
  }

  @ParameterizedTest
  @MethodSource("unmixable")
  void whatHasNoSumIsRefusedByName(AdapterPrimitive primitive) {
    WeightedSum sum = new WeightedSum();
    AdapterWeights adapter = new AdapterWeights(List.of(DELTA, primitive));
    assertThatThrownBy(() -> sum.add("tone@0123", 0, adapter))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("adapter tone@0123 does not mix")
        .hasMessageContaining(primitive.getClass().getSimpleName());
  }

  @Test
  void ranksAreBoundedTogether() {
    LowRankDelta large = new LowRankDelta(0, Linear.K, 2500, 1f, new float[0], new float[0]);
    assertThatThrownBy(() -> sum(1, AdapterWeights.of(large), 1, AdapterWeights.of(large)))
        .hasMessageContaining("rank 5000 at layer 0 self_attn.k_proj; at most 4096");
  }

  @Test
  void numbersThatOverflowAreRefused() {
    LowRankDelta steep = new LowRankDelta(0, Linear.K, 1, 3e38f, new float[1], new float[1]);
    assertThatThrownBy(() -> sum(1, AdapterWeights.of(DELTA), 100, AdapterWeights.of(steep)))
        .hasMessageContaining("too large");
  }

  private static AdapterWeights sum(
      double weight, AdapterWeights one, double other, AdapterWeights two) {
    WeightedSum sum = new WeightedSum();
    sum.add("one", weight, one);
    sum.add("two", other, two);
    return sum.weights();
  }

  private static float[] product(float[] a, float[] b, int rank, int in, float scale) {
    float[] product = new float[b.length / rank * in];
    for (int row = 0; row < b.length / rank; row++) {
      for (int k = 0; k < rank; k++) {
        for (int i = 0; i < in; i++) {
          product[row * in + i] += scale * b[row * rank + k] * a[k * in + i];
        }
      }
    }
    return product;
  }
}
