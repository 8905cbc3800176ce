package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A tar of an adapter's folder, maybe compressed by gzip. Bounded in headers, entries and bytes.
 */
public final class TarArchive {
  private static final int MAX_ENTRIES = 1000;
  private static final int MAX_HEADER_BYTES = 1 << 20;
  private static final int PIECE = 1 << 16;

  private TarArchive() {}

  /**
   * Unpacks an archive into an upload.
   *
   * @throws ServeException INVALID_ADAPTER for links, devices and broken archives, and what {@link
   *     AdapterUpload} refuses
   */
  public static void unpack(InputStream body, boolean gzip, AdapterUpload upload) {
    try (HeaderBound bound = new HeaderBound(gzip ? new GZIPInputStream(body, PIECE) : body);
        TarArchiveInputStream tar = new TarArchiveInputStream(bound, "UTF-8")) {
      int entries = 0;
      for (TarArchiveEntry entry = next(tar, bound); entry != null; entry = next(tar, bound)) {
        if (++entries > MAX_ENTRIES) {
          throw refuse("holds more than %d entries".formatted(MAX_ENTRIES), null);
        }
        take(tar, entry, upload);
      }
      readToEnd(bound);
    } catch (IOException | IllegalArgumentException e) {
      throw refuse("cannot be read: %s".formatted(Printable.of(String.valueOf(e.getMessage()))), e);
    }
  }

  private static @org.jspecify.annotations.Nullable TarArchiveEntry next(
      TarArchiveInputStream tar, HeaderBound bound) throws IOException {
    bound.left = MAX_HEADER_BYTES;
    TarArchiveEntry entry = tar.getNextEntry();
    bound.left = Long.MAX_VALUE;
    return entry;
  }

  private static void take(TarArchiveInputStream tar, TarArchiveEntry entry, AdapterUpload upload)
      throws IOException {
    if (!entry.isCheckSumOK()) {
      throw refuse(
          "has a damaged header, for '%s': its checksum is wrong; pack and send it again"
              .formatted(Printable.of(entry.getName())),
          null);
    }
    if (entry.isDirectory()) {
      return;
    }
    byte kind = entry.getLinkFlag();
    if (kind != TarConstants.LF_NORMAL && kind != TarConstants.LF_OLDNORM) {
      throw refuse(
          "has '%s', which is no plain file; pack what links point to (tar -h)"
              .formatted(Printable.of(entry.getName())),
          null);
    }
    upload.begin(entry.getName());
    byte[] piece = new byte[PIECE];
    for (int read = tar.read(piece); read >= 0; read = tar.read(piece)) {
      upload.write(piece, 0, read);
    }
  }

  /** What is behind the archive's end: zeros of its last block, and the checksum of gzip. */
  private static void readToEnd(HeaderBound bound) throws IOException {
    bound.left = MAX_HEADER_BYTES;
    byte[] piece = new byte[PIECE];
    while (bound.read(piece, 0, piece.length) >= 0) {
      // not needed
    }
  }

  private static ServeException refuse(
      String what, @org.jspecify.annotations.Nullable Exception cause) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, "the tar archive " + what, cause);
  }

  /** Long names and extended headers are read into memory whole. */
  private static final class HeaderBound extends FilterInputStream {
    private long left = Long.MAX_VALUE;

    HeaderBound(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      count(1);
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = in.read(target, offset, length);
      count(read);
      return read;
    }

    private void count(long read) throws IOException {
      left -= Math.max(0, read);
      if (left < 0) {
        throw new IOException(
            "a header, or what follows the end, has more than %d bytes"
                .formatted(MAX_HEADER_BYTES));
      }
    }
  }
}
