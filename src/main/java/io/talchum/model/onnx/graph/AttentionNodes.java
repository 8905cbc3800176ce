package io.talchum.model.onnx.graph;

import io.talchum.core.AttentionSpec;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.ElementType;
import java.util.ArrayList;
import java.util.List;

/** Writes a layer's attention, from the normed stream to the output projection. */
final class AttentionNodes {
  private static final int KEY_SCALE_INPUT = 12;

  private final OnnxGraph graph;
  private final ModelSpec spec;
  private final GraphForm form;
  private final GroupNodes groups;
  private final NormNodes norms;
  private final HiddenStateNodes hiddenStates;

  AttentionNodes(
      OnnxGraph graph,
      ModelSpec spec,
      GraphForm form,
      GroupNodes groups,
      NormNodes norms,
      HiddenStateNodes hiddenStates) {
    this.graph = graph;
    this.spec = spec;
    this.form = form;
    this.groups = groups;
    this.norms = norms;
    this.hiddenStates = hiddenStates;
  }

  /** What attention gives to the residual stream, before its norm. */
  String attention(int layer, String input) {
    AttentionSpec attention = spec.attention();
    List<String> in = new ArrayList<>(queryKeyValue(layer, input));
    ElementType number = form.cache();
    Object[] cache = {"B", spec.kvHeads(), form.contextTokens(), spec.headDim()};
    in.add(graph.input(DecoderGraph.pastKey(layer), number, cache));
    in.add(graph.input(DecoderGraph.pastValue(layer), number, cache));
    in.addAll(List.of(DecoderGraph.PAST_LENGTHS, DecoderGraph.TOTAL_LENGTH));
    boolean rotates = !RotaryTables.areReadByOwnNodes(spec);
    if (rotates) {
      in.add(rotaryTable(RotaryTables.cos(attention, layer), layer));
      in.add(rotaryTable(RotaryTables.sin(attention, layer), layer));
    }
    graph.output(DecoderGraph.presentKey(layer), number, cache);
    graph.output(DecoderGraph.presentValue(layer), number, cache);
    String attended = "layers." + layer + ".attended";
    int window = attention.windowOf(layer);
    List<Attribute> attributes =
        new ArrayList<>(
            List.of(
                Attribute.of("num_heads", spec.heads()),
                Attribute.of("kv_num_heads", spec.kvHeads()),
                Attribute.of("scale", attention.scale()),
                Attribute.of("softcap", attention.softcap()),
                Attribute.of("do_rotary", rotates ? 1 : 0),
                Attribute.of("rotary_interleaved", 0),
                Attribute.of("local_window_size", window == 0 ? -1 : window)));
    if (form.cache() == ElementType.INT8) {
      quantize(layer, in, attributes);
    }
    graph.contributed(
        "GroupQueryAttention",
        in,
        List.of(attended, DecoderGraph.presentKey(layer), DecoderGraph.presentValue(layer)),
        attributes.toArray(Attribute[]::new));
    String extended =
        hiddenStates.after(
            HiddenStateSite.of(layer, HiddenStateSite.Kind.ATTENDED), in.getFirst(), attended);
    return groups.run(layer, LinearGroup.O, extended).getFirst();
  }

  /** The operator takes the scales as its inputs 12 and 13. */
  private void quantize(int layer, List<String> in, List<Attribute> attributes) {
    while (in.size() < KEY_SCALE_INPUT) {
      in.add("");
    }
    in.add(
        graph.weight(
            DecoderGraph.keyScale(layer), ElementType.FLOAT, DecoderGraph.scaleShape(spec)));
    in.add(
        graph.weight(
            DecoderGraph.valueScale(layer), ElementType.FLOAT, DecoderGraph.scaleShape(spec)));
    attributes.add(Attribute.of("k_quant_type", "PER_CHANNEL"));
    attributes.add(Attribute.of("v_quant_type", "PER_CHANNEL"));
    attributes.add(Attribute.of("kv_cache_bit_width", Byte.SIZE));
  }

  private String rotaryTable(String name, int layer) {
    AttentionSpec attention = spec.attention();
    return graph.weight(
        name,
        form.number(),
        RotaryTables.rows(attention, form.contextTokens()),
        attention.ropeOf(layer).inverseFrequencies().size());
  }

  /** Queries, keys and values; all three in the first if nothing has to be done to them. */
  private List<String> queryKeyValue(int layer, String input) {
    List<String> projected = groups.run(layer, LinearGroup.QKV, input);
    boolean rotated = RotaryTables.areReadByOwnNodes(spec);
    if (!spec.norms().has(Norm.QUERY) && !rotated) {
      return projected.size() == 1 ? List.of(projected.getFirst(), "", "") : projected;
    }
    String prefix = "layers." + layer + ".";
    List<String> parts =
        groups.parts(
            projected,
            List.of(prefix + "q_part", prefix + "k_part", prefix + "v_part"),
            List.of(Linear.Q, Linear.K, Linear.V));
    String query = norms.heads(parts.get(0), layer, Norm.QUERY, spec.heads());
    String key = norms.heads(parts.get(1), layer, Norm.KEY, spec.kvHeads());
    return List.of(
        rotated ? rotated(query, layer, spec.heads()) : query,
        rotated ? rotated(key, layer, spec.kvHeads()) : key,
        parts.get(2));
  }

  /** Rotary embedding as a node of its own. */
  private String rotated(String x, int layer, int heads) {
    AttentionSpec attention = spec.attention();
    String out = x + ".rotated";
    graph.contributed(
        "RotaryEmbedding",
        List.of(
            x,
            DecoderGraph.ROTARY_POSITIONS,
            rotaryTable(RotaryTables.cos(attention, layer), layer),
            rotaryTable(RotaryTables.sin(attention, layer), layer)),
        List.of(out),
        Attribute.of("interleaved", 0),
        Attribute.of("num_heads", heads),
        Attribute.of(
            "rotary_embedding_dim", 2 * attention.ropeOf(layer).inverseFrequencies().size()));
    return out;
  }
}
