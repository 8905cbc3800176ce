package io.talchum.conditioning;

import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSource;
import io.talchum.core.ModelVersions;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a request is for: found by names alone, with nothing loaded and nothing held. Everything of
 * the request is checked against it; only then its adapter is leased. Immutable.
 */
public sealed interface ResolvedTarget {
  /** As the answer names them. */
  ModelVersions versions();

  /** What applies where the request says nothing. */
  GenerationDefaults defaults();

  /** Positions of the context that are taken in front of every prompt. */
  default int virtualTokens() {
    return 0;
  }

  /** Requests of one name share the engine fairly with those of another; all mixes are one. */
  String fairnessName();

  /** The model as it is. */
  record Base(ModelVersions versions, GenerationDefaults defaults) implements ResolvedTarget {
    @Override
    public String fairnessName() {
      return versions.name();
    }
  }

  /**
   * One version of an adapter.
   *
   * @param id the version, without the variant
   * @param source what reads it
   * @param variant of an adapter with variants
   */
  record Adapter(
      ModelVersions versions,
      GenerationDefaults defaults,
      AdapterId id,
      AdapterSource source,
      OptionalInt variant,
      AdapterFacts facts)
      implements ResolvedTarget {
    @Override
    public int virtualTokens() {
      return facts.virtualTokens();
    }

    @Override
    public String fairnessName() {
      return versions.name();
    }
  }

  /**
   * Several versions with weights, as one adapter.
   *
   * @param id of the mix
   * @param source what makes it of its parts
   * @param parts may have to be tried first
   */
  record Mix(
      ModelVersions versions,
      GenerationDefaults defaults,
      AdapterId id,
      AdapterSource source,
      List<Adapter> parts)
      implements ResolvedTarget {
    public Mix {
      parts = List.copyOf(parts);
    }

    @Override
    public String fairnessName() {
      return id.name();
    }
  }
}
