package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.api.DemoProfile;
import io.talchum.api.DemoServingContract;
import io.talchum.api.Transport;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(DemoProfile.class)
class DemoHttpServingTest extends DemoServingContract {
  @TestHTTPResource @Nullable URI root;
  @Inject AdapterRegistry adapters;

  @Override
  protected Transport connect() {
    return new HttpTransport(Objects.requireNonNull(root));
  }

  @Test
  void aFolderThatComesAndGoesIsFollowed() throws IOException {
    Path folder = adapterFolders.roots().getFirst().resolve("follower");
    Files.createDirectory(folder);
    Map<String, byte[]> files = files(0);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    await(() -> isServed(folder));
    for (String name : files.keySet()) {
      Files.delete(folder.resolve(name));
    }
    Files.delete(folder);
    await(() -> !isServed(folder));
  }

  private boolean isServed(Path folder) {
    return adapters.find(String.valueOf(folder.getFileName())).isPresent();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
