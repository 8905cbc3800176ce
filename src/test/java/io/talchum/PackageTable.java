package io.talchum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The table of packages in docs/architecture.md: what each package may import. Packages that share
 * a row are one room: they may import each other.
 */
record PackageTable(Map<String, Set<String>> mayImport) {
  private static final String HEAD = "| package | holds | may import |";
  private static final Pattern NAME = Pattern.compile("`([^`]*)`");

  static PackageTable read(Path page) throws IOException {
    return of(Files.readString(page));
  }

  /**
   * Reads the table of a page.
   *
   * @throws IllegalArgumentException if a row is not what it should be, with the row
   */
  static PackageTable of(String page) {
    List<String> lines = page.lines().toList();
    int head = lines.indexOf(HEAD);
    if (head < 0) {
      throw new IllegalArgumentException("there is no table that begins with " + HEAD);
    }
    Map<String, Set<String>> table = new LinkedHashMap<>();
    lines.stream()
        .skip(head + 2L)
        .takeWhile(line -> line.startsWith("|"))
        .forEach(line -> add(table, line));
    return new PackageTable(table);
  }

  private static void add(Map<String, Set<String>> table, String line) {
    String[] cells = line.split("\\|", -1);
    if (cells.length != 5) {
      throw new IllegalArgumentException("a row needs three cells: " + line);
    }
    List<String> packages = NAME.matcher(cells[1]).results().map(name -> name.group(1)).toList();
    if (packages.isEmpty()) {
      throw new IllegalArgumentException("a row begins with `package`: " + line);
    }
    Set<String> allowed = new LinkedHashSet<>(allowed(table, cells[3].strip(), line));
    allowed.addAll(packages);
    for (String name : packages) {
      if (table.put(name, allowed) != null) {
        throw new IllegalArgumentException(name + " has two rows");
      }
    }
  }

  private static Set<String> allowed(Map<String, Set<String>> above, String cell, String line) {
    if (cell.equals("JDK only")) {
      return Set.of();
    }
    if (cell.equals("all")) {
      return above.keySet();
    }
    List<String> names = Arrays.stream(cell.split(",")).map(String::strip).toList();
    for (String name : names) {
      if (!above.containsKey(name)) {
        throw new IllegalArgumentException(
            "'%s' is no package of a row above this one: %s".formatted(name, line));
      }
    }
    return new LinkedHashSet<>(names);
  }
}
