package io.talchum.model.kernel.integer;

import io.talchum.core.ProductPrecision;
import io.talchum.model.kernel.FloatProducts;
import io.talchum.model.kernel.MatrixProducts;
import io.talchum.model.kernel.code.CpuFeatures;
import java.util.Optional;

/** Chooses how quantized matrices are multiplied on this machine. */
public final class ProductSelection {
  private ProductSelection() {}

  /** The wanted way, or exact products where the machine cannot do it. */
  public static MatrixProducts choose(ProductPrecision wanted, CpuFeatures cpu) {
    Optional<InstructionSet> set = InstructionSet.of(cpu);
    return switch (wanted) {
      case EXACT -> new FloatProducts();
      case AUTO ->
          set.filter(found -> !found.isX86()).isPresent()
              ? new FloatProducts(
                  "its kernels for AArch64 have run in an emulator only; --products int16 takes them")
              : integers(set, 2);
      case INT16 -> integers(set, 2);
      case INT8 -> integers(set, 1);
    };
  }

  private static MatrixProducts integers(Optional<InstructionSet> set, int digits) {
    return set.isPresent()
        ? new IntegerProducts(set.get(), digits)
        : new FloatProducts("its kernels need AVX2 on Linux and x86-64");
  }
}
