package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * LLaMA-Adapter (arXiv:2303.16199): the top layers attend to a prompt of their own, through the
 * base's key and value projections.
 */
final class AdaptionPromptKind implements PeftKind {
  private static final int MOST_TOKENS = 1 << 16;

  @Override
  public String type() {
    return "ADAPTION_PROMPT";
  }

  @Override
  public KindOptions options() {
    return new KindOptions(
        Set.of("target_modules", "adapter_len", "adapter_layers"),
        Set.of(),
        Map.of("modules_to_save", "PEFT does not save them for this kind"),
        Set.of("target_modules", "adapter_len"));
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    AdapterConfigFields config = source.config();
    ModelSpec spec = source.base().spec();
    String target = config.text("target_modules", "self_attn");
    if (!target.equals("self_attn")) {
      throw AdapterConfigFields.refuse(
          "target_modules is '" + target + "'; it has to be self_attn");
    }
    if (spec.norms().has(Norm.QUERY)) {
      throw AdapterConfigFields.refuse(
          "PEFT has no adaption prompt for a base that norms its queries");
    }
    int layers = required(config, "adapter_layers", spec.layers());
    int tokens = required(config, "adapter_len", MOST_TOKENS);
    Owners.require(source, path -> path.contains(".self_attn.adaption_"));
    List<AdapterPrimitive> primitives = new ArrayList<>();
    for (int layer = spec.layers() - layers; layer < spec.layers(); layer++) {
      primitives.add(read(source, layer, tokens));
    }
    return primitives;
  }

  private static int required(AdapterConfigFields config, String key, int max) {
    if (!config.has(key)) {
      throw AdapterConfigFields.refuse(key + " is missing");
    }
    return config.whole(key, 1, 1, max);
  }

  private static GatedAttention read(PeftSource source, int layer, int tokens) {
    String path = "model.layers." + layer + ".self_attn";
    int hidden = source.base().spec().hiddenSize();
    float[] prompt =
        source
            .tensors()
            .values(
                PeftSource.name(path, "adaption_prompt"),
                "[1, adapter_len, hidden]",
                1,
                tokens,
                hidden);
    float gate = source.tensors().values(PeftSource.name(path, "adaption_gate"), "[1]", 1)[0];
    Matrix inputs = new Matrix(tokens, hidden, prompt).transposed();
    return new GatedAttention(
        layer,
        tokens,
        projected(source, layer, Linear.K, inputs),
        projected(source, layer, Linear.V, inputs),
        gate);
  }

  /** f32 [tokens, out]. */
  private static float[] projected(PeftSource source, int layer, Linear linear, Matrix inputs) {
    ModelSpec spec = source.base().spec();
    BaseModule module = new BaseModule(layer, spec.module(linear));
    int first = 0;
    for (Linear before : module.module().linears()) {
      if (before == linear) {
        break;
      }
      first += spec.outputSize(before);
    }
    Matrix product =
        new AdaptedModule(module, source.base())
            .weightTimes(inputs)
            .rows(first, first + spec.outputSize(linear));
    float[] bias = source.base().bias(layer, linear);
    return Matrix.of(
            inputs.columns(), product.rows(), (token, i) -> (double) product.at(i, token) + bias[i])
        .values();
  }
}
