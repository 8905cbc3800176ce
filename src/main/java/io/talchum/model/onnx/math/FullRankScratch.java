package io.talchum.model.onnx.math;

import io.talchum.model.kernel.PanelMatrix;
import io.talchum.model.kernel.PanelScratch;
import java.lang.foreign.Arena;

/**
 * What a thread writes to while it multiplies with a {@link FullRankMatrix}. Owned by one thread.
 */
public final class FullRankScratch {
  private final DenseTile tile = new DenseTile();
  private final PanelScratch panels = new PanelScratch(Arena.ofAuto());

  public DenseTile tile() {
    return tile;
  }

  PanelScratch panels(PanelMatrix matrix) {
    panels.fit(matrix);
    return panels;
  }
}
