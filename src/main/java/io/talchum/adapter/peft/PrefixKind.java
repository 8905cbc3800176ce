package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Keys and values in front of every layer's: prefix tuning (arXiv:2101.00190) and cartridges
 * (arXiv:2506.06266). A projection is folded into the file already. A row is, layer by layer, the
 * keys of all heads, then the values.
 */
record PrefixKind(String type, KindOptions options) implements PeftKind {
  private static final Set<String> HONOURED = Set.of("num_attention_heads", "num_layers");

  static final PeftKind PREFIX_TUNING =
      new PrefixKind(
          "PREFIX_TUNING",
          KindOptions.ofPrompts(
              HONOURED, Set.of("encoder_hidden_size", "prefix_projection", "init_weights")));

  static final PeftKind CARTRIDGE =
      new PrefixKind("CARTRIDGE", KindOptions.ofPrompts(HONOURED, Set.of("num_frozen_tokens")));

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    AdapterConfigFields config = source.config();
    ModelSpec spec = source.base().spec();
    int width = spec.kvHeads() * spec.headDim();
    VirtualTokens.requireEqual(config, "num_layers", spec.layers(), "the base's number of layers");
    VirtualTokens.requireEqual(
        config, "num_attention_heads", spec.kvHeads(), "the base's number of key-value heads");
    VirtualTokens.requireEqual(
        config, "token_dim", width, "the base's key-value heads times their size");
    int tokens = VirtualTokens.read(source).count();
    Matrix rows =
        source
            .tensors()
            .matrix(
                SoftPromptKind.EMBEDDINGS,
                tokens,
                2 * spec.layers() * width,
                "[num_virtual_tokens, 2 * num_layers * token_dim]");
    List<float[]> keys = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      keys.add(part(rows, 2 * layer, width));
      values.add(part(rows, 2 * layer + 1, width));
    }
    return List.of(new VirtualKeyValues(tokens, keys, values, true));
  }

  private static float[] part(Matrix rows, int index, int width) {
    return Matrix.of(rows.rows(), width, (row, i) -> rows.at(row, index * width + i)).values();
  }
}
