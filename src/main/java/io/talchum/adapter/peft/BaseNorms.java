package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.NormWeight;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.weights.checkpoint.CheckpointNorms;
import java.util.LinkedHashMap;
import java.util.Map;

/** The base's norms by the paths under which adapters replace them. */
final class BaseNorms {
  private BaseNorms() {}

  /** One norm. */
  interface Place {
    int size();

    /**
     * @param stored as in a checkpoint
     */
    AdapterPrimitive replacedBy(float[] stored);
  }

  private record InLayer(ModelSpec spec, int layer, Norm norm) implements Place {
    @Override
    public int size() {
      return spec.size(norm);
    }

    @Override
    public AdapterPrimitive replacedBy(float[] stored) {
      return new NormWeight(layer, norm, multiplied(spec, stored));
    }
  }

  private record Last(ModelSpec spec) implements Place {
    @Override
    public int size() {
      return spec.hiddenSize();
    }

    @Override
    public AdapterPrimitive replacedBy(float[] stored) {
      return new FinalNormWeight(multiplied(spec, stored));
    }
  }

  static Map<String, Place> of(ModelSpec spec) {
    Map<String, Place> places = new LinkedHashMap<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        places.put(
            "model.layers." + layer + "." + CheckpointNorms.path(spec, norm),
            new InLayer(spec, layer, norm));
      }
    }
    places.put(CheckpointNorms.FINAL, new Last(spec));
    return places;
  }

  private static float[] multiplied(ModelSpec spec, float[] stored) {
    float offset = CheckpointNorms.offset(spec);
    float[] weight = stored.clone();
    for (int i = 0; i < weight.length; i++) {
      weight[i] += offset;
    }
    return weight;
  }
}
