package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarArchiveTest {
  private static final int MAX_BYTES = 1 << 20;

  @TempDir Path temp;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);
  private AdapterStore store;
  private AdapterUpload upload;

  @BeforeEach
  void open() {
    AdapterStore.Base base =
        new AdapterStore.Base(
            "base",
            new ContentHash("0123456789abcdef".repeat(4)),
            folder -> {
              throw new ServeException(ErrorCode.INVALID_ADAPTER, "read " + tree(folder));
            },
            weights -> {
              throw new AssertionError();
            },
            AdapterSelfTest.NONE);
    store = AdapterStore.open(temp.resolve("store"), base, InstantSource.system());
    AdapterCache cache =
        new AdapterCache(
            weights -> {
              throw new AssertionError();
            },
            new AdapterCache.Limits(1, 1),
            InstantSource.system(),
            AdapterCacheListener.NONE);
    AdapterRegistry loaded =
        new AdapterRegistry(
            Set.of("base"), base.reader(), AdapterSelfTest.NONE, cache, InstantSource.system());
    AdapterCards cards =
        new AdapterCards(cache, SelfTestStore.open(temp.resolve("self-tests"), base.version()));
    upload =
        new StoredAdapters(
                "base",
                new StoreSource(store, AdapterSelfTest.NONE),
                cache,
                loaded,
                cards,
                MAX_BYTES)
            .upload();
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
  }

  @AfterEach
  void leavesNothingBehind() throws IOException {
    upload.close();
    assertThat(tree(temp.resolve("store/.staging"))).matches("s[0-9]+\\.lock");
    store.close();
  }

  private static String tree(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return String.join(
          " ",
          files
              .filter(Files::isRegularFile)
              .map(file -> root.relativize(file).toString())
              .sorted()
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void entry(String name, String content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length());
    tar.putArchiveEntry(entry);
    tar.write(content.getBytes(StandardCharsets.US_ASCII));
    tar.closeArchiveEntry();
  }

  private void special(String name, byte kind) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind, true);
    entry.setLinkName("/etc/passwd");
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private byte[] archive() throws IOException {
    tar.close();
    return bytes.toByteArray();
  }

  private void unpack(byte[] archive, boolean gzip) {
    TarArchive.unpack(new ByteArrayInputStream(archive), gzip, upload);
    StoredAdapter unused = upload.finish("x", null, true);
  }

  private void assertRefused(byte[] archive, ErrorCode code, String message) {
    assertThatThrownBy(() -> unpack(archive, false))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((ServeException) e).code())
        .isEqualTo(code);
  }

  @Test
  void unpacksAFolder() throws IOException {
    special("tone/", TarConstants.LF_DIR);
    entry("./tone/adapter_config.json", "{}");
    entry("tone/sub/adapter_model.safetensors", "abc");
    assertRefused(
        archive(),
        ErrorCode.INVALID_ADAPTER,
        "read tone/adapter_config.json tone/sub/adapter_model.safetensors");
  }

  @Test
  void unpacksGzip() throws IOException {
    entry("adapter_config.json", "{}");
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(archive());
    }
    assertThatThrownBy(() -> unpack(packed.toByteArray(), true))
        .hasMessage("read adapter_config.json");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void refusesGzipThatWasDamagedOnItsWay(boolean cutOff) throws IOException {
    entry("adapter_config.json", "{}");
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(archive());
    }
    byte[] whole = packed.toByteArray();
    byte[] damaged = Arrays.copyOf(whole, cutOff ? whole.length - 8 : whole.length);
    damaged[damaged.length - 6] ^= (byte) (cutOff ? 0 : 1); // of the checksum
    assertThatThrownBy(() -> unpack(damaged, true))
        .hasMessageContaining("the tar archive cannot be read: ");
  }

  @Test
  void refusesADamagedHeader() throws IOException {
    entry("adapter_config.json", "{}");
    byte[] archive = archive();
    archive[0] = 'b';
    assertRefused(
        archive,
        ErrorCode.INVALID_ADAPTER,
        "has a damaged header, for 'bdapter_config.json': its checksum is wrong");
  }

  @Test
  void refusesPathsThatLeadOut() throws IOException {
    entry("../../adapter_config.json", "{}");
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "../../adapter_config.json");
  }

  @Test
  void refusesAbsolutePaths() throws IOException {
    entry("/tmp/adapter_config.json", "{}");
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "/tmp/adapter_config.json");
  }

  @Test
  void refusesLinks() throws IOException {
    special("adapter_config.json", TarConstants.LF_SYMLINK);
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "no plain file");
  }

  @Test
  void refusesHardLinks() throws IOException {
    special("adapter_config.json", TarConstants.LF_LINK);
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "no plain file");
  }

  @Test
  void refusesDevices() throws IOException {
    special("adapter_config.json", TarConstants.LF_CHR);
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "no plain file");
  }

  @Test
  void refusesAFileUnderAFile() throws IOException {
    entry("a", "x");
    entry("a/b", "x");
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "collide");
  }

  @Test
  void refusesTheSameNameTwice() throws IOException {
    entry("a", "x");
    entry("./a", "x");
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "comes twice");
  }

  @Test
  void refusesTooManyFiles() throws IOException {
    for (int i = 0; i < 65; i++) {
      entry("f" + i, "");
    }
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "too many");
  }

  @Test
  void refusesTooManyEntries() throws IOException {
    for (int i = 0; i < 1001; i++) {
      special("d" + i + "/", TarConstants.LF_DIR);
    }
    assertRefused(archive(), ErrorCode.INVALID_ADAPTER, "1000 entries");
  }

  /** A megabyte of gzip that would be a gigabyte. */
  @Test
  void refusesABombOfGzip() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    byte[] zeros = new byte[1 << 20];
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(new GZIPOutputStream(packed))) {
      TarArchiveEntry entry = new TarArchiveEntry("a", true);
      entry.setSize(64L * zeros.length);
      out.putArchiveEntry(entry);
      for (int i = 0; i < 64; i++) {
        out.write(zeros);
      }
      out.closeArchiveEntry();
    }
    assertThatThrownBy(() -> unpack(packed.toByteArray(), true))
        .hasMessageContaining("more than " + MAX_BYTES + " bytes");
  }

  @Test
  void refusesAnEndlessName() throws IOException {
    TarArchiveEntry name = new TarArchiveEntry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME);
    name.setSize(2 << 20);
    tar.putArchiveEntry(name);
    tar.write(new byte[2 << 20]);
    tar.closeArchiveEntry();
    assertRefused(
        archive(), ErrorCode.INVALID_ADAPTER, "a header, or what follows the end, has more than");
  }

  @Test
  void refusesWhatIsNoArchive() throws IOException {
    byte[] noise = "no archive ".repeat(200).getBytes(StandardCharsets.US_ASCII);
    assertRefused(noise, ErrorCode.INVALID_ADAPTER, "the tar archive cannot be read");
    entry("a", "x".repeat(10_000));
    byte[] whole = archive();
    assertRefused(
        java.util.Arrays.copyOf(whole, 3000),
        ErrorCode.INVALID_ADAPTER,
        "the tar archive cannot be read");
  }
}
