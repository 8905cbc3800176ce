package io.talchum.huggingface;

import io.talchum.core.ServeException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code hf:org/name[/file.gguf][@revision]} names.
 *
 * @param repo {@code org/name}, or {@code name} alone for old repositories
 * @param file a GGUF file of the repository; null for the model as a whole
 * @param revision branch, tag or commit
 */
public record HubId(String repo, @Nullable String file, String revision) {
  private static final String PREFIX = "hf:";
  private static final String FORM =
      "write hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME/FILE.gguf";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]{0,200}");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /** Whether a text means the hub and no local path. */
  public static boolean isHubId(String text) {
    return text.startsWith(PREFIX);
  }

  /** Whether a text has the form ORG/NAME or ORG/NAME/FILE.gguf. */
  public static boolean looksLikeRepository(String text) {
    int parts = text.split("/", -1).length;
    return isFileName(text) && (parts == 2 || (parts > 2 && text.endsWith(".gguf")));
  }

  /**
   * @throws ServeException INVALID_REQUEST
   */
  public static HubId parse(String text) {
    String plain = text.substring(PREFIX.length());
    int at = plain.indexOf('@');
    String revision = at < 0 ? "main" : plain.substring(at + 1);
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw refused(text, "the revision is no name of a branch, tag or commit");
    }
    List<String> parts = Arrays.asList((at < 0 ? plain : plain.substring(0, at)).split("/", -1));
    if (!isFileName(String.join("/", parts))) {
      throw refused(text, "it is no name of a repository");
    }
    String repo = String.join("/", parts.subList(0, Math.min(2, parts.size())));
    if (parts.size() <= 2) {
      return new HubId(repo, null, revision);
    }
    String file = String.join("/", parts.subList(2, parts.size()));
    if (!file.endsWith(".gguf")) {
      throw refused(text, "a single file must be a .gguf");
    }
    return new HubId(repo, file, revision);
  }

  /** Whether a path inside of a repository leads nowhere else. */
  static boolean isFileName(String path) {
    return Arrays.stream(path.split("/", -1))
        .allMatch(part -> NAME.matcher(part).matches() && !part.contains(".."));
  }

  boolean isCommit() {
    return COMMIT.matcher(revision).matches();
  }

  /** The name that a package gets without another wish. */
  public String defaultName() {
    return file == null ? repo.substring(repo.lastIndexOf('/') + 1) : GgufParts.modelName(file);
  }

  @Override
  public String toString() {
    return PREFIX + repo + (file == null ? "" : "/" + file) + "@" + revision;
  }

  private static ServeException refused(String text, String reason) {
    String shown = text.substring(0, Math.min(200, text.length())).replaceAll("\\p{Cntrl}", "?");
    return ServeException.invalid("source", "%s: %s; %s".formatted(shown, reason, FORM));
  }
}
