package io.talchum.api.grpc;

import io.grpc.netty.NettyServerBuilder;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.quarkus.runtime.configuration.MemorySize;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.grpc.server.GrpcServerOptions;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Messages may be as large as the bodies of HTTP. */
@Singleton
public class MessageLimit implements ServerBuilderCustomizer<NettyServerBuilder> {
  private final long maxBytes;

  public MessageLimit(
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBody) {
    this.maxBytes = maxBody.asLongValue();
  }

  @Override
  public void customize(GrpcServerConfiguration config, GrpcServerOptions options) {
    options.setMaxMessageSize(maxBytes);
  }

  ServeException exceeded() {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the message is too large; at most %d bytes are allowed".formatted(maxBytes));
  }
}
