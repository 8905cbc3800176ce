package io.talchum.api.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterUpload;
import io.talchum.service.Printable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** A {@code multipart/form-data} body: fields, and files that go into an upload. */
final class MultipartBody {
  private static final int MAX_PARTS = 80;
  private static final int MAX_HEADER_BYTES = 16 << 10;
  private static final int MAX_FIELD_CHARS = 1000;
  private static final int PIECE = 1 << 16;
  private static final String FILES = "files";

  private final AdapterUpload upload;
  private static final Pattern BOUNDARY =
      Pattern.compile(";\\s*boundary=\"?[^\\s\";,]", Pattern.CASE_INSENSITIVE);
  private static final String PART_HEAD =
      "each begins with 'Content-Disposition: form-data; name=\"NAME\"'";

  private final Map<String, String> fields = new HashMap<>();

  private MultipartBody(AdapterUpload upload) {
    this.upload = upload;
  }

  /**
   * Reads all parts.
   *
   * @return the fields
   * @throws ServeException INVALID_REQUEST for a broken body, UNSUPPORTED for an unknown part, and
   *     what the upload refuses
   */
  static Map<String, String> read(String contentType, InputStream body, AdapterUpload upload)
      throws IOException {
    requireBoundary(contentType);
    MultipartBody parts = new MultipartBody(upload);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
    head.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    HttpPostMultipartRequestDecoder decoder = null;
    try {
      decoder =
          new HttpPostMultipartRequestDecoder(
              files(upload), head, StandardCharsets.UTF_8, MAX_PARTS, MAX_HEADER_BYTES);
      parts.readAll(decoder, body);
    } catch (HttpPostRequestDecoder.ErrorDataDecoderException
        | HttpPostRequestDecoder.TooManyFormFieldsException
        | HttpPostRequestDecoder.TooLongFormFieldException e) {
      throw e.getCause() instanceof NullPointerException
          ? broken("a part's head cannot be read or has no name; " + PART_HEAD)
          : broken(Printable.of(String.valueOf(e.getMessage())));
    } finally {
      if (decoder != null) {
        decoder.destroy();
      }
    }
    return parts.fields;
  }

  private static void requireBoundary(String contentType) {
    if (!BOUNDARY.matcher(contentType).find()) {
      throw broken(
          "%s names no boundary between its parts; HTTP clients add it where they make the parts"
              .formatted(Printable.of(contentType)));
    }
  }

  /** Files lie on disk while they arrive. */
  private static DefaultHttpDataFactory files(AdapterUpload upload) throws IOException {
    DefaultHttpDataFactory factory = new DefaultHttpDataFactory(MAX_HEADER_BYTES);
    Path folder = Files.createDirectories(upload.spool());
    factory.setBaseDir(folder.toString());
    factory.setMaxLimit(upload.maxBytes());
    return factory;
  }

  private void readAll(HttpPostMultipartRequestDecoder decoder, InputStream body)
      throws IOException {
    byte[] piece = new byte[PIECE];
    for (int read = body.read(piece); read >= 0; read = body.read(piece)) {
      take(decoder, new DefaultHttpContent(Unpooled.copiedBuffer(piece, 0, read)));
    }
    if (!take(decoder, LastHttpContent.EMPTY_LAST_CONTENT)) {
      throw broken("it ends before its last boundary");
    }
  }

  /** Whether the last boundary was there. */
  private boolean take(HttpPostMultipartRequestDecoder decoder, HttpContent content)
      throws IOException {
    decoder.offer(content);
    try {
      while (decoder.hasNext()) {
        InterfaceHttpData part = decoder.next();
        decoder.removeHttpDataFromClean(part);
        try {
          take(part);
        } finally {
          boolean unused = part.release();
        }
      }
      return false;
    } catch (HttpPostRequestDecoder.EndOfDataDecoderException e) {
      return true;
    }
  }

  private void take(InterfaceHttpData part) throws IOException {
    switch (part) {
      case Attribute field -> field(field.getName(), field.getValue());
      case FileUpload file when file.getName().equals(FILES) -> {
        upload.begin(file.getFilename());
        copy(file);
      }
      default -> throw unknown(part.getName());
    }
  }

  private void field(String name, String value) {
    if (value.length() > MAX_FIELD_CHARS) {
      throw ServeException.invalid(
          name, "%s is longer than %d characters".formatted(Printable.of(name), MAX_FIELD_CHARS));
    }
    if (fields.put(name, value) != null) {
      throw ServeException.invalid(
          name, "%s comes twice; send it once".formatted(Printable.of(name)));
    }
  }

  private void copy(FileUpload file) throws IOException {
    if (file.isInMemory()) {
      byte[] bytes = file.get();
      upload.write(bytes, 0, bytes.length);
      return;
    }
    File spooled = file.getFile();
    byte[] piece = new byte[PIECE];
    try (InputStream in = Files.newInputStream(spooled.toPath())) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        upload.write(piece, 0, read);
      }
    }
  }

  private static ServeException unknown(String name) {
    return ServeException.of(
        ErrorCode.UNSUPPORTED,
        name,
        "%s is not a file part of this request; send each file as a part named %s"
            .formatted(Printable.of(name), FILES));
  }

  private static ServeException broken(String why) {
    return new ServeException(
        ErrorCode.INVALID_REQUEST, "the body is no multipart/form-data: " + why);
  }
}
