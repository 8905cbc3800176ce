package io.talchum.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Products in fp32 with the weights' exact values, by vector loops in Java. */
public final class FloatProducts implements MatrixProducts {
  private final PanelInputs inputs = new PanelInputs();
  private final ThreadLocal<PanelScratch> scratches =
      ThreadLocal.withInitial(() -> new PanelScratch(Arena.ofAuto()));

  private final String label;

  /** Because they are wanted. */
  public FloatProducts() {
    this.label = "exact";
  }

  /**
   * Because other products cannot be used.
   *
   * @param reason why
   */
  public FloatProducts(String reason) {
    this.label = "exact: " + reason;
  }

  @Override
  public String label() {
    return label;
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
    public void arrange(MemorySegment x, int tokens, boolean again) {
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
