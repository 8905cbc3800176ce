package io.talchum.api.grpc;

import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import grpc.health.v1.MutinyHealthGrpc;
import io.grpc.BindableService;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import io.talchum.service.StatusService;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.CompletionServiceGrpc;
import io.talchum.v1.ModelServiceGrpc;
import io.talchum.v1.TokenizeServiceGrpc;
import java.time.Duration;
import java.util.Set;

/** {@code grpc.health.v1.Health}: all services are as healthy as the engine. */
@GrpcService
public class HealthGrpcService extends MutinyHealthGrpc.HealthImplBase implements BindableService {
  /** The whole server, and each service. */
  private static final Set<String> KNOWN =
      Set.of(
          "",
          ChatServiceGrpc.SERVICE_NAME,
          CompletionServiceGrpc.SERVICE_NAME,
          ModelServiceGrpc.SERVICE_NAME,
          AdapterServiceGrpc.SERVICE_NAME,
          TokenizeServiceGrpc.SERVICE_NAME);

  /** Of the protocol; the framework's copy of it is older. */
  private static final int SERVICE_UNKNOWN = 3;

  /** How late a watcher may hear of a change. */
  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

  private final StatusService status;

  public HealthGrpcService(StatusService status) {
    this.status = status;
  }

  @Override
  public Uni<HealthCheckResponse> check(HealthCheckRequest request) {
    String service = request.getService();
    if (!KNOWN.contains(service)) {
      return Uni.createFrom().failure(WireError.exception(unknown(service)));
    }
    return Uni.createFrom().item(response(status()));
  }

  @Override
  public Multi<HealthCheckResponse> watch(HealthCheckRequest request) {
    boolean known = KNOWN.contains(request.getService());
    return Multi.createFrom()
        .ticks()
        .every(WATCH_INTERVAL)
        .onOverflow()
        .drop()
        .map(tick -> response(known ? status() : SERVICE_UNKNOWN))
        .skip()
        .repetitions();
  }

  private int status() {
    try {
      status.check();
      return ServingStatus.SERVING_VALUE;
    } catch (ServeException e) {
      return ServingStatus.NOT_SERVING_VALUE;
    }
  }

  private static ServeException unknown(String service) {
    return ServeException.of(
        ErrorCode.NOT_FOUND,
        "service",
        "there is no service '%s'".formatted(Printable.of(service)));
  }

  private static HealthCheckResponse response(int status) {
    return HealthCheckResponse.newBuilder().setStatusValue(status).build();
  }
}
