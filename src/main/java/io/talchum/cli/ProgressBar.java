package io.talchum.cli;

import io.talchum.service.ImportProgress;

/**
 * Shows how far an import is: a line that is drawn again on a terminal, a plain line every tenth
 * elsewhere. One thread.
 */
final class ProgressBar implements ImportProgress {
  private static final int CELLS = 30;
  private static final int PLAIN_STEP_PERCENT = 10;

  private final Surroundings surroundings;
  private int shownPercent = -1;

  ProgressBar(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public void onProgress(long bytesDone, long bytesTotal, String tensor) {
    int percent =
        bytesTotal <= 0 ? 100 : (int) (100 * Math.min(bytesDone, bytesTotal) / bytesTotal);
    boolean due =
        surroundings.isTerminal()
            ? percent > shownPercent
            : percent / PLAIN_STEP_PERCENT > Math.max(shownPercent, 0) / PLAIN_STEP_PERCENT;
    if (!due) {
      return;
    }
    shownPercent = percent;
    String amounts = Quantities.bytes(bytesDone) + " of " + Quantities.bytes(bytesTotal);
    if (surroundings.isTerminal()) {
      int full = percent * CELLS / 100;
      String bar = "#".repeat(full) + "-".repeat(CELLS - full);
      surroundings.err().printf("\r[%s] %3d %%  %s\u001b[K", bar, percent, amounts);
      surroundings.err().flush();
    } else {
      surroundings.err().printf("%3d %%  %s%n", percent, amounts);
    }
  }

  /** Ends the line that was drawn, if any. */
  void end() {
    if (surroundings.isTerminal() && shownPercent >= 0) {
      surroundings.err().println();
    }
  }
}
