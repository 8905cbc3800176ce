package io.talchum.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenMaskTest {
  /** Whatever is done to it, it holds what a set of numbers holds. */
  @Test
  void isASetOfTokens() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 300; round++) {
      int vocab = 1 + random.nextInt(200);
      TokenMask mask = random.nextBoolean() ? TokenMask.all(vocab) : TokenMask.none(vocab);
      BitSet expected = new BitSet();
      expected.set(0, vocab, mask.allows(0));
      for (int change = 0; change < 20; change++) {
        change(random, mask, expected);
        check(mask, expected);
      }
    }
  }

  private static void change(SplittableRandom random, TokenMask mask, BitSet expected) {
    int vocab = mask.vocabSize();
    int id = random.nextInt(vocab);
    switch (random.nextInt(5)) {
      case 0 -> {
        mask.allow(id);
        expected.set(id);
      }
      case 1 -> {
        mask.forbid(id);
        expected.clear(id);
      }
      case 2 -> {
        mask.complement();
        expected.flip(0, vocab);
      }
      case 3 -> {
        TokenMask other = TokenMask.none(vocab);
        BitSet kept = new BitSet();
        random.ints(vocab, 0, vocab).forEach(kept::set);
        kept.stream().forEach(other::allow);
        mask.intersect(other);
        expected.and(kept);
      }
      default -> {
        mask.allowAll();
        expected.set(0, vocab);
      }
    }
  }

  private static void check(TokenMask mask, BitSet expected) {
    assertThat(mask.isEmpty()).isEqualTo(expected.isEmpty());
    assertThat(mask.words()).isEqualTo((mask.vocabSize() + 63) / 64);
    for (int id = 0; id < 64 * mask.words(); id++) {
      boolean isForbidden = (mask.forbidden(id / 64) >>> id % 64 & 1) != 0;
      boolean isToken = id < mask.vocabSize();
      assertThat(isForbidden).isEqualTo(isToken && !expected.get(id));
      assertThat(isToken && mask.allows(id)).isEqualTo(isToken && expected.get(id));
    }
  }

  @Test
  void refusesWhatTheVocabularyDoesNotHave() {
    TokenMask mask = TokenMask.none(70);
    assertThatThrownBy(() -> mask.allow(70)).hasMessageContaining("token 70");
    assertThatThrownBy(() -> mask.forbid(-1)).hasMessageContaining("token -1");
    assertThatThrownBy(() -> mask.intersect(TokenMask.all(71)))
        .hasMessageContaining("71")
        .hasMessageContaining("70");
  }
}
