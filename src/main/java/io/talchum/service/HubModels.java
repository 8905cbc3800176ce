package io.talchum.service;

import io.talchum.huggingface.HubId;
import io.talchum.huggingface.HubSettings;
import io.talchum.huggingface.ModelHub;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/** Models that are named by hub id instead of by path. */
public final class HubModels {
  private final ModelHub hub;

  /**
   * @param environment the variables of huggingface_hub
   * @param home the user's folder
   */
  public HubModels(Map<String, String> environment, Path home, InstantSource clock) {
    this.hub = new ModelHub(HubSettings.of(environment, home), clock);
  }

  /**
   * A model's files on this machine.
   *
   * @param path what to import
   * @param origin its id with the commit
   * @param name a package gets without another wish
   * @param fromCache whether the hub was not asked
   */
  public record Fetched(Path path, String origin, String name, boolean fromCache) {}

  /** Whether a source is a hub id and no path. */
  public static boolean isHubId(String source) {
    return HubId.isHubId(source);
  }

  /** Whether a text would be one behind {@code hf:}: ORG/NAME, or ORG/NAME/FILE.gguf. */
  public static boolean looksLikeRepository(String source) {
    return HubId.looksLikeRepository(source);
  }

  /**
   * Finds the files in the cache, or downloads them.
   *
   * @param refresh whether the hub is asked even if the cache has them
   * @throws io.talchum.core.ServeException NOT_FOUND, UNAUTHENTICATED, INVALID_REQUEST,
   *     INVALID_MODEL, INTERNAL
   */
  public Fetched fetch(String id, boolean refresh, ImportProgress progress) {
    HubId parsed = HubId.parse(id);
    ModelHub.Fetched fetched = hub.fetch(parsed, refresh, progress::onProgress);
    HubId exact = new HubId(parsed.repo(), parsed.file(), fetched.commit());
    return new Fetched(fetched.path(), exact.toString(), parsed.defaultName(), fetched.fromCache());
  }
}
