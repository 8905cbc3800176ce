package io.talchum.service;

import io.talchum.core.ContentHash;
import io.talchum.weights.pack.ModelStore;
import io.talchum.weights.pack.PackageManifest;

/**
 * A model package of the data directory.
 *
 * @param parameters number of weights
 * @param bytes on disk
 * @param quantization of the linears
 * @param headQuantization of embedding and head
 */
public record ModelSummary(
    String name,
    String architecture,
    long parameters,
    long bytes,
    String quantization,
    String headQuantization,
    ContentHash hash) {

  static ModelSummary of(ModelStore.Entry entry) {
    PackageManifest manifest = entry.manifest();
    return new ModelSummary(
        manifest.name(),
        manifest.spec().architecture(),
        manifest.parameters(),
        entry.bytes(),
        manifest.quantization(),
        manifest.headQuantization(),
        new ContentHash(manifest.contentHash()));
  }
}
