package io.talchum.adapter.mix;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.peft.TorchGenerator;
import java.util.List;
import org.junit.jupiter.api.Test;

class TaskArithmeticTest {
  private static final float[] ONES = {1, 1, 1};

  @Test
  void trimmingKeepsTheLargestAndTheFirstOfEqualOnes() {
    float[] tensor = {1, -3, 2, -2, 0, 2};
    assertThat(TaskArithmetic.trimmed(tensor, 0.5)).containsExactly(0, -3, 2, -2, 0, 0);
    assertThat(TaskArithmetic.trimmed(tensor, 0.1)).containsOnly(0);
    assertThat(TaskArithmetic.trimmed(tensor, 1)).isSameAs(tensor);
  }

  /** -5 wins over 1 + 1 by its size, and loses by number. */
  @Test
  void signsAreElectedBySizeOrByNumber() {
    List<float[]> tensors = List.of(new float[] {-5}, new float[] {1}, new float[] {1});
    assertThat(TaskArithmetic.ties(tensors, ONES, 1, false)).containsExactly(-5);
    assertThat(TaskArithmetic.ties(tensors, ONES, 1, true)).containsExactly(1);
  }

  /** The mean goes over those that have the sign; zeros have none. */
  @Test
  void tiesDividesByThoseThatAgree() {
    List<float[]> tensors =
        List.of(new float[] {4, 0, 0}, new float[] {2, 0, 0}, new float[] {-1, 0, 3});
    assertThat(TaskArithmetic.ties(tensors, new float[] {1, 0.5f, 9}, 1, false))
        .containsExactly(2.5f, 0, 27);
  }

  @Test
  void droppingDependsOnTheSeedAloneAndKeepsTheMean() {
    float[] tensor = new float[10_000];
    java.util.Arrays.fill(tensor, 1);
    float[] dropped = dare(tensor, 7);
    assertThat(dropped).isEqualTo(dare(tensor, 7)).isNotEqualTo(dare(tensor, 8));
    double sum = 0;
    for (float value : dropped) {
      assertThat(value).isIn(0f, 4f);
      sum += value;
    }
    assertThat(sum / tensor.length).isBetween(0.93, 1.07);
  }

  private static float[] dare(float[] tensor, long seed) {
    return TaskArithmetic.dareLinear(
        List.of(tensor), new float[] {1}, 0.25, new TorchGenerator(seed));
  }
}
