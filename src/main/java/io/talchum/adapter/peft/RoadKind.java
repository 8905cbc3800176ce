package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * RoAd (arXiv:2409.00119): pairs of outputs, bias included, are rotated and stretched: y becomes c
 * y + s rot(y). In a group of G outputs, output i of the first half is paired with i of the second.
 */
final class RoadKind {
  static final PeftKind KIND =
      new ModuleKind(
          "ROAD",
          KindOptions.ofModules(Set.of("variant", "group_size"), Set.of("init_weights")),
          RoadKind::begin);

  /** Numbers in the file for each pair of outputs. */
  private static final Map<String, Integer> NUMBERS = Map.of("road_1", 1, "road_2", 2, "road_4", 4);

  private RoadKind() {}

  /**
   * @param c [outputs]
   * @param s [outputs]
   */
  private record Turn(float[] c, float[] s) {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    String variant = config.text("variant", "road_1");
    Integer numbers = NUMBERS.get(variant);
    if (numbers == null) {
      throw AdapterConfigFields.refuse(
          "variant is '" + variant + "'; write road_1, road_2 or road_4");
    }
    int group = config.whole("group_size", 64, 2, 1 << 16);
    return module -> {
      if (group % 2 != 0 || module.out() % group != 0) {
        throw AdapterConfigFields.refuse(
            "group_size " + group + " is odd or does not divide the outputs of " + module.path());
      }
      int count = module.out() / 2 * numbers;
      float[] theta = source.values(module, "road_theta", "by variant", count);
      float[] alpha = source.values(module, "road_alpha", "by variant", count);
      return turned(module, turn(module.out(), theta, alpha, numbers, group), group);
    };
  }

  private static Turn turn(int out, float[] theta, float[] alpha, int numbers, int group) {
    float[] c = new float[out];
    float[] s = new float[out];
    for (int i = 0; i < out; i++) {
      int ofGroup = i / group * group / 2 * numbers;
      int within = i % group;
      int forC = ofGroup + (numbers == 1 ? within % (group / 2) : within);
      int forS = forC + (numbers == 4 ? group : 0);
      c[i] = (float) (alpha[forC] * Math.cos(theta[forC]));
      s[i] = (float) (alpha[forS] * Math.sin(theta[forS]));
    }
    return new Turn(c, s);
  }

  private static Matrix turned(Matrix weight, Turn turn, int group) {
    return Matrix.of(
        weight.rows(),
        weight.columns(),
        (row, i) -> change(turn, group, row, weight.at(row, i), weight.at(pair(row, group), i)));
  }

  private static List<AdapterPrimitive> turned(AdaptedModule module, Turn turn, int group) {
    float[] bias = module.bias();
    List<AdapterPrimitive> primitives =
        new ArrayList<>(module.dense(() -> turned(module.weight(), turn, group)));
    if (module.hasBias()) {
      float[] delta = new float[bias.length];
      for (int row = 0; row < delta.length; row++) {
        delta[row] = (float) change(turn, group, row, bias[row], bias[pair(row, group)]);
      }
      primitives.addAll(module.biasDelta(delta));
    }
    return primitives;
  }

  private static int pair(int row, int group) {
    return isFirst(row, group) ? row + group / 2 : row - group / 2;
  }

  private static double change(Turn turn, int group, int row, double own, double other) {
    return (turn.c()[row] - 1.0) * own
        + (isFirst(row, group) ? -1 : 1) * (double) turn.s()[row] * other;
  }

  private static boolean isFirst(int row, int group) {
    return row % group < group / 2;
  }
}
