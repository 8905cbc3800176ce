package io.talchum.weights.pack;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.weights.checkpoint.Checkpoint;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.quantize.Encoding;
import io.talchum.weights.quantize.EncodingChoice;
import io.talchum.weights.quantize.ExactGrid;
import io.talchum.weights.quantize.Format;
import io.talchum.weights.quantize.QuantizationRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Which tensors a package gets, and how each is encoded; computed from the checkpoint's tensors
 * before anything is written.
 */
record PackingPlan(List<Packed> tensors) {

  /** Linears that read the same input. */
  enum Group {
    QKV(Linear.Q, Linear.K, Linear.V),
    O(Linear.O),
    GATE_UP(Linear.GATE, Linear.UP),
    DOWN(Linear.DOWN);

    private final List<Linear> members;

    Group(Linear... members) {
      this.members = List.of(members);
    }

    /** Those that the model has. */
    List<Linear> members(ModelSpec spec) {
      return ModelTensors.linears(spec, members);
    }
  }

  /**
   * One tensor to write.
   *
   * @param members read one after the other: their rows are stacked
   * @param isTable whether it is the embedding or the head
   */
  record Packed(String name, List<SourceTensor> members, Format format, boolean isTable) {
    boolean isVector() {
      return members.getFirst().columns() == 1;
    }

    int rows() {
      return members.stream().mapToInt(SourceTensor::rows).reduce(0, Math::addExact);
    }

    int columns() {
      return members.getFirst().columns();
    }

    long weights() {
      return (long) rows() * columns();
    }
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_REQUEST for a rule that does not fit the model
   */
  static PackingPlan of(QuantizationRules rules, Checkpoint checkpoint) {
    Map<String, SourceTensor> tensors = checkpoint.tensors();
    rules.check(
        tensors.entrySet().stream()
            .filter(tensor -> tensor.getValue().columns() > 1)
            .map(Map.Entry::getKey)
            .toList(),
        checkpoint.spec().tiedHead());
    long parameters =
        tensors.values().stream()
            .mapToLong(tensor -> (long) tensor.rows() * tensor.columns())
            .sum();
    boolean exactInt4 = rules.mayUseInt4() && ExactGrid.holds(checkpoint);
    return of(checkpoint.spec(), tensors, new EncodingChoice(rules, parameters, exactInt4));
  }

  static PackingPlan of(ModelSpec spec, Map<String, SourceTensor> tensors, EncodingChoice choice) {
    List<Packed> plan = new ArrayList<>();
    plan.add(table(ModelTensors.EMBED, tensors, choice));
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        plan.addAll(norm(ModelTensors.inLayer(layer, norm.tensor()), spec, tensors));
      }
      for (Group group : Group.values()) {
        plan.addAll(linears(layer, group, spec, tensors, choice));
      }
    }
    plan.addAll(norm(ModelTensors.NORM, spec, tensors));
    if (!spec.tiedHead()) {
      plan.add(table(ModelTensors.HEAD, tensors, choice));
    }
    return new PackingPlan(List.copyOf(plan));
  }

  /** One stacked matrix if all members share format and bias, else each its own. */
  private static List<Packed> linears(
      int layer,
      Group group,
      ModelSpec spec,
      Map<String, SourceTensor> tensors,
      EncodingChoice choice) {
    List<Linear> members = group.members(spec);
    Stream<Format> formats =
        members.stream()
            .map(l -> ModelTensors.inLayer(layer, nameOf(l)))
            .map(name -> choice.linear(name, get(tensors, name)));
    boolean alike =
        formats.distinct().count() == 1
            && members.stream().map(spec.biases()::contains).distinct().count() == 1;
    List<List<Linear>> units = alike ? List.of(members) : singles(members);
    List<Packed> plan = new ArrayList<>();
    for (List<Linear> unit : units) {
      String name = ModelTensors.inLayer(layer, nameOf(unit));
      List<String> names =
          unit.stream().map(linear -> ModelTensors.inLayer(layer, nameOf(linear))).toList();
      Format format = choice.linear(names.getFirst(), get(tensors, names.getFirst()));
      plan.add(new Packed(name, all(tensors, names, ""), format, false));
      if (spec.biases().contains(unit.getFirst())) {
        plan.add(
            new Packed(
                name + ModelTensors.BIAS,
                all(tensors, names, ModelTensors.BIAS),
                Format.F32,
                false));
      }
    }
    return plan;
  }

  static List<List<Linear>> singles(List<Linear> members) {
    return members.stream().map(List::of).toList();
  }

  private static String nameOf(Linear linear) {
    return ModelTensors.nameOf(linear);
  }

  /** {@code qkv}, {@code gate_up}, or the name of the only member. */
  static String nameOf(List<Linear> unit) {
    return switch (unit.size()) {
      case 3 -> "qkv";
      case 2 -> "gate_up";
      default -> nameOf(unit.getFirst());
    };
  }

  private static List<Packed> norm(String name, ModelSpec spec, Map<String, SourceTensor> tensors) {
    List<Packed> vectors = new ArrayList<>();
    vectors.add(new Packed(name, List.of(get(tensors, name)), Format.F32, false));
    if (spec.norms().hasBias()) {
      String bias = name + ModelTensors.BIAS;
      vectors.add(new Packed(bias, List.of(get(tensors, bias)), Format.F32, false));
    }
    return vectors;
  }

  private static Packed table(
      String name, Map<String, SourceTensor> tensors, EncodingChoice choice) {
    SourceTensor source = get(tensors, name);
    return new Packed(name, List.of(source), choice.table(name, source), true);
  }

  private static List<SourceTensor> all(
      Map<String, SourceTensor> tensors, List<String> names, String suffix) {
    return names.stream().map(name -> get(tensors, name + suffix)).toList();
  }

  private static SourceTensor get(Map<String, SourceTensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  long parameters() {
    return tensors.stream().mapToLong(Packed::weights).sum();
  }

  long sourceBytes() {
    return tensors.stream()
        .flatMap(packed -> packed.members().stream())
        .mapToLong(member -> member.data().byteSize())
        .sum();
  }

  /**
   * {@code none}, {@code int8}, {@code int4}, {@code int4+offset}, {@code int8+offset} or {@code
   * mixed}.
   */
  String quantization(boolean ofTables) {
    List<Encoding> used =
        tensors.stream()
            .filter(packed -> !packed.isVector() && packed.isTable() == ofTables)
            .map(packed -> packed.format().encoding())
            .distinct()
            .toList();
    return used.size() > 1 ? "mixed" : used.getFirst().label();
  }
}
