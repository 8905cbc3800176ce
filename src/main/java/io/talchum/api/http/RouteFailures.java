package io.talchum.api.http;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Failures that no resource met: of the framework's own handlers. */
@Singleton
public class RouteFailures {
  private static final Logger LOG = Logger.getLogger(RouteFailures.class);

  /** Before the framework's own. */
  private static final int ORDER = -2000;

  void install(@Observes Router router) {
    router.route().order(ORDER).failureHandler(this::answer);
  }

  private void answer(RoutingContext context) {
    Throwable failure = context.failure();
    int status = context.statusCode();
    if (failure instanceof ServeException refused) {
      Refusal.send(context.request(), refused);
    } else if (status == 404) {
      Refusal.send(
          context.request(),
          new ServeException(
              ErrorCode.NOT_FOUND,
              "there is no %s '%s'; a path begins with /"
                  .formatted(context.request().method(), Printable.of(context.request().uri()))));
    } else if (status >= 400 && status < 500) {
      Refusal.send(
          context.request(),
          status,
          new ServeException(ErrorCode.INVALID_REQUEST, "the request cannot be served: " + status));
    } else {
      LOG.error("a request failed", failure);
      Refusal.send(
          context.request(),
          new ServeException(ErrorCode.INTERNAL, "the server has a defect; see its log"));
    }
  }
}
