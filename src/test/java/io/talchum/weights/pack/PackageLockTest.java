package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.ChildProcess;
import io.talchum.testing.Fixtures;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PackageLockTest {
  @TempDir private Path models;

  /** A server of another process. */
  public static final class Holder {
    public static void main(String[] args) throws Exception {
      try (PackageLock lock = PackageLock.toServe(Path.of(args[0]))) {
        System.out.println("serving");
        boolean never = new CountDownLatch(1).await(100, TimeUnit.SECONDS);
        System.out.println("not ended: " + never);
      }
    }
  }

  @Test
  void aPackageThatAnotherProcessServesIsNotRemoved() throws Exception {
    Path folder =
        new ModelImporter()
            .run(
                ImportRequest.of(Fixtures.path("models/llama_tied"), "m"),
                models,
                ProgressListener.NONE);
    ModelStore store = new ModelStore(models);
    try (ChildProcess one = new ChildProcess(Holder.class, folder.toString());
        ChildProcess two = new ChildProcess(Holder.class, folder.toString())) {
      one.awaitLine("serving");
      two.awaitLine("serving");
      assertServed(store);
      one.terminate();
      one.awaitEnd();
      assertServed(store);
      two.close();
      two.awaitEnd();
      assertThat(store.remove("m")).hasValueSatisfying(bytes -> assertThat(bytes).isPositive());
    }
    assertThat(models).isEmptyDirectory();
  }

  private static void assertServed(ModelStore store) {
    assertThatThrownBy(() -> store.remove("m"))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessage("the model m is being served; stop that server first");
  }
}
