package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PackageTableTest {
  private static PackageTable table(String... rows) {
    return PackageTable.of(
        "Words.\n\n| package | holds | may import |\n|---|---|---|\n"
            + String.join("\n", rows)
            + "\n\nMore words.\n| `x` | is no row | all |\n");
  }

  @Test
  void aRowNamesWhatItMayImport() {
    assertThat(
            table("| `a` | things | JDK only |", "| `b`, `b.c` | others | a |", "| `d` | | all |")
                .mayImport())
        .hasToString("{a=[a], b=[a, b, b.c], b.c=[a, b, b.c], d=[a, b, b.c, d]}");
  }

  @Test
  void wrongRowsAreRefused() {
    refused("| `a` | things | b |", "'b' is no package of a row above this one");
    refused("| `a` | things | |", "'' is no package");
    refused("| a | things | JDK only |", "begins with `package`");
    refused("| `a`, `a` | things | JDK only |", "a has two rows");
    refused("| `a` | things |", "needs three cells");
    assertThatThrownBy(() -> PackageTable.of("no table")).hasMessageContaining("no table");
  }

  private static void refused(String row, String message) {
    assertThatThrownBy(() -> table(row))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
