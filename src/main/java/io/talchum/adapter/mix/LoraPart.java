package io.talchum.adapter.mix;

/**
 * LoRA at one module, or on a table: y += scale * B A x.
 *
 * @param path as PEFT names the module
 * @param isTable whether it is the embedding, whose tensors have other names
 * @param a f32 [rank, in]
 * @param b f32 [out, rank]
 */
record LoraPart(String path, boolean isTable, int rank, double scale, float[] a, float[] b) {
  int in() {
    return a.length / rank;
  }

  int out() {
    return b.length / rank;
  }
}
