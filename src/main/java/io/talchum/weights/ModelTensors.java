package io.talchum.weights;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The tensors that a model has before packing, named as in {@link PackedTensor}. */
final class ModelTensors {
  static final String EMBED = "embed";
  static final String HEAD = "head";
  static final String NORM = "norm";
  static final String INPUT_NORM = "input_norm";
  static final String POST_ATTENTION_NORM = "post_attention_norm";
  static final String BIAS = ".bias";

  private ModelTensors() {}

  /** Rows and columns; a vector has one column. */
  record Shape(int rows, int columns) {}

  /** All of them, in the order in which they are packed. */
  static Map<String, Shape> of(ModelSpec spec) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    Shape vector = new Shape(spec.hiddenSize(), 1);
    shapes.put(EMBED, new Shape(spec.vocabSize(), spec.hiddenSize()));
    for (int layer = 0; layer < spec.layers(); layer++) {
      shapes.put(inLayer(layer, INPUT_NORM), vector);
      shapes.put(inLayer(layer, POST_ATTENTION_NORM), vector);
      for (Linear linear : Linear.values()) {
        String name = inLayer(layer, nameOf(linear));
        shapes.put(name, new Shape(spec.outputSize(linear), spec.inputSize(linear)));
        if (spec.biases().contains(linear)) {
          shapes.put(name + BIAS, new Shape(spec.outputSize(linear), 1));
        }
      }
    }
    shapes.put(NORM, vector);
    if (!spec.tiedHead()) {
      shapes.put(HEAD, new Shape(spec.vocabSize(), spec.hiddenSize()));
    }
    return shapes;
  }

  static String inLayer(int layer, String name) {
    return "layers." + layer + "." + name;
  }

  /** For example {@code q} or {@code gate}. */
  static String nameOf(Linear linear) {
    return linear.name().toLowerCase(Locale.ROOT);
  }
}
