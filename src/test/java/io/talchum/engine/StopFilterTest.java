package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopFilterTest {
  /** The law: what is shown is the text before the stop string that is complete first. */
  @Test
  void showsTheTextBeforeTheFirstCompleteStop() {
    long seed = new SplittableRandom().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 20_000; round++) {
      String text = text(random, random.nextInt(30));
      List<String> stops =
          IntStream.range(0, random.nextInt(4))
              .mapToObj(i -> text(random, 1 + random.nextInt(5)))
              .toList();
      String expected = text;
      String expectedStop = null;
      for (int end = 1; end <= text.length() && expectedStop == null; end++) {
        for (String stop : stops) {
          boolean isLonger = expectedStop == null || stop.length() > expectedStop.length();
          if (isLonger && text.substring(0, end).endsWith(stop)) {
            expected = text.substring(0, end - stop.length());
            expectedStop = stop;
          }
        }
      }
      StopFilter filter = new StopFilter(stops);
      StringBuilder shown = new StringBuilder();
      for (int at = 0; at < text.length(); ) {
        int next = Math.min(text.length(), at + random.nextInt(6));
        shown.append(filter.append(text.substring(at, next)));
        assertThat(expected).as("seed %d", seed).startsWith(shown.toString());
        at = next;
      }
      shown.append(filter.flush());
      assertThat(shown.toString()).as("seed %d %s in %s", seed, stops, text).isEqualTo(expected);
      assertThat(filter.stop().orElse(null)).isEqualTo(expectedStop);
    }
  }

  private static String text(SplittableRandom random, int length) {
    StringBuilder text = new StringBuilder();
    random.ints(length, 0, 3).forEach(i -> text.append("ab☯".charAt(i)));
    return text.toString();
  }

  @Test
  void holdsBackNoMoreThanCouldBecomeAStop() {
    StopFilter filter = new StopFilter(List.of("</end>"));
    assertThat(filter.append("a <b")).isEqualTo("a <b");
    assertThat(filter.append(" </e")).isEqualTo(" ");
    assertThat(filter.append("x")).isEqualTo("</ex");
    assertThat(filter.append("</end")).isEmpty();
    assertThat(filter.append("> more")).isEmpty();
    assertThat(filter.stop()).contains("</end>");
    assertThat(filter.append("still")).isEmpty();
    assertThat(filter.flush()).isEmpty();
  }

  @Test
  void neverDividesACharacterBetweenDeltas() {
    String smile = "😀";
    StopFilter filter = new StopFilter(List.of("x"));
    assertThat(filter.append(smile.substring(0, 1))).isEmpty();
    assertThat(filter.append(smile.substring(1))).isEqualTo(smile);
  }

  @Test
  void withoutStopsAllPasses() {
    StopFilter filter = new StopFilter(List.of());
    assertThat(filter.append("abc")).isEqualTo("abc");
    assertThat(filter.flush()).isEmpty();
  }
}
