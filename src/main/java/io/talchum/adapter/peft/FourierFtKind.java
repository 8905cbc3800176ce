package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Set;

/**
 * FourierFT (arXiv:2405.03003): the real part of the inverse Fourier transform of a spectrum with n
 * entries, at places drawn from a seed. Each is cos(a + b) = cos a cos b - sin a sin b: rank 2n.
 */
final class FourierFtKind {
  static final PeftKind KIND =
      new ModuleKind(
          "FOURIERFT",
          KindOptions.ofModules(
                  Set.of(
                      "n_frequency", "n_frequency_pattern", "random_loc_seed", "scaling", "bias"),
                  Set.of("init_weights"))
              .uncounting(Set.of("n_frequency", "n_frequency_pattern", "bias")),
          FourierFtKind::begin);

  private static final int MAX_FREQUENCIES = 1 << 16;

  /** Bounds the memory of one step. */
  private static final int AT_ONCE = 256;

  private FourierFtKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    PatternTable<Integer> counts =
        source.patterns(
            "n_frequency_pattern",
            config.whole("n_frequency", 1000, 1, MAX_FREQUENCIES),
            (key, value) -> AdapterConfigFields.whole(key, value, 1, MAX_FREQUENCIES));
    int seed = config.whole("random_loc_seed", 777, 0, Integer.MAX_VALUE);
    double scaling = config.number("scaling", 150);
    return module -> {
      int count = counts.of(module.path());
      long size = (long) module.in() * module.out();
      if (count > size) {
        throw AdapterConfigFields.refuse(
            "n_frequency " + count + " is more than the weights of " + module.path());
      }
      float[] spectrum = source.values(module, "fourierft_spectrum", "[n_frequency]", count);
      long[] places = new TorchGenerator(seed).permutation(size, count);
      return waves(module, spectrum, places, scaling / size);
    };
  }

  private static List<AdapterPrimitive> waves(
      AdaptedModule module, float[] spectrum, long[] places, double scale) {
    int count = spectrum.length;
    if (Cost.cheaperAsLowRank(module, 2L * count)) {
      Waves all = new Waves(module, spectrum, places, scale, 0, count);
      return module.lowRank(2 * count, all::a, all::b, 1);
    }
    return module.dense(() -> summed(module, spectrum, places, scale));
  }

  private static Matrix summed(
      AdaptedModule module, float[] spectrum, long[] places, double scale) {
    int count = spectrum.length;
    float[] delta = new float[Math.multiplyExact(module.out(), module.in())];
    for (int first = 0; first < count; first += AT_ONCE) {
      int end = Math.min(count, first + AT_ONCE);
      Waves some = new Waves(module, spectrum, places, scale, first, end);
      float[] part = some.b().times(some.a()).values();
      for (int i = 0; i < part.length; i++) {
        delta[i] += part[i];
      }
    }
    return new Matrix(module.out(), module.in(), delta);
  }

  /** Frequencies first .. end - 1 as factors of rank 2 (end - first). */
  private record Waves(
      AdaptedModule module, float[] spectrum, long[] places, double scale, int first, int end) {
    Matrix a() {
      int in = module.in();
      return Matrix.of(
          2 * (end - first),
          in,
          (row, i) -> wave(row % 2 == 0, (int) (places[first + row / 2] % in), i, in));
    }

    Matrix b() {
      int in = module.in();
      return Matrix.of(
          module.out(),
          2 * (end - first),
          (row, i) ->
              scale
                  * spectrum[first + i / 2]
                  * (i % 2 == 0 ? 1 : -1)
                  * wave(i % 2 == 0, (int) (places[first + i / 2] / in), row, module.out()));
    }
  }

  /** The angle is reduced first, so that it stays exact in large matrices. */
  private static double wave(boolean cosine, long frequency, int place, int size) {
    double angle = 2 * Math.PI * (frequency * place % size) / size;
    return cosine ? Math.cos(angle) : Math.sin(angle);
  }
}
