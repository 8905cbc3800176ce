package io.talchum.service;

import io.talchum.adapter.store.AdapterStore;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of an adapter as they arrive, bounded in size, number and names. One thread; whoever
 * gets it closes it.
 */
public final class AdapterUpload implements AutoCloseable {
  private static final int MAX_FILES = 64;
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,127}");
  private static final int MAX_SEGMENTS = 3;
  private static final Set<String> PICKLES =
      Set.of("bin", "pt", "pth", "pkl", "pickle", "ckpt", "npy", "npz");

  private final StoredAdapters adapters;
  private final AdapterStore.Incoming incoming;
  private final long maxBytes;
  private final Set<String> names = new HashSet<>();
  private @Nullable OutputStream file;
  private long bytes;
  private boolean closed;

  AdapterUpload(StoredAdapters adapters, AdapterStore.Incoming incoming, long maxBytes) {
    this.adapters = adapters;
    this.incoming = incoming;
    this.maxBytes = maxBytes;
  }

  /** Most bytes of all files together. */
  public long maxBytes() {
    return maxBytes;
  }

  /** A folder for what the transport must keep meanwhile; deleted with the upload. */
  public Path spool() {
    return incoming.folder().resolve("spool");
  }

  /**
   * Begins the next file.
   *
   * @param path relative, with {@code /}; {@code ./} in front is taken away
   * @throws ServeException INVALID_ADAPTER naming what is wrong with it
   */
  public void begin(String path) {
    String name = path.startsWith("./") ? path.substring(2) : path;
    check(name);
    try {
      endFile();
      Path target = incoming.folder().resolve("files").resolve(name);
      Path parent = target.getParent();
      if (parent != null) {
        Path unused = Files.createDirectories(parent);
      }
      file = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the file '%s' cannot be taken (%s); names must not collide"
              .formatted(Printable.of(name), e.getClass().getSimpleName()),
          e);
    }
  }

  private void check(String name) {
    String[] segments = name.split("/", -1);
    for (String segment : segments) {
      if (!SEGMENT.matcher(segment).matches() || segments.length > MAX_SEGMENTS) {
        throw refuse(
            name,
            "is no plain relative path of at most %d parts of letters, digits, '.', '_', '+', '-'"
                .formatted(MAX_SEGMENTS));
      }
    }
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (PICKLES.contains(ending)) {
      throw refuse(name, "may be a pickle, which can run code; leave it out");
    }
    if (!names.add(name)) {
      throw refuse(name, "comes twice");
    }
    if (names.size() > MAX_FILES) {
      throw refuse(name, "is one file too many; at most %d".formatted(MAX_FILES));
    }
  }

  private static ServeException refuse(String name, String why) {
    return ServeException.of(
        ErrorCode.INVALID_ADAPTER, "files", "the file '%s' %s".formatted(Printable.of(name), why));
  }

  /**
   * Writes on in the file that was begun.
   *
   * @throws ServeException PAYLOAD_TOO_LARGE; INVALID_REQUEST if none was begun
   */
  public void write(byte[] piece, int offset, int length) {
    OutputStream out = file;
    if (out == null) {
      throw ServeException.invalid("files", "content came before the name of its file");
    }
    bytes += length;
    if (bytes > maxBytes) {
      throw tooLarge();
    }
    try {
      out.write(piece, offset, length);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * The files are complete: adds them to the store.
   *
   * @throws ServeException as {@link StoredAdapters#add}
   */
  public StoredAdapter finish(String name, @Nullable String base, boolean activate) {
    try {
      endFile();
    } catch (IOException e) {
      throw failed(e);
    }
    if (names.isEmpty()) {
      throw ServeException.invalid(
          "files", "the upload holds no files; send those of the adapter's folder");
    }
    return adapters.add(name, base, incoming.folder().resolve("files"), activate);
  }

  private void endFile() throws IOException {
    OutputStream out = file;
    file = null;
    if (out != null) {
      out.close();
    }
  }

  private ServeException tooLarge() {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the adapter has more than %d bytes; raise talchum.max-adapter-upload".formatted(maxBytes));
  }

  private static ServeException failed(IOException e) {
    return new ServeException(
        ErrorCode.INTERNAL, "the upload cannot be written (%s); look at the disk".formatted(e), e);
  }

  @Override
  public void close() {
    try {
      endFile();
    } catch (IOException e) {
      throw failed(e);
    } finally {
      closeOnce();
    }
  }

  private void closeOnce() {
    if (!closed) {
      closed = true;
      adapters.uploadEnded();
      incoming.close();
    }
  }
}
