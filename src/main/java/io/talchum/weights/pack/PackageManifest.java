package io.talchum.weights.pack;

import io.talchum.core.ContentHash;
import io.talchum.core.ModelSpec;
import io.talchum.weights.quantize.QuantizationRules;
import java.util.List;

/**
 * The content of {@code model.json}.
 *
 * @param formatVersion 2
 * @param name the package's name in the data directory
 * @param source where it was imported from (file or folder name, never a path of the machine)
 * @param license as the source states it, or empty
 * @param quantization what the linears are: {@code none}, {@code int8}, {@code int4}, {@code
 *     int4+offset}, {@code int8+offset} or {@code mixed}
 * @param headQuantization the same for head and embedding
 * @param rules that the import was asked for
 * @param parameters number of weights
 * @param bosTokenId -1 if there is none
 * @param eosTokenIds tokens that end a generation
 * @param padTokenId -1 if there is none
 * @param contentHash SHA-256, hexadecimal, over spec, tensors, weights, tokenizer and template
 */
public record PackageManifest(
    int formatVersion,
    String name,
    String source,
    String license,
    ModelSpec spec,
    String quantization,
    String headQuantization,
    QuantizationRules rules,
    long parameters,
    int bosTokenId,
    List<Integer> eosTokenIds,
    int padTokenId,
    String contentHash,
    List<PackedTensor> tensors) {

  public PackageManifest {
    eosTokenIds = List.copyOf(eosTokenIds);
    tensors = List.copyOf(tensors);
  }

  /** The same with its hash filled in. */
  PackageManifest withHash(ContentHash hash) {
    return new PackageManifest(
        formatVersion,
        name,
        source,
        license,
        spec,
        quantization,
        headQuantization,
        rules,
        parameters,
        bosTokenId,
        eosTokenIds,
        padTokenId,
        hash.hex(),
        tensors);
  }
}
