package io.talchum.model.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a machine needs for the CUDA provider, and what to do where it is missing. */
final class CudaRequirements {
  private static final String DRIVER = "libcuda.so.1";
  private static final Pattern MISSING = Pattern.compile("(lib[\\w.+-]+\\.so[\\w.]*): cannot open");

  private CudaRequirements() {}

  /**
   * A sentence that says what this machine lacks; empty if CUDA can be tried.
   *
   * @param loaded which has told ONNX Runtime to report nothing
   */
  static Optional<String> missing(OrtLibrary loaded) {
    return missing(CudaRequirements::canLoad, CudaRequirements::providerProblem);
  }

  /** The attempt to load the provider. */
  @FunctionalInterface
  interface Attempt {
    /** What ONNX Runtime says if it fails; null if not. */
    @Nullable String problem();
  }

  static Optional<String> missing(Predicate<String> canLoad, Attempt provider) {
    String problem = provider.problem();
    if (problem == null) {
      return Optional.empty();
    }
    Matcher library = MISSING.matcher(problem);
    boolean named = library.find();
    if (!named && !problem.contains("libonnxruntime_providers_cuda")) {
      return Optional.of(
          "this build holds ONNX Runtime for CPUs only; build with -Pcuda (mvn -Pcuda package), see docs/gpu.md");
    }
    if (!canLoad.test(DRIVER)) {
      return Optional.of(
          "no NVIDIA driver was found (%s); install the driver, or give the container access to the GPU"
              .formatted(DRIVER));
    }
    return Optional.of(
        named
            ? "the library %s was not found; install CUDA's runtime libraries, or name their folder in LD_LIBRARY_PATH"
                .formatted(library.group(1))
            : "ONNX Runtime cannot load its CUDA provider: " + problem);
  }

  private static @Nullable String providerProblem() {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addCUDA(0);
      return null;
    } catch (OrtException e) {
      return String.valueOf(e.getMessage());
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
