package io.talchum.api.grpc;

import io.grpc.netty.NettyServerBuilder;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.talchum.api.gate.GateLimits;
import io.vertx.grpc.server.GrpcServerOptions;
import jakarta.inject.Singleton;

/** Messages may be as large as the bodies of HTTP; {@link GrpcBody} refuses larger ones before. */
@Singleton
public class MessageLimit implements ServerBuilderCustomizer<NettyServerBuilder> {
  private final GateLimits limits;

  public MessageLimit(GateLimits limits) {
    this.limits = limits;
  }

  @Override
  public void customize(GrpcServerConfiguration config, GrpcServerOptions options) {
    options.setMaxMessageSize(limits.maxBodyBytes());
  }
}
