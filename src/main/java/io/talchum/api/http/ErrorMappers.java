package io.talchum.api.http;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure of a resource as OpenAI's error object. */
public class ErrorMappers {
  private static final Logger LOG = Logger.getLogger(ErrorMappers.class);

  @ServerExceptionMapper
  public Response refused(ServeException error) {
    if (error.code() == ErrorCode.INTERNAL) {
      LOG.error("a request failed", error);
    }
    return ErrorJson.response(error);
  }

  /** What the framework refuses: routes, methods, media types. */
  @ServerExceptionMapper
  public Response routing(WebApplicationException error, HttpServerRequest request) {
    int status = error.getResponse().getStatus();
    String asked = request.method() + " " + Printable.of(String.valueOf(request.path()));
    ServeException answer =
        switch (status) {
          case 404 -> new ServeException(ErrorCode.NOT_FOUND, "there is no " + asked);
          case 405 ->
              new ServeException(
                  ErrorCode.METHOD_NOT_ALLOWED, "the method is not allowed for " + asked);
          case 413 -> new ServeException(ErrorCode.PAYLOAD_TOO_LARGE, "the body is too large");
          default ->
              new ServeException(
                  status < 500 ? ErrorCode.INVALID_REQUEST : ErrorCode.INTERNAL,
                  "%s cannot be served: %s".formatted(asked, error.getMessage()));
        };
    return Response.fromResponse(ErrorJson.response(answer)).status(status).build();
  }

  /** Also errors of the JVM: those that it survives must not show another face. */
  @ServerExceptionMapper
  public Response defect(Throwable error) {
    LOG.error("a request failed", error);
    return ErrorJson.response(
        new ServeException(ErrorCode.INTERNAL, "the server has a defect; see its log", error));
  }
}
