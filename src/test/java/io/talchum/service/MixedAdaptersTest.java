package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSource;
import io.talchum.conditioning.GenerationDefaults;
import io.talchum.conditioning.ResolvedTarget;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MixedAdaptersTest {
  private static final ContentHash BASE = new ContentHash("ba".repeat(32));
  private final List<String> asked = new ArrayList<>();
  private final AdapterSource source =
      new AdapterSource() {
        @Override
        public AdapterContent read(AdapterId id) {
          throw new AssertionError("nothing is read");
        }

        @Override
        public long residentBytes(AdapterId id) {
          return id.name().length();
        }

        @Override
        public boolean isPinned(AdapterId id) {
          return false;
        }
      };

  private ResolvedTarget resolve(String name, String param) {
    asked.add(param);
    if (name.equals("base")) {
      return new ResolvedTarget.Base(
          new ModelVersions("base", BASE, null, null), GenerationDefaults.NONE);
    }
    if (name.equals("nobody")) {
      throw ServeException.of(ErrorCode.MODEL_NOT_FOUND, param, "nobody");
    }
    ContentHash version = new ContentHash((name.equals("a") ? "a1" : "b2").repeat(32));
    return new ResolvedTarget.Adapter(
        new ModelVersions("base", BASE, name, version),
        GenerationDefaults.NONE,
        new AdapterId(name, version),
        source,
        OptionalInt.empty(),
        AdapterFacts.PLAIN);
  }

  @Test
  void everyNameIsResolvedOnceInOrder() {
    MixedAdapters mixed =
        MixedAdapters.of(
            List.of(new WeightedAdapter("b", 0.5), new WeightedAdapter("a", -2)), this::resolve);
    assertThat(asked).containsExactly("adapters[0].name", "adapters[1].name");
    assertThat(mixed.versions())
        .extracting(ModelVersions.Part::exactName)
        .containsExactly("b@b2b2b2b2b2b2", "a@a1a1a1a1a1a1");
    assertThat(mixed.versions()).extracting(ModelVersions.Part::weight).containsExactly(0.5, -2.0);
    assertThat(mixed.adapters()).extracting(part -> part.id().name()).containsExactly("b", "a");
    assertThat(mixed.mixParts().getFirst().residentBytes().getAsLong()).isEqualTo(1);
  }

  @Test
  void whatCannotBeAPartIsRefusedByItsField() {
    assertRefused(
        List.of(new WeightedAdapter("a", 1), new WeightedAdapter("base", 1)),
        "adapters[1].name",
        "'base' is the base");
    assertRefused(List.of(new WeightedAdapter("nobody", 1)), "adapters[0].name", "nobody");
    assertRefused(List.of(), "adapters", "adapters is empty");
  }

  @Test
  void weightsAndNumberAreCheckedBeforeAnyName() {
    assertRefused(
        List.of(new WeightedAdapter("nobody", Double.NaN)), "adapters[0].weight", "out of range");
    assertRefused(
        Collections.nCopies(9, new WeightedAdapter("nobody", 1)), "adapters", "9 entries");
    assertThat(asked).isEmpty();
  }

  private void assertRefused(List<WeightedAdapter> wanted, String param, String message) {
    ServeException refusal =
        catchThrowableOfType(ServeException.class, () -> MixedAdapters.of(wanted, this::resolve));
    assertThat(refusal).hasMessageContaining(message);
    assertThat(refusal.param()).hasValue(param);
  }
}
