package io.talchum.model.onnx.cuda;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.ort.OrtLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a machine needs for the CUDA provider, and what to do where it is missing. */
final class CudaRequirements {
  private static final String DRIVER = "libcuda.so.1";
  private static final String PROVIDER = "libonnxruntime_providers_cuda.so";
  private static final List<String> PROVIDER_LIBRARIES =
      List.of("libonnxruntime_providers_shared.so", PROVIDER);
  private static final String RESOURCES = "/ai/onnxruntime/native/linux-x64/";
  private static final Pattern MISSING = Pattern.compile("(lib[\\w.+-]+\\.so[\\w.]*): cannot open");

  private CudaRequirements() {}

  /** A sentence that says what this machine lacks; empty if a GPU can be used. */
  static Optional<String> missing(OrtLibrary library) {
    Path folder = library.folder();
    return missing(
        hasProvider(folder),
        CudaRequirements::canLoad,
        () -> {
          unpackProvider(folder);
          String problem = CudaExecution.providerProblem(library);
          return problem == null ? null : problem + " (" + linkerSays(folder) + ")";
        });
  }

  /** The attempt to load the provider; without a driver it may end the process. */
  @FunctionalInterface
  interface Attempt {
    /** What ONNX Runtime says if it fails; null if not. */
    @Nullable String problem();
  }

  static Optional<String> missing(
      boolean hasProvider, Predicate<String> canLoad, Attempt provider) {
    if (!hasProvider) {
      return Optional.of(
          "this build holds ONNX Runtime for CPUs only; build with -Pcuda (mvn -Pcuda package), see docs/gpu.md");
    }
    if (!canLoad.test(DRIVER)) {
      return Optional.of(
          "no NVIDIA driver was found (%s); install the driver, or give the container access to the GPU"
              .formatted(DRIVER));
    }
    String problem = provider.problem();
    if (problem == null) {
      return Optional.empty();
    }
    Matcher library = MISSING.matcher(problem);
    return Optional.of(
        library.find()
            ? "the library %s was not found; install CUDA's runtime libraries, or name their folder in LD_LIBRARY_PATH"
                .formatted(library.group(1))
            : "ONNX Runtime cannot use its CUDA provider: " + problem);
  }

  /** ONNX Runtime keeps to itself which library was not found; the JVM says it. */
  private static String linkerSays(Path folder) {
    try {
      System.load(folder.resolve(PROVIDER).toAbsolutePath().toString());
      return "the library itself can be loaded";
    } catch (UnsatisfiedLinkError e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static boolean hasProvider(Path folder) {
    return Files.exists(folder.resolve(PROVIDER))
        || CudaRequirements.class.getResource(RESOURCES + PROVIDER) != null;
  }

  /** ONNX Runtime looks for its provider beside itself; the Java artifact unpacks only itself. */
  private static void unpackProvider(Path folder) {
    for (String library : PROVIDER_LIBRARIES) {
      Path target = folder.resolve(library);
      try (InputStream packed = CudaRequirements.class.getResourceAsStream(RESOURCES + library)) {
        if (!Files.exists(target) && packed != null) {
          Files.copy(packed, target);
          target.toFile().deleteOnExit();
        }
      } catch (IOException e) {
        throw new ServeException(
            ErrorCode.INTERNAL,
            "%s cannot be unpacked beside ONNX Runtime's library: %s; make room there, or name another folder in java.io.tmpdir"
                .formatted(library, e.getMessage()),
            e);
      }
    }
  }

  private static boolean canLoad(String library) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(library, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
