package io.talchum.cli;

import io.talchum.service.ImportProgress;

/**
 * Shows how far an import is: a line that is drawn again on a terminal, a plain line every tenth
 * elsewhere. One thread.
 */
final class ProgressBar implements ImportProgress {
  private static final int CELLS = 30;
  private static final int PLAIN_STEP_PERCENT = 10;

  private final ProcessEnvironment process;
  private int shownPercent = -1;

  ProgressBar(ProcessEnvironment process) {
    this.process = process;
  }

  @Override
  public void onProgress(long bytesDone, long bytesTotal, String tensor) {
    int percent =
        bytesTotal <= 0 ? 100 : (int) (100 * Math.min(bytesDone, bytesTotal) / bytesTotal);
    boolean due =
        process.isTerminal()
            ? percent > shownPercent
            : percent / PLAIN_STEP_PERCENT > Math.max(shownPercent, 0) / PLAIN_STEP_PERCENT;
    if (!due) {
      return;
    }
    shownPercent = percent;
    String amounts = Quantities.bytes(bytesDone) + " of " + Quantities.bytes(bytesTotal);
    if (process.isTerminal()) {
      int full = percent * CELLS / 100;
      String bar = "#".repeat(full) + "-".repeat(CELLS - full);
      process.err().printf("\r[%s] %3d %%  %s\u001b[K", bar, percent, amounts);
      process.err().flush();
    } else {
      process.err().printf("%3d %%  %s%n", percent, amounts);
    }
  }

  /** Ends the line that was drawn, if any. */
  void end() {
    if (process.isTerminal() && shownPercent >= 0) {
      process.err().println();
    }
  }
}
