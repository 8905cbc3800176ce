package io.talchum.adapter;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.pack.RowReader;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The base's weights from its package; nothing is kept in memory. */
public final class PackageWeights implements BaseWeights {
  private static final List<List<Linear>> GROUPS =
      List.of(List.of(Linear.Q, Linear.K, Linear.V), List.of(Linear.GATE, Linear.UP));

  private final ModelPackage model;

  /**
   * @param model open for as long as this is used
   */
  public PackageWeights(ModelPackage model) {
    this.model = model;
  }

  @Override
  public ModelSpec spec() {
    return model.manifest().spec();
  }

  @Override
  public Rows linear(int layer, Linear linear) {
    Place place = place(layer, linear, "");
    RowReader rows = model.rows(place.tensor());
    return (row, target) -> rows.read(place.firstRow() + row, target, 0);
  }

  @Override
  public float[] bias(int layer, Linear linear) {
    float[] bias = new float[spec().outputSize(linear)];
    if (spec().biases().contains(linear)) {
      Place place = place(layer, linear, ".bias");
      RowReader rows = model.rows(place.tensor());
      for (int i = 0; i < bias.length; i++) {
        rows.read(place.firstRow() + i, bias, i);
      }
    }
    return bias;
  }

  @Override
  public Rows embedding() {
    return rows(model.tensor("embed"));
  }

  @Override
  public Rows head() {
    return rows(model.find("head").orElseGet(() -> model.tensor("embed")));
  }

  private Rows rows(PackedTensor tensor) {
    RowReader rows = model.rows(tensor);
    return (row, target) -> rows.read(row, target, 0);
  }

  private record Place(PackedTensor tensor, int firstRow) {}

  /** A linear is a tensor of its own, or rows of one that it shares with its group. */
  private Place place(int layer, Linear linear, String suffix) {
    String prefix = "layers." + layer + ".";
    Optional<PackedTensor> alone = model.find(prefix + nameOf(linear) + suffix);
    if (alone.isPresent()) {
      return new Place(alone.get(), 0);
    }
    List<Linear> group =
        GROUPS.stream().filter(g -> g.contains(linear)).findFirst().orElse(List.of(linear));
    int firstRow =
        group.stream()
            .takeWhile(member -> member != linear)
            .mapToInt(member -> spec().outputSize(member))
            .sum();
    String fused = String.join("_", group.stream().map(PackageWeights::nameOf).toList());
    String name = prefix + (fused.equals("q_k_v") ? "qkv" : fused) + suffix;
    return new Place(model.tensor(name), firstRow);
  }

  private static String nameOf(Linear linear) {
    return linear.name().toLowerCase(Locale.ROOT);
  }
}
