package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterReferenceTest {
  private static final String HEX = TestAdapters.version(1).hex();

  @Test
  void isANameAVariantAndAVersion() {
    assertThat(AdapterReference.parse("a"))
        .isEqualTo(new AdapterReference("a", OptionalInt.empty(), ""));
    assertThat(AdapterReference.parse("a:12"))
        .isEqualTo(new AdapterReference("a", OptionalInt.of(12), ""));
    AdapterReference all = AdapterReference.parse("a:0@12345678");
    assertThat(all).isEqualTo(new AdapterReference("a", OptionalInt.of(0), "12345678"));
    assertThat(all).hasToString("a:0@12345678");
    assertThat(all.nameWithVariant()).isEqualTo("a:0");
  }

  @Test
  void digitsMeanTheVersionsThatBeginWithThem() {
    for (String digits : List.of(HEX, HEX.substring(0, 8), "sha256-" + HEX)) {
      AdapterReference wanted = AdapterReference.parse("a@" + digits);
      assertThat(wanted.matches(TestAdapters.version(1))).isTrue();
      assertThat(wanted.matches(TestAdapters.version(2))).isFalse();
    }
    assertThat(AdapterReference.parse("a").matches(TestAdapters.version(2))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a@", "a@12345", "a@xyzxyzxyzxyz", "a@@", "a@ABCDEF012345"})
  void malformedVersionsAreNotFound(String text) {
    ServeException refusal =
        catchThrowableOfType(
            ServeException.class, () -> AdapterReference.parse("adapters[0].name", text));
    assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    assertThat(refusal.param()).hasValue("adapters[0].name");
    assertThat(refusal).hasMessageContaining("8 to 64 lower-case hexadecimal digits");
  }

  @Test
  void whatIsNoVariantBelongsToTheName() {
    for (String text : List.of("a:x", "a:", "a:01", "a:-1", "a:1234567", "a:0:1")) {
      assertThat(AdapterReference.parse(text).name()).isEqualTo(text);
      assertThat(AdapterReference.isName(text)).isFalse();
    }
  }

  @Test
  void variantsAreThoseThatThereAre() {
    assertThat(AdapterReference.parse("a").variantOf(0)).isZero();
    assertThat(AdapterReference.parse("a:1").variantOf(2)).isEqualTo(1);
    for (String wrong : List.of("a", "a:2")) {
      ServeException refusal =
          catchThrowableOfType(
              ServeException.class, () -> AdapterReference.parse(wrong).variantOf(2));
      assertThat(refusal).hasMessageContaining("has 2 variants: ask for a:0 to a:1");
    }
    assertThat(
            catchThrowableOfType(
                ServeException.class, () -> AdapterReference.parse("a:0").variantOf(0)))
        .hasMessageContaining("has no variants");
  }
}
