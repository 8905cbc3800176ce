package io.talchum.api.grpc;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.talchum.api.DemoProfile;
import io.talchum.api.DemoServingContract;
import io.talchum.api.Transport;
import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

@QuarkusTest
@TestProfile(DemoProfile.class)
class DemoGrpcServingTest extends DemoServingContract {
  @TestHTTPResource @Nullable URI root;

  @Override
  protected Transport connect() {
    return new GrpcTransport(Objects.requireNonNull(root));
  }
}
