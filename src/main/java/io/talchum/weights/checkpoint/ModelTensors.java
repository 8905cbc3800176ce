package io.talchum.weights.checkpoint;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The tensors that a model has before packing, by the names that a package gives them. */
public final class ModelTensors {
  public static final String EMBED = "embed";
  public static final String HEAD = "head";
  public static final String NORM = "norm";
  public static final String BIAS = ".bias";

  private ModelTensors() {}

  /** Rows and columns; a vector has one column. */
  public record Shape(int rows, int columns) {}

  /** All of them, in the order in which they are packed. */
  public static Map<String, Shape> of(ModelSpec spec) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(EMBED, new Shape(spec.vocabSize(), spec.hiddenSize()));
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        norm(shapes, inLayer(layer, norm.tensor()), spec.size(norm), spec);
      }
      for (Linear linear : linears(spec, List.of(Linear.values()))) {
        String name = inLayer(layer, nameOf(linear));
        shapes.put(name, new Shape(spec.outputSize(linear), spec.inputSize(linear)));
        if (spec.biases().contains(linear)) {
          shapes.put(name + BIAS, new Shape(spec.outputSize(linear), 1));
        }
      }
    }
    norm(shapes, NORM, spec.hiddenSize(), spec);
    if (!spec.tiedHead()) {
      shapes.put(HEAD, new Shape(spec.vocabSize(), spec.hiddenSize()));
    }
    return shapes;
  }

  private static void norm(Map<String, Shape> shapes, String name, int size, ModelSpec spec) {
    shapes.put(name, new Shape(size, 1));
    if (spec.norms().hasBias()) {
      shapes.put(name + BIAS, new Shape(size, 1));
    }
  }

  /** Those of the linears that the model has. */
  public static List<Linear> linears(ModelSpec spec, List<Linear> linears) {
    return linears.stream().filter(spec::has).toList();
  }

  /** The norm of that name, if it is one. */
  public static Optional<Norm> norm(String tensor) {
    return Arrays.stream(Norm.values()).filter(norm -> norm.tensor().equals(tensor)).findFirst();
  }

  public static String inLayer(int layer, String name) {
    return "layers." + layer + "." + name;
  }

  /** For example {@code q} or {@code gate}. */
  public static String nameOf(Linear linear) {
    return linear.name().toLowerCase(Locale.ROOT);
  }
}
