package io.talchum.huggingface;

import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Brings one file, resuming what broke off, and lets it pass only with the right checksum. */
final class Download {
  /** Less headway than this between two breaks counts as none. */
  private static final long HEADWAY_BYTES = 1 << 20;

  private final HubClient client;
  private final HubId id;
  private final String commit;
  private final RemoteFile remote;
  private final LongConsumer progress;
  private @Nullable String validator;

  /**
   * @param progress told the bytes of this file that are there
   */
  Download(HubClient client, HubId id, String commit, RemoteFile remote, LongConsumer progress) {
    this.client = client;
    this.id = id;
    this.commit = commit;
    this.remote = remote;
    this.progress = progress;
  }

  /**
   * Makes the blob; what is left of an earlier attempt is used.
   *
   * @throws ServeException INVALID_MODEL for a wrong size or checksum
   * @throws IOException if the hub does not bring it in spite of all attempts
   */
  void into(Path blob) throws IOException {
    Path part = blob.resolveSibling(blob.getFileName() + ".incomplete");
    complete(part);
    if (!Checksum.matches(part, remote.etag())) {
      Files.delete(part);
      complete(part);
      if (!Checksum.matches(part, remote.etag())) {
        Files.delete(part);
        throw FileSelection.refused(
            id,
            "%s arrived twice with another checksum than the hub's (%s); nothing was kept"
                .formatted(remote.name(), remote.etag()));
      }
    }
    Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Until the part is as long as the hub says. */
  private void complete(Path part) throws IOException {
    long before = size(part);
    int failures = 0;
    while (size(part) != remote.sizeBytes() || !Files.exists(part)) {
      try {
        append(part);
      } catch (IOException e) {
        failures = size(part) - before >= HEADWAY_BYTES ? 1 : failures + 1;
        before = size(part);
        if (failures >= client.retries().attempts()) {
          throw e;
        }
        client.pause(client.retries().backoff(failures));
      }
    }
  }

  private void append(Path part) throws IOException {
    long have = size(part);
    if (have > remote.sizeBytes() || remote.sizeBytes() == 0) {
      Files.deleteIfExists(part);
      have = 0;
    }
    if (remote.sizeBytes() == 0) {
      Files.createFile(part);
      return;
    }
    HttpResponse<InputStream> response = client.content(id, commit, remote.name(), range(have));
    try (InputStream in = response.body()) {
      long from = from(response, have);
      if (response.statusCode() == 416) {
        Files.deleteIfExists(part);
        throw new IOException("the hub refuses to resume at byte " + have);
      }
      validator =
          response.headers().firstValue("ETag").filter(e -> !e.startsWith("W/")).orElse(null);
      copy(in, part, from);
    }
    if (size(part) < remote.sizeBytes()) {
      throw new IOException(
          "%s broke off at byte %d of %d".formatted(remote.name(), size(part), remote.sizeBytes()));
    }
  }

  private Map<String, String> range(long have) {
    Map<String, String> headers = new HashMap<>(Map.of("Accept-Encoding", "identity"));
    if (have > 0) {
      headers.put("Range", "bytes=" + have + "-");
      if (validator != null) {
        headers.put("If-Range", validator);
      }
    }
    return headers;
  }

  /** Where the response's first byte belongs. */
  private long from(HttpResponse<?> response, long have) throws IOException {
    String range = response.headers().firstValue("Content-Range").orElse("");
    long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
    return switch (response.statusCode()) {
      case 200 -> {
        if (length >= 0 && length != remote.sizeBytes()) {
          throw wrongSize(length);
        }
        yield 0;
      }
      case 206 -> {
        if (!range.startsWith("bytes " + have + "-") || !range.endsWith("/" + remote.sizeBytes())) {
          throw FileSelection.refused(
              id, "%s: the hub resumes with another range than asked for".formatted(remote.name()));
        }
        yield have;
      }
      case 416 -> 0;
      default -> throw new IOException("the hub answers " + response.statusCode());
    };
  }

  private void copy(InputStream in, Path part, long from) throws IOException {
    if (from == 0) {
      Files.deleteIfExists(part);
    }
    long done = from;
    byte[] buffer = new byte[1 << 16];
    try (OutputStream out =
            Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        StallGuard guard = new StallGuard(in, client.retries().stall())) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        guard.alive();
        done += read;
        if (done > remote.sizeBytes()) {
          throw wrongSize(done);
        }
        out.write(buffer, 0, read);
        progress.accept(done);
      }
    }
  }

  private ServeException wrongSize(long bytes) {
    return FileSelection.refused(
        id,
        "%s has %d bytes or more, but the hub promised %d; nothing of it is used"
            .formatted(remote.name(), bytes, remote.sizeBytes()));
  }

  private static long size(Path part) throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }
}
