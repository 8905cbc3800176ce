package io.talchum.adapter.folder;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.Path;
import java.util.List;

/** Reads folders of several formats. Any thread. */
public final class FormatReader implements AdapterReader {
  private static final int MAX_MESSAGE = 1000;

  private final List<AdapterFormat> formats;
  private final AdapterReader usual;

  /**
   * @param usual for folders that none of them takes
   */
  public FormatReader(List<AdapterFormat> formats, AdapterReader usual) {
    this.formats = List.copyOf(formats);
    this.usual = usual;
  }

  @Override
  public AdapterContent read(Path path) {
    FolderFiles folder = FolderFiles.open(path);
    for (AdapterFormat format : formats) {
      if (format.takes(folder)) {
        return format.read(path);
      }
    }
    return usual.read(path);
  }

  /** Reads the content of a folder. */
  @FunctionalInterface
  public interface Reading {
    AdapterContent read();
  }

  /**
   * Names the adapter in what goes wrong, and makes one kind of error of it.
   *
   * @throws ServeException INVALID_ADAPTER
   */
  public static AdapterContent named(String name, Reading reading) {
    try {
      return reading.read();
    } catch (ServeException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, shorten("adapter " + name + ": " + e.getMessage()), e);
    } catch (InternalError e) { // a mapped file that shrinks while it is read
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "adapter " + name + ": its weights changed meanwhile", e);
    }
  }

  /** Names in hostile files can be very long. */
  private static String shorten(String message) {
    return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
  }
}
