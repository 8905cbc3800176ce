package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.integer.PanelFormat.ROWS;

import io.talchum.model.kernel.FloatProducts;
import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixProducts;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CodeInstaller;
import io.talchum.model.kernel.code.CodeRefusedException;
import io.talchum.model.kernel.code.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Products with rounded inputs, by machine code. A row has the same bits alone as in any batch.
 * What the machine cannot do as expected is multiplied exactly instead.
 */
public final class IntegerProducts implements MatrixProducts {
  private final InstructionSet set;
  private final int digits;
  private final CodeInstaller installer;
  private final Map<PanelFormat, Kernels> kernels = new HashMap<>();
  private final RoundedInputs inputs = new RoundedInputs();
  private @Nullable FloatProducts exact; // made when it is needed: it needs the Vector API
  private final ThreadLocal<MemorySegment> tiles;
  private @Nullable String fallbackReason; // of the first format that is multiplied exactly

  /**
   * @param digits bytes that an input is rounded to: 1 or 2
   */
  public IntegerProducts(InstructionSet set, int digits) {
    this(set, digits, MachineCode::install);
  }

  IntegerProducts(InstructionSet set, int digits, CodeInstaller installer) {
    this.set = set;
    this.digits = digits;
    this.installer = installer;
    long bytes = (long) set.manyTokens() * ROWS * Float.BYTES;
    this.tiles = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(bytes, 64));
  }

  @Override
  public String label() {
    String label = "int%d (%s)".formatted(digits * Byte.SIZE, set.label());
    if (fallbackReason == null) {
      return label;
    }
    return (kernels.isEmpty() ? "exact: " : label + ", in part exact: ") + fallbackReason;
  }

  @Override
  public Optional<String> fallbackReason() {
    return Optional.ofNullable(fallbackReason);
  }

  @Override
  public void warmUp() {
    if (fallbackReason != null) {
      exact().warmUp();
    }
  }

  @Override
  public MatrixProduct of(QuantizedWeights weights, SegmentAllocator memory) {
    PanelFormat format = PanelFormat.of(weights);
    try {
      Kernels usable = kernels.get(format);
      if (usable == null) {
        usable = install(format);
        kernels.put(format, usable);
      }
      return new Product(new IntegerMatrix(weights, format, memory), usable);
    } catch (KernelsUnusableException e) {
      fallbackReason = fallbackReason == null ? String.valueOf(e.getMessage()) : fallbackReason;
      return exact().of(weights, memory);
    }
  }

  private FloatProducts exact() {
    if (exact == null) {
      exact = new FloatProducts();
    }
    return exact;
  }

  private Kernels install(PanelFormat format) throws KernelsUnusableException {
    try {
      if (kernels.isEmpty() && !Kernels.areExecuted(set, format, digits)) {
        throw new KernelsUnusableException(
            "the processor lists %s and does not execute it".formatted(set.label()));
      }
      Kernels fresh = new Kernels(set, format, digits, installer);
      KernelSelfTest test = new KernelSelfTest(format, digits);
      try (Arena arena = Arena.ofConfined()) {
        QuantizedWeights weights = test.weights(arena);
        test.run(weights, new Product(new IntegerMatrix(weights, format, arena), fresh), set);
      }
      return fresh;
    } catch (CodeRefusedException e) {
      throw new KernelsUnusableException(String.valueOf(e.getMessage()));
    }
  }

  private final class Product implements MatrixProduct {
    private final IntegerMatrix matrix;
    private final Kernels kernels;

    Product(IntegerMatrix matrix, Kernels kernels) {
      this.matrix = matrix;
      this.kernels = kernels;
    }

    @Override
    public int panels() {
      return matrix.panels();
    }

    @Override
    public void arrange(MemorySegment x, int tokens, long content) {
      inputs.fill(matrix, kernels, x, tokens, content);
    }

    /** Panels stay in a core's cache while all groups of tokens pass. */
    @Override
    public void multiply(int firstPanel, int endPanel, long y) {
      int whole = Math.min(endPanel, matrix.rows() / ROWS);
      boolean one = kernels.width(inputs.tokens(), inputs.tokens()) == inputs.tokens();
      int step = one ? Math.max(1, whole - firstPanel) : 1;
      for (int panel = firstPanel; panel < whole; panel += step) {
        multiplyWhole(panel, step, y + (long) panel * ROWS * Float.BYTES);
      }
      if (whole < endPanel) {
        multiplyLast(whole, y + (long) whole * ROWS * Float.BYTES);
      }
    }

    private void multiplyWhole(int panel, int panels, long y) {
      long stride = (long) matrix.rows() * Float.BYTES;
      for (int token = 0, width; token < inputs.tokens(); token += width) {
        width = kernels.width(inputs.tokens(), inputs.tokens() - token);
        multiply(width, token, panel, panels, y + token * stride, stride);
      }
    }

    private void multiply(int width, int token, int panel, int panels, long y, long stride) {
      kernels.multiply(
          width, matrix.panelAt(panel), inputs.at(token), y, matrix.blocks(), panels, stride);
    }

    /** A panel with fewer rows, whose outputs would run into the next token's. */
    private void multiplyLast(int panel, long y) {
      MemorySegment tile = tiles.get();
      long row = (long) ROWS * Float.BYTES;
      long stride = (long) matrix.rows() * Float.BYTES;
      long bytes = (long) (matrix.rows() - panel * ROWS) * Float.BYTES;
      for (int token = 0, width; token < inputs.tokens(); token += width) {
        width = kernels.width(inputs.tokens(), inputs.tokens() - token);
        multiply(width, token, panel, 1, tile.address(), row);
        for (int i = 0; i < width; i++) {
          MemorySegment to = MemorySegment.ofAddress(y + (token + i) * stride).reinterpret(bytes);
          to.copyFrom(tile.asSlice(i * row, bytes));
        }
      }
    }
  }
}
