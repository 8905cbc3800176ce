package io.talchum.api.grpc;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.MixContract;
import io.talchum.api.Transport;
import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

@QuarkusTest
class GrpcMixTest extends MixContract {
  @TestHTTPResource @Nullable URI root;

  @Override
  protected Transport connect() {
    return new GrpcTransport(Objects.requireNonNull(root));
  }
}
