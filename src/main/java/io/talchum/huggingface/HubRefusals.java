package io.talchum.huggingface;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;

/** What the hub's refusals mean for the person at the keyboard. */
final class HubRefusals {
  private HubRefusals() {}

  /**
   * Returns if the hub answered with content or a redirect.
   *
   * @throws ServeException UNAUTHENTICATED, NOT_FOUND, INTERNAL
   */
  static void check(HubId id, HttpResponse<InputStream> response, boolean hasToken)
      throws IOException {
    int status = response.statusCode();
    if (status < 400 || status == 416) {
      return;
    }
    response.body().close();
    String code = response.headers().firstValue("X-Error-Code").orElse("");
    throw switch (status) {
      case 401, 403 -> denied(id, status, code, hasToken);
      case 404 -> new ServeException(ErrorCode.NOT_FOUND, id + ": " + missing(id, code));
      default ->
          new ServeException(
              ErrorCode.INTERNAL, "%s: the hub answers with status %d".formatted(id, status));
    };
  }

  private static ServeException denied(HubId id, int status, String code, boolean hasToken) {
    String what =
        code.equals("GatedRepo")
            ? "the repository is gated; accept its terms on its page on the hub"
            : "the repository is gated, private, or does not exist";
    String token =
        hasToken
            ? "the token in use (HF_TOKEN or the token file) has no access"
            : "set HF_TOKEN to a token with access";
    return new ServeException(
        ErrorCode.UNAUTHENTICATED, "%s: %s (status %d); %s".formatted(id, what, status, token));
  }

  private static String missing(HubId id, String code) {
    return switch (code) {
      case "RevisionNotFound" -> "the repository has no revision '%s'".formatted(id.revision());
      case "EntryNotFound" -> "the revision has no such file";
      case "RepoNotFound" -> "there is no such repository; check the name, or set HF_TOKEN";
      default -> "there is no such repository or revision; check both, or set HF_TOKEN";
    };
  }
}
