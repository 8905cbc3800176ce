package io.talchum.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of cells in aligned columns. */
public final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(String... titles) {
    this(List.of(titles));
  }

  public TextTable(List<String> titles) {
    rows.add(List.copyOf(titles));
  }

  public void add(String... cells) {
    add(List.of(cells));
  }

  /**
   * @param cells as many as there are titles
   */
  public void add(List<String> cells) {
    if (cells.size() != rows.getFirst().size()) {
      throw new IllegalArgumentException("a row needs " + rows.getFirst().size() + " cells");
    }
    rows.add(List.copyOf(cells));
  }

  public List<String> lines() {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing();
  }
}
