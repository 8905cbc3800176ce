package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BiasDelta;
import io.talchum.core.Linear;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Several changes of one bias become one. */
final class Merged {
  private record Place(int layer, Linear linear) {}

  private Merged() {}

  static List<AdapterPrimitive> biases(List<AdapterPrimitive> primitives) {
    List<AdapterPrimitive> merged = new ArrayList<>();
    Map<Place, float[]> sums = new LinkedHashMap<>();
    for (AdapterPrimitive primitive : primitives) {
      if (primitive instanceof BiasDelta delta) {
        sums.merge(new Place(delta.layer(), delta.linear()), delta.db().clone(), Merged::added);
      } else {
        merged.add(primitive);
      }
    }
    sums.forEach((place, db) -> merged.add(new BiasDelta(place.layer(), place.linear(), db)));
    return merged;
  }

  private static float[] added(float[] sum, float[] more) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
    return sum;
  }
}
