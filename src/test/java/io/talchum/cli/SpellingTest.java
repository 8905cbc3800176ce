package io.talchum.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpellingTest {
  private static final List<String> KNOWN = List.of("--port", "--host", "--prefix-cache", "serve");

  @Test
  void findsWhatIsNear() {
    assertThat(Spelling.nearest("--prot", KNOWN)).contains("--port");
    assertThat(Spelling.nearest("--prefixcache", KNOWN)).contains("--prefix-cache");
    assertThat(Spelling.nearest("srve", KNOWN)).contains("serve");
    assertThat(Spelling.nearest("--fast", KNOWN)).isEmpty();
    assertThat(Spelling.nearest("sing", KNOWN)).isEmpty();
  }

  @Test
  void countsChanges() {
    assertThat(Spelling.distance("", "abc")).isEqualTo(3);
    assertThat(Spelling.distance("abc", "abc")).isZero();
    assertThat(Spelling.distance("abc", "acb")).isEqualTo(1);
    assertThat(Spelling.distance("kitten", "sitting")).isEqualTo(3);
  }
}
