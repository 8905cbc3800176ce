package io.talchum.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Products in fp32 with the weights' exact values, by vector loops in Java. */
public final class FloatProducts implements MatrixProducts {
  private final PanelInputs inputs = new PanelInputs();
  private final ThreadLocal<PanelScratch> scratches =
      ThreadLocal.withInitial(() -> new PanelScratch(Arena.ofAuto()));

  private final @Nullable String fallbackReason;

  /** Because they are wanted. */
  public FloatProducts() {
    this.fallbackReason = null;
  }

  /**
   * Because other products cannot be used.
   *
   * @param reason why
   */
  public FloatProducts(String reason) {
    this.fallbackReason = reason;
  }

  @Override
  public String label() {
    return fallbackReason == null ? "exact" : "exact: " + fallbackReason;
  }

  @Override
  public Optional<String> fallbackReason() {
    return Optional.ofNullable(fallbackReason);
  }

  @Override
  public void warmUp() {
    PanelWarmUp.run();
  }

  @Override
  public MatrixProduct of(QuantizedWeights weights, SegmentAllocator memory) {
    return new Product(new PanelMatrix(weights, memory));
  }

  private final class Product implements MatrixProduct {
    private final PanelMatrix matrix;

    Product(PanelMatrix matrix) {
      this.matrix = matrix;
    }

    @Override
    public int panels() {
      return matrix.panels();
    }

    @Override
    public void arrange(MemorySegment x, int tokens, long content) {
      inputs.arrange(matrix, x, tokens);
    }

    @Override
    public void multiply(int firstPanel, int endPanel, long y) {
      PanelScratch scratch = scratches.get();
      scratch.fit(matrix);
      PanelProduct.run(matrix, inputs, firstPanel, endPanel, y, scratch);
    }
  }
}
